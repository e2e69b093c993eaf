//! What a search costs, question to shown passages, and how it grows with the index. Run with `cargo bench --bench search`.
//!
//! The index is the shipped corpus, its articles repeated under new ids until they make `YIWEN_BENCH_PASSAGES` passages
//! (10,000 unless said otherwise); or the documents and questions of the folder `YIWEN_BENCH_DIR`, as `yiwen bench` takes
//! it. Copies of a text are folded into one hit, so the shipped corpus costs more than as many different texts.

#[path = "common.rs"]
mod common;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use yiwen::eval::retrieval::{self, Scratch};
use yiwen::index::{Analyzer, SearchEngine};
use yiwen::retrieve::{Query, Retriever};

/// Questions by what makes them dear.
const KINDS: [(&str, &str); 3] = [
    ("rare words", "门诊慢特病待遇认定"),
    ("common words", "医保个人缴费可以怎么办理"),
    (
        "a long story",
        "我之前在深圳上班,2025年3月辞的职,医保就断了,后来去了广州,新公司说7月才给我上,那这几个月我自己能不能补上,要补多少钱",
    ),
];

fn search(criterion: &mut Criterion) {
    let (corpus, problems) = yiwen::corpus::load(common::corpus());
    assert!(problems.is_empty(), "{problems:?}");
    let analyzer = Analyzer::new(&corpus.vocabulary);
    // The shipped corpus is small: by itself it would say nothing of growth.
    let otherwise = if common::folder().is_some() { None } else { Some(10_000) };
    let (documents, questions) = (common::documents(&corpus, otherwise), common::questions(&corpus));
    let scratch = Scratch::new().expect("a folder");
    let (retriever, built) =
        retrieval::index(documents, &scratch, &SearchEngine::Embedded, &analyzer, &|_| {}).expect("an index");
    let found = |retriever: &Retriever, text: &str| {
        retriever.search(&Query { text, limit: 10, ..Query::default() }).map_or(0, |found| found.hits.len())
    };
    let mut group = criterion.benchmark_group(format!("search of {} passages", built.passages));
    let mut next = questions.iter().cycle();
    group.bench_function("questions in turn", |b| {
        b.iter(|| found(&retriever, next.next().map_or("", String::as_str)));
    });
    for (kind, text) in KINDS {
        group.bench_with_input(BenchmarkId::from_parameter(kind), text, |b, text| b.iter(|| found(&retriever, text)));
    }
    group.finish();
}

criterion_group!(benches, search);
criterion_main!(benches);
