//! The command line: one file a subcommand, one line here for each.
//!
//! Results go to stdout, all else to stderr. A subcommand returns what it exits with: [`Exit::Done`], or
//! [`Exit::Negative`] for a negative result (nothing found, a figure below its floor); an error is usage or failure.

mod ask;
mod eval;
mod index;
mod search;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use crate::region::{RegionCode, Regions};

/// 医问:离线、可核对的医保问答。
#[derive(Parser)]
#[command(name = "yiwen", version, about)]
struct Cli {
    #[command(flatten)]
    places: Places,
    #[command(subcommand)]
    command: Command,
}

/// Where the corpus and the index are.
#[derive(Args, Clone, Debug)]
pub struct Places {
    /// 语料文件夹
    #[arg(long, global = true, env = "YIWEN_CORPUS", default_value = "corpus", value_name = "DIR")]
    pub corpus: PathBuf,
    /// 索引文件夹
    #[arg(long, global = true, env = "YIWEN_INDEX", default_value = "index", value_name = "DIR")]
    pub index: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// 问一个问题
    Ask(ask::Arguments),
    /// 同样的回答,加上理解与计算的每一步
    Explain(ask::Arguments),
    /// 重建索引:另处建好、校验,再换上
    Index(index::Arguments),
    /// 搜索文章段落
    Search(search::Arguments),
    /// 评测排序和段落命中
    Eval(eval::Arguments),
}

/// How a subcommand that did its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    Negative,
}

/// Reads the arguments and runs the subcommand.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match &cli.command {
        Command::Ask(arguments) => ask::run(&cli.places, arguments, false),
        Command::Explain(arguments) => ask::run(&cli.places, arguments, true),
        Command::Index(arguments) => index::run(&cli.places, arguments),
        Command::Search(arguments) => search::run(&cli.places, arguments),
        Command::Eval(arguments) => eval::run(&cli.places, arguments),
    };
    match ended {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Negative) => ExitCode::from(1),
        // Whoever read our output has had enough of it.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("yiwen: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}

/// Prints one JSON document on stdout.
pub fn print_json<T: Serialize>(value: &T) -> Result<()> {
    print_line(&serde_json::to_string_pretty(value).context("结果写不成 JSON")?)
}

/// Prints one text on stdout.
pub fn print_line(text: &str) -> Result<()> {
    writeln!(io::stdout().lock(), "{text}").context("写不到标准输出")
}

/// A region given as a code or a name.
pub fn region(regions: &Regions, text: &str) -> Result<RegionCode> {
    regions.resolve(text).map_err(|candidates| {
        if candidates.is_empty() {
            anyhow::anyhow!("没有叫“{text}”的地区;请写全称、简称或六位代码")
        } else {
            let names: Vec<String> = candidates.iter().map(|c| format!("{}({c})", regions.name(*c))).collect();
            anyhow::anyhow!("“{text}”可能是 {};请写全称或代码", names.join("、"))
        }
    })
}
