//! What `yiwen check` finds besides what reading refuses: things that are each well written and do not fit together.

use std::path::Path;

use super::load::line_of;
use super::{Corpus, Problem, load};
use crate::rules::RULES;
use crate::rules::keys::{KEYS, keys};
use crate::rules::parameters::{Level, Parameter, ParameterValue};

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

/// Reads a corpus and returns what was in it and every problem, in order of place.
pub fn check(dir: &Path) -> (Read, Vec<Problem>) {
    let (corpus, mut problems) = load(dir);
    problems.extend(articles(dir, &corpus));
    problems.extend(parameters(&corpus));
    problems.sort();
    problems.dedup();
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
    (read, problems)
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
        for id in article.conflicts.iter().filter(|id| !is_conflict(corpus, id)) {
            note("conflicts", format!("conflicts.toml 里没有“{id}”"));
        }
    }
    problems
}

fn is_conflict(corpus: &Corpus, id: &str) -> bool {
    corpus.lexicon.conflicts.iter().any(|c| c.id == *id)
}

fn parameters(corpus: &Corpus) -> Vec<Problem> {
    let law = &corpus.law;
    let mut problems = vec![];
    for parameter in law.parameters.iter() {
        let mut note = |place: &(String, usize), message: String| {
            problems.push(Problem { path: place.0.clone(), line: place.1, message });
        };
        match keys(&parameter.rule) {
            None => {
                let known: Vec<&str> = RULES.iter().map(|r| r.id).collect();
                note(&parameter.place, format!("没有规则“{}”;文件名应是规则名:{}", parameter.rule, known.join("、")));
            }
            Some(known) if !known.contains(&parameter.key.as_str()) && !parameter.cited_only => {
                let message = format!(
                    "没有规则用到参数“{}”;名称写错了就改正,只供查阅就写 cited_only = true;用到的有:{}",
                    parameter.key,
                    known.join("、")
                );
                note(&parameter.place, message);
            }
            Some(_) => {}
        }
        for value in &parameter.values {
            for id in value.conflicts.iter().filter(|id| !is_conflict(corpus, id)) {
                note(&value.place, format!("“{}”的 conflicts:conflicts.toml 里没有“{id}”", value.id));
            }
        }
        for (a, b) in both_match(parameter) {
            let (id, other, line) = (&b.id, &a.id, a.place.1);
            note(&b.place, format!("“{id}”与第 {line} 行的“{other}”可能同时适用;请给其中一条补上条件 when"));
        }
    }
    for (rule, keys) in KEYS {
        for key in keys.iter().filter(|key| law.parameters.get(rule, key).is_none()) {
            let message = format!("规则要用参数“{key}”,文件里没有");
            problems.push(Problem { path: format!("parameters/{rule}.toml"), line: 0, message });
        }
    }
    problems
}

/// Pairs of values of one place and time with as many conditions each, which one case can meet together: neither would
/// be the more special one.
fn both_match(parameter: &Parameter) -> Vec<(&ParameterValue, &ParameterValue)> {
    let mut pairs = vec![];
    for (i, a) in parameter.values.iter().enumerate() {
        for b in &parameter.values[i + 1..] {
            let alike = a.region == b.region && a.when.len() == b.when.len() && a.when != b.when;
            let meet = a.to.is_none_or(|to| b.from.is_none_or(|from| from <= to))
                && b.to.is_none_or(|to| a.from.is_none_or(|from| from <= to));
            let contradict = a.when.iter().any(|(key, want)| b.when.get(key).is_some_and(|other| other != want));
            if alike && meet && !contradict {
                pairs.push((a, b));
            }
        }
    }
    pairs
}
