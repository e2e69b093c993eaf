//! What a whole answer costs over the shipped corpus: understood, searched, computed, composed, and written as JSON. Run
//! with `cargo bench --bench answer`.
//!
//! The goal is 0.6 ms over HTTP, of which the engine may take what the network leaves.

use std::path::Path;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use yiwen::answer::{Answer, AnswerStatus};
use yiwen::engine::{Engine, Question};
use yiwen::facts::Facts;
use yiwen::index;

/// A question of each kind of answer.
const KINDS: [(&str, &str, AnswerStatus); 4] = [
    ("computed", "单位欠缴医保本金1万元,晚了100天,滞纳金多少", AnswerStatus::Answered),
    ("missing facts", "滞纳金怎么算", AnswerStatus::NeedsFacts),
    ("passages only", "异地就医备案要带什么材料", AnswerStatus::PassagesOnly),
    ("nothing found", "明天天气怎么样", AnswerStatus::NoMatch),
];

fn answer(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"));
    index::rebuild(corpus, folder.path(), "2026-11-23T00:00:00Z", &|_, _| {}).expect("an index");
    let engine = Engine::new(index::open(folder.path()).expect("the index"));
    let at = jiff::civil::date(2026, 11, 23);
    let answered = |text: &str| -> Answer {
        engine.answer(&Question { text, region: None, at, facts: Facts::default(), explain: false })
    };
    let mut group = criterion.benchmark_group("answer");
    for (kind, text, status) in KINDS {
        let answer = answered(text);
        assert_eq!(answer.status, status, "{text}");
        group.bench_with_input(BenchmarkId::new("engine", kind), text, |b, text| b.iter(|| answered(text)));
        group.bench_function(BenchmarkId::new("as JSON", kind), |b| b.iter(|| serde_json::to_vec(&answer)));
    }
    group.finish();
}

criterion_group!(benches, answer);
criterion_main!(benches);
