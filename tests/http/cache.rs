//! A service that keeps its answers: `tests/http/cache/*.jsonl`, one pair of questions a line.
//!
//! `{"name","first":BODY,"again":BODY,"lookup":"hit"|"miss"|"none"}`: what the answer cache says to `again` when `first` was
//! asked before it. Whatever it says, both answers are, but for `took_ms`, those of a service that keeps none. The questions of
//! a line stand in no other.

use std::sync::{LazyLock, Mutex, PoisonError};

use axum::Router;
use serde_json::{Value, json};
use yiwen::http::{self, Options};

use crate::common;
use crate::gaps;
use crate::service::{ask, ask_router, opened, options, recording_with, shipped_index};

/// Answers kept by the services here.
const KEPT: usize = 8;

static KEEPING: LazyLock<Mutex<Router>> = LazyLock::new(|| {
    Mutex::new(http::router(opened(Options { answer_cache: KEPT, ..options(shipped_index(), None) })))
});

pub fn rows() -> Vec<common::Row> {
    common::rows("http/cache")
}

/// One row.
pub fn check(row: &Value) -> Result<(), String> {
    let router = KEEPING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut wrong = vec![];
    let mut told = json!(null);
    for body in [&row["first"], &row["again"]] {
        let before = looked_up(&router);
        let kept = untimed(&post(&router, body));
        let after = looked_up(&router);
        told = match (after[0] - before[0], after[1] - before[1]) {
            (0, 0) => json!("none"),
            (1, 0) => json!("hit"),
            (0, 1) => json!("miss"),
            more => json!(format!("{more:?}")),
        };
        let plain = untimed(&ask("default", "POST", "/v1/answer", &content_type(), body.to_string()).text);
        if kept != plain {
            wrong.push(format!("kept:  {kept}\nplain: {plain}"));
        }
    }
    if told != row["lookup"] {
        wrong.push(format!("lookup: want {}, got {told}", row["lookup"]));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// No more answers are kept than there is room for, and those that many ask are.
pub fn bounded() -> Result<(), String> {
    let router = http::router(opened(Options { answer_cache: KEPT, ..options(shipped_index(), None) }));
    let question = |text: &str| json!({"question": text, "at": "2026-11-23"});
    let often = question("单位欠缴医保本金1万元,晚了100天,滞纳金多少");
    for n in 1..=4 * KEPT {
        post(&router, &often);
        post(&router, &question(&format!("断缴{n}个月怎么补")));
        let kept = figure(&router, "answer_cache_answers");
        if kept < 1 || kept > KEPT as u64 {
            return Err(format!("{kept} answers are kept after {n} questions"));
        }
    }
    let [hits, misses] = looked_up(&router);
    if (hits, misses) != (4 * KEPT as u64 - 1, 4 * KEPT as u64 + 1) {
        return Err(format!("{hits} hits, {misses} misses"));
    }
    Ok(())
}

/// An answer that was kept counts, and leaves a gap, as any other does.
pub fn counted() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let router = http::router(recording_with(&folder.path().join("gaps.sqlite"), KEPT));
    let body = json!({"question": "明天去火星的船票多少钱", "at": "2026-11-23"});
    let ids: Vec<Value> = (0..3).map(|_| parsed(&post(&router, &body))["id"].clone()).collect();
    if ids.iter().any(|id| *id != ids[0]) || looked_up(&router) != [2, 1] {
        return Err(format!("ids {ids:?}, hits and misses {:?}", looked_up(&router)));
    }
    gaps::until(&router, "", |page| page["gaps"][0]["count"] == 3)?;
    for (name, want) in [("no_match_total", 3), ("answer_duration_seconds_count", 3)] {
        let got = figure(&router, name);
        if got != want {
            return Err(format!("{name}: want {want}, got {got}"));
        }
    }
    Ok(())
}

fn content_type() -> [(String, String); 1] {
    [("content-type".to_owned(), "application/json".to_owned())]
}

fn post(router: &Router, body: &Value) -> String {
    ask_router(router, "POST", "/v1/answer", &content_type(), body.to_string()).text
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// The text of an answer without the time it took.
fn untimed(text: &str) -> String {
    let (before, rest) = text.split_once("\"took_ms\":").unwrap_or((text, ""));
    let after = rest.find([',', '}']).map_or("", |end| &rest[end..]);
    format!("{before}{after}")
}

fn figure(router: &Router, name: &str) -> u64 {
    let page = ask_router(router, "GET", "/metrics", &[], String::new()).text;
    let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
    value.unwrap_or_else(|| panic!("no {name} in\n{page}"))
}

/// Hits and misses so far.
fn looked_up(router: &Router) -> [u64; 2] {
    ["hit", "miss"].map(|result| figure(router, &format!("answer_cache_lookups_total{{result=\"{result}\"}}")))
}
