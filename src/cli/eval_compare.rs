//! `yiwen eval compare A B`: the same questions asked of two corpora.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use serde_json::Value;

use super::index::progress_bar;
use super::{Exit, print_json, print_line, rows};
use crate::eval::compare::{self, Side};
use crate::eval::{passages, retrieval};

#[derive(Args)]
pub struct Arguments {
    /// 改动之前的语料文件夹
    a: PathBuf,
    /// 改动之后的语料文件夹
    b: PathBuf,
    /// 问答题(文件,或装着 *.jsonl 的文件夹):比答对的题
    #[arg(long, value_name = "PATH")]
    answers: Vec<PathBuf>,
    /// 段落题文件:比正确段落的名次
    #[arg(long, value_name = "FILE")]
    passages: Vec<PathBuf>,
    /// 检索题集文件夹:比 nDCG@10
    #[arg(long, value_name = "DIR")]
    retrieval: Vec<PathBuf>,
    /// 检索题集用哪一份答案
    #[arg(long, default_value = "dev")]
    split: String,
    /// 只输出一份 JSON
    #[arg(long)]
    json: bool,
}

/// Exits with 1 where a measure is clearly worse in B.
pub fn run(arguments: &Arguments) -> Result<Exit> {
    let Arguments { answers, passages: passage_files, retrieval: sets, .. } = arguments;
    if answers.is_empty() && passage_files.is_empty() && sets.is_empty() {
        bail!("请写明用哪些题来比:--answers tests/answers、--passages FILE 或 --retrieval DIR");
    }
    let build = |corpus: &Path, what: &'static str| {
        let bar = progress_bar(what);
        let side = Side::build(corpus, &|done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        side
    };
    let (a, b) = (build(&arguments.a, "索引 A")?, build(&arguments.b, "索引 B")?);
    let today = super::ask::day(None)?;
    let mut measures = vec![];
    for path in answers {
        let all: Vec<Value> = match path.is_dir() {
            true => rows::read(path)?.into_iter().map(|row| row.json).collect(),
            false => retrieval::rows(path, |row| row)?,
        };
        measures.push(compare::answers(&path.display().to_string(), &a, &b, &all, today));
    }
    for path in passage_files {
        let all: Vec<passages::Row> = retrieval::rows(path, |row| row)?;
        measures.push(compare::passages(&path.display().to_string(), &a, &b, &all, today)?);
    }
    for dir in sets {
        measures.push(compare::retrieval(dir, &arguments.split, &a, &b)?);
    }
    match arguments.json {
        true => print_json(&measures)?,
        false => print_line(compare::markdown(&measures).trim_end())?,
    }
    Ok(if measures.iter().any(|m| m.verdict == "worse") { Exit::Negative } else { Exit::Done })
}
