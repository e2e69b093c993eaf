//! Answers measured: rows of architecture §7, asked of the engine in use.
//!
//! Only what `expect` names is compared, numbers as decimals. A `noisy` row asks its noisy question; a row with `turns` is
//! a conversation whose `expect` entries name the turn they follow.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::conversation::Conversation;
use crate::engine::{Engine, Question};
use crate::facts::Facts;
use crate::region::RegionCode;

/// The report, named as in the contract.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub cases: usize,
    pub passed: usize,
    pub by_rule: BTreeMap<String, Tally>,
    pub failures: Vec<Failure>,
    /// Expected main topic → got → how often; shown in the Markdown report.
    #[serde(skip)]
    pub confusion: BTreeMap<String, BTreeMap<String, usize>>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Tally {
    pub cases: usize,
    pub passed: usize,
}

#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    pub id: String,
    /// What differs: `results.amount`, `topics`, `missing` …
    pub path: String,
    pub expected: Value,
    pub got: Value,
    #[serde(skip)]
    pub question: String,
    /// How the question was read, as `explain` tells it; shown in the Markdown report.
    #[serde(skip)]
    pub explain: Value,
}

/// Asks every row.
pub fn run(engine: &Engine, rows: &[Value], today: Date) -> Report {
    let mut report = Report { cases: rows.len(), ..Report::default() };
    for row in rows {
        let before = report.failures.len();
        let checked = ask(engine, row, today);
        let rule = rule_of(row);
        let (id, failures) = (row["id"].as_str().unwrap_or("?").to_owned(), checked.unwrap_or_else(|e| vec![*e]));
        if let Some((wanted, got)) = topics(engine, row, today) {
            *report.confusion.entry(wanted).or_default().entry(got).or_default() += 1;
        }
        report.failures.extend(failures.into_iter().map(|f| {
            let explain = explain(engine, &f.question, day(row, today).unwrap_or(today));
            Failure { id: id.clone(), explain, ..f }
        }));
        let passed = report.failures.len() == before;
        report.passed += usize::from(passed);
        let tally = report.by_rule.entry(rule).or_default();
        tally.cases += 1;
        tally.passed += usize::from(passed);
    }
    report
}

/// The rule a row is counted under: the one it names, else the first of its rules, else its topic.
fn rule_of(row: &Value) -> String {
    let expect = match &row["expect"] {
        Value::Array(list) => list.last().cloned().unwrap_or_default(),
        other => other.clone(),
    };
    let named = expect["rule"].as_str().or_else(|| expect["rules"].get(0).and_then(Value::as_str));
    named.or_else(|| expect["topics"].get(0).and_then(Value::as_str)).unwrap_or("none").to_owned()
}

fn topics(engine: &Engine, row: &Value, today: Date) -> Option<(String, String)> {
    let wanted = row["expect"]["topics"].get(0)?.as_str()?;
    let text = question_of(row)?;
    let answer = engine.answer(&Question {
        text,
        region: None,
        at: day(row, today).ok()?,
        facts: Facts::default(),
        explain: false,
    });
    Some((wanted.to_owned(), answer.understanding.topics.first()?.id.clone()))
}

/// How a question was read.
fn explain(engine: &Engine, text: &str, at: Date) -> Value {
    let question = Question { text, region: None, at, facts: Facts::default(), explain: true };
    engine.answer(&question).explain.unwrap_or_default()
}

fn question_of(row: &Value) -> Option<&str> {
    row["noisy"].as_str().or_else(|| row["question"].as_str())
}

fn day(row: &Value, today: Date) -> Result<Date, Box<Failure>> {
    match row["at"].as_str() {
        None => Ok(today),
        Some(text) => text.parse().map_err(|_| unreadable("at", json!("a date"), json!(text))),
    }
}

fn unreadable(path: &str, expected: Value, got: Value) -> Box<Failure> {
    Box::new(failure(path, expected, got))
}

fn failure(path: &str, expected: Value, got: Value) -> Failure {
    Failure { id: String::new(), path: path.to_owned(), expected, got, question: String::new(), explain: Value::Null }
}

/// The row's failures; an `Err` is a row that cannot be read.
fn ask(engine: &Engine, row: &Value, today: Date) -> Result<Vec<Failure>, Box<Failure>> {
    let at = day(row, today)?;
    let region = match row["region"].as_str() {
        None => None,
        Some(text) => {
            Some(RegionCode::parse(text).ok_or_else(|| unreadable("region", json!("six digits"), json!(text)))?)
        }
    };
    let mut facts = Facts::default();
    for (name, value) in row["facts"].as_object().into_iter().flatten() {
        facts.insert_json(name, value).map_err(|e| unreadable("facts", json!(e), value.clone()))?;
    }
    if let Some(turns) = row["turns"].as_array() {
        return Ok(converse(engine, row, turns, at, region));
    }
    let text = question_of(row).ok_or_else(|| unreadable("question", json!("a question"), Value::Null))?;
    let answer = engine.answer(&Question { text, region, at, facts, explain: false });
    Ok(compare(&answer, &row["expect"], "", text))
}

