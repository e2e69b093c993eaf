//! Ranking measured on a folder in the manner of BEIR: `corpus.jsonl[.gz]`, `queries.jsonl`, `qrels.<split>.tsv`.
//!
//! The documents take the very path of the corpus' articles, into an index in a temporary folder. A question's id is
//! used after the search only, to look its answers up.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::dense::{Encoder, Role, Vectors};
use crate::index::{Analyzer, IndexDocument, SearchEngine, build, meaning};
use crate::region::Regions;
use crate::retrieve::{Mode, Query, Retriever, Unavailable, Weights};

/// How far down the list is looked.
const DEPTH: usize = 10;
/// So many questions are encoded by themselves, for the time of it.
const QUESTIONS_TIMED: usize = 200;

/// The figures of one run, named as in the contract.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    pub queries: usize,
    #[serde(rename = "recall@1")]
    pub recall_1: f64,
    #[serde(rename = "recall@5")]
    pub recall_5: f64,
    #[serde(rename = "recall@10")]
    pub recall_10: f64,
    #[serde(rename = "mrr@10")]
    pub mrr_10: f64,
    #[serde(rename = "ndcg@10")]
    pub ndcg_10: f64,
    pub passages: u64,
    pub index_seconds: f64,
    pub latency_us: Latency,
    /// Where the semantic stage was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semantic: Option<Encoding>,
}

/// What encoding took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Encoding {
    /// Of the documents.
    pub vectors: usize,
    /// Those that were not taken over from a file.
    pub encoded: u64,
    pub seconds: f64,
    /// Time of encoding one question, in microseconds.
    pub question_us: Latency,
}

/// How a run is done, apart from what is measured.
pub struct Plan<'p> {
    pub analyzer: &'p Analyzer,
    pub engine: &'p SearchEngine,
    pub weights: Weights,
    /// The semantic stage; without it words alone are measured.
    pub semantic: Option<WithModel<'p>>,
    /// Called with documents and vectors done, and in all.
    pub progress: &'p (dyn Fn(u64, u64) + Sync),
}

/// The semantic stage of a run.
pub struct WithModel<'p> {
    pub encoder: Encoder,
    pub mode: Mode,
    /// Keeps the vectors from one run to the next.
    pub vectors: Option<&'p Path>,
}

/// Time of one search, question to shown passages, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

/// The questions of a set, with the documents that answer each.
pub struct Questions {
    pub rows: Vec<(String, HashSet<String>)>,
}

#[derive(Deserialize)]
struct DocumentRow {
    #[serde(alias = "_id")]
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

#[derive(Deserialize)]
struct QuestionRow {
    #[serde(alias = "_id")]
    id: String,
    text: String,
}

/// A folder that is removed when it goes out of use.
pub struct Scratch {
    path: PathBuf,
    /// Where its index may have more than is in the folder.
    engine: SearchEngine,
}

impl Scratch {
    /// A new, empty folder in the system's place for temporary files.
    pub fn new() -> Result<Scratch> {
        Scratch::in_engine(&SearchEngine::Embedded)
    }

    /// The same for an index that a certain engine holds.
    pub fn in_engine(engine: &SearchEngine) -> Result<Scratch> {
        let base = std::env::temp_dir();
        for n in 0..1_000 {
            let path = base.join(format!("yiwen-eval-{}-{n}", std::process::id()));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Scratch { path, engine: engine.clone() }),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).with_context(|| format!("{}:建不了临时文件夹", path.display())),
            }
        }
        bail!("{}:临时文件夹太多", base.display())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = self.engine.remove(&self.path) {
            tracing::warn!("{error}");
        }
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Indexes the folder's documents in a temporary place and asks its questions.
pub fn run(dir: &Path, split: &str, plan: Plan<'_>) -> Result<Figures> {
    let documents = documents(dir)?;
    let questions = questions(dir, split)?;
    let semantic = plan.semantic.map(|with| encode(with, &documents, &questions, plan.progress)).transpose()?;
    let before = semantic.as_ref().map_or(0, |(.., encoding)| encoding.encoded);
    let total = before + documents.len() as u64;
    let scratch = Scratch::in_engine(plan.engine)?;
    let progress = |done| (plan.progress)(before + done, total);
    let (retriever, built) = index(documents, &scratch, plan.engine, plan.analyzer, &progress)?;
    let mut retriever = retriever.with_weights(plan.weights);
    let mut encoding = None;
    if let Some((with, vectors, figures)) = semantic {
        retriever = retriever.with_semantic(with.encoder, vectors, with.mode);
        encoding = Some(figures);
    }
    let asked = ask(&retriever, &questions)?;
    Ok(Figures { passages: built.passages, index_seconds: built.index_seconds, semantic: encoding, ..asked })
}

