//! `yiwen check`: every problem of the corpus, by file and line.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;

use super::{Exit, Places, print_json, print_line, rows};
use crate::corpus::check::{self, Read};
use crate::corpus::{self, Problem};
use crate::eval::readings::{self, Shift};
use crate::index;
use crate::index::analyzer::Analyzer;
use crate::understand::Understander;

#[derive(Args)]
pub struct Arguments {
    /// 再读一遍这个文件夹里的测试问题(*.jsonl),列出词表改动后理解有变的;与正在使用的索引比
    #[arg(long, value_name = "DIR")]
    rows: Option<PathBuf>,
    /// 只输出一份 JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    read: Read,
    problems: Vec<Place>,
    /// Perhaps right, and for a clerk to judge.
    warnings: Vec<Place>,
    /// Test questions understood otherwise than by the index in use, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    shifts: Option<Vec<Shift>>,
}

#[derive(Serialize)]
struct Place {
    path: String,
    line: usize,
    message: String,
}

pub fn run(places: &Places, arguments: &Arguments) -> Result<Exit> {
    let (read, found) = check::check(&places.corpus);
    let clean = found.problems.is_empty();
    let shifts = match &arguments.rows {
        Some(dir) if clean => Some(shifts(places, dir)?),
        _ => None,
    };
    if arguments.json {
        let places = |list: Vec<Problem>| {
            list.into_iter().map(|p| Place { path: p.path, line: p.line, message: p.message }).collect()
        };
        let (problems, warnings) = (places(found.problems), places(found.warnings));
        print_json(&Report { read, problems, warnings, shifts })?;
        return Ok(if clean { Exit::Done } else { Exit::Negative });
    }
    for warning in &found.warnings {
        print_line(&format!("提醒 {warning}"))?;
    }
    for Shift { place, question, what, before, after } in shifts.iter().flatten() {
        print_line(&format!("{place} 〔{question}〕 {what}: {before} → {after}"))?;
    }
    if let Some(shifts) = &shifts {
        let mut places: Vec<&str> = shifts.iter().map(|s| s.place.as_str()).collect();
        places.dedup();
        print_line(&format!("与正在使用的索引相比,{} 行测试问题的理解有变", places.len()))?;
    }
    if clean {
        print_line(&format!(
            "没有问题。读了 {} 篇文章、{} 个问题,{} 个参数、{} 个数值({} 个地区),{} 个地名,{} 处说法不一",
            read.articles,
            read.questions,
            read.parameters,
            read.values,
            read.regions_with_values,
            read.regions,
            read.conflicts
        ))?;
        return Ok(Exit::Done);
    }
    // Sorted by path, so the problems of one file stand together.
    let lines: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    print_line(&lines.join("\n"))?;
    let mut files: Vec<&str> = found.problems.iter().map(|p| p.path.as_str()).collect();
    files.dedup();
    eprintln!("{} 个文件里共有 {} 处问题", files.len(), found.problems.len());
    Ok(Exit::Negative)
}

/// Test questions that the corpus as it is now reads otherwise than the index in use.
fn shifts(places: &Places, dir: &Path) -> Result<Vec<Shift>> {
    let rows: Vec<_> = rows::read(dir)?.into_iter().map(|row| (row.place, row.json)).collect();
    let snapshot = index::open(&places.index).context("要比较,先得有索引:请运行 yiwen index")?;
    let before = Understander::of(&snapshot.corpus, snapshot.analyzer.segmenter().clone());
    let (corpus, _) = corpus::load(&places.corpus);
    let after = Understander::of(&corpus, Analyzer::new(&corpus.vocabulary).segmenter().clone());
    Ok(readings::shifts(&before, &after, &rows, super::ask::day(None)?))
}
