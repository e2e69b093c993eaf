//! What `yiwen check` finds besides what reading refuses: things that are each well written and do not fit together.

use std::path::Path;

use super::audit::{Audit, audit};
use super::load::line_of;
use super::{Corpus, Problem, load};
use crate::rules::parameters::Level;

/// An article is found by its curated questions, so it has at least so many.
const QUESTIONS: usize = 3;

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Read {
    pub articles: usize,
    pub questions: usize,
    pub parameters: usize,
    pub values: usize,
    pub regions: usize,
    /// Places that have values of their own.
    pub regions_with_values: usize,
    pub conflicts: usize,
}

/// Reads and audits a corpus: what was in it, and every problem and warning in order of place.
pub fn check(dir: &Path) -> (Read, Audit) {
    let (corpus, problems) = load(dir);
    let mut found = audit(&corpus);
    found.problems.extend(problems);
    found.problems.extend(articles(dir, &corpus));
    found.problems.sort();
    found.problems.dedup();
    let values = || corpus.law.parameters.iter().flat_map(|p| &p.values);
    let mut places: Vec<_> = values().map(|v| v.region).collect();
    places.sort_unstable();
    places.dedup();
    let read = Read {
        articles: corpus.articles.len(),
        questions: corpus.articles.iter().map(|a| a.questions.len()).sum(),
        parameters: corpus.law.parameters.iter().count(),
        values: values().count(),
        regions: corpus.law.regions.iter().count(),
        regions_with_values: places.len(),
        conflicts: corpus.lexicon.conflicts.len(),
    };
    (read, found)
}

fn articles(dir: &Path, corpus: &Corpus) -> Vec<Problem> {
    let mut problems = vec![];
    for article in &corpus.articles {
        let mut note = |key: &str, message: String| {
            let line = line_of(&dir.join(&article.path), key);
            problems.push(Problem { path: article.path.clone(), line, message });
        };
        if article.level != Level::Seed && article.questions.len() < QUESTIONS {
            let count = article.questions.len();
            note("questions", format!("只有 {count} 个问题;至少写 {QUESTIONS} 个人们会问的问题"));
        }
        let told = |id: &&String| corpus.lexicon.conflicts.iter().any(|c| c.id == **id);
        for id in article.conflicts.iter().filter(|id| !told(id)) {
            note("conflicts", format!("conflicts.toml 里没有“{id}”"));
        }
    }
    problems
}
