//! `yiwen search`: ranked passages for a question.

use std::time::Instant;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::ask::day;
use super::{Exit, Places, print_json, print_line, region};
use crate::engine::Engine;
use crate::retrieve::{Facets, Found, Passage, Query};

#[derive(Args)]
pub struct Arguments {
    /// 要搜的话
    query: String,
    /// 最多几条
    #[arg(long, default_value_t = 10)]
    limit: usize,
    /// 跳过前几条
    #[arg(long, default_value_t = 0)]
    offset: usize,
    /// 地区:名称或六位代码
    #[arg(long)]
    region: Option<String>,
    /// 主题
    #[arg(long)]
    topic: Option<String>,
    /// 只输出一份 JSON
    #[arg(long)]
    json: bool,
}

/// The body of `/v1/search`.
#[derive(Serialize)]
pub struct Body<'a> {
    pub query: &'a str,
    pub hits: &'a [Passage],
    pub total: usize,
    pub facets: &'a Facets,
    pub took_ms: f64,
    pub index: InUse<'a>,
}

/// The generation that answered.
#[derive(Serialize)]
pub struct InUse<'a> {
    pub generation: &'a str,
    pub built_at: &'a str,
}

pub fn run(places: &Places, arguments: &Arguments) -> Result<Exit> {
    let engine = Engine::new(places.open()?);
    let regions = &engine.snapshot.corpus.law.regions;
    let region = arguments.region.as_deref().map(|text| region(regions, text)).transpose()?;
    let query = Query {
        text: &arguments.query,
        region,
        topic: arguments.topic.as_deref(),
        limit: arguments.limit,
        offset: arguments.offset,
        facets: true,
        ..Query::default()
    };
    let started = Instant::now();
    let found = engine.search(&query, day(None)?)?;
    let took_ms = started.elapsed().as_secs_f64() * 1e3;
    if arguments.json {
        let generation = &engine.snapshot.generation;
        print_json(&Body {
            query: &arguments.query,
            hits: &found.hits,
            total: found.total,
            facets: &found.facets,
            took_ms,
            index: InUse { generation: &generation.name, built_at: &generation.built_at },
        })?;
    } else {
        print_line(&readable(&found, arguments.offset))?;
    }
    Ok(if found.total == 0 { Exit::Negative } else { Exit::Done })
}

fn readable(found: &Found, offset: usize) -> String {
    if found.total == 0 {
        return "没有找到相关内容。".to_owned();
    }
    let mut lines = vec![format!("共 {} 篇", found.total)];
    if found.elsewhere {
        lines.push("所问地区、所在省和全国都没有相关内容;以下是其他地区的".to_owned());
    }
    for (said, canonical) in &found.synonyms {
        lines.push(format!("“{said}”也按“{canonical}”找"));
    }
    for (place, hit) in found.hits.iter().enumerate() {
        let heading = if hit.heading.is_empty() { String::new() } else { format!(" · {}", hit.heading) };
        lines.push(String::new());
        lines.push(format!("{}. [{:.2}] {}{heading}", offset + place + 1, hit.score, hit.title));
        let date = hit.published.map_or(String::new(), |d| format!(" · {d}"));
        lines.push(format!("   {} · {}{date} · {}", hit.region.name, hit.source.title, hit.id));
        for line in hit.text.lines().filter(|l| !l.trim().is_empty()) {
            lines.push(format!("   {}", line.trim()));
        }
    }
    lines.join("\n")
}
