//! What a change of parameters changes: values by their ids, and results of cases computed under both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use super::parameters::{Parameter, ParameterValue};
use super::{Case, Law, Outcome, Rule, rule};
use crate::facts::Facts;
use crate::region::RegionCode;

/// The day of rows that name none.
const DAY: &str = "2026-11-23";

/// A case to compute, under one law or two.
pub struct Row {
    pub rule: &'static Rule,
    /// File and line.
    pub place: String,
    pub name: String,
    pub facts: Facts,
    pub region: Option<RegionCode>,
    pub at: Date,
}

impl Row {
    /// Reads a row of `tests/rules`, whose rule is the file's stem or the member `rule`; `None` for one of no known rule.
    ///
    /// # Errors
    /// A fact, region or date that cannot be read.
    pub fn read(stem: &str, place: &str, json: &Value) -> Result<Option<Row>, RowError> {
        let Some(rule) = rule(json["rule"].as_str().unwrap_or(stem)) else { return Ok(None) };
        let mut facts = Facts::default();
        for (name, value) in json["facts"].as_object().into_iter().flatten() {
            facts.insert_json(name, value).map_err(RowError)?;
        }
        let region = match json["region"].as_str() {
            None => None,
            Some(code) => Some(RegionCode::parse(code).ok_or_else(|| RowError(format!("地区代码 {code} 不对")))?),
        };
        let at = json["at"].as_str().unwrap_or(DAY);
        let at = at.parse().map_err(|_| RowError(format!("日期 {at} 不对")))?;
        let name = json["name"].as_str().unwrap_or_default().to_owned();
        Ok(Some(Row { rule, place: place.to_owned(), name, facts, region, at }))
    }

    /// The outcome under a law.
    pub fn compute(&self, law: &Law) -> Outcome {
        self.rule.compute(self.case(law))
    }

    /// The case, to be computed under a law.
    pub fn case<'a>(&'a self, law: &'a Law) -> Case<'a> {
        Case { facts: &self.facts, region: self.region, at: self.at, law }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.place, self.name)
    }
}

/// Why a row cannot be computed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RowError(pub String);

/// What a value said before or says after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    pub value: String,
    pub effective_from: Option<String>,
    pub effective_to: Option<String>,
    pub when: BTreeMap<String, String>,
    pub level: &'static str,
    pub reference: String,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |day: &Option<String>| day.clone().unwrap_or_default();
        write!(f, "{}", self.value)?;
        if self.effective_from.is_some() || self.effective_to.is_some() {
            write!(f, " [{}~{}]", day(&self.effective_from), day(&self.effective_to))?;
        }
        Ok(())
    }
}

/// A value that is new, gone or different.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    pub id: String,
    pub rule: String,
    pub key: String,
    pub region: String,
    /// 新增 | 删除 | 改动
    pub kind: &'static str,
    pub before: Option<Side>,
    pub after: Option<Side>,
}

/// A result of a case that is different.
#[derive(Clone, Debug, Serialize)]
pub struct RowChange {
    pub place: String,
    pub name: String,
    /// The result's name, or `status`.
    pub result: String,
    pub before: Value,
    pub after: Value,
    /// After less before, where both are numbers.
    pub change: Option<String>,
}

/// Everything that differs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Difference {
    pub values: Vec<Change>,
    /// Places and days that the changed values name.
    pub regions: Vec<String>,
    pub dates: Vec<String>,
    pub rows_compared: usize,
    pub rows_changed: usize,
    pub rows: Vec<RowChange>,
}

/// Compares two laws, value by value and row by row.
pub fn diff(before: &Law, after: &Law, rows: &[Row]) -> Difference {
    let (old, new) = (by_id(before), by_id(after));
    let ids: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let mut difference = Difference { rows_compared: rows.len(), ..Difference::default() };
    let (mut regions, mut dates) = (BTreeSet::new(), BTreeSet::new());
    for id in ids {
        let (a, b) = (old.get(id), new.get(id));
        let (before_side, after_side) = (a.map(|(_, v)| side(v)), b.map(|(_, v)| side(v)));
        let Some((parameter, value)) = b.or(a) else { continue };
        let moved = a.zip(b).is_some_and(|((_, a), (_, b))| a.region != b.region);
        if before_side == after_side && !moved {
            continue;
        }
        let kind = match (&before_side, &after_side) {
            (None, _) => "新增",
            (_, None) => "删除",
            _ => "改动",
        };
        regions.extend([a, b].into_iter().flatten().map(|(_, v)| after.regions.name(v.region)));
        let days = [&before_side, &after_side].into_iter().flatten();
        dates.extend(days.flat_map(|s| [s.effective_from.clone(), s.effective_to.clone()]).flatten());
        difference.values.push(Change {
            id: id.to_owned(),
            rule: parameter.rule.clone(),
            key: parameter.key.clone(),
            region: value.region.to_string(),
            kind,
            before: before_side,
            after: after_side,
        });
    }
    difference.regions = regions.into_iter().collect();
    difference.dates = dates.into_iter().collect();
    for row in rows {
        let changes = compare(row, &row.compute(before), &row.compute(after));
        difference.rows_changed += usize::from(!changes.is_empty());
        difference.rows.extend(changes);
    }
    difference
}

fn by_id(law: &Law) -> BTreeMap<&str, (&Parameter, &ParameterValue)> {
    law.parameters.iter().flat_map(|p| p.values.iter().map(move |v| (v.id.as_str(), (p, v)))).collect()
}

fn side(value: &ParameterValue) -> Side {
    Side {
        value: value.datum.text(),
        effective_from: value.from.map(|d| d.to_string()),
        effective_to: value.to.map(|d| d.to_string()),
        when: value.when.clone(),
        level: value.level.name(),
        reference: value.reference.title.clone(),
    }
}

fn compare(row: &Row, before: &Outcome, after: &Outcome) -> Vec<RowChange> {
    let results = |outcome: &Outcome| {
        let status = ("status".to_owned(), Value::from(outcome.status.name()));
        let named = outcome.results.iter().map(|(name, value)| ((*name).to_owned(), value.to_json()));
        std::iter::once(status).chain(named).collect::<BTreeMap<String, Value>>()
    };
    let (old, new) = (results(before), results(after));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| {
            let of = |results: &BTreeMap<String, Value>| results.get(name).cloned().unwrap_or(Value::Null);
            let (before, after) = (of(&old), of(&new));
            let change = decimal(&before).zip(decimal(&after)).map(|(a, b)| format!("{:+}", b - a));
            RowChange { place: row.place.clone(), name: row.name.clone(), result: name.clone(), before, after, change }
        })
        .collect()
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}
