//! Questions typed in pinyin, whole (nanjing laonian jumin) or in part (医保zhuanyi), read as words of ours.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::sound;
use crate::region::{Level, Regions};

/// Reads runs of Latin letters.
pub struct Romanised {
    /// Pinyin without spaces → the word it most likely is, and its worth.
    words: HashMap<String, (String, u32)>,
    longest: usize,
}

/// Single syllables that questions are full of.
const SINGLES: &[(&str, char)] = &[
    ("le", '了'),
    ("de", '的'),
    ("wo", '我'),
    ("ni", '你'),
    ("ta", '他'),
    ("mei", '没'),
    ("jiao", '交'),
    ("nian", '年'),
    ("yue", '月'),
    ("tian", '天'),
    ("yuan", '元'),
    ("ge", '个'),
    ("qian", '钱'),
    ("shi", '是'),
    ("zai", '在'),
    ("you", '有'),
    ("duo", '多'),
    ("ji", '几'),
    ("neng", '能'),
    ("yong", '用'),
    ("ma", '吗'),
    ("ne", '呢'),
    ("bu", '不'),
    ("yao", '要'),
    ("hui", '会'),
    ("dao", '到'),
    ("qu", '去'),
    ("zhuan", '转'),
    ("duan", '断'),
    ("na", '哪'),
    ("fa", '罚'),
    ("tui", '退'),
    ("he", '和'),
    ("gei", '给'),
    ("ba", '把'),
    ("deng", '等'),
    ("ri", '日'),
    ("hao", '号'),
    ("nan", '男'),
    ("nv", '女'),
    ("jiu", '就'),
    ("cong", '从'),
    ("bao", '报'),
    ("qu", '取'),
    ("suan", '算'),
    ("mei", '没'),
    ("yi", '一'),
    ("er", '二'),
    ("san", '三'),
    ("si", '四'),
    ("wu", '五'),
    ("liu", '六'),
    ("qi", '七'),
    ("jiu", '九'),
    ("shi", '十'),
    ("dang", '档'),
    ("kuai", '块'),
    ("sui", '岁'),
    ("hai", '还'),
    ("dou", '都'),
    ("wan", '万'),
    ("guo", '过'),
    ("ban", '办'),
    ("an", '按'),
    ("sheng", '生'),
    ("tuo", '拖'),
    ("hou", '后'),
    ("huan", '换'),
    ("gong", '共'),
    ("ren", '人'),
    ("li", '里'),
];

/// Each piece costs, a lone syllable more than it says: 年, not 你按; 大连, not 大理按.
const PIECE: i64 = 100;
const SINGLE: i64 = 40;

/// What a word is worth by its syllables: two words of two are worth more than one of three and a syllable (个月医保, not
/// 个粤医保), one of four more than both.
fn worth(syllables: usize) -> i64 {
    ((syllables as f64).powf(1.5) * 1_000.0) as i64
}

impl Romanised {
    /// `words` with how much each weighs. Names of different places that are typed alike (suzhou) are left out: asking back
    /// is better.
    pub fn new(words: &HashMap<String, u32>, regions: &Regions) -> Romanised {
        let mut typed_places: HashMap<&str, HashSet<&str>> = HashMap::new();
        for region in regions.iter().filter(|r| r.level != Level::County) {
            typed_places.entry(&region.pinyin).or_default().insert(&region.short);
        }
        let clashing: HashSet<&str> =
            typed_places.values().filter(|names| names.len() > 1).flatten().copied().collect();
        let mut read: HashMap<String, (String, u32)> = HashMap::new();
        let mut ordered: Vec<(&String, &u32)> = words.iter().collect();
        ordered.sort();
        let mut add = |pinyin: String, word: &str, weight: u32| match read.get(&pinyin) {
            Some((_, known)) if *known >= weight => {}
            _ => drop(read.insert(pinyin, (word.to_owned(), weight))),
        };
        for (word, weight) in ordered {
            let bare = word.trim_end_matches(['市', '省']);
            if clashing.contains(word.as_str()) || clashing.contains(bare) {
                continue;
            }
            let syllables: Option<Vec<String>> = word.chars().map(sound::typed).collect();
            // 余额 is typed as 月 is.
            if let Some(typed) = syllables.map(|s| s.concat()).filter(|t| !SINGLES.iter().any(|(s, _)| s == t)) {
                add(typed, word, *weight);
            }
        }
        for region in regions.iter().filter(|r| r.level != Level::County && !clashing.contains(r.short.as_str())) {
            add(region.pinyin.clone(), &region.short, 40);
        }
        add("geyue".to_owned(), "个月", 300);
        let longest = read.keys().map(String::len).max().unwrap_or(0);
        Romanised { words: read, longest }
    }

    /// What runs of letters are read as, from left to right; runs that make no sense as pinyin are left alone.
    pub fn read(&self, chars: &[char]) -> Vec<(Range<usize>, String)> {
        let mut found: Vec<(Range<usize>, String, bool)> = vec![];
        let mut at = 0;
        while at < chars.len() {
            if !chars[at].is_ascii_alphabetic() {
                at += 1;
                continue;
            }
            let mut end = at;
            while end < chars.len() && (chars[end].is_ascii_alphabetic() || matches!(chars[end], ' ' | '\'')) {
                end += 1;
            }
            while end > at && !chars[end - 1].is_ascii_alphabetic() {
                end -= 1;
            }
            let letters: Vec<u8> =
                chars[at..end].iter().filter(|c| c.is_ascii_alphabetic()).map(|c| *c as u8).collect();
            if let Some((reading, words)) = self.best(&letters) {
                found.push((at..end, reading, words));
            }
            at = end.max(at + 1);
        }
        // Lone syllables are pinyin only in a text that has pinyin words.
        let any_word = found.iter().any(|(_, _, words)| *words);
        found.into_iter().filter(|(_, _, words)| *words || any_word).map(|(r, t, _)| (r, t)).collect()
    }

    /// The best split of the letters into words and single syllables, and whether a word is among them.
    fn best(&self, letters: &[u8]) -> Option<(String, bool)> {
        let mut best: Vec<Option<(i64, String, bool)>> = vec![None; letters.len() + 1];
        best[0] = Some((0, String::new(), false));
        for at in 0..letters.len() {
            let Some((score, text, has_word)) = best[at].clone() else { continue };
            for end in at + 1..=(at + self.longest).min(letters.len()) {
                let Ok(piece) = std::str::from_utf8(&letters[at..end]) else { continue };
                let mut offer = |worth: i64, word: &str, is_word: bool| {
                    let better = best[end].as_ref().is_none_or(|(s, ..)| score + worth > *s);
                    if better {
                        best[end] = Some((score + worth, format!("{text}{word}"), has_word || is_word));
                    }
                };
                if let Some((word, weight)) = self.words.get(piece) {
                    let length = word.chars().count();
                    offer(worth(length) + i64::from(*weight).min(300) - PIECE, word, true);
                } else if let Some((_, c)) = SINGLES.iter().find(|(s, _)| *s == piece) {
                    offer(SINGLE - PIECE, &c.to_string(), false);
                }
            }
        }
        best.pop().flatten().map(|(_, text, has_word)| (text, has_word))
    }
}
