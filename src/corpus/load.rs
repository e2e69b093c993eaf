//! Reads the whole corpus: what the rules stand on, the articles and the vocabulary.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::article::{self, Article};
use super::freshness::{self, Review};
use super::vocabulary::{self, Vocabulary};
use super::{Problem, hex, law, lexicon};
use crate::rules::Law;
use crate::text::Folded;
use crate::understand::lexicon::Lexicon;

/// Topic ids: those with rules, then those answered from passages, then what is none of ours.
pub const TOPICS: &[&str] = &[
    "balance_transfer",
    "arrears",
    "withdrawal",
    "retirement",
    "contribution",
    "account_credit",
    "family_sharing",
    "remote_care",
    "incentive",
    "enrollment",
    "balance_inquiry",
    "reimbursement",
    "card",
    // Imported pages about something else keep their text and say so; they answer no question of ours.
    "out_of_scope",
];

/// The folders of the corpus that everything else is derived from.
const FOLDERS: [&str; 4] = ["articles", "calendar", "parameters", "vocabulary"];

/// The contradictions among sources.
const CONFLICTS: &str = "conflicts.toml";

/// Everything the service knows.
#[derive(Debug, Default)]
pub struct Corpus {
    pub law: Law,
    /// In the order of their paths.
    pub articles: Vec<Article>,
    pub vocabulary: Vocabulary,
    pub lexicon: Lexicon,
    pub review: Review,
}

/// Reads the corpus folder. What can be read is returned together with every problem found, in order of place.
pub fn load(dir: &Path) -> (Corpus, Vec<Problem>) {
    let (law, mut problems) = law::read(dir);
    let (vocabulary, wrong) = vocabulary::read(dir);
    problems.extend(wrong);
    let (lexicon, wrong) = lexicon::read(dir, &law.regions);
    problems.extend(wrong);
    let (review, wrong) = freshness::read(dir);
    problems.extend(wrong);
    let mut articles = vec![];
    for path in below(dir, "articles", &mut problems).into_iter().filter(|p| p.ends_with(".md")) {
        let Some(text) = law::text(dir, &path, &mut problems) else { continue };
        let (article, wrong) = article::read(&path, &text, &law.regions, TOPICS);
        articles.extend(article);
        problems.extend(wrong);
    }
    problems.extend(across(dir, &articles));
    problems.sort();
    (Corpus { law, articles, vocabulary, lexicon, review }, problems)
}

/// Problems that only show when articles are compared: an id or a curated question taken twice, a `supersedes` that
/// names nothing.
fn across(dir: &Path, articles: &[Article]) -> Vec<Problem> {
    let mut problems = vec![];
    let mut note = |article: &Article, words: &str, message: String| {
        problems.push(Problem { path: article.path.clone(), line: line_of(&dir.join(&article.path), words), message });
    };
    let ids: HashSet<&str> = articles.iter().map(|a| a.id.as_str()).collect();
    let mut paths: HashMap<&str, &str> = HashMap::new();
    let mut asked: HashMap<String, &str> = HashMap::new();
    for article in articles {
        if let Some(first) = paths.insert(&article.id, &article.path) {
            note(article, "id", format!("id“{}”与 {first} 重复", article.id));
        }
        let mut own = HashSet::new();
        for question in &article.questions {
            let folded = Folded::new(question);
            let key: String = folded.chars().iter().filter(|c| c.is_alphanumeric()).collect();
            if !own.insert(key.clone()) {
                note(article, question, format!("问题“{question}”写了两次"));
            } else if let Some(first) = asked.insert(key, &article.path) {
                note(article, question, format!("问题“{question}”在 {first} 里已有;一个问题只能属于一篇文章"));
            }
        }
        for old in article.supersedes.iter().filter(|old| !ids.contains(old.as_str())) {
            note(article, old, format!("supersedes 里的“{old}”不存在"));
        }
        if article.supersedes.contains(&article.id) {
            note(article, "supersedes", "supersedes 里写了文章自己".to_owned());
        }
    }
    problems
}

/// The first line that holds these words, counted from 1; 1 where none does.
pub(super) fn line_of(path: &Path, words: &str) -> usize {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().position(|line| line.contains(words)).map_or(1, |i| i + 1)
}

/// Every file below a folder of the corpus, as sorted relative paths. Links are not followed, so that no file outside
/// the corpus is ever read.
fn below(corpus: &Path, folder: &str, problems: &mut Vec<Problem>) -> Vec<String> {
    let mut found = vec![];
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(corpus.join(&folder)) else {
            problems.push(Problem { path: folder, line: 0, message: "文件夹不存在或读不了".to_owned() });
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                problems.push(Problem {
                    path: folder.clone(),
                    line: 0,
                    message: format!("文件名 {name:?} 不是 UTF-8"),
                });
                continue;
            };
            if name.starts_with('.') {
                continue;
            }
            let path = format!("{folder}/{name}");
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => found.push(path),
                _ => problems.push(Problem {
                    path,
                    line: 0,
                    message: "不是普通文件(链接不读),请换成文件本身".to_owned(),
                }),
            }
        }
    }
    found.sort();
    found
}

/// The files that the index and the service depend on, as sorted paths relative to the corpus.
pub fn files(dir: &Path) -> Vec<String> {
    let mut ignored = vec![];
    let single = [CONFLICTS, freshness::FILE].into_iter().filter(|name| dir.join(name).is_file()).map(str::to_owned);
    FOLDERS.iter().flat_map(|folder| below(dir, folder, &mut ignored)).chain(single).collect()
}

/// SHA-256 over the paths and bytes of [`files`]: two corpora with the same hash give the same index.
pub fn hash(dir: &Path) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let contents: BTreeMap<String, Vec<u8>> = files(dir)
        .into_iter()
        .map(|path| match std::fs::read(dir.join(&path)) {
            Ok(bytes) => Ok((path, bytes)),
            Err(error) => Err(std::io::Error::new(error.kind(), format!("{path}: {error}"))),
        })
        .collect::<std::io::Result<_>>()?;
    for (path, bytes) in contents {
        hash.update((path.len() as u64).to_le_bytes());
        hash.update(path.as_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(&bytes);
    }
    Ok(hex(&hash.finalize()))
}

/// A number that changes when a file of [`files`] is saved, added or taken away. Cheap: it reads no file.
pub fn stamp(dir: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    for path in files(dir) {
        let seen = std::fs::metadata(dir.join(&path)).ok();
        (path, seen.as_ref().map(std::fs::Metadata::len), seen.and_then(|m| m.modified().ok())).hash(&mut hasher);
    }
    hasher.finish()
}
