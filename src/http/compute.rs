//! `POST /v1/rules/{rule}/compute`: a rule from facts alone; a fact given as a list makes a what-if table.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value};

use super::input::{FromBody, FromPath, Input};
use super::problem::{Kind, Problem};
use super::rules::{find, words};
use super::state::{Live, Shared, today};
use crate::answer::{Computed, compose};
use crate::facts::{self, FactKind, Facts};
use crate::region::RegionCode;
use crate::rules::{Case, Rule};

/// The most rows of a table.
pub const ROWS: usize = 200;

/// One case, or a table of them.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Reply {
    One(Box<Computed>),
    Table { rule: &'static str, rows: Vec<Row> },
}

/// One line of a what-if table.
#[derive(Debug, Serialize)]
pub struct Row {
    pub facts: Map<String, Value>,
    pub computed: Computed,
}

/// The cases asked for, in the engine's terms.
struct Asked {
    cases: Vec<(Facts, Option<RegionCode>)>,
    table: bool,
    at: Date,
}

impl Asked {
    fn read(mut input: Input, live: &Live) -> Result<Asked, Problem> {
        let regions = &live.engine.snapshot.corpus.law.regions;
        let region = input.region("region", regions);
        let at = input.day("at");
        let given = input.facts_object("facts");
        let table = given.iter().any(|(name, value)| varies(name, value));
        let mut cases = vec![];
        match combinations(&given) {
            Ok(rows) => {
                for row in rows {
                    let before = input.errors.len();
                    let (facts, region_fact) = input.facts(&row, regions);
                    cases.push((facts, region_fact.or(region)));
                    if input.errors.len() > before && cases.len() > 1 {
                        // The same fact is wrong in many rows; once is enough.
                        let mut seen = std::collections::BTreeSet::new();
                        input.errors.retain(|e| seen.insert((e.pointer.clone(), e.detail.clone())));
                    }
                }
            }
            Err((kind, detail)) => input.wrong("facts", kind, detail),
        }
        input.finish()?;
        Ok(Asked { cases, table, at: at.unwrap_or_else(today) })
    }
}

/// Facts as they were sent.
type Given = Vec<(String, Value)>;

/// Whether a fact's list is a list of alternatives: a family's members are one value.
fn varies(name: &str, value: &Value) -> bool {
    let family = facts::spec(name).is_some_and(|s| matches!(s.kind, FactKind::Words(_)));
    match value {
        Value::Array(items) if family => items.iter().any(Value::is_array),
        Value::Array(_) => true,
        _ => false,
    }
}

/// Every combination of the alternatives, the first fact changing slowest.
fn combinations(given: &[(String, Value)]) -> Result<Vec<Given>, (Kind, String)> {
    let mut rows: Vec<Given> = vec![vec![]];
    for (name, value) in given {
        let alternatives: &[Value] = match value {
            Value::Array(items) if varies(name, value) => items,
            other => std::slice::from_ref(other),
        };
        let count = rows.len().saturating_mul(alternatives.len());
        if count == 0 {
            // An empty list of people is not a family; an empty list of alternatives is not a case.
            return Err((Kind::InvalidFact, format!("事实“{name}”的列表是空的")));
        }
        if count > ROWS {
            return Err((Kind::TooManyCases, format!("各事实的列表相乘超过 {ROWS} 种情形,请少列几个值")));
        }
        let with =
            |row: &Given, value: &Value| row.iter().cloned().chain([(name.clone(), value.clone())]).collect::<Given>();
        rows = rows.iter().flat_map(|row| alternatives.iter().map(|value| with(row, value))).collect();
    }
    Ok(rows)
}

fn run(live: &Live, rule: &'static Rule, facts: &Facts, region: Option<RegionCode>, at: Date) -> Computed {
    let law = &live.engine.snapshot.corpus.law;
    let outcome = rule.compute(Case { facts, region, at, law });
    compose::computed(words(live), &outcome, region)
}

/// The handler.
pub async fn compute(
    State(app): State<Shared>,
    FromPath(id): FromPath,
    FromBody(input): FromBody,
) -> Result<Json<Reply>, Problem> {
    Ok(Json(reply(&id, input, &*app.live()?)?))
}

/// What the rule comes to for the cases that the members give.
pub fn reply(id: &str, input: Input, live: &Live) -> Result<Reply, Problem> {
    let rule = find(id)?;
    let asked = Asked::read(input, live)?;
    let mut rows: Vec<Row> = asked
        .cases
        .iter()
        .map(|(facts, region)| {
            let mut said = Map::new();
            for (name, fact) in &facts.0 {
                if let Some(spec) = facts::spec(name) {
                    said.insert((*name).to_owned(), fact.value.to_json(spec.kind));
                }
            }
            if let Some(region) = region {
                said.insert("region".to_owned(), region.to_string().into());
            }
            Row { facts: said, computed: run(live, rule, facts, *region, asked.at) }
        })
        .collect();
    Ok(match rows.pop() {
        Some(only) if !asked.table && rows.is_empty() => Reply::One(Box::new(only.computed)),
        last => Reply::Table { rule: rule.id, rows: rows.into_iter().chain(last).collect() },
    })
}
