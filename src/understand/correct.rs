//! Typos, dialect and pinyin read as what was meant, and reported.
//!
//! A correction is made only where the domain's words make the reading clearly better: the result is a word of ours, what
//! was typed is no word at all, and nothing that already made sense is touched.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::lexicon::Lexicon;
use super::romanised::Romanised;
use super::{Correction, sound};
use crate::region::{Level, Regions};
use crate::text::segment::is_han;
use crate::text::{Folded, Segmenter};

/// See the module.
pub struct Corrector {
    segmenter: Arc<Segmenter>,
    /// Terms of ours, with how much each weighs.
    words: HashMap<String, u32>,
    /// Sound key → words of ours.
    by_sound: HashMap<String, Vec<String>>,
    /// A word with one character missing, or two neighbours changed over → the word.
    damaged: HashMap<String, String>,
    /// A word without its last character → the word; read only where a clause ends.
    clipped: HashMap<String, String>,
    /// Character → those it is mistaken for.
    shapes: HashMap<char, Vec<char>>,
    /// Foreign and dialect sayings, longest first.
    glossary: Vec<(String, String)>,
    romanised: Romanised,
}

/// The longest word that is looked for.
const LONGEST: usize = 6;

/// Characters that every sentence is full of: where one stands, it was most likely meant.
const FUNCTION: &[char] = &[
    '的', '了', '吗', '呢', '吧', '啊', '么', '是', '在', '不', '没', '还', '能', '会', '要', '就', '都', '也', '和',
    '跟', '与', '给', '到', '去', '来', '上', '下', '我', '你', '他', '她', '它', '多', '少', '几', '什', '怎', '哪',
    '谁', '个', '月', '年', '天', '元', '可', '以', '再', '又', '才', '只', '于', '向', '为', '对', '从', '由', '里',
    '着', '过', '把', '让', '得', '地', '有', '这', '那', '之', '前', '后', '中', '内', '外', '大', '小', '一', '二',
    '三', '四', '五', '六', '七', '八', '九', '十', '两', '半', '完', '出', '时', '后', '县', '镇', '乡', '村', '区',
    '省', '市',
];

