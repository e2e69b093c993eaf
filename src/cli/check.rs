//! `yiwen check`: every problem of the corpus, by file and line.

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::{Exit, Places, print_json, print_line};
use crate::corpus::Problem;
use crate::corpus::check::{self, Read};

#[derive(Args)]
pub struct Arguments {
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
    if arguments.json {
        let places = |list: Vec<Problem>| {
            list.into_iter().map(|p| Place { path: p.path, line: p.line, message: p.message }).collect()
        };
        let (problems, warnings) = (places(found.problems), places(found.warnings));
        print_json(&Report { read, problems, warnings })?;
        return Ok(if clean { Exit::Done } else { Exit::Negative });
    }
    for warning in &found.warnings {
        print_line(&format!("提醒 {warning}"))?;
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
