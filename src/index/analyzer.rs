//! Text → terms, one path for articles and questions: words with their sub-words, concepts of the synonym list, grams.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::corpus::vocabulary::Vocabulary;
use crate::text::segment::{self, Dictionary, Segmenter, Token};

/// Marks a term that stands for a whole line of the synonym list. No word can begin with it.
pub const CONCEPT: char = '≈';

/// The cutter with our words, the synonyms and the chatter. Cheap to clone.
#[derive(Clone)]
pub struct Analyzer {
    segmenter: Arc<Segmenter>,
    synonyms: Arc<Concepts>,
    chatter: Arc<HashSet<String>>,
    vocabulary_hash: Arc<str>,
}

/// Finds every saying of the synonym list; each knows its canonical word.
struct Concepts {
    automaton: Option<AhoCorasick>,
    /// For each pattern, the term of its line.
    terms: Vec<String>,
}

impl Analyzer {
    /// Loads the dictionary with the vocabulary's words.
    pub fn new(vocabulary: &Vocabulary) -> Analyzer {
        Analyzer::with(Dictionary::load(), vocabulary)
    }

    /// The same over a dictionary that is loaded already.
    pub fn with(dictionary: Dictionary, vocabulary: &Vocabulary) -> Analyzer {
        let words = vocabulary.words.iter().map(|w| (w.text.as_str(), w.frequency, w.tag.as_str()));
        Analyzer {
            segmenter: Arc::new(Segmenter::with(dictionary, words)),
            synonyms: Arc::new(Concepts::new(vocabulary)),
            chatter: Arc::new(vocabulary.chatter.iter().cloned().collect()),
            vocabulary_hash: vocabulary.hash.as_str().into(),
        }
    }

    /// The shared cutter.
    pub fn segmenter(&self) -> &Arc<Segmenter> {
        &self.segmenter
    }

    /// The hash of the vocabulary that this analyzer was made from.
    pub fn vocabulary_hash(&self) -> &str {
        &self.vocabulary_hash
    }

    /// True for a word of asking, such as 请问.
    pub fn is_chatter(&self, word: &str) -> bool {
        self.chatter.contains(word)
    }

    /// Words, sub-words, codes and concepts of a folded text.
    pub fn words<'t>(&self, folded: &'t str) -> Vec<Token<'t>> {
        self.words_and_starts(folded).0
    }

    /// The same, and for each character whether a piece of the cut text starts there.
    pub fn words_and_starts<'t>(&self, folded: &'t str) -> (Vec<Token<'t>>, Vec<bool>) {
        let (mut words, starts) = self.segmenter.words_and_starts(folded);
        self.synonyms.find(folded, &mut words);
        (words, starts)
    }

    /// Character grams of a folded text.
    pub fn grams<'t>(&self, folded: &'t str) -> Vec<Token<'t>> {
        segment::grams(folded)
    }
}

impl Concepts {
    fn new(vocabulary: &Vocabulary) -> Concepts {
        let mut patterns: HashMap<&str, String> = HashMap::new();
        for group in &vocabulary.synonyms {
            for saying in std::iter::once(&group.canonical).chain(&group.variants) {
                patterns.entry(saying).or_insert_with(|| format!("{CONCEPT}{}", group.canonical));
            }
        }
        let mut patterns: Vec<(&str, String)> = patterns.into_iter().collect();
        patterns.sort();
        let sayings = patterns.iter().map(|(saying, _)| saying);
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(sayings).ok();
        Concepts { automaton, terms: patterns.into_iter().map(|(_, term)| term).collect() }
    }

    /// Adds the concept of every saying that begins and ends where words do (断交 is not found in 中断交通).
    fn find<'t>(&self, folded: &'t str, words: &mut Vec<Token<'t>>) {
        let Some(automaton) = &self.automaton else { return };
        let mut found = vec![];
        let (mut byte, mut character) = (0, 0);
        for hit in automaton.find_iter(folded) {
            character += folded[byte..hit.start()].chars().count();
            let length = folded[hit.range()].chars().count();
            byte = hit.start();
            found.push((character, character + length, hit.pattern().as_usize()));
        }
        for (start, end, pattern) in found {
            if words.iter().any(|w| w.start == start) && words.iter().any(|w| w.end == end) {
                words.push(Token { text: Cow::Owned(self.terms[pattern].clone()), start, end });
            }
        }
    }
}
