//! `GET /v1/rules` and `/v1/rules/{rule}`: what each rule reads, gives and rests on.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::routing::{get, post};
use serde::Serialize;

use super::input::FromPath;
use super::parameters::{self, ValueJson};
use super::problem::{Kind, Problem};
use super::state::{Live, Shared};
use super::{JSON, Route, compute};
use crate::answer::compose::{self, Words};
use crate::answer::{IndexInfo, MissingJson};
use crate::facts;
use crate::region::RegionCode;
use crate::retrieve::passage::Place;
use crate::rules::parameters::{Parameter, UNITS};
use crate::rules::{RULES, Rule, rule};

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/rules",
        id: "listRules",
        summary: "全部规则",
        query: &[],
        body: None,
        answer: (JSON, "RuleList"),
        status: 200,
        handler: || get(list),
    },
    Route {
        method: "GET",
        path: "/v1/rules/{rule}",
        id: "getRule",
        summary: "一条规则的说明:要知道什么、算出什么、依据哪些数值、覆盖哪些地区和日期",
        query: &[],
        body: None,
        answer: (JSON, "RuleSheet"),
        status: 200,
        handler: || get(one),
    },
    Route {
        method: "POST",
        path: "/v1/rules/{rule}/compute",
        id: "computeRule",
        summary: "按给出的事实直接计算;任何一个事实写成列表,就逐一计算成表",
        query: &[],
        body: Some("Compute"),
        answer: (JSON, "ComputedOrTable"),
        status: 200,
        handler: || post(compute::compute),
    },
];

#[derive(Debug, Serialize)]
pub struct TopicName {
    pub id: &'static str,
    pub label: String,
}

/// A line of the list.
#[derive(Debug, Serialize)]
pub struct RuleLine {
    pub rule: &'static str,
    pub label: &'static str,
    pub topic: TopicName,
    pub facts: &'static [&'static str],
    pub results: &'static [&'static str],
    /// Dated values on file.
    pub values: usize,
    /// Places with values of their own, the nation included.
    pub regions: usize,
    pub href: String,
}

#[derive(Debug, Serialize)]
pub struct RuleList {
    pub rules: Vec<RuleLine>,
    pub index: IndexInfo,
}

/// A fact that a rule reads.
#[derive(Debug, Serialize)]
pub struct FactSheet {
    #[serde(flatten)]
    pub asked: MissingJson,
    /// The closed list of values, where there is one.
    pub allowed: Option<&'static [&'static str]>,
}

/// A parameter with all its values.
#[derive(Debug, Serialize)]
pub struct ParameterSheet {
    pub key: String,
    pub label: String,
    pub unit: &'static str,
    pub unit_label: &'static str,
    pub min: Option<String>,
    pub max: Option<String>,
    /// Kept for the reader; the rule does not read it.
    pub cited_only: bool,
    pub values: Vec<ValueJson>,
}

/// What is on file for one place.
#[derive(Debug, Serialize)]
pub struct Coverage {
    pub region: Place,
    /// Parameters of which the place has values, and how many values.
    pub parameters: usize,
    pub values: usize,
    /// The first day on file; `null`: open.
    pub effective_from: Option<String>,
    /// The last day on file; `null`: open.
    pub effective_to: Option<String>,
}

/// Everything about one rule.
#[derive(Debug, Serialize)]
pub struct RuleSheet {
    pub rule: &'static str,
    pub label: &'static str,
    pub topic: TopicName,
    pub facts: Vec<FactSheet>,
    pub results: &'static [&'static str],
    pub parameters: Vec<ParameterSheet>,
    pub coverage: Vec<Coverage>,
    pub index: IndexInfo,
}

/// The rule, or the problem that names those there are.
pub fn find(id: &str) -> Result<&'static Rule, Problem> {
    rule(id).ok_or_else(|| {
        let known: Vec<&str> = RULES.iter().map(|r| r.id).collect();
        Problem::new(Kind::UnknownRule, format!("没有这条规则;可用:{}", known.join("、")))
    })
}

fn topic(live: &Live, id: &'static str) -> TopicName {
    TopicName { id, label: words(live).topic(id) }
}

