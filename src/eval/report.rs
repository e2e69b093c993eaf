//! What a measuring found, as Markdown: totals, a table of confusions, and for each miss how the question was read.

use std::collections::BTreeSet;
use std::fmt::Write;

use jiff::civil::Date;
use serde_json::Value;

use super::answers::{Failure, Report};
use super::{passages, retrieval};
use crate::engine::Engine;
use crate::retrieve::{Query, Unavailable};

/// Passages shown with a miss.
const SHOWN: usize = 3;

/// The report of `eval answers`.
pub fn answers(report: &Report) -> String {
    let mut out = format!("# 问答评测\n\n{} 题,通过 {}", report.cases, report.passed);
    let _ = writeln!(
        out,
        "({:.1}%)。\n\n| 规则或主题 | 题数 | 通过 |\n|---|---:|---:|",
        percent(report.passed, report.cases)
    );
    for (rule, tally) in &report.by_rule {
        let _ = writeln!(out, "| {rule} | {} | {} |", tally.cases, tally.passed);
    }
    confusion(&mut out, report);
    if !report.failures.is_empty() {
        let _ = writeln!(out, "\n## 没有通过的");
    }
    let mut last = None;
    for failure in &report.failures {
        if last != Some((&failure.id, &failure.question)) {
            let _ = writeln!(out, "\n### {}\n\n问:{}\n", failure.id, failure.question);
            read_as(&mut out, &failure.explain);
            last = Some((&failure.id, &failure.question));
        }
        let Failure { path, expected, got, .. } = failure;
        let _ = writeln!(out, "- **{path}**:应为 `{expected}`,实为 `{got}`");
    }
    out
}

fn percent(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}

/// Rows: the topic wanted; columns: the topic got. Only topics that occur; right ones stand in bold.
fn confusion(out: &mut String, report: &Report) {
    if report.confusion.is_empty() {
        return;
    }
    let got: BTreeSet<&String> = report.confusion.values().flat_map(|row| row.keys()).collect();
    let names: Vec<&str> = got.iter().map(|g| g.as_str()).collect();
    let _ = writeln!(out, "\n## 主题混淆\n\n每行是应有的主题,每列是判成的主题。\n");
    let _ = writeln!(out, "| 应为 \\ 判为 | {} |\n|---|{}", names.join(" | "), "---:|".repeat(names.len()));
    for (wanted, row) in &report.confusion {
        let cells: Vec<String> = got
            .iter()
            .map(|topic| match row.get(*topic) {
                Some(count) if *topic == wanted => format!("**{count}**"),
                Some(count) => count.to_string(),
                None => String::new(),
            })
            .collect();
        let _ = writeln!(out, "| {wanted} | {} |", cells.join(" | "));
    }
}

/// How the question was read: the words of `yiwen explain`.
fn read_as(out: &mut String, explain: &Value) {
    let items = |key: &str| explain[key].as_array().into_iter().flatten();
    let cues: Vec<String> = items("cues")
        .map(|c| {
            let denied = if c["negated"] == true { ",否定" } else { "" };
            format!("{}({}{denied})", text(&c["word"]), text(&c["class"]))
        })
        .collect();
    let topics: Vec<String> = items("topics").map(|t| format!("{} {}", text(&t["id"]), t["points"])).collect();
    let rules: Vec<&str> = items("rules").map(text).collect();
    for (what, list) in
        [("认出的词", cues.join("、")), ("主题得分", topics.join("、")), ("要算的规则", rules.join("、"))]
    {
        let _ = writeln!(out, "- {what}:{}", if list.is_empty() { "没有" } else { &list });
    }
    if let Some(region) = explain["region"].as_str() {
        let _ = writeln!(out, "- 地区:{region}");
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The report of `eval passages`; each miss with the passages that came instead.
pub fn passages(
    figures: &passages::Figures,
    rows: &[passages::Row],
    engine: &Engine,
    at: Date,
) -> Result<String, Unavailable> {
    let mut out = format!(
        "# 段落评测\n\n| 题数 | 第一条 | 前三 | 前十 | MRR@10 |\n|---:|---:|---:|---:|---:|\n| {} | {:.3} | {:.3} | {:.3} | {:.3} |\n",
        figures.cases, figures.hit_1, figures.hit_3, figures.hit_10, figures.mrr_10
    );
    if !figures.misses.is_empty() {
        let _ = writeln!(out, "\n## 前十条里没有的");
    }
    for row in rows.iter().filter(|row| figures.misses.contains(&row.id)) {
        let _ = writeln!(out, "\n### {}\n\n问:{}\n\n应含:{}\n", row.id, row.question, row.answer_contains.join(" 或 "));
        let found = engine.search(&Query { text: &row.question, limit: SHOWN, ..Query::default() }, at)?;
        for (i, hit) in found.hits.iter().enumerate() {
            let _ = writeln!(out, "{}. {}({},{:.2})", i + 1, hit.title, hit.id, hit.score);
        }
    }
    Ok(out)
}

/// The report of `eval retrieval`.
pub fn retrieval(f: &retrieval::Figures) -> String {
    format!(
        "| 问 | recall@1 | recall@5 | recall@10 | MRR@10 | nDCG@10 | 段落 | 建索引(秒) | p50(微秒) | p95 | p99 |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n\
         | {} | {:.4} | {:.4} | {:.4} | {:.4} | {:.4} | {} | {:.1} | {:.0} | {:.0} | {:.0} |\n",
        f.queries,
        f.recall_1,
        f.recall_5,
        f.recall_10,
        f.mrr_10,
        f.ndcg_10,
        f.passages,
        f.index_seconds,
        f.latency_us.p50,
        f.latency_us.p95,
        f.latency_us.p99
    )
}