impl Corrector {
    /// `terms` are the words that a typo may be read as: terms, not phrases of asking. `texts` are titles and curated
    /// questions: what people are known to ask widens the words that pinyin is read as.
    pub fn new<'t>(
        lexicon: &Lexicon,
        terms: impl Iterator<Item = &'t str>,
        regions: &Regions,
        segmenter: Arc<Segmenter>,
        texts: impl Iterator<Item = &'t str>,
    ) -> Corrector {
        let all_han = |w: &str| w.chars().count() >= 2 && w.chars().all(is_han);
        let mut words: HashMap<String, u32> = terms.filter(|w| all_han(w)).map(|w| (w.to_owned(), 50)).collect();
        for region in regions.iter().filter(|r| r.level != Level::County) {
            words.insert(region.short.clone(), 30);
        }
        let core: HashMap<String, u32> = words.clone();
        // Phrases of asking and words of the corpus itself read pinyin, but correct nothing.
        let mut spoken = words.clone();
        let own = lexicon.cues.iter().flat_map(|c| &c.words).chain(lexicon.values.iter().flat_map(|v| &v.words));
        for word in own.filter(|w| all_han(w)) {
            spoken.entry(word.clone()).or_insert(50);
        }
        // On all cores: a service that starts waits for this.
        let said = |text: &&str| -> Vec<String> {
            let folded = Folded::new(text);
            let tokens = segmenter.cut(folded.text());
            tokens.into_iter().filter(|t| all_han(&t.text)).map(|t| t.text.into_owned()).collect()
        };
        let texts: Vec<&str> = texts.collect();
        for word in texts.par_iter().flat_map_iter(said).collect::<Vec<_>>() {
            *spoken.entry(word).or_insert(1) += 1;
        }
        let places: HashSet<&str> = regions.iter().map(|r| r.short.as_str()).collect();
        let mut by_sound: HashMap<String, Vec<String>> = HashMap::new();
        let mut damaged: HashMap<String, String> = HashMap::new();
        let mut clipped: HashMap<String, String> = HashMap::new();
        let mut ordered: Vec<&String> = core.keys().collect();
        ordered.sort();
        for word in ordered {
            let length = word.chars().count();
            if length > LONGEST {
                continue;
            }
            // A place may be read by any reading of its characters (厦门), a word by the usual one only.
            let keys =
                if places.contains(word.as_str()) { sound::keys(word) } else { sound::key(word).into_iter().collect() };
            for key in keys {
                by_sound.entry(key).or_default().push(word.clone());
            }
            if length >= 4 {
                damage(word, &mut damaged);
                let shorter: String = word.chars().take(length - 1).collect();
                clipped.entry(shorter).or_insert_with(|| word.clone());
            }
        }
        clipped.retain(|typed, _| !segmenter.knows(typed) && !core.contains_key(typed));
        damaged.retain(|typed, _| !segmenter.knows(typed) && !core.contains_key(typed));
        let mut shapes: HashMap<char, Vec<char>> = HashMap::new();
        for group in &lexicon.shapes {
            for c in group {
                shapes.entry(*c).or_default().extend(group.iter().filter(|o| *o != c));
            }
        }
        let mut glossary: Vec<(String, String)> =
            lexicon.glossary.iter().map(|(from, to)| (Folded::new(from).text().to_owned(), to.clone())).collect();
        glossary.sort_by_key(|(from, _)| std::cmp::Reverse(from.chars().count()));
        let romanised = Romanised::new(&spoken, regions);
        Corrector { segmenter, words: core, by_sound, damaged, clipped, shapes, glossary, romanised }
    }

    /// The text as it is to be read. `covered` tells which characters already belong to words of ours.
    pub fn correct(&self, folded: Folded, covered: &dyn Fn(&Folded) -> Vec<bool>) -> (Folded, Vec<Correction>) {
        let mut corrections = vec![];
        let mut text = folded;
        text = self.translate(text, &mut corrections);
        text = self.read_pinyin(text, &mut corrections);
        text = self.undouble(text, &mut corrections);
        // Each round may make room for the next; a question never needs more than a few.
        for _ in 0..6 {
            let typos = self.typos(&text, &covered(&text));
            if typos.is_empty() {
                break;
            }
            for (range, reading) in typos.into_iter().rev() {
                text = replace(text, range, &reading, &mut corrections);
            }
        }
        (text, corrections)
    }

    fn translate(&self, mut text: Folded, corrections: &mut Vec<Correction>) -> Folded {
        for (from, to) in &self.glossary {
            if !text.text().contains(from.as_str()) {
                continue;
            }
            let wanted: Vec<char> = from.chars().collect();
            let latin = wanted[0].is_ascii();
            let mut at = 0;
            while at + wanted.len() <= text.chars().len() {
                let chars = text.chars();
                let edge = |i: Option<&char>| i.is_none_or(|c| !c.is_ascii_alphabetic());
                let before = at.checked_sub(1).and_then(|i| chars.get(i));
                let whole = !latin || (edge(before) && edge(chars.get(at + wanted.len())));
                if chars[at..at + wanted.len()] == wanted[..] && whole {
                    text = replace(text, at..at + wanted.len(), to, corrections);
                    at += to.chars().count();
                } else {
                    at += 1;
                }
            }
        }
        text
    }

    fn read_pinyin(&self, text: Folded, corrections: &mut Vec<Correction>) -> Folded {
        let mut text = text;
        let found = self.romanised.read(text.chars());
        let any = !found.is_empty();
        for (range, reading) in found.into_iter().rev() {
            text = replace(text, range, &reading, corrections);
        }
        // Spaces that parted syllables from figures part nothing any more: 50 岁退休.
        for i in (1..text.chars().len().saturating_sub(1)).rev().filter(|_| any) {
            let chars = text.chars();
            if chars[i] == ' ' && (is_han(chars[i - 1]) || is_han(chars[i + 1])) {
                text = text.replaced(i..i + 1, "");
            }
        }
        text
    }

    /// 4个个月, 受理理: a doubled character that breaks a unit or a word of ours.
    fn undouble(&self, mut text: Folded, corrections: &mut Vec<Correction>) -> Folded {
        let mut i = 1;
        while i < text.chars().len() {
            let chars = text.chars();
            let (a, b) = (chars[i - 1], chars[i]);
            if a != b {
                i += 1;
                continue;
            }
            let pair: String = [a, b].iter().collect();
            let unit = matches!(a, '个' | '元' | '月' | '年') && i >= 2 && chars[i - 2].is_ascii_digit();
            let joined: String =
                chars[i.saturating_sub(2)..i].iter().chain(&chars[i + 1..(i + 2).min(chars.len())]).collect();
            let breaks = is_han(a) && !self.segmenter.knows(&pair) && self.words.contains_key(&joined);
            if unit || breaks {
                text = replace(text, i - 1..i + 1, &a.to_string(), corrections);
            }
            i += 1;
        }
        text
    }

    /// The corrections that are clearly better than what stands there, by place: the best ones, so far apart that none
    /// touches what another was judged by.
    fn typos(&self, text: &Folded, covered: &[bool]) -> Vec<(std::ops::Range<usize>, String)> {
        let chars = text.chars();
        if let Some(found) = self.unit_typo(chars) {
            return vec![found];
        }
        let tokens = self.segmenter.cut(text.text());
        let mut starts: HashSet<usize> = HashSet::new();
        let mut single: Vec<bool> = vec![false; chars.len()];
        for token in &tokens {
            starts.insert(token.start);
            if token.end - token.start == 1 && chars.get(token.start).is_some_and(|c| is_han(*c)) {
                single[token.start] = true;
            }
        }
        starts.insert(chars.len());
        let mut found: Vec<(usize, std::ops::Range<usize>, String)> = vec![];
        for start in 0..chars.len() {
            for length in (2..=LONGEST).rev() {
                let end = start + length;
                if end > chars.len() || !starts.contains(&start) || !starts.contains(&end) {
                    continue;
                }
                let window = &chars[start..end];
                if !window.iter().all(|c| is_han(*c)) || !single[start..end].iter().any(|s| *s) {
                    continue;
                }
                let typed: String = window.iter().collect();
                if self.words.contains_key(&typed) || self.segmenter.knows(&typed) {
                    continue;
                }
                let clause_ends = chars.get(end).is_none_or(|c| !is_han(*c) && !c.is_alphanumeric());
                let unclipped = || {
                    let whole = !covered[start..end].iter().all(|c| *c) && clause_ends;
                    whole.then(|| self.clipped.get(&typed).cloned()).flatten()
                };
                let read = self.reading(&typed, window, &covered[start..end]).or_else(unclipped);
                let Some(reading) = read else { continue };
                let kept = reading.chars().filter(|c| window.contains(c)).count();
                let score = length * 4 + kept;
                found.push((score, start..end, reading));
            }
        }
        found.sort_by_key(|(score, range, _)| (std::cmp::Reverse(*score), range.start));
        let mut chosen: Vec<(std::ops::Range<usize>, String)> = vec![];
        for (_, range, reading) in found {
            if chosen.iter().all(|(other, _)| range.end + LONGEST <= other.start || other.end + LONGEST <= range.start)
            {
                chosen.push((range, reading));
            }
        }
        chosen.sort_by_key(|(range, _)| range.start);
        chosen
    }

    /// 22夭: after a number, a character that looks like a unit.
    fn unit_typo(&self, chars: &[char]) -> Option<(std::ops::Range<usize>, String)> {
        const UNITS: &[char] = &['天', '元', '月', '年', '个', '日'];
        for i in 1..chars.len() {
            let follows_number = chars[i - 1].is_ascii_digit();
            if !follows_number
                || UNITS.contains(&chars[i])
                || self.words.contains_key(chars[i].encode_utf8(&mut [0; 4]) as &str)
            {
                continue;
            }
            let Some(mates) = self.shapes.get(&chars[i]) else { continue };
            let next = chars.get(i + 1).copied().unwrap_or(' ');
            let common: String = [chars[i], next].iter().collect();
            if self.segmenter.knows(&common) {
                continue;
            }
            if let Some(unit) = mates.iter().find(|m| UNITS.contains(m)) {
                return Some((i..i + 1, unit.to_string()));
            }
        }
        None
    }

    /// The word of ours that a window stands for: by sound, by shape, or with a character missing or two changed over. What
    /// changes must not have been part of a word of ours.
    fn reading(&self, typed: &str, window: &[char], covered: &[bool]) -> Option<String> {
        let allowed = |word: &str| {
            let new: Vec<char> = word.chars().collect();
            let changed: Vec<usize> = (0..window.len()).filter(|i| new.get(*i) != Some(&window[*i])).collect();
            let kept = window.len() - changed.len();
            changed.iter().all(|i| !FUNCTION.contains(&window[*i]))
                && kept >= 1
                && (window.len() == 2 || kept * 2 >= window.len())
                && changed.iter().all(|i| !covered[*i])
        };
        if let Some(word) =
            self.sounding(typed).into_iter().filter(|w| allowed(w)).max_by_key(|w| self.weight(w, typed))
        {
            return Some(word);
        }
        let mut shaped: Vec<String> = vec![];
        for (i, c) in window.iter().enumerate().filter(|(i, c)| !covered[*i] && !FUNCTION.contains(c)) {
            for mate in self.shapes.get(c).into_iter().flatten() {
                let mut changed = window.to_vec();
                changed[i] = *mate;
                let word: String = changed.iter().collect();
                if self.words.contains_key(&word) {
                    shaped.push(word);
                }
            }
        }
        if let Some(word) = shaped.into_iter().max_by_key(|w| self.weight(w, typed)) {
            return Some(word);
        }
        (window.len() >= 3 && !covered.iter().all(|c| *c)).then(|| self.damaged.get(typed).cloned()).flatten()
    }

    fn weight(&self, word: &str, typed: &str) -> (usize, u32, std::cmp::Reverse<String>) {
        let kept = word.chars().zip(typed.chars()).filter(|(a, b)| a == b).count();
        (kept, self.words.get(word).copied().unwrap_or(0), std::cmp::Reverse(word.to_owned()))
    }

    fn sounding(&self, typed: &str) -> Vec<String> {
        let Some(key) = sound::key(typed) else { return vec![] };
        self.by_sound.get(&key).cloned().unwrap_or_default()
    }
}

/// Every way to lose one character of a word or to change two neighbours over, the ends kept: a word without its end is
/// most often another word.
fn damage(word: &str, into: &mut HashMap<String, String>) {
    let chars: Vec<char> = word.chars().collect();
    for i in 1..chars.len() - 1 {
        let lost: String = chars.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, c)| *c).collect();
        into.entry(lost).or_insert_with(|| word.to_owned());
        let mut swapped = chars.clone();
        swapped.swap(i - 1, i);
        into.entry(swapped.into_iter().collect()).or_insert_with(|| word.to_owned());
    }
}

fn replace(text: Folded, range: std::ops::Range<usize>, reading: &str, corrections: &mut Vec<Correction>) -> Folded {
    let from: String = text.chars()[range.clone()].iter().collect();
    corrections.push(Correction { from, to: reading.to_owned(), span: text.origin(range.clone()) });
    text.replaced(range, reading)
}