/// Names of places, topics and facts.
pub fn words(live: &Live) -> Words<'_> {
    Words { regions: &live.engine.snapshot.corpus.law.regions, lexicon: live.engine.understander.lexicon() }
}

fn own<'l>(live: &'l Live, rule: &'static Rule) -> impl Iterator<Item = &'l Parameter> {
    live.engine.snapshot.corpus.law.parameters.iter().filter(move |p| p.rule == rule.id)
}

/// Every rule as a line.
pub fn lines(live: &Live) -> Vec<RuleLine> {
    let line = |rule: &'static Rule| RuleLine {
        rule: rule.id,
        label: rule.label,
        topic: topic(live, rule.topic),
        facts: rule.facts,
        results: rule.results,
        values: own(live, rule).map(|p| p.values.len()).sum(),
        regions: coverage(live, rule).len(),
        href: format!("/v1/rules/{}", rule.id),
    };
    RULES.iter().map(line).collect()
}

/// Everything about the rule with this id.
pub fn sheet(live: &Live, id: &str) -> Result<RuleSheet, Problem> {
    let rule = find(id)?;
    let fact = |name: &&'static str| FactSheet {
        asked: compose::missing(words(live), name),
        allowed: facts::spec(name).and_then(|s| s.kind.choices()),
    };
    Ok(RuleSheet {
        rule: rule.id,
        label: rule.label,
        topic: topic(live, rule.topic),
        facts: rule.facts.iter().map(fact).collect(),
        results: rule.results,
        parameters: own(live, rule).map(|p| parameter_sheet(live, p)).collect(),
        coverage: coverage(live, rule),
        index: live.engine.info(),
    })
}

async fn list(State(app): State<Shared>) -> Result<Json<RuleList>, Problem> {
    let live = app.live()?;
    Ok(Json(RuleList { rules: lines(&live), index: live.engine.info() }))
}

async fn one(State(app): State<Shared>, FromPath(id): FromPath) -> Result<Json<RuleSheet>, Problem> {
    Ok(Json(sheet(&*app.live()?, &id)?))
}

fn parameter_sheet(live: &Live, parameter: &Parameter) -> ParameterSheet {
    let regions = &live.engine.snapshot.corpus.law.regions;
    let mut values: Vec<_> = parameter.values.iter().collect();
    values.sort_by_key(|v| (v.region, v.from, v.when.clone()));
    ParameterSheet {
        key: parameter.key.clone(),
        label: parameter.label.clone(),
        unit: parameter.unit,
        unit_label: UNITS.iter().find(|(u, _)| *u == parameter.unit).map_or("", |(_, label)| label),
        min: parameter.min.map(|d| d.to_string()),
        max: parameter.max.map(|d| d.to_string()),
        cited_only: parameter.cited_only,
        values: values.into_iter().map(|v| parameters::json(regions, parameter, v)).collect(),
    }
}

/// Places in the order of their codes, the nation first.
fn coverage(live: &Live, rule: &'static Rule) -> Vec<Coverage> {
    let mut places: BTreeMap<RegionCode, Vec<(&Parameter, _)>> = BTreeMap::new();
    for parameter in own(live, rule) {
        for value in &parameter.values {
            places.entry(value.region).or_default().push((parameter, value));
        }
    }
    let regions = &live.engine.snapshot.corpus.law.regions;
    let day = |date: Option<Option<jiff::civil::Date>>| date.flatten().map(|d| d.to_string());
    places
        .into_iter()
        .map(|(code, values)| {
            let mut keys: Vec<&str> = values.iter().map(|(p, _)| p.key.as_str()).collect();
            keys.sort_unstable();
            keys.dedup();
            Coverage {
                region: Place { code, name: regions.name(code) },
                parameters: keys.len(),
                values: values.len(),
                // `None` sorts first: an open beginning is the earliest.
                effective_from: day(values.iter().map(|(_, v)| v.from).min()),
                // An open end is the latest.
                effective_to: day(values.iter().map(|(_, v)| v.to).max_by_key(|to| (to.is_none(), *to))),
            }
        })
        .collect()
}