/// Indexes documents in a temporary place; of the figures those of the build are given.
pub fn index(
    documents: Vec<IndexDocument>,
    scratch: &Scratch,
    engine: &SearchEngine,
    analyzer: &Analyzer,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(Retriever, Figures)> {
    let started = Instant::now();
    let plan = build::Plan { analyzer, topics: &[], place_names: &[], progress };
    let name = scratch.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let counts = engine.build(scratch.path(), &name, documents, &plan)?;
    let index_seconds = started.elapsed().as_secs_f64();
    let backend = engine.open(scratch.path())?;
    let retriever = Retriever::new(backend, analyzer.clone(), &[], &Regions::default());
    Ok((retriever, Figures { passages: counts.passages, index_seconds, ..Figures::default() }))
}

/// Encodes the documents as an index would, and each question by itself for its time.
fn encode<'p>(
    with: WithModel<'p>,
    documents: &[IndexDocument],
    questions: &Questions,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<(WithModel<'p>, Vectors, Encoding)> {
    let started = Instant::now();
    let encoded = AtomicU64::new(0);
    let store = meaning::encode(&with.encoder, documents, with.vectors, &|done, total| {
        encoded.store(total, Ordering::Relaxed);
        progress(done, total + documents.len() as u64);
    });
    let seconds = started.elapsed().as_secs_f64();
    if let Some(path) = with.vectors {
        store.write(path)?;
    }
    let time = |(text, _): &(String, HashSet<String>)| {
        let started = Instant::now();
        std::hint::black_box(with.encoder.encode(Role::Question, text));
        started.elapsed().as_secs_f64() * 1e6
    };
    let question_us = percentiles(questions.rows.iter().take(QUESTIONS_TIMED).map(time).collect());
    let (vectors, encoded) = (store.rows(), encoded.into_inner());
    Ok((with, store.into(), Encoding { vectors, encoded, seconds, question_us }))
}

/// Asks every question and compares the first ten articles with its answers.
pub fn ask(retriever: &Retriever, questions: &Questions) -> Result<Figures, Unavailable> {
    let mut figures = Figures { queries: questions.rows.len(), ..Figures::default() };
    let mut times = vec![];
    for (text, answers) in &questions.rows {
        let started = Instant::now();
        let found = retriever.search(&Query { text, limit: DEPTH, ..Query::default() })?;
        times.push(started.elapsed().as_secs_f64() * 1e6);
        let right: Vec<bool> = found.hits.iter().map(|hit| answers.contains(&hit.article)).collect();
        let recall =
            |depth: usize| right.iter().take(depth).filter(|r| **r).count() as f64 / answers.len().max(1) as f64;
        figures.recall_1 += recall(1);
        figures.recall_5 += recall(5);
        figures.recall_10 += recall(DEPTH);
        figures.mrr_10 += right.iter().position(|r| *r).map_or(0.0, |place| 1.0 / (place + 1) as f64);
        figures.ndcg_10 += ndcg(&right, answers.len());
    }
    let count = questions.rows.len().max(1) as f64;
    for figure in [
        &mut figures.recall_1,
        &mut figures.recall_5,
        &mut figures.recall_10,
        &mut figures.mrr_10,
        &mut figures.ndcg_10,
    ] {
        *figure /= count;
    }
    figures.latency_us = percentiles(times);
    Ok(figures)
}

/// Normalised discounted cumulative gain over the first ten, every answer worth the same.
fn ndcg(right: &[bool], answers: usize) -> f64 {
    let gain = |place: usize| 1.0 / ((place + 2) as f64).log2();
    let got: f64 = right.iter().enumerate().filter(|(_, r)| **r).map(|(place, _)| gain(place)).sum();
    let ideal: f64 = (0..answers.min(DEPTH)).map(gain).sum();
    if ideal > 0.0 { got / ideal } else { 0.0 }
}

/// The time that half, 95 % and 99 % of them do not exceed; 0 of none.
pub fn percentiles(mut times: Vec<f64>) -> Latency {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(place).copied().unwrap_or(0.0)
    };
    Latency { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/// The documents of `corpus.jsonl` or `corpus.jsonl.gz`.
pub fn documents(dir: &Path) -> Result<Vec<IndexDocument>> {
    let plain = dir.join("corpus.jsonl");
    let path = if plain.exists() { plain } else { dir.join("corpus.jsonl.gz") };
    rows(&path, |row: DocumentRow| IndexDocument::plain(&row.id, &row.title, &row.text))
}

/// The questions that a split has answers for.
pub fn questions(dir: &Path, split: &str) -> Result<Questions> {
    let path = dir.join(format!("qrels.{split}.tsv"));
    let mut answers: HashMap<String, HashSet<String>> = HashMap::new();
    for (i, line) in reader(&path)?.lines().enumerate() {
        let line = line.with_context(|| path.display().to_string())?;
        let cells: Vec<&str> = line.trim_end().split('\t').collect();
        // Some sets have a header, some carry an unused column.
        let (question, document, grade) = match cells.as_slice() {
            [""] => continue,
            [question, document, grade] | [question, _, document, grade] => (*question, *document, *grade),
            _ => bail!("{}:{}: 应有三列:问题编号、文章编号、分数", path.display(), i + 1),
        };
        let Ok(grade) = grade.parse::<f64>() else {
            if i == 0 {
                continue;
            }
            bail!("{}:{}: 分数“{grade}”不是数字", path.display(), i + 1);
        };
        if grade > 0.0 {
            answers.entry(question.to_owned()).or_default().insert(document.to_owned());
        }
    }
    let all = rows(&dir.join("queries.jsonl"), |row: QuestionRow| (row.id, row.text))?;
    let rows = all.into_iter().filter_map(|(id, text)| Some((text, answers.remove(&id)?))).collect();
    if let Some(id) = answers.keys().min() {
        bail!("{}:问题 {id} 不在 queries.jsonl 里", path.display());
    }
    Ok(Questions { rows })
}

/// A file's lines, unpacked where its name ends in `.gz`.
fn reader(path: &Path) -> Result<Box<dyn BufRead>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let plain: Box<dyn Read> = match path.extension().is_some_and(|e| e == "gz") {
        true => Box::new(flate2::read::MultiGzDecoder::new(file)),
        false => Box::new(file),
    };
    Ok(Box::new(BufReader::with_capacity(1 << 16, plain)))
}

/// Reads one JSON object a line.
pub fn rows<R: serde::de::DeserializeOwned, T>(path: &Path, mut take: impl FnMut(R) -> T) -> Result<Vec<T>> {
    let mut all = vec![];
    for (i, line) in reader(path)?.lines().enumerate() {
        let line = line.with_context(|| path.display().to_string())?;
        if line.trim().is_empty() {
            continue;
        }
        let row = serde_json::from_str(&line).with_context(|| format!("{}:{}", path.display(), i + 1))?;
        all.push(take(row));
    }
    Ok(all)
}
