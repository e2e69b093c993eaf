//! `yiwen config`: the effective settings and where each came from.

use anyhow::Result;
use clap::Args;
use serde_json::{Map, Value, json};

use super::{Exit, print_json, print_line};
use crate::config::{Config, SETTINGS};

#[derive(Args)]
pub struct Arguments {
    /// 只输出一份 JSON
    #[arg(long)]
    json: bool,
}

pub fn run(config: &Config, arguments: &Arguments) -> Result<Exit> {
    let mut document = Map::new();
    let mut lines = vec![];
    for setting in SETTINGS {
        let Some(effective) = config.effective.get(setting.name) else { continue };
        let shown = match (setting.secret, effective.value.is_empty()) {
            (true, false) => "(已设置)",
            (true, true) => "(未设置)",
            _ => effective.value.as_str(),
        };
        lines.push(format!("{} = {shown}  # {};来自{}", setting.name, setting.about, effective.source.text()));
        let one: Value = json!({
            "value": shown, "source": effective.source.name(), "from": effective.source.text(),
            "variable": setting.variable(), "about": setting.about,
        });
        document.insert(setting.name.to_owned(), one);
    }
    for key in config.keys.iter() {
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.word()).collect();
        lines.push(format!("[[keys]] {} # 可以:{}", key.name, scopes.join("、")));
    }
    if arguments.json {
        print_json(&document)?
    } else {
        print_line(&lines.join("\n"))?
    }
    Ok(Exit::Done)
}
