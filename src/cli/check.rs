//! `yiwen check`: every problem of the corpus, by file and line.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;

use super::{Exit, Places, print_json, print_line, rows};
use crate::corpus::check::{self, Read};
use crate::corpus::mend::mend;
use crate::corpus::{self, Problem, freshness};
use crate::eval::readings::{self, Shift};
use crate::index::analyzer::Analyzer;
use crate::understand::Understander;

#[derive(Args)]
pub struct Arguments {
    /// 再读一遍这个文件夹里的测试问题(*.jsonl),列出词表改动后理解有变的;与正在使用的索引比
    #[arg(long, value_name = "DIR")]
    rows: Option<PathBuf>,
    /// 先改掉机械的毛病:编码、换行、行尾空格、全角符号、日期和数字的写法;文章正文不动
    #[arg(long)]
    fix: bool,
    /// 再列出过了核对日期的文章和数值,以及到期后没有新值的
    #[arg(long)]
    stale: bool,
    /// 到哪一天为止算过期;默认今天
    #[arg(long, value_name = "DATE", requires = "stale")]
    at: Option<String>,
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
    /// What `--fix` did.
    #[serde(skip_serializing_if = "Option::is_none")]
    mended: Option<Vec<Place>>,
    /// What is due for review, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    stale: Option<Vec<Place>>,
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
    let mended = arguments.fix.then(|| mend(&places.corpus, true));
    let (read, mut found) = check::check(&places.corpus);
    found.problems.extend(mended.iter().flat_map(|m| m.failed.iter().cloned()));
    let clean = found.problems.is_empty();
    let shifts = match &arguments.rows {
        Some(dir) if clean => Some(shifts(places, dir)?),
        _ => None,
    };
    let stale = match arguments.stale {
        true => Some(freshness::stale(
            &places.corpus,
            &corpus::load(&places.corpus).0,
            super::ask::day(arguments.at.as_deref())?,
        )),
        false => None,
    };
    let done = clean && stale.as_ref().is_none_or(Vec::is_empty);
    let exit = if done { Exit::Done } else { Exit::Negative };
    if arguments.json {
        let places = |list: Vec<Problem>| {
            list.into_iter().map(|p| Place { path: p.path, line: p.line, message: p.message }).collect()
        };
        print_json(&Report {
            read,
            problems: places(found.problems),
            warnings: places(found.warnings),
            mended: mended.map(|m| places(m.done)),
            stale: stale.map(places),
            shifts,
        })?;
        return Ok(exit);
    }
    if let Some(mended) = &mended {
        print_lines(mended.done.iter().map(|p| format!("已改 {p}")))?;
        print_line(&format!("已自动改 {} 处", mended.done.len()))?;
    }
    print_lines(found.warnings.iter().map(|warning| format!("提醒 {warning}")))?;
    for Shift { place, question, what, before, after } in shifts.iter().flatten() {
        print_line(&format!("{place} 〔{question}〕 {what}: {before} → {after}"))?;
    }
    if let Some(shifts) = &shifts {
        let mut places: Vec<&str> = shifts.iter().map(|s| s.place.as_str()).collect();
        places.dedup();
        print_line(&format!("与正在使用的索引相比,{} 行测试问题的理解有变", places.len()))?;
    }
    if let Some(stale) = &stale {
        print_lines(stale.iter().map(|p| format!("过期 {p}")))?;
        print_line(&format!("{} 处该核对了", stale.len()))?;
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
        return Ok(exit);
    }
    let files = by_file(&found.problems)?;
    eprintln!("{files} 个文件里共有 {} 处问题", found.problems.len());
    let mechanical = if arguments.fix { 0 } else { mend(&places.corpus, false).done.len() };
    if mechanical > 0 {
        eprintln!("有 {mechanical} 处写法可以自动改:yiwen check --fix");
    }
    Ok(exit)
}

fn print_lines(lines: impl Iterator<Item = String>) -> Result<()> {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { Ok(()) } else { print_line(&lines.join("\n")) }
}

/// Prints problems file by file, each file under its name; gives how many files there are.
fn by_file(problems: &[Problem]) -> Result<usize> {
    let mut files: Vec<(&str, Vec<&Problem>)> = vec![];
    for problem in problems {
        match files.iter_mut().find(|(path, _)| *path == problem.path) {
            Some((_, list)) => list.push(problem),
            None => files.push((&problem.path, vec![problem])),
        }
    }
    let shown = |(path, list): &(&str, Vec<&Problem>)| {
        let lines: Vec<String> = list.iter().map(ToString::to_string).collect();
        format!("# {path}({} 处)\n{}", list.len(), lines.join("\n"))
    };
    print_line(&files.iter().map(shown).collect::<Vec<_>>().join("\n\n"))?;
    Ok(files.len())
}

/// Test questions that the corpus as it is now reads otherwise than the index in use.
fn shifts(places: &Places, dir: &Path) -> Result<Vec<Shift>> {
    let rows: Vec<_> = rows::read(dir)?.into_iter().map(|row| (row.place, row.json)).collect();
    let snapshot = places.open().context("要比较,先得有索引:请运行 yiwen index")?;
    let before = Understander::of(&snapshot.corpus, snapshot.analyzer.segmenter().clone());
    let (corpus, _) = corpus::load(&places.corpus);
    let after = Understander::of(&corpus, Analyzer::new(&corpus.vocabulary).segmenter().clone());
    Ok(readings::shifts(&before, &after, &rows, super::ask::day(None)?))
}
