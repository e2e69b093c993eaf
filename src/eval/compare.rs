//! Two corpora compared on the same questions, so that a clerk sees whether a change helped or only seems to.
//!
//! Every question is asked of both; what is compared is the difference question by question. How sure the mean difference
//! is, a paired bootstrap says: the questions are drawn again and again with replacement, and the middle 95 % of the
//! means are the interval. The draws come from a fixed seed, so the same files give the same interval.

use std::collections::HashSet;
use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use super::retrieval::{self, Questions, Scratch};
use super::seeded::Seeded;
use super::{answers, passages};
use crate::engine::Engine;
use crate::index::{self, IndexError, SearchEngine};

/// One corpus, indexed in a temporary place.
pub struct Side {
    pub engine: Engine,
    _scratch: Scratch,
}

impl Side {
    /// Indexes a corpus folder. `progress` gets articles done and in all.
    ///
    /// # Errors
    /// A corpus with problems, each named; an index that cannot be written.
    pub fn build(corpus: &Path, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Side> {
        let scratch = Scratch::new()?;
        let index = scratch.path().join("index");
        match index::rebuild(corpus, &index, "1970-01-01T00:00:00Z", progress) {
            Ok(_) => {}
            Err(IndexError::Corpus(problems)) => {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                bail!("{} 有 {} 处问题,不能比较:\n{}", corpus.display(), problems.len(), lines.join("\n"));
            }
            Err(error) => return Err(error).with_context(|| corpus.display().to_string()),
        }
        Ok(Side { engine: Engine::new(index::open(&index)?), _scratch: scratch })
    }
}

/// One question's figure under A and under B, higher is better.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    pub id: String,
    pub question: String,
    pub a: f64,
    pub b: f64,
}

/// One measure over all questions of a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// The file or folder.
    pub set: String,
    /// In Chinese, what is counted.
    pub measure: &'static str,
    pub cases: usize,
    pub a: f64,
    pub b: f64,
    /// b − a, and the middle 95 % of what it might be on other questions of the kind.
    pub difference: f64,
    pub interval: (f64, f64),
    /// better | worse | unclear: whether the interval leaves out zero.
    pub verdict: &'static str,
    pub better: usize,
    pub worse: usize,
    /// Questions whose figure differs.
    pub changed: Vec<Pair>,
}

impl Measure {
    /// Sums up the pairs of one set.
    pub fn of(set: &str, measure: &'static str, pairs: Vec<Pair>) -> Measure {
        let differences: Vec<f64> = pairs.iter().map(|p| p.b - p.a).collect();
        let interval = interval(&differences);
        let verdict = match interval {
            (low, _) if low > 0.0 => "better",
            (_, high) if high < 0.0 => "worse",
            _ => "unclear",
        };
        Measure {
            set: set.to_owned(),
            measure,
            cases: pairs.len(),
            a: mean(pairs.iter().map(|p| p.a)),
            b: mean(pairs.iter().map(|p| p.b)),
            difference: mean(differences.iter().copied()),
            interval,
            verdict,
            better: differences.iter().filter(|d| **d > 0.0).count(),
            worse: differences.iter().filter(|d| **d < 0.0).count(),
            changed: pairs.into_iter().filter(|p| p.a != p.b).collect(),
        }
    }
}

fn mean(figures: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = figures.len().max(1) as f64;
    figures.sum::<f64>() / count
}

/// Draws of as many questions as there are.
const DRAWS: usize = 4_000;
const SEED: u64 = 20_261_123;

/// The middle 95 % of the mean difference over the draws.
pub fn interval(differences: &[f64]) -> (f64, f64) {
    if differences.is_empty() {
        return (0.0, 0.0);
    }
    let mut seeded = Seeded(SEED);
    let count = differences.len();
    let mut means: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let drawn = (0..count).map(|_| differences[seeded.below(count)]);
            drawn.sum::<f64>() / count as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    (means[DRAWS / 40], means[DRAWS - 1 - DRAWS / 40])
}

/// Rows as `eval answers` has them: passed or not.
pub fn answers(set: &str, a: &Side, b: &Side, rows: &[Value], today: Date) -> Measure {
    let passed = |side: &Side, row: &Value| answers::run(&side.engine, std::slice::from_ref(row), today).passed as f64;
    let pair = |row: &Value| Pair {
        id: row["id"].as_str().unwrap_or("?").to_owned(),
        question: row["noisy"].as_str().or(row["question"].as_str()).unwrap_or("(对话)").to_owned(),
        a: passed(a, row),
        b: passed(b, row),
    };
    Measure::of(set, "答对", rows.iter().map(pair).collect())
}

