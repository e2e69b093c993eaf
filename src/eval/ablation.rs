//! What each component of the ranking is worth: switched off in turn, on the same index, against the same questions.

use std::path::PathBuf;

use anyhow::Result;

use super::retrieval::{self, Scratch};
use crate::index::{Analyzer, SearchEngine};
use crate::retrieve::{Pruning, Weights};

/// One line: a component, and nDCG@10 on each set without it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub component: &'static str,
    pub ndcg: Vec<f64>,
}

/// A change of the weights that switches a component off.
type Off = fn(&mut Weights);

/// Every component that can be switched off by its weights.
const COMPONENTS: &[(&str, Off)] = &[
    ("everything on", |_| {}),
    ("no words, only characters", |w| (w.word, w.single, w.sub_word, w.concept, w.variant) = (0.0, 0.0, 0.0, 0.0, 0.0)),
    ("no characters, only words", |w| (w.pair, w.character) = (0.0, 0.0)),
    ("no sub-words", |w| w.sub_word = 0.0),
    ("single characters as heavy as words", |w| (w.single, w.character) = (1.0, 1.0)),
    ("no synonyms", |w| (w.concept, w.variant) = (0.0, 0.0)),
    ("chatter as heavy as any word", |w| w.chatter = 1.0),
    ("codes as heavy as any word", |w| w.code = 1.0),
    ("no kind of answer", |w| w.answer_kind = 0.0),
    ("no best passage, only the whole", |w| w.passage = 0.0),
    ("rarity counted once", |w| w.rarity = [1.0, 1.0]),
    ("length ignored", |w| w.lengths = [0.0; 4]),
    ("no likeness of titles and questions", |w| w.likeness = 0.0),
    ("no tier for the same question", |w| w.same_question = 2.0),
    ("every list read, every article scored", |w| w.pruning = Pruning::NONE),
];

/// Measures every component on every folder; `progress` is told folders done.
///
/// # Errors
/// A folder that cannot be read or indexed.
pub fn run(dirs: &[PathBuf], split: &str, analyzer: &Analyzer, progress: &dyn Fn(u64)) -> Result<Vec<Line>> {
    let mut lines: Vec<Line> = COMPONENTS.iter().map(|(component, _)| Line { component, ndcg: vec![] }).collect();
    for (done, dir) in dirs.iter().enumerate() {
        let questions = retrieval::questions(dir, split)?;
        let scratch = Scratch::new()?;
        let (mut retriever, _) =
            retrieval::index(retrieval::documents(dir)?, &scratch, &SearchEngine::Embedded, analyzer, &|_| {})?;
        for (line, (_, off)) in lines.iter_mut().zip(COMPONENTS) {
            let mut weights = Weights::default();
            off(&mut weights);
            retriever = retriever.with_weights(weights);
            line.ndcg.push(retrieval::ask(&retriever, &questions)?.ndcg_10);
        }
        progress(done as u64 + 1);
    }
    Ok(lines)
}

/// The lines as a Markdown table: nDCG@10 with everything on, then what each component's absence costs.
pub fn markdown(dirs: &[PathBuf], lines: &[Line]) -> String {
    let names: Vec<String> =
        dirs.iter().map(|d| d.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())).collect();
    let mean = |ndcg: &[f64]| ndcg.iter().sum::<f64>() / ndcg.len().max(1) as f64;
    let mut table =
        vec![format!("| | {} | mean |", names.join(" | ")), format!("| --- |{} ---: |", " ---: |".repeat(names.len()))];
    let full = lines.first().map(|l| l.ndcg.clone()).unwrap_or_default();
    for (place, line) in lines.iter().enumerate() {
        let cell = |now: f64, before: f64| match place {
            0 => format!("{now:.4}"),
            _ => format!("{:+.4}", now - before),
        };
        let cells: Vec<String> = line.ndcg.iter().zip(&full).map(|(now, before)| cell(*now, *before)).collect();
        table.push(format!("| {} | {} | {} |", line.component, cells.join(" | "), cell(mean(&line.ndcg), mean(&full))));
    }
    table.join("\n")
}
