//! The command line: one file a subcommand, one line here for each.
//!
//! Results go to stdout, all else to stderr. A subcommand returns what it exits with: [`Exit::Done`], or
//! [`Exit::Negative`] for a negative result (nothing found, a figure below its floor); an error is usage or failure.

mod ask;
mod bench;
mod check;
mod completions;
mod config;
mod doctor;
mod eval;
mod eval_compare;
mod gaps;
mod import;
mod index;
mod mcp;
mod model;
mod rows;
mod rules;
mod search;
mod serve;
mod talk;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory, Parser, Subcommand};
use serde::Serialize;

use crate::config::{Config, SETTINGS};
use crate::index::{Access, IndexError, Snapshot, generations};
use crate::region::{RegionCode, Regions};

/// 医问:离线、可核对的医保问答。
#[derive(Parser)]
#[command(name = "yiwen", version, about)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

/// Flags of every command; precedence is flag > environment > file > default.
#[derive(Args)]
struct Flags {
    /// 语料文件夹 [环境变量 YIWEN_CORPUS] [默认 corpus]
    #[arg(long, global = true, value_name = "DIR")]
    corpus: Option<String>,
    /// 索引文件夹 [环境变量 YIWEN_INDEX] [默认 index]
    #[arg(long, global = true, value_name = "DIR")]
    index: Option<String>,
    /// 设置文件 [环境变量 YIWEN_CONFIG] [默认 yiwen.toml,有则读]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// 语义检索:auto、always 或 never [环境变量 YIWEN_SEMANTIC] [默认 auto]
    #[arg(long, global = true, value_name = "MODE")]
    semantic: Option<String>,
}

impl Flags {
    /// The flags as they were given, for a process of our own that is to read the same settings.
    fn again(&self) -> Vec<OsString> {
        let text = |flag: &str, value: &Option<String>| value.as_ref().map(|v| [flag.into(), OsString::from(v)]);
        let config = self.config.as_ref().map(|path| ["--config".into(), path.clone().into_os_string()]);
        let texts = [("--corpus", &self.corpus), ("--index", &self.index), ("--semantic", &self.semantic)];
        texts.iter().filter_map(|(flag, value)| text(flag, value)).chain(config).flatten().collect()
    }
}

/// Where the corpus and the index are, and how the index is read.
#[derive(Clone, Debug)]
pub struct Places {
    pub corpus: PathBuf,
    pub index: PathBuf,
    pub access: Access,
}

impl Places {
    /// Opens the index in use.
    pub fn open(&self) -> Result<Snapshot, IndexError> {
        generations::open_as(&self.index, &self.access)
    }
}

#[derive(Subcommand)]
enum Command {
    /// 问一个问题;不写问题就是对话
    Ask(ask::Arguments),
    /// 同样的回答,加上理解与计算的每一步
    Explain(ask::Arguments),
    /// 把网页、问答表变成文章
    Import(import::Arguments),
    /// 重建索引:另处建好、校验,再换上
    Index(index::Arguments),
    /// 搜索文章段落
    Search(search::Arguments),
    /// 评测排序和段落命中
    Eval(eval::Arguments),
    /// 测速度和大小:建索引、磁盘、内存、延迟、吞吐,和同一次运行里的裸回声相比
    Bench(bench::Arguments),
    /// 测量的一个部分,由 bench 自己启动
    #[command(name = crate::bench::COMMAND, hide = true)]
    BenchWorker,
    /// HTTP 服务;没有索引或索引过时就先建
    Serve(serve::Arguments),
    /// MCP 服务(标准输入输出),由智能体客户端启动
    Mcp,
    /// 检查正在运行的服务:按各平台的做法逐一试接,说出哪里会失败
    Doctor(doctor::Arguments),
    /// 检查语料:每一处问题的文件、行号和改法
    Check(check::Arguments),
    /// 语义模型:安装、看状态;不装也能用
    Model(model::Arguments),
    /// 没有答好的问题:相近的合在一起,可导出成待写的文章
    Gaps(gaps::Arguments),
    /// 命令行补全:把输出存进 shell 的补全文件夹
    Completions(completions::Arguments),
    /// 手册页:每个命令一页,写到一个文件夹
    Man(completions::ManArguments),
    /// 规则与参数:比较两套参数
    Rules(rules::Arguments),
    /// 现行设置,以及每一项从哪里来
    Config(config::Arguments),
}

