//! `yiwen rules diff`: what changes between two parameter folders: values, and results of test rows.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};

use super::{Exit, Places, print_json, print_line, rows};
use crate::corpus::{self, law};
use crate::rules::Law;
use crate::rules::diff::{self, Change, Difference, RowChange};
use crate::rules::parameters::Parameters;

#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// 两套参数之间:哪些数值变了,哪些算例的结果跟着变
    Diff {
        /// 改动前的语料文件夹,或其中的 parameters 文件夹
        #[arg(long, value_name = "DIR")]
        before: PathBuf,
        /// 改动后的
        #[arg(long, value_name = "DIR")]
        after: PathBuf,
        /// 算例文件夹(<规则>.jsonl);没有就只比数值
        #[arg(long, value_name = "DIR", default_value = "tests/rules")]
        rows: PathBuf,
        /// 只输出一份 JSON
        #[arg(long)]
        json: bool,
    },
}

pub fn run(places: &Places, arguments: &Arguments) -> Result<Exit> {
    let What::Diff { before, after, rows, json } = &arguments.what;
    let (before, after) = (read(before, places)?, read(after, places)?);
    let rows = if rows.is_dir() { read_rows(rows)? } else { vec![] };
    let difference = diff::diff(&before, &after, &rows);
    if *json {
        print_json(&difference)?;
    } else {
        print_line(&readable(&difference))?;
    }
    Ok(Exit::Done)
}

/// The law of a corpus folder, or of a bare parameters folder with the places and calendar of the corpus in use.
fn read(dir: &Path, places: &Places) -> Result<Law> {
    let (law, problems) = if dir.join("parameters").is_dir() {
        law::read(dir)
    } else {
        let (base, mut problems) = law::read(&places.corpus);
        let mut all = vec![];
        let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
            .with_context(|| format!("{} 读不了", dir.display()))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "toml"))
            .collect();
        files.sort();
        if files.is_empty() {
            bail!("{} 里没有 parameters 文件夹,也没有 .toml 文件", dir.display());
        }
        for file in files {
            let text = std::fs::read_to_string(&file).with_context(|| format!("{} 读不了", file.display()))?;
            let (found, wrong) = corpus::parameters::read(&file.to_string_lossy(), &text, &base.regions);
            all.extend(found);
            problems.extend(wrong);
        }
        (Law { parameters: Parameters::new(all), ..base }, problems)
    };
    for problem in &problems {
        eprintln!("{problem}");
    }
    if !problems.is_empty() {
        bail!("{} 有 {} 处问题,改好再比", dir.display(), problems.len());
    }
    Ok(law)
}

/// Every row of `<rule>.jsonl`, with the rule it is of.
fn read_rows(dir: &Path) -> Result<Vec<diff::Row>> {
    let mut cases = vec![];
    for row in rows::read(dir)? {
        let case = diff::Row::read(&row.stem, &row.place, &row.json);
        cases.extend(case.with_context(|| format!("{}: 读不懂", row.place))?);
    }
    Ok(cases)
}

fn readable(difference: &Difference) -> String {
    let mut lines = vec![];
    for Change { id, rule, region, kind, before, after, .. } in &difference.values {
        let side = |side: &Option<diff::Side>| side.as_ref().map_or("无".to_owned(), ToString::to_string);
        lines.push(format!("{kind} {id}({rule},{region}): {} → {}", side(before), side(after)));
    }
    if lines.is_empty() {
        lines.push("数值没有变化".to_owned());
    }
    let regions = difference.regions.join("、");
    if !regions.is_empty() {
        lines.push(format!("涉及地区:{regions};涉及日期:{}", difference.dates.join("、")));
    }
    lines.push(String::new());
    for RowChange { place, name, result, before, after, change } in &difference.rows {
        let by = change.as_ref().map(|c| format!("({c})")).unwrap_or_default();
        let (before, after) = (shown(before), shown(after));
        lines.push(format!("{place} {name}: {result} {before} → {after}{by}"));
    }
    let (compared, changed) = (difference.rows_compared, difference.rows_changed);
    lines.push(format!("比了 {compared} 个算例,{changed} 个的结果有变"));
    lines.join("\n")
}

/// A result without JSON's quotes.
fn shown(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
