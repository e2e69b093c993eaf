//! Finds every cue word and value word of a question in one pass.

use aho_corasick::{AhoCorasick, MatchKind};

use super::lexicon::Lexicon;

/// What a word stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sense {
    /// A cue class, by name.
    Cue(usize),
    /// A value class, by place in the lexicon.
    Value(usize),
}

/// A word found in a question; positions are folded character offsets, end excluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    pub word: String,
    pub sense: Sense,
    pub start: usize,
    pub end: usize,
    /// It stands in a negated clause: 不是要提现.
    pub negated: bool,
}

/// The automaton over all words of the lexicon.
pub struct Matcher {
    automaton: AhoCorasick,
    words: Vec<String>,
    senses: Vec<Vec<Sense>>,
    /// For each word: it hides what lies inside it.
    shields: Vec<bool>,
}

impl Matcher {
    pub fn new(lexicon: &Lexicon) -> Matcher {
        let mut words: Vec<String> = vec![];
        let mut senses: Vec<Vec<Sense>> = vec![];
        let mut shields: Vec<bool> = vec![];
        let mut index = std::collections::HashMap::new();
        let mut add = |word: &str, sense: Sense, shield: bool| {
            let word = crate::text::Folded::new(word).text().to_owned();
            let at = *index.entry(word.clone()).or_insert_with(|| {
                words.push(word);
                senses.push(vec![]);
                shields.push(false);
                words.len() - 1
            });
            if !senses[at].contains(&sense) {
                senses[at].push(sense);
            }
            shields[at] |= shield;
        };
        for (i, class) in lexicon.cues.iter().enumerate() {
            for word in &class.words {
                add(word, Sense::Cue(i), class.shield);
            }
        }
        for (i, class) in lexicon.values.iter().enumerate() {
            for word in &class.words {
                add(word, Sense::Value(i), false);
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&words)
            .unwrap_or_else(|e| unreachable!("a few thousand short words always fit: {e}"));
        Matcher { automaton, words, senses, shields }
    }

    /// Every word of the text with each of its senses, by position; words hidden by a shield or, among values of one
    /// fact, by a longer word are left out.
    pub fn find(&self, text: &str, lexicon: &Lexicon) -> Vec<Match> {
        // Byte offsets to character offsets, once.
        let mut char_at = vec![0u32; text.len() + 1];
        let mut count = 0u32;
        for (i, byte) in text.bytes().enumerate() {
            if byte & 0xc0 != 0x80 && i > 0 {
                count += 1;
            }
            char_at[i] = count;
        }
        char_at[text.len()] = if text.is_empty() { 0 } else { count + 1 };

        let raw: Vec<(usize, usize, usize)> = self
            .automaton
            .find_overlapping_iter(text)
            .map(|m| (char_at[m.start()] as usize, char_at[m.end()] as usize, m.pattern().as_usize()))
            .collect();
        let mut found = vec![];
        // Words are found by their ends: what holds one ends where it does, or fewer characters later than the longest has.
        let longest = raw.iter().map(|(start, end, _)| end - start).max().unwrap_or(0);
        for (place, &(start, end, word)) in raw.iter().enumerate() {
            let inside = |o: &&(usize, usize, usize)| o.0 <= start && end <= o.1 && o.1 - o.0 > end - start;
            let first = raw[..place].iter().rposition(|o| o.1 < end).map_or(0, |before| before + 1);
            let around = raw[first..].iter().take_while(|o| o.1 < end + longest).filter(inside);
            if around.clone().any(|o| self.shields[o.2]) {
                continue;
            }
            for sense in &self.senses[word] {
                if let Sense::Value(v) = sense {
                    let about = &lexicon.values[*v].about;
                    let hides = |o: &(usize, usize, usize)| {
                        self.senses[o.2]
                            .iter()
                            .any(|s| matches!(s, Sense::Value(w) if lexicon.values[*w].about == *about))
                    };
                    if around.clone().any(hides) {
                        continue;
                    }
                }
                found.push(Match { word: self.words[word].clone(), sense: sense.clone(), start, end, negated: false });
            }
        }
        found.sort_by_key(|m| (m.start, std::cmp::Reverse(m.end)));
        found
    }
}
