//! `yiwen ask` and `yiwen explain`: one answer, readable or as JSON; `ask` alone is a conversation.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use jiff::civil::Date;

use super::talk::{self, Manner};
use super::{Exit, Places, print_json, print_line, region};
use crate::answer::{AnswerStatus, markdown};
use crate::engine::{Engine, FIRST_YEAR, LAST_YEAR, QUESTION_CHARS, Question};
use crate::facts::Facts;

#[derive(Args)]
pub struct Arguments {
    /// 要问的话;ask 不写它就是对话:在终端里一问一答,或从标准输入一行一句
    question: Option<String>,
    /// 参保地:名称或六位代码
    #[arg(long)]
    region: Option<String>,
    /// 按哪一天的规定,形如 2026-11-23;默认今天
    #[arg(long, value_name = "DATE")]
    at: Option<String>,
    /// 补充的事实,形如 gap_months=4,可写多次
    #[arg(long = "fact", requires = "question", value_name = "NAME=VALUE")]
    facts: Vec<String>,
    /// 只输出一份 JSON
    #[arg(long)]
    json: bool,
}

pub fn run(places: &Places, arguments: &Arguments, explain: bool) -> Result<Exit> {
    let started = Instant::now();
    if let Some(text) = &arguments.question {
        check_question(text)?;
    } else if explain {
        bail!("请写上要问的话:yiwen explain 问题");
    }
    let engine = Engine::new(places.open()?);
    let law = &engine.snapshot.corpus.law;
    let (facts, region_fact) = facts(&arguments.facts)?;
    // An answer asks for the place by the name of a fact.
    let place = arguments.region.as_deref().or(region_fact);
    let region = place.map(|text| region(&law.regions, text)).transpose()?;
    let at = day(arguments.at.as_deref())?;
    let Some(text) = &arguments.question else {
        return talk::run(&engine, &Manner { region, at, json: arguments.json });
    };
    let question = Question { text, region, at, facts, explain };
    let mut answer = engine.answer(&question);
    answer.took_ms = started.elapsed().as_secs_f64() * 1e3;
    let nothing = answer.status == AnswerStatus::NoMatch;
    if arguments.json {
        print_json(&answer)?;
    } else {
        let mut text = markdown::render(&answer);
        if let Some(steps) = &answer.explain {
            text.push_str("\n理解与计算的每一步:\n");
            text.push_str(&serde_json::to_string_pretty(steps)?);
        }
        print_line(text.trim_end())?;
    }
    Ok(if nothing { Exit::Negative } else { Exit::Done })
}

/// A question must say something, and be no longer than [`QUESTION_CHARS`].
pub fn check_question(text: &str) -> Result<()> {
    if text.trim().is_empty() {
        bail!("问题是空的;请写一句话,例如:深圳医保断缴4个月,工资8000,怎么补");
    }
    let length = text.chars().count();
    if length > QUESTION_CHARS {
        bail!("问题有 {length} 个字,最多 {QUESTION_CHARS} 个;请只写要紧的部分");
    }
    Ok(())
}

/// The day asked about; today on this machine where none is given.
pub fn day(text: Option<&str>) -> Result<Date> {
    match text {
        None => Ok(jiff::Zoned::now().date()),
        Some(text) => {
            text.parse::<Date>().ok().filter(|day| (FIRST_YEAR..=LAST_YEAR).contains(&day.year())).with_context(|| {
                format!("日期“{text}”不存在或不在 {FIRST_YEAR} 至 {LAST_YEAR} 年之间;应形如 2026-11-23")
            })
        }
    }
}

/// The facts given, and the place where one is given as the fact `region`.
fn facts(given: &[String]) -> Result<(Facts, Option<&str>)> {
    let (mut facts, mut region) = (Facts::default(), None);
    for one in given {
        let (name, value) =
            one.split_once('=').with_context(|| format!("--fact “{one}”应形如 名称=值,例如 gap_months=4"))?;
        if name.trim() == "region" {
            region = Some(value.trim());
            continue;
        }
        let json = serde_json::from_str(value).unwrap_or_else(|_| serde_json::Value::String(value.to_owned()));
        facts.insert_json(name.trim(), &json).map_err(|e| anyhow::anyhow!("--fact {one}: {e}"))?;
    }
    Ok((facts, region))
}
