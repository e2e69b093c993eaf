//! How characters and words sound: toneless pinyin, with the pairs that speakers and keyboards confuse made equal.

use pinyin::{ToPinyin, ToPinyinMulti};

/// The most usual reading of a character as it is typed: lü is lv.
pub fn typed(c: char) -> Option<String> {
    c.to_pinyin().map(|p| p.plain().replace('ü', "v"))
}

/// zh/z, ch/c, sh/s, n/l, ang/an, eng/en, ing/in made equal.
fn merge(syllable: &str) -> String {
    let mut s = syllable.replace('ü', "v");
    for (from, to) in [("zh", "z"), ("ch", "c"), ("sh", "s")] {
        if let Some(rest) = s.strip_prefix(from) {
            s = format!("{to}{rest}");
        }
    }
    for (from, to) in [("ang", "an"), ("eng", "en"), ("ing", "in")] {
        if let Some(rest) = s.strip_suffix(from) {
            s = format!("{rest}{to}");
        }
    }
    s
}

/// A key under which words that can sound alike meet: the usual reading of each character, merged.
pub fn key(word: &str) -> Option<String> {
    let mut key = String::new();
    for c in word.chars() {
        let p = c.to_pinyin()?;
        key.push_str(&merge(p.plain()));
        key.push(' ');
    }
    Some(key)
}

/// Every key a word can have: characters with several readings (厦: sha, xia) give several. At most eight.
pub fn keys(word: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    for c in word.chars() {
        let Some(all) = c.to_pinyin_multi() else { return vec![] };
        let mut readings: Vec<String> = all.into_iter().map(|p| merge(p.plain())).collect();
        readings.sort();
        readings.dedup();
        keys = keys.iter().flat_map(|k| readings.iter().map(move |r| format!("{k}{r} "))).take(8).collect();
    }
    keys
}
