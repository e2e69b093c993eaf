//! What benches over an index share: which documents it has, and what is asked of it.

use std::path::{Path, PathBuf};

use yiwen::bench::{questions, subject};
use yiwen::corpus::Corpus;
use yiwen::eval::retrieval;
use yiwen::index::IndexDocument;

/// The corpus as it is shipped.
pub fn corpus() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"))
}

/// A variable of the environment; what cannot be read as what it is for ends the run.
pub fn variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}")))
}

/// The folder that `yiwen bench` would take, where one is named.
pub fn folder() -> Option<PathBuf> {
    variable("YIWEN_BENCH_DIR")
}

/// The questions of that folder, else those that the articles answer, in the order in which they are asked.
pub fn questions(corpus: &Corpus) -> Vec<String> {
    let (asked, from) = match folder() {
        Some(dir) => {
            let path = dir.join("queries.jsonl");
            (questions::read(&path).expect("questions"), path)
        }
        None => (corpus.articles.iter().flat_map(|a| a.questions.iter().cloned()).collect(), "corpus".into()),
    };
    questions::fair(asked, &from).expect("questions")
}

/// The documents of that folder, else the articles; repeated or cut to `YIWEN_BENCH_PASSAGES` where that is set, to
/// `otherwise` where it is not.
pub fn documents(corpus: &Corpus, otherwise: Option<u64>) -> Vec<IndexDocument> {
    let documents = match folder() {
        Some(dir) => retrieval::documents(&dir).expect("documents"),
        None => IndexDocument::of(&corpus.articles),
    };
    match variable("YIWEN_BENCH_PASSAGES").or(otherwise) {
        Some(wanted) => subject::to_passages(documents, wanted),
        None => documents,
    }
}