/// Rows as `eval passages` has them: one over the place of the first right passage.
pub fn passages(set: &str, a: &Side, b: &Side, rows: &[passages::Row], today: Date) -> Result<Measure> {
    let figure = |side: &Side, row: &passages::Row| -> Result<f64> {
        Ok(passages::ask(std::slice::from_ref(row), &side.engine, today)?.mrr_10)
    };
    let pair = |row: &passages::Row| -> Result<Pair> {
        Ok(Pair { id: row.id.clone(), question: row.question.clone(), a: figure(a, row)?, b: figure(b, row)? })
    };
    let pairs: Result<Vec<Pair>> = rows.iter().map(pair).collect();
    Ok(Measure::of(set, "段落 MRR@10", pairs?))
}

/// A folder as `eval retrieval` has it, indexed with the words of either corpus.
///
/// # Errors
/// Files that cannot be read, by place.
pub fn retrieval(dir: &Path, split: &str, a: &Side, b: &Side) -> Result<Measure> {
    let questions = retrieval::questions(dir, split)?;
    let figures = |side: &Side| -> Result<Vec<f64>> {
        let scratch = Scratch::new()?;
        let (retriever, _) = retrieval::index(
            retrieval::documents(dir)?,
            &scratch,
            &SearchEngine::Embedded,
            &side.engine.snapshot.analyzer,
            &|_| {},
        )?;
        let one = |row: &(String, HashSet<String>)| {
            Ok(retrieval::ask(&retriever, &Questions { rows: vec![row.clone()] })?.ndcg_10)
        };
        questions.rows.iter().map(one).collect()
    };
    let (under_a, under_b) = (figures(a)?, figures(b)?);
    let pairs = questions.rows.iter().zip(under_a.iter().zip(&under_b)).enumerate();
    let pairs = pairs.map(|(i, ((question, _), (a, b)))| Pair {
        id: (i + 1).to_string(),
        question: question.clone(),
        a: *a,
        b: *b,
    });
    Ok(Measure::of(&dir.display().to_string(), "nDCG@10", pairs.collect()))
}

/// Changed questions shown of each measure.
const SHOWN: usize = 20;

/// The comparison as Markdown.
pub fn markdown(measures: &[Measure]) -> String {
    let mut out = "| 题集 | 指标 | 题数 | A | B | 差 | 95% 区间 | 变好 | 变差 | 结论 |\n".to_owned();
    out.push_str("|---|---|---:|---:|---:|---:|---|---:|---:|---|\n");
    for m in measures {
        let verdict = match m.verdict {
            "better" => "B 更好",
            "worse" => "B 更差",
            _ => "分不出高下",
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {:.4} | {:.4} | {:+.4} | {:+.4} 至 {:+.4} | {} | {} | {verdict} |",
            m.set, m.measure, m.cases, m.a, m.b, m.difference, m.interval.0, m.interval.1, m.better, m.worse
        );
    }
    for m in measures.iter().filter(|m| !m.changed.is_empty()) {
        let _ = writeln!(out, "\n{}({})有变化的 {} 题:\n", m.set, m.measure, m.changed.len());
        for pair in m.changed.iter().take(SHOWN) {
            let way = if pair.b > pair.a { "变好" } else { "变差" };
            let _ = writeln!(out, "- {way} {} {:.3} → {:.3}:{}", pair.id, pair.a, pair.b, pair.question);
        }
        if m.changed.len() > SHOWN {
            let _ = writeln!(out, "- ……其余 {} 题见 --json", m.changed.len() - SHOWN);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_tells_a_change_from_chance() {
        let of = |better: usize, worse: usize, same: usize| {
            let all = std::iter::repeat_n(1.0, better).chain(std::iter::repeat_n(-1.0, worse));
            let differences: Vec<f64> = all.chain(std::iter::repeat_n(0.0, same)).collect();
            let pairs = differences.iter().map(|d| Pair { id: String::new(), question: String::new(), a: 0.0, b: *d });
            Measure::of("set", "答对", pairs.collect())
        };
        assert_eq!(of(20, 1, 80).verdict, "better");
        assert_eq!(of(1, 20, 80).verdict, "worse");
        assert_eq!(of(6, 5, 80).verdict, "unclear");
        assert_eq!(of(0, 0, 80).interval, (0.0, 0.0));
        assert_eq!(of(0, 0, 0).verdict, "unclear");
        assert_eq!(of(20, 1, 80), of(20, 1, 80));
        let m = of(20, 1, 79);
        assert_eq!((m.better, m.worse, m.difference), (20, 1, 0.19));
        assert!(m.interval.0 < 0.19 && 0.19 < m.interval.1);
    }
}