fn converse(engine: &Engine, row: &Value, turns: &[Value], at: Date, region: Option<RegionCode>) -> Vec<Failure> {
    let mut conversation = Conversation::new(engine, region, at);
    let mut failures = vec![];
    for (i, turn) in turns.iter().enumerate() {
        let text = turn.as_str().or_else(|| turn["content"].as_str()).unwrap_or_default();
        let Some(answer) = conversation.say(text).answer else { continue };
        let checks = row["expect"].as_array().into_iter().flatten();
        for check in checks.filter(|c| c["after"].as_u64() == Some(i as u64 + 1)) {
            failures.extend(compare(&answer, check, &format!("after[{}].", i + 1), text));
        }
    }
    failures
}

/// Compares what `expect` names with the answer.
pub fn compare(answer: &Answer, expect: &Value, prefix: &str, question: &str) -> Vec<Failure> {
    let mut failures = vec![];
    let mut check = |path: String, want: &Value, got: Value| {
        if !same(want, &got) {
            failures.push(Failure {
                question: question.to_owned(),
                ..failure(&format!("{prefix}{path}"), want.clone(), got)
            });
        }
    };
    let named = expect["rule"].as_str();
    let computed = named.and_then(|rule| answer.computed.iter().find(|c| c.rule == rule));
    for (key, want) in expect.as_object().into_iter().flatten() {
        match key.as_str() {
            "status" => check(key.clone(), want, json!(answer.status)),
            "topics" => {
                let got = answer.understanding.topics.first().map_or(Value::Null, |t| json!(t.id));
                let accepted = want.as_array().is_some_and(|list| list.contains(&got));
                check(key.clone(), if accepted { &got } else { want }, got.clone());
            }
            "region" => {
                let got = answer.understanding.region.as_ref().map_or(Value::Null, |r| json!(r.code));
                check(key.clone(), want, got);
            }
            "rules" => {
                let allowed = expect["rules_also_ok"].as_array().cloned().unwrap_or_default();
                let mut got: Vec<Value> = answer.computed.iter().map(|c| json!(c.rule)).collect();
                got.retain(|r| !allowed.contains(r) || want.as_array().is_some_and(|w| w.contains(r)));
                let mut wanted = want.as_array().cloned().unwrap_or_default();
                wanted.sort_by_key(Value::to_string);
                got.sort_by_key(Value::to_string);
                check(key.clone(), &Value::Array(wanted), Value::Array(got));
            }
            "rule" => {
                let all: Vec<&str> = answer.computed.iter().map(|c| c.rule).collect();
                check(key.clone(), want, computed.map_or(json!(all), |c| json!(c.rule)));
            }
            "rule_status" => check(key.clone(), want, computed.map_or(Value::Null, |c| json!(c.status))),
            "results" => {
                for (name, value) in want.as_object().into_iter().flatten() {
                    let got = computed.and_then(|c| c.results.get(name)).cloned().unwrap_or(Value::Null);
                    check(format!("results.{name}"), value, got);
                }
            }
            "missing" => {
                let mut wanted = want.as_array().cloned().unwrap_or_default();
                let mut got: Vec<Value> =
                    computed.map_or(vec![], |c| c.missing.iter().map(|m| json!(m.fact)).collect());
                wanted.sort_by_key(Value::to_string);
                got.sort_by_key(Value::to_string);
                check(key.clone(), &Value::Array(wanted), Value::Array(got));
            }
            "facts" => {
                for (name, value) in want.as_object().into_iter().flatten() {
                    let got = answer.understanding.facts.get(name).map_or(Value::Null, |f| f["value"].clone());
                    check(format!("facts.{name}"), value, got);
                }
            }
            "conflicts" => {
                let got: Vec<Value> = answer.conflicts.iter().map(|c| json!(c.id)).collect();
                for id in want.as_array().into_iter().flatten().filter(|id| !got.contains(id)) {
                    check(key.clone(), id, Value::Array(got.clone()));
                }
            }
            "corrections" => {
                // An empty list says that nothing may be corrected.
                let made: Vec<Value> = answer.understanding.corrections.iter().map(|c| json!([c.from, c.to])).collect();
                if want.as_array().is_some_and(Vec::is_empty) {
                    check(key.clone(), want, Value::Array(made));
                }
                for pair in want.as_array().into_iter().flatten() {
                    let got = answer.understanding.corrections.iter().find(|c| json!(c.from) == pair["from"]);
                    check(key.clone(), &pair["to"], got.map_or(Value::Null, |c| json!(c.to)));
                }
            }
            _ => {}
        }
    }
    failures
}

/// Equal as JSON; numbers and decimal strings compare as decimals.
pub fn same(want: &Value, got: &Value) -> bool {
    let decimal = |v: &Value| -> Option<Decimal> {
        match v {
            Value::Number(n) => n.to_string().parse().ok(),
            Value::String(s) => s.parse().ok(),
            _ => None,
        }
    };
    match (decimal(want), decimal(got)) {
        (Some(a), Some(b)) => a == b,
        _ => want == got,
    }
}
