//! The README's tables of settings and figures, made from the code.
//!
//! `YIWEN_README=write cargo test --test http -- README` writes them anew.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use yiwen::config::{IN_ENGLISH, SETTINGS};

use crate::common;
use crate::service::ask;

/// A table stands between these two lines.
fn fences(name: &str) -> (String, String) {
    (format!("<!-- {name}: made from the code, see tests/http/readme.rs -->\n"), format!("<!-- end of {name} -->\n"))
}

pub fn tables() -> Result<(), String> {
    let path = common::root().join("README.md");
    let text = std::fs::read_to_string(&path).map_err(|e| e.to_string())?;
    let mut wanted = text.clone();
    for (name, table) in [("settings", settings()?), ("metrics", metrics()?)] {
        let (start, end) = fences(name);
        let (before, rest) = wanted.split_once(&start).ok_or_else(|| format!("README.md has no line {start:?}"))?;
        let (_, after) = rest.split_once(&end).ok_or_else(|| format!("README.md has no line {end:?}"))?;
        wanted = format!("{before}{start}{table}{end}{after}");
    }
    if std::env::var("YIWEN_README").is_ok_and(|v| v == "write") {
        return std::fs::write(&path, wanted).map_err(|e| e.to_string());
    }
    if text == wanted {
        return Ok(());
    }
    let new: Vec<&str> = wanted.lines().filter(|line| !text.contains(*line)).collect();
    Err(format!(
        "README.md is behind the code; `YIWEN_README=write cargo test --test http -- README` writes:\n{}",
        new.join("\n")
    ))
}

fn settings() -> Result<String, String> {
    let flags = yiwen::cli::flags();
    let mut table = "| file key | flag | environment | default | what |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for setting in SETTINGS {
        let name = setting.name;
        let english = IN_ENGLISH.iter().find(|(known, _)| *known == name).map(|(_, english)| english);
        let english = english.ok_or_else(|| format!("{name} has no line in config::IN_ENGLISH"))?;
        let flag = flags.get(name).map(|flag| format!("`{flag}`")).unwrap_or_default();
        let default = if setting.default.is_empty() { "none".to_owned() } else { format!("`{}`", setting.default) };
        table.push_str(&format!("| `{name}` | {flag} | `{}` | {default} | {english} |\n", setting.variable()));
    }
    Ok(table)
}

/// From the page of figures itself, after a question was asked.
fn metrics() -> Result<String, String> {
    let body = json!({"question": "断缴4个月", "at": "2026-11-23"}).to_string();
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    ask("recording", "POST", "/v1/answer", &headers, body);
    let page = ask("recording", "GET", "/metrics", &[], String::new()).text;
    let mut labels: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, rest)) = line.split_once('{') else { continue };
        let known = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let inner = rest.split('}').next().unwrap_or_default();
        let names = inner.split("\",").filter_map(|label| label.split_once('=')).map(|(name, _)| name);
        labels.entry(known).or_default().extend(names.filter(|name| *name != "le"));
    }
    let mut table = "| name | type | labels | what |\n| --- | --- | --- | --- |\n".to_owned();
    let kinds: BTreeMap<&str, &str> =
        page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    for (name, help) in page.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split_once(' ')) {
        let shown: Vec<String> = labels.get(name).into_iter().flatten().map(|label| format!("`{label}`")).collect();
        let kind = kinds.get(name).ok_or_else(|| format!("{name} has no type"))?;
        table.push_str(&format!("| `{name}` | {kind} | {} | {help} |\n", shown.join(", ")));
    }
    Ok(table)
}
