//! The HTTP service by data: `tests/http/*.jsonl`, one request a line, through the router without a socket; and
//! `tests/contracts/*.jsonl`, the requests that other platforms send, as they send them.
//!
//! `{"name","service"?,"method"?,"path","headers"?:{},"body"?,"raw"?,"pad"?:[text,times],"expect":{"status","headers"?:{},
//! "json"?:{pointer:check},"text"?:[…],"text_not"?:[…]}}`. Non-ASCII in `path` is percent-encoded; `$PAD` in the body
//! stands for a text repeated. A check is a value, or `{"type"}`, `{"contains"}`, `{"length"}`, `{"least"}`, `{"most"}`,
//! `{"absent":true}`. Every answer is held to its schema of `/openapi.json` besides, every error to RFC 9457.

mod agreement;
mod cache;
#[path = "../common/mod.rs"]
mod common;
mod contract;
mod gaps;
mod limits;
mod readme;
mod reload;
mod service;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use service::{Reply, encoded};

fn main() {
    let mut trials = common::trials(contract::rows(), check);
    trials.extend(common::trials(cache::rows(), cache::check));
    let mut test = |name: &str, run: fn() -> Result<(), String>| {
        trials.push(Trial::test(name.to_owned(), move || run().map_err(Failed::from)));
    };
    test("the same answer through every door", agreement::same_everywhere);
    test("the contract changes only on purpose", contract::snapshot);
    test("every route is in the contract and back", contract::complete);
    test("every kind of problem has its row", contract::problems_covered);
    test("the tables of README.md are those of the code", readme::tables);
    test("a question left open is kept, masked, with what was said of it", gaps::kept);
    test("the same post of feedback counts once", gaps::once);
    test("what is too much or too old goes", gaps::bounded);
    test("no more answers are kept than there is room for", cache::bounded);
    test("an answer that was kept counts as any other", cache::counted);
    test("a changed corpus goes live, a broken one does not", reload::swap);
    test("a corpus broken at the start leaves the good index in service", reload::start_on_broken);
    test("a service that stops says so and still answers", reload::stopping);
    test("a caller without a key has its address's allowance", limits::by_address);
    test("a key has its own allowance, and keys cannot be tried out", limits::by_key);
    test("a full queue is told at once", limits::overloaded);
    test("every figure is declared once", limits::figures);
    libtest_mimic::run(&Arguments::from_args(), trials).exit()
}

fn check(row: &Value) -> Result<(), String> {
    let method = row["method"].as_str().unwrap_or("GET");
    let path = encoded(row["path"].as_str().ok_or("no path")?);
    let mut body = match (&row["body"], &row["raw"]) {
        (Value::Null, Value::String(raw)) => raw.clone(),
        (Value::Null, _) => String::new(),
        (json, _) => json.to_string(),
    };
    let mut headers: Vec<(String, String)> = vec![];
    if !row["body"].is_null() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    for (name, value) in row["headers"].as_object().into_iter().flatten() {
        headers.push((name.clone(), value.as_str().unwrap_or_default().to_owned()));
    }
    let mut target = path;
    if let Some(pad) = row["pad"].as_array() {
        let times = pad[1].as_u64().unwrap_or(0) as usize;
        let long = pad[0].as_str().unwrap_or_default().repeat(times);
        body = body.replace("$PAD", &long);
        target = target.replace("$PAD", &encoded(&long));
    }
    let reply = service::ask(row["service"].as_str().unwrap_or("default"), method, &target, &headers, body);
    let mut wrong = expectations(row, &reply);
    wrong.extend(contract::held(method, &target, &reply));
    if wrong.is_empty() {
        return Ok(());
    }
    let shown: String = reply.text.chars().take(1500).collect();
    Err(format!("{}\n{} {shown}", wrong.join("\n"), reply.status))
}

fn expectations(row: &Value, reply: &Reply) -> Vec<String> {
    let expect = &row["expect"];
    let mut wrong = vec![];
    for key in expect.as_object().into_iter().flatten().map(|(k, _)| k) {
        if !["status", "headers", "json", "text", "text_not"].contains(&key.as_str()) {
            wrong.push(format!("expect has an unknown member {key}"));
        }
    }
    if expect["status"] != reply.status {
        wrong.push(format!("status: want {}, got {}", expect["status"], reply.status));
    }
    for (name, want) in expect["headers"].as_object().into_iter().flatten() {
        let got = reply.header(name);
        if !got.contains(want.as_str().unwrap_or("?")) {
            wrong.push(format!("header {name}: want {want}, got {got:?}"));
        }
    }
    for (pointer, want) in expect["json"].as_object().into_iter().flatten() {
        let got = reply.json.pointer(pointer);
        if !agrees(want, got) {
            wrong.push(format!("{pointer}: want {want}, got {}", got.unwrap_or(&Value::Null)));
        }
    }
    let parts = |key: &str| expect[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
    for part in parts("text").into_iter().filter(|part| !reply.text.contains(part)) {
        wrong.push(format!("the text does not hold {part:?}"));
    }
    for part in parts("text_not").into_iter().filter(|part| reply.text.contains(part)) {
        wrong.push(format!("the text holds {part:?}"));
    }
    wrong
}

fn agrees(want: &Value, got: Option<&Value>) -> bool {
    let check = want.as_object().and_then(|o| if o.len() == 1 { o.iter().next() } else { None });
    if let Some((kind, value)) = check {
        if kind == "absent" {
            return got.is_none();
        }
        let Some(got) = got else { return false };
        let length = got.as_array().map(Vec::len).or(got.as_str().map(|s| s.chars().count()));
        let (number, bound) = (got.as_f64().or(length.map(|l| l as f64)), value.as_f64());
        return match kind.as_str() {
            "type" => contract::type_name(got) == value.as_str().unwrap_or_default(),
            "contains" => match got {
                Value::String(text) => text.contains(value.as_str().unwrap_or("\u{0}")),
                Value::Array(items) => items.contains(value),
                _ => false,
            },
            "length" => length.map(|l| l as f64) == bound,
            "least" => number >= bound,
            "most" => number.is_some() && number <= bound,
            _ => yiwen::eval::answers::same(want, got),
        };
    }
    got.is_some_and(|got| yiwen::eval::answers::same(want, got))
}
