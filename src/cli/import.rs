//! `yiwen import`: raw pages and question–answer tables → articles.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::index::progress_bar;
use super::{Exit, Places, print_json, print_line};
use crate::corpus::{import, law};

#[derive(Args)]
pub struct Arguments {
    /// 原始文件或文件夹:网页(.html、抓取的 .txt)、Markdown、Word(.docx)、问答表(.csv、.xlsx、.jsonl);UTF-8 或 GB18030
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// 写到哪个文章文件夹
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// 覆盖已经存在而内容不同的文章
    #[arg(long)]
    force: bool,
    /// 只报告,不写文件
    #[arg(long)]
    dry_run: bool,
    /// 只输出一份 JSON
    #[arg(long)]
    json: bool,
}

pub fn run(places: &Places, arguments: &Arguments) -> Result<Exit> {
    let bar = progress_bar("导入");
    let (law, _) = law::read(&places.corpus);
    let options = import::Options {
        regions: &law.regions,
        today: jiff::Zoned::now().date(),
        force: arguments.force,
        dry_run: arguments.dry_run,
        progress: &|done, total| {
            bar.set_length(total);
            bar.set_position(done);
        },
    };
    let report = import::run(&arguments.paths, &arguments.into, &options);
    bar.finish_and_clear();
    if arguments.json {
        print_json(&report.to_json())?;
    } else {
        print_line(report.to_string().trim_end())?;
    }
    Ok(if report.exit_status() == 0 { Exit::Done } else { Exit::Negative })
}