/// The flag of each setting that has one, as it is typed: `--corpus DIR`, `serve --listen ADDR:PORT`.
pub fn flags() -> BTreeMap<&'static str, String> {
    let command = Cli::command();
    let below =
        command.get_subcommands().flat_map(|sub| sub.get_arguments().map(move |a| (format!("{} ", sub.get_name()), a)));
    let all = command.get_arguments().map(|argument| (String::new(), argument)).chain(below);
    let mut found = BTreeMap::new();
    for (before, argument) in all {
        let setting = SETTINGS.iter().find(|setting| setting.name == argument.get_id().as_str());
        if let (Some(setting), Some(long)) = (setting, argument.get_long()) {
            let takes = argument.get_action().takes_values();
            let value = argument.get_value_names().filter(|_| takes).and_then(<[_]>::first);
            let value = value.map(|v| format!(" {v}")).unwrap_or_default();
            found.entry(setting.name).or_insert(format!("{before}--{long}{value}"));
        }
    }
    found
}

/// How a subcommand that did its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    Negative,
}

/// Reads the arguments and runs the subcommand.
pub fn main() -> ExitCode {
    match run(&Cli::parse()) {
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

fn run(cli: &Cli) -> Result<Exit> {
    let config = settings(cli)?;
    let places = Places { corpus: config.corpus.clone(), index: config.index.clone(), access: config.access.clone() };
    match &cli.command {
        Command::Ask(arguments) => ask::run(&places, arguments, false),
        Command::Explain(arguments) => ask::run(&places, arguments, true),
        Command::Import(arguments) => import::run(&places, arguments),
        Command::Index(arguments) => index::run(&places, arguments),
        Command::Search(arguments) => search::run(&places, arguments),
        Command::Eval(arguments) => eval::run(&places, arguments),
        Command::Bench(arguments) => bench::run(&config, &places, &cli.flags.again(), arguments),
        Command::BenchWorker => bench::work(&config),
        Command::Serve(_) => serve::run(&config),
        Command::Doctor(arguments) => doctor::run(&config, arguments),
        Command::Mcp => mcp::run(&config),
        Command::Check(arguments) => check::run(&places, arguments),
        Command::Model(arguments) => model::run(&places, arguments),
        Command::Gaps(arguments) => gaps::run(&config, arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => completions::man(arguments),
        Command::Rules(arguments) => rules::run(&places, arguments),
        Command::Config(arguments) => config::run(&config, arguments),
    }
}

/// The settings in effect: flags, environment, file, defaults.
fn settings(cli: &Cli) -> Result<Config> {
    let mut flags = vec![];
    flags.extend(cli.flags.corpus.clone().map(|v| ("corpus", v)));
    flags.extend(cli.flags.index.clone().map(|v| ("index", v)));
    flags.extend(cli.flags.semantic.clone().map(|v| ("semantic", v)));
    if let Command::Serve(arguments) = &cli.command {
        flags.extend(arguments.listen.clone().map(|v| ("listen", v)));
        flags.extend(arguments.insecure.then(|| ("insecure", "true".to_owned())));
        flags.extend(arguments.watch.then(|| ("watch", "true".to_owned())));
    }
    let environment = |name: &str| std::env::var(name).ok();
    let named = cli.flags.config.clone().or_else(|| environment("YIWEN_CONFIG").map(PathBuf::from));
    let path = named.clone().unwrap_or_else(|| PathBuf::from("yiwen.toml"));
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("设置文件 {} 读不了", path.display())),
    };
    let file: Option<(&Path, &str)> = text.as_deref().map(|text| (path.as_path(), text));
    Ok(Config::resolve(&flags, &environment, file)?)
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

/// Prints one text on stdout, in one write: whoever reads only its first line does not break the rest.
pub fn print_line(text: &str) -> Result<()> {
    io::stdout().lock().write_all(format!("{text}\n").as_bytes()).context("写不到标准输出")
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
