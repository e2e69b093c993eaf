//! `GET /v1/parameters` and `/v1/parameters/{id}`: every policy number with its days, place and reference.

use axum::Json;
use axum::extract::State;
use axum::routing::get;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

use super::input::{FromPath, FromQuery};
use super::problem::{Kind, Problem};
use super::state::{Live, Shared};
use super::{JSON, Route, Takes, optional};
use crate::answer::{IndexInfo, ReferenceJson};
use crate::region::Regions;
use crate::retrieve::passage::Place;
use crate::rules::parameters::{Parameter, ParameterValue, UNITS};

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/parameters",
        id: "listParameters",
        summary: "政策数值:按规则、地区、日期筛选,分页",
        query: &[
            optional("rule", Takes::Rule, "规则"),
            optional("region", Takes::Text, "地区:本地、所在省和全国的数值都列出"),
            optional("at", Takes::Day, "只要这一天有效的,形如 2026-11-23"),
            optional("limit", Takes::Count(1, 1000), "一页几个,1 至 1000,默认 100"),
            optional("offset", Takes::Count(0, 1_000_000), "跳过前几个"),
        ],
        body: None,
        answer: (JSON, "ParameterList"),
        status: 200,
        handler: || get(list),
    },
    Route {
        method: "GET",
        path: "/v1/parameters/{id}",
        id: "getParameter",
        summary: "一个数值,和同一地区同一参数的历史",
        query: &[],
        body: None,
        answer: (JSON, "ParameterHistory"),
        status: 200,
        handler: || get(one),
    },
];

/// One dated value.
#[derive(Debug, Serialize)]
pub struct ValueJson {
    pub id: String,
    pub rule: String,
    pub key: String,
    pub label: String,
    pub value: String,
    pub unit: &'static str,
    /// The unit in Chinese.
    pub unit_label: &'static str,
    pub region: Place,
    pub effective_from: Option<String>,
    pub effective_to: Option<String>,
    /// Conditions besides place and time: tier, group, sex …
    pub when: BTreeMap<String, String>,
    /// official | secondary | seed | unverified
    pub level: &'static str,
    pub reference: ReferenceJson,
    pub caveat: Option<String>,
    pub conflicts: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct ParameterList {
    pub parameters: Vec<ValueJson>,
    pub total: usize,
    pub limit: usize,
    pub offset: usize,
    pub index: IndexInfo,
}

/// A value and what its parameter was and will be at the same place.
#[derive(Debug, Serialize)]
pub struct ParameterHistory {
    #[serde(flatten)]
    pub value: ValueJson,
    /// Bounds that `check` holds the values to.
    pub min: Option<String>,
    pub max: Option<String>,
    /// By day, this one included.
    pub history: Vec<ValueJson>,
    pub index: IndexInfo,
}

/// A value as shown.
pub fn json(regions: &Regions, parameter: &Parameter, value: &ParameterValue) -> ValueJson {
    let day = |date: Option<Date>| date.map(|d| d.to_string());
    ValueJson {
        id: value.id.clone(),
        rule: parameter.rule.clone(),
        key: parameter.key.clone(),
        label: parameter.label.clone(),
        value: value.datum.text(),
        unit: parameter.unit,
        unit_label: UNITS.iter().find(|(u, _)| *u == parameter.unit).map_or("", |(_, label)| label),
        region: Place { code: value.region, name: regions.name(value.region) },
        effective_from: day(value.from),
        effective_to: day(value.to),
        when: value.when.clone(),
        level: value.level.name(),
        reference: ReferenceJson {
            title: value.reference.title.clone(),
            document: value.reference.document.clone(),
            url: value.reference.url.clone(),
        },
        caveat: value.caveat.clone(),
        conflicts: value.conflicts.clone(),
    }
}

/// The values of one parameter at one place, by day.
pub fn history(live: &Live, parameter: &Parameter, of: &ParameterValue) -> Vec<ValueJson> {
    let regions = &live.engine.snapshot.corpus.law.regions;
    let mut values: Vec<&ParameterValue> = parameter.values.iter().filter(|v| v.region == of.region).collect();
    values.sort_by_key(|v| (v.from, v.when.clone()));
    values.into_iter().map(|v| json(regions, parameter, v)).collect()
}

async fn list(State(app): State<Shared>, FromQuery(mut input): FromQuery) -> Result<Json<ParameterList>, Problem> {
    let live = app.live()?;
    let law = &live.engine.snapshot.corpus.law;
    let rule = input.text("rule");
    if let Some(rule) = rule.as_ref().filter(|r| crate::rules::rule(r).is_none()) {
        let known: Vec<&str> = crate::rules::RULES.iter().map(|r| r.id).collect();
        input.wrong("rule", Kind::InvalidRequest, format!("没有规则“{rule}”;可用:{}", known.join("、")));
    }
    let region = input.region("region", &law.regions);
    let at = input.day("at");
    let limit = input.count("limit", 100, 1..=1000);
    let offset = input.count("offset", 0, 0..=1_000_000);
    input.finish()?;
    let mut found = vec![];
    for parameter in law.parameters.iter().filter(|p| rule.as_ref().is_none_or(|rule| p.rule == *rule)) {
        for value in &parameter.values {
            let here = region.is_none_or(|r| r.chain().any(|place| place == value.region));
            if here && at.is_none_or(|day| value.in_force(day)) {
                found.push((parameter, value));
            }
        }
    }
    let total = found.len();
    let page = found.into_iter().skip(offset).take(limit);
    let parameters = page.map(|(parameter, value)| json(&law.regions, parameter, value)).collect();
    Ok(Json(ParameterList { parameters, total, limit, offset, index: live.engine.info() }))
}

async fn one(State(app): State<Shared>, FromPath(id): FromPath) -> Result<Json<ParameterHistory>, Problem> {
    let live = app.live()?;
    let law = &live.engine.snapshot.corpus.law;
    let (parameter, value) = law.parameters.by_id(&id).ok_or_else(|| {
        Problem::new(Kind::UnknownParameter, "没有这个编号的参数;编号形如 CN.LATEFEE.DAILY,目录见 /v1/parameters")
    })?;
    Ok(Json(ParameterHistory {
        value: json(&law.regions, parameter, value),
        min: parameter.min.map(|d| d.to_string()),
        max: parameter.max.map(|d| d.to_string()),
        history: history(&live, parameter, value),
        index: live.engine.info(),
    }))
}
