//! `yiwen check`: every problem of the corpus, by file and line.

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::{Exit, Places, print_json, print_line};
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
    problems: Vec<ProblemJson>,
}

#[derive(Serialize)]
struct ProblemJson {
    path: String,
    line: usize,
    message: String,
}

pub fn run(places: &Places, arguments: &Arguments) -> Result<Exit> {
    let (read, problems) = check::check(&places.corpus);
    let (count, clean) = (problems.len(), problems.is_empty());
    if arguments.json {
        let json = |p: crate::corpus::Problem| ProblemJson { path: p.path, line: p.line, message: p.message };
        print_json(&Report { read, problems: problems.into_iter().map(json).collect() })?;
    } else if clean {
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
    } else {
        // Sorted by path, so the problems of one file stand together.
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        print_line(&lines.join("\n"))?;
        let mut files: Vec<&str> = problems.iter().map(|p| p.path.as_str()).collect();
        files.dedup();
        eprintln!("{} 个文件里共有 {count} 处问题", files.len());
    }
    Ok(if clean { Exit::Done } else { Exit::Negative })
}
