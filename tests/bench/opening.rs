//! What opening an index costs, part by part, in time and in memory. Run with `cargo bench --bench opening`.
//!
//! Of the shipped corpus, or with `YIWEN_BENCH_DIR` and `YIWEN_BENCH_PASSAGES` of a folder as `yiwen bench` takes it. Each part
//! is done alone, one after the other, in a process of its own, [`RUNS`] times; the middle time counts. The service does
//! some of them at once: the last line is what they take it together. The heap is what was asked of the allocator and not
//! given back; a file that is mapped is not in it.

#[path = "common.rs"]
mod common;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use cap::Cap;
use mimalloc::MiMalloc;
use yiwen::corpus::{self, law, lexicon, vocabulary};
use yiwen::engine::{Engine, Question};
use yiwen::eval::retrieval::{self, Scratch};
use yiwen::facts::Facts;
use yiwen::http::Live;
use yiwen::index::{Access, Analyzer, SearchEngine, Snapshot, build, generations};
use yiwen::retrieve::{Query, Retriever, Suggester};
use yiwen::text::segment::Dictionary;
use yiwen::understand::Groundwork;

/// The program's allocator, counted.
#[global_allocator]
static MEMORY: Cap<MiMalloc> = Cap::new(MiMalloc, usize::MAX);

const RUNS: usize = 7;
/// Stands before the index in the arguments of a process that opens it.
const OPEN: &str = "open";
/// The same, opened as the service does.
const TOGETHER: &str = "together";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [mode, index] if mode == OPEN => open(Path::new(index)),
        [mode, index] if mode == TOGETHER => together(Path::new(index)),
        _ => measure(),
    }
}

/// Builds the index and has it opened again and again.
fn measure() {
    let scratch = Scratch::new().expect("a folder");
    if common::folder().is_some() {
        let (corpus, _) = corpus::load(common::corpus());
        let analyzer = Analyzer::new(&corpus.vocabulary);
        retrieval::index(common::documents(&corpus, None), &scratch, &SearchEngine::Embedded, &analyzer, &|_| {})
            .expect("an index");
    } else {
        let at = "2026-11-23T00:00:00Z";
        yiwen::index::rebuild(common::corpus(), scratch.path(), at, &|_, _| {}).expect("an index");
    }
    println!("| part | ms | heap, MB |\n| --- | ---: | ---: |");
    let modes: &[&str] = if common::folder().is_some() { &[OPEN] } else { &[OPEN, TOGETHER] };
    for mode in modes {
        let mut runs: Vec<Vec<(String, f64, f64)>> = (0..RUNS).map(|_| run(mode, scratch.path())).collect();
        for row in 0..runs[0].len() {
            runs.sort_by(|a, b| a[row].1.total_cmp(&b[row].1));
            let (part, ms, megabytes) = &runs[RUNS / 2][row];
            println!("| {part} | {ms:.1} | {megabytes:.2} |");
        }
    }
}

/// The rows that one process writes.
fn run(mode: &str, index: &Path) -> Vec<(String, f64, f64)> {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).arg(mode).arg(index).output().expect("a process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let row = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        (fields[0].to_owned(), fields[1].parse().expect("ms"), fields[2].parse().expect("MB"))
    };
    text.lines().map(row).collect()
}

/// Does a part and writes its row.
fn part<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let (before, started) = (MEMORY.allocated(), Instant::now());
    let made = work();
    let ms = started.elapsed().as_secs_f64() * 1e3;
    let grown = MEMORY.allocated() as f64 - before as f64;
    println!("{name}\t{ms}\t{}", grown / 1e6);
    made
}

/// A part of another one that was done already: read again and dropped.
fn of_it<T>(name: &str, work: impl FnOnce() -> T) {
    drop(part(&format!("— of it {name}"), work));
}

fn open(index: &Path) {
    let plain = common::folder().is_some();
    let generation = if plain { None } else { Some(generations::manifest(index).expect("a generation")) };
    let path = generation.as_ref().map_or(index.to_owned(), |generation| index.join(&generation.name));
    let (dir, search) =
        if plain { (common::corpus().to_owned(), path.clone()) } else { (path.join("corpus"), path.join("search")) };
    if !plain {
        part("hash of the corpus", || corpus::load::hash(&dir).expect("a hash"));
        part("sums of the index's files", || build::is_intact(&search).expect("an index"));
    }
    let (corpus, _) = part("corpus, read", || corpus::load(&dir));
    of_it("rules' values, places, holidays", || law::read(&dir));
    of_it("vocabulary", || vocabulary::read(&dir));
    of_it("cues, topics, contradictions", || lexicon::read(&dir, &corpus.law.regions));
    let dictionary = part("dictionary", Dictionary::load);
    let analyzer = part("our words in it, synonyms", || Analyzer::with(dictionary, &corpus.vocabulary));
    let topics = generation.as_ref().map_or(vec![], |generation| generation.topics.clone());
    let retriever = part("index, opened", || {
        Retriever::open(&search, analyzer.clone(), &topics, &corpus.law.regions).expect("an index")
    });
    let questions = common::questions(&corpus);
    if let Some(generation) = generation {
        let groundwork = part("understanding: cue words, places", || Groundwork::of(&corpus));
        let suggester = part("suggestions of the search box", || Suggester::new(&corpus.articles));
        let snapshot = Snapshot { generation, corpus: Arc::new(corpus), analyzer, retriever, path };
        let engine = part("understanding: typos, pinyin", || Engine::with(snapshot, groundwork));
        part("first answer", || answer(&engine, &questions[0]));
        part("all questions", || questions.iter().for_each(|text| answer(&engine, text)));
        part("once more", || questions.iter().for_each(|text| answer(&engine, text)));
        drop(suggester);
    } else {
        let search = |text: &String| drop(retriever.search(&Query { text, limit: 10, ..Query::default() }));
        part("first search", || search(&questions[0]));
        part("all questions", || questions.iter().for_each(search));
        part("once more", || questions.iter().for_each(search));
    }
    resident();
}

fn answer(engine: &Engine, text: &str) {
    let at = jiff::civil::date(2026, 11, 23);
    drop(engine.answer(&Question { text, region: None, at, facts: Facts::default(), explain: false }));
}

/// All of it as the service does.
fn together(index: &Path) {
    part("all of it, as the service does", || {
        let live = Live::open(index, &Access::default()).expect("an index");
        answer(&live.engine, "断缴4个月怎么补");
        live
    });
}

/// What of this process is in memory, where the system tells.
fn resident() {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return };
    for (field, name) in [("RssAnon:", "resident, of its own"), ("RssFile:", "resident, mapped files")] {
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kilobytes: Option<f64> = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        println!("{name}\t0\t{}", kilobytes.unwrap_or(0.0) * 1024.0 / 1e6);
    }
}
