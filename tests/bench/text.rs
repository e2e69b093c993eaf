//! What the shared text path costs, step by step: folding, cutting, grams, and all that makes terms of a text. Run with
//! `cargo bench --bench text`.
//!
//! A question takes it once; an index takes it once for each passage, so bytes a second are what a build cannot exceed.

use std::cell::RefCell;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use yiwen::corpus::vocabulary;
use yiwen::index::Analyzer;
use yiwen::index::record::{Keys, Part};
use yiwen::text::Folded;

/// As people type: full width, traditional characters, a figure.
const QUESTION: &str = "请问深圳医保断繳４个月，工资8000块怎么补？";
/// As an office writes.
const PASSAGE: &str = "参保人员中断缴纳职工基本医疗保险费的,自中断缴费次月起停止享受医疗保险待遇。中断缴费时间不超过3个月的,\
    补缴后可自中断之月起连续享受待遇;超过3个月的,重新缴费后设置6个月的待遇享受等待期,等待期满后暂停原有的待遇限制。\
    灵活就业人员以个人身份参保的,缴费基数按上年度全省全口径城镇单位就业人员月平均工资的60%至300%确定,\
    由本人在办理参保登记时选择,一个缴费年度内不得变更。跨省转移接续的,转出地与转入地的缴费年限累计计算,个人账户余额随同划转。";

fn text(criterion: &mut Criterion) {
    let (vocabulary, problems) = vocabulary::read(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")));
    assert!(problems.is_empty(), "{problems:?}");
    let analyzer = Analyzer::new(&vocabulary);
    let mut group = criterion.benchmark_group("text");
    for (name, text) in [("question", QUESTION), ("passage", PASSAGE)] {
        let folded = Folded::new(text);
        let keys = RefCell::new(Keys::default());
        group.throughput(Throughput::Bytes(text.len() as u64));
        let mut step = |what: &str, run: &dyn Fn() -> usize| {
            group.bench_function(BenchmarkId::new(what, name), |b| b.iter(run));
        };
        step("fold", &|| Folded::new(text).chars().len());
        step("cut", &|| analyzer.segmenter().cut(folded.text()).len());
        step("words", &|| analyzer.words(folded.text()).len());
        step("grams", &|| analyzer.grams(folded.text()).len());
        step("whole", &|| {
            let folded = Folded::new(text);
            let mut keys = keys.borrow_mut();
            let part = Part::new(&analyzer, folded.text(), false, &mut keys);
            part.lengths().iter().sum::<u32>() as usize + keys.take().len()
        });
    }
    group.finish();
}

criterion_group!(benches, text);
criterion_main!(benches);
