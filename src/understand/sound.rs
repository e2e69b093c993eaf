//! How characters and words sound: toneless pinyin, with the pairs that speakers and keyboards confuse made equal.

use pinyin::ToPinyin;

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
