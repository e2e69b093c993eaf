//! What understanding a question costs, and how it grows with length. Run with `cargo bench --bench understand`.
//!
//! Goals: a median below 150 µs at 30 characters, below 5 ms for a story of 2,000.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use yiwen::index::analyzer::Analyzer;
use yiwen::understand::Understander;

/// A story that goes on: typos, places, numbers, dates, traditional characters and filler, as people tell one.
const STORY: &str = "请问一下哈,我之前在深圳上班,2025年3月辞的职,医保就断了,中间断缴了4个月,工资大概8000块,\
    后来去了广州,新公司说7月才给我上,那这几个月我自己能不能补上,要补多少钱?我爸在老家湖南益阳交的合作医疗,\
    去年没交,今年想补繳,聽說要等三個月才能報銷,是不是真的?另外我医保卡里还有两千三百多,夸省转移能转过来吗,\
    还是要先取出来。我媳妇是灵活就业的,断了半年了,一共要交多少滞纳金。";

fn understand(criterion: &mut Criterion) {
    let (corpus, problems) = yiwen::corpus::load(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")));
    assert!(problems.is_empty(), "{problems:?}");
    let segmenter = Analyzer::new(&corpus.vocabulary).segmenter().clone();
    let understander = Understander::of(&corpus, segmenter);
    let at = jiff::civil::date(2026, 11, 23);
    let mut group = criterion.benchmark_group("understand");
    for length in [10, 30, 100, 300, 1000, 2000] {
        let question: String = STORY.chars().cycle().skip(7).take(length).collect();
        group.throughput(Throughput::Elements(length as u64));
        let id = BenchmarkId::from_parameter(format!("{length} characters"));
        group.bench_with_input(id, &question, |b, question| b.iter(|| understander.understand(question, at, None)));
    }
    group.finish();
}

criterion_group!(benches, understand);
criterion_main!(benches);
