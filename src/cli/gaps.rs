//! `yiwen gaps`: what citizens asked and got no good answer to; as rows for new articles; a copy of the file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};

use super::{Exit, print_json, print_line};
use crate::config::Config;
use crate::gaps::{Group, Reason, Store, StoreError, export, group};

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    choice: Choice,
    /// 只输出一份 JSON
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum What {
    /// 导出成待写的文章:填好答案,再用 yiwen import 读入
    Export {
        #[command(flatten)]
        choice: Choice,
        /// csv 可用 WPS、Excel 打开;jsonl 一行一条
        #[arg(long, value_enum, default_value = "csv")]
        format: Format,
    },
    /// 把记录完整复制一份;服务运行时也可以
    Backup {
        /// 新文件,不能已经存在
        file: PathBuf,
    },
}

#[derive(Args)]
struct Choice {
    /// 只看这一种:no_match 没有答案,no_parameter 缺数值,low_score 资料不贴切,needs_facts 缺条件,not_useful 被评为没用
    #[arg(long, value_parser = reason)]
    reason: Option<Reason>,
    /// 最多多少组
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

fn reason(word: &str) -> Result<Reason, String> {
    let known = || Reason::ALL.map(|(_, word, _)| word).join("、");
    Reason::parse(word).ok_or_else(|| format!("没有这种缺口;可用:{}", known()))
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Jsonl,
}

pub fn run(config: &Config, arguments: &Arguments) -> Result<Exit> {
    let path = config.gaps_file.as_path();
    match &arguments.what {
        None => list(config, &arguments.choice, arguments.json),
        Some(What::Export { choice, format }) => {
            let groups = groups(config, choice)?;
            let rows = match format {
                Format::Csv => export::csv(&groups),
                Format::Jsonl => export::jsonl(&groups),
            };
            print_line(rows.trim_end_matches('\n'))?;
            Ok(if groups.is_empty() { Exit::Negative } else { Exit::Done })
        }
        Some(What::Backup { file }) => backup(path, file),
    }
}

fn groups(config: &Config, choice: &Choice) -> Result<Vec<Group>> {
    let mut recorded = match Store::read(&config.gaps_file) {
        Ok(store) => store.recorded()?,
        Err(StoreError::Missing { path }) => {
            let off = if config.gaps { "" } else { "(设置 gaps 是 false,没有在记)" };
            eprintln!("{}:还没有缺口记录{off};服务答过问题以后才有", path.display());
            vec![]
        }
        Err(error) => return Err(error.into()),
    };
    recorded.retain(|r| choice.reason.is_none_or(|wanted| r.reason == wanted));
    let mut groups = group(&recorded);
    groups.truncate(choice.limit);
    Ok(groups)
}

fn list(config: &Config, choice: &Choice, json: bool) -> Result<Exit> {
    let groups = groups(config, choice)?;
    if json {
        print_json(&groups)?;
    } else if groups.is_empty() {
        print_line("没有记到缺口")?;
    }
    for group in groups.iter().filter(|_| !json) {
        print_line(&shown(group))?;
    }
    Ok(Exit::Done)
}

/// One group in a clerk's words.
fn shown(group: &Group) -> String {
    let place = group.region.as_ref().map(|r| format!("〔{}〕", r.name)).unwrap_or_default();
    let mut lines = vec![format!("{} 次 {}{place}", group.count, group.question)];
    let reasons =
        Reason::ALL.iter().filter_map(|(_, word, label)| Some(format!("{label} {}", group.reasons.get(word)?)));
    lines.push(format!("   {};{} 至 {}", reasons.collect::<Vec<_>>().join("、"), group.first, group.last));
    if let Some(best) = &group.passage {
        lines.push(format!("   最接近的资料:{}({},{:.2})", best.title, best.article, best.score));
    }
    lines.extend(export::lacking(group).into_iter().map(|l| format!("   {l}")));
    if !group.variants.is_empty() {
        lines.push(format!("   也这样问:{}", group.variants.join(" | ")));
    }
    if !group.words.is_empty() {
        lines.push(format!("   用户说:{}", group.words.join(" | ")));
    }
    lines.join("\n")
}

fn backup(path: &Path, file: &Path) -> Result<Exit> {
    if file.exists() {
        bail!("{} 已经存在;请换一个文件名", file.display());
    }
    Store::read(path)?.copy_to(file).with_context(|| format!("复制不到 {}", file.display()))?;
    print_line(&format!("已复制到 {}", file.display()))?;
    Ok(Exit::Done)
}
