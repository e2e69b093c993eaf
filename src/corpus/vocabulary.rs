//! The vocabulary that policy staff edit: words for the cutter, synonyms, question chatter.
//!
//! - `words.txt`: `word frequency tag`, one a line: words that the bundled dictionary lacks or cuts wrongly.
//! - `synonyms.tsv`: `canonical<TAB>variant|variant…`. A variant is understood as its canonical word, never the other way
//!   round, and only in fields derived for matching: the text itself is not touched.
//! - `chatter.txt`: words of asking (请问, 怎么办) that say nothing about the subject; they count little, not nothing.
//!
//! In all three, blank lines and lines that start with `#` are passed over.

use std::collections::HashMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Problem, law};
use crate::text::Folded;

/// Where the three files stand, relative to the corpus.
pub const FILES: [&str; 3] = ["vocabulary/words.txt", "vocabulary/synonyms.tsv", "vocabulary/chatter.txt"];

/// A word for the cutter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub frequency: usize,
    pub tag: String,
}

/// A canonical word and what else people call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synonyms {
    pub canonical: String,
    pub variants: Vec<String>,
}

/// The three lists, folded, and the hash of the files that they were read from.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    pub words: Vec<Word>,
    pub synonyms: Vec<Synonyms>,
    pub chatter: Vec<String>,
    /// SHA-256 over the three files: an index built with another vocabulary is refused.
    pub hash: String,
}

/// Reads the three files below the corpus folder, with every problem found.
pub fn read(corpus: &Path) -> (Vocabulary, Vec<Problem>) {
    let mut problems = vec![];
    let [words, synonyms, chatter] = FILES.map(|name| law::text(corpus, name, &mut problems).unwrap_or_default());
    let mut hash = Sha256::new();
    for text in [&words, &synonyms, &chatter] {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    let vocabulary = Vocabulary {
        words: read_words(FILES[0], &words, &mut problems),
        synonyms: read_synonyms(FILES[1], &synonyms, &mut problems),
        chatter: read_chatter(FILES[2], &chatter, &mut problems),
        hash: super::hex(&hash.finalize()),
    };
    (vocabulary, problems)
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line.trim_start_matches('\u{feff}').trim_end()))
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
}

fn note(problems: &mut Vec<Problem>, path: &str, line: usize, message: String) {
    problems.push(Problem { path: path.to_owned(), line, message });
}

fn fold(text: &str) -> String {
    Folded::new(text.trim()).text().to_owned()
}

fn read_words(path: &str, text: &str, problems: &mut Vec<Problem>) -> Vec<Word> {
    let mut words = vec![];
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (line, row) in lines(text) {
        let cells: Vec<&str> = row.split_whitespace().collect();
        let [word, frequency, tag] = cells.as_slice() else {
            note(problems, path, line, format!("应写成“词 词频 词性”三项,实有 {} 项", cells.len()));
            continue;
        };
        let Some(frequency) = frequency.parse().ok().filter(|f| (1..=10_000_000).contains(f)) else {
            note(problems, path, line, format!("词频“{frequency}”应为 1 至 10000000 的整数"));
            continue;
        };
        let text = fold(word);
        if text.chars().count() < 2 {
            note(problems, path, line, format!("“{word}”只有一个字;词至少两个字"));
            continue;
        }
        if let Some(first) = seen.insert(text.clone(), line) {
            note(problems, path, line, format!("“{word}”与第 {first} 行重复"));
            continue;
        }
        words.push(Word { text, frequency, tag: (*tag).to_owned() });
    }
    words
}

fn read_synonyms(path: &str, text: &str, problems: &mut Vec<Problem>) -> Vec<Synonyms> {
    let mut groups: Vec<Synonyms> = vec![];
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (line, row) in lines(text) {
        let Some((canonical, variants)) = row.split_once('\t') else {
            note(problems, path, line, "应写成“标准说法<Tab>别的说法|别的说法”,中间是一个制表符".to_owned());
            continue;
        };
        let canonical = fold(canonical);
        let variants: Vec<String> = variants.split('|').map(fold).collect();
        if canonical.chars().count() < 2 || variants.iter().any(|v| v.chars().count() < 2) {
            note(problems, path, line, "每个说法至少两个字,竖线之间不能空着".to_owned());
            continue;
        }
        for word in std::iter::once(&canonical).chain(&variants) {
            if let Some(first) = seen.insert(word.clone(), line) {
                note(problems, path, line, format!("“{word}”在第 {first} 行已经出现;一个说法只能属于一行"));
            }
        }
        groups.push(Synonyms { canonical, variants });
    }
    groups
}

fn read_chatter(path: &str, text: &str, problems: &mut Vec<Problem>) -> Vec<String> {
    let mut words = vec![];
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (line, row) in lines(text) {
        let word = fold(row);
        if word.chars().any(char::is_whitespace) {
            note(problems, path, line, format!("“{row}”:一行只写一个词,词里不能有空格"));
            continue;
        }
        match seen.insert(word.clone(), line) {
            Some(first) => note(problems, path, line, format!("“{row}”与第 {first} 行重复")),
            None => words.push(word),
        }
    }
    words
}
