//! `yiwen bench`: what building, keeping and asking an index costs, as one table.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use clap::builder::RangedU64ValueParser;
use indicatif::ProgressBar;

use super::index::progress_bar;
use super::{Exit, Places, eval, print_json, print_line, serve};
use crate::bench::{self, Plan, Subject};
use crate::config::Config;

#[derive(Args)]
pub struct Arguments {
    /// 问题集文件夹(corpus.jsonl[.gz]、queries.jsonl),在临时处建索引,经 /v1/search 问;不写就经 /v1/answer 问现用的索引
    dir: Option<PathBuf>,
    /// 文档截到大约这么多段落;不够就重复(换编号)
    #[arg(long, value_name = "N", requires = "dir", value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    passages: Option<u64>,
    /// 问现用的索引时的问题:一行一个 JSON,有 question 或 text;不写就是各篇文章自己的问题
    #[arg(long, value_name = "FILE", conflicts_with = "dir")]
    questions: Option<PathBuf>,
    /// 每个部分测几秒,1 至 600
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = RangedU64ValueParser::<u64>::new().range(1..=600))]
    seconds: u64,
    /// 只输出一份 JSON
    #[arg(long)]
    json: bool,
}

/// `flags` are those that say where corpus and index are.
pub fn run(config: &Config, places: &Places, flags: &[OsString], arguments: &Arguments) -> Result<Exit> {
    let subject = match &arguments.dir {
        Some(dir) => {
            let analyzer = eval::analyzer(places)?;
            let bar = progress_bar("建索引");
            let subject =
                Subject::of_folder(dir, arguments.passages, &analyzer, &|done, total| show(&bar, done, total));
            bar.finish_and_clear();
            subject?
        }
        None => Subject::in_use(&places.open()?, arguments.questions.as_deref())?,
    };
    let bar = progress_bar("测量");
    bar.enable_steady_tick(Duration::from_millis(200));
    let time = Duration::from_secs(arguments.seconds);
    let progress = |done, total| show(&bar, done, total);
    let plan = Plan { time, answer_cache: config.answer_cache, flags, progress: &progress };
    let figures = bench::run(&subject, &plan);
    bar.finish_and_clear();
    let figures = figures?;
    if arguments.json {
        print_json(&figures)?;
    } else {
        print_line(&figures.table())?;
    }
    Ok(Exit::Done)
}

/// One part of a measurement, in a process that [`run`] started.
pub fn work(config: &Config) -> Result<Exit> {
    serve::log(config);
    bench::work(config)?;
    Ok(Exit::Done)
}

fn show(bar: &ProgressBar, done: u64, total: u64) {
    bar.set_length(total);
    bar.set_position(done);
}
