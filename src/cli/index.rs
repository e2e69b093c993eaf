//! `yiwen index`: rebuilds the index aside, verifies it and puts it in use.

use std::io::IsTerminal;
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::{Exit, Places, print_json, print_line};
use crate::index::{self, IndexError};

#[derive(Args)]
pub struct Arguments {
    /// 只输出一份 JSON 摘要
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Summary {
    articles: u64,
    passages: u64,
    seconds: f64,
    generation: String,
}

pub fn run(places: &Places, arguments: &Arguments) -> Result<Exit> {
    let started = Instant::now();
    let bar = progress_bar("建索引");
    let built_at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let built = index::rebuild_in(&places.access.engine, &places.corpus, &places.index, &built_at, &|done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let built = match built {
        Ok(built) => built,
        Err(IndexError::Corpus(problems)) => {
            for problem in &problems {
                eprintln!("{problem}");
            }
            eprintln!("语料有 {} 处问题,索引没有重建", problems.len());
            return Ok(Exit::Negative);
        }
        Err(IndexError::Unverified(lost)) => {
            for miss in &lost {
                eprintln!("{miss}");
            }
            eprintln!("校验不通过:{} 个问题在前十条里找不到自己的文章;沿用原来的索引", lost.len());
            return Ok(Exit::Negative);
        }
        Err(error) => return Err(error.into()),
    };
    for miss in &built.report.behind {
        eprintln!("提醒:{miss}");
    }
    let summary = Summary {
        articles: built.generation.articles,
        passages: built.generation.passages,
        seconds: started.elapsed().as_secs_f64(),
        generation: built.generation.name,
    };
    if arguments.json {
        print_json(&summary)?;
    } else {
        print_line(&format!(
            "已建好索引 {}:{} 篇文章,{} 个段落,用时 {:.1} 秒;校验 {} 问,{} 问没有排在第一",
            summary.generation,
            summary.articles,
            summary.passages,
            summary.seconds,
            built.report.asked,
            built.report.behind.len()
        ))?;
    }
    Ok(Exit::Done)
}

/// A bar on a terminal, nothing elsewhere.
pub fn progress_bar(what: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} {elapsed}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(what)
}
