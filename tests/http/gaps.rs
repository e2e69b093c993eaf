//! Gaps and feedback over more than one request.

use std::sync::Arc;

use axum::Router;
use serde_json::{Value, json};
use yiwen::gaps::{Entry, Feedback, Limits, Reason, Store, group};
use yiwen::http;

use crate::service::{KEY, ask_router, recording};

fn post(router: &Router, path: &str, body: &Value) -> Value {
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    ask_router(router, "POST", path, &headers, body.to_string()).json
}

fn gaps(router: &Router, query: &str) -> Value {
    let headers = [("authorization".to_owned(), format!("Bearer {KEY}"))];
    ask_router(router, "GET", &format!("/v1/gaps{query}"), &headers, String::new()).json
}

/// Asks until what was handed to the writer has been written.
pub fn until(router: &Router, query: &str, enough: impl Fn(&Value) -> bool) -> Result<Value, String> {
    for _ in 0..200 {
        let page = gaps(router, query);
        if enough(&page) {
            return Ok(page);
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    Err(format!("still {}", gaps(router, query)))
}

fn same(what: &str, got: &Value, want: Value) -> Result<(), String> {
    if *got == want { Ok(()) } else { Err(format!("{what}: want {want}, got {got}")) }
}

pub fn kept() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let path = folder.path().join("gaps.sqlite");
    let app = recording(&path);
    let router = http::router(app.clone());
    let ask = |question: &str| post(&router, "/v1/answer", &json!({"question": question, "at": "2026-11-23"}));
    let first = ask("明天去火星的船票多少钱,我电话13800138000");
    same("status", &first["status"], json!("no_match"))?;
    ask("明天去火星的船票多少钱?我电话13800138000");
    ask("滞纳金怎么算");
    let answered = ask("单位欠缴医保本金1万元,晚了100天,滞纳金多少");
    let id = answered["id"].clone();
    let again = ask("单位欠缴医保本金1万元,晚了100天,滞纳金多少");
    same("the id of the same question", &again["id"], id.clone())?;
    // An answer that served leaves a verdict and no question; one that did not, both.
    let body = json!({"answer": id, "useful": true, "client": "one"});
    same("kept", &post(&router, "/v1/feedback", &body), json!({"answer": id, "useful": true, "repeated": false}))?;
    let body = json!({"answer": id, "useful": false, "client": "two", "word": "我叫张三,没说去哪里交"});
    post(&router, "/v1/feedback", &body);

    let page = until(&router, "", |page| page["total"] == 3)?;
    let asked = |reason: &str| {
        let all = page["gaps"].as_array().into_iter().flatten();
        all.filter(|g| !g["reasons"][reason].is_null()).cloned().collect::<Vec<_>>()
    };
    let [open] = &asked("no_match")[..] else { return Err(format!("no_match: {page}")) };
    same("question", &open["question"], json!("明天去火星的船票多少钱,我电话〔手机号〕"))?;
    same("count", &open["count"], json!(2))?;
    let [lacking] = &asked("needs_facts")[..] else { return Err(format!("needs_facts: {page}")) };
    same("rule", &lacking["lacking"][0]["rule"], json!("late_fee"))?;
    let [useless] = &asked("not_useful")[..] else { return Err(format!("not_useful: {page}")) };
    same("word", &useless["words"], json!(["我叫〔姓名〕,没说去哪里交"]))?;
    same("verdicts", &json!([page["useful"], page["not_useful"]]), json!([1, 1]))?;
    same("one reason", &gaps(&router, "?reason=no_match")["total"], json!(1))?;
    same("a page", &gaps(&router, "?limit=1&offset=1")["gaps"].as_array().map(Vec::len).into(), json!(1))?;

    // What was written is there when the file is opened again, and no personal data is anywhere in it.
    if let Some(recorder) = &app.gaps {
        recorder.close();
    }
    let bytes = std::fs::read(&path).map_err(|e| e.to_string())?;
    for personal in ["13800138000", "张三"] {
        if bytes.windows(personal.len()).any(|w| w == personal.as_bytes()) {
            return Err(format!("{personal} is in the file"));
        }
    }
    Ok(())
}

pub fn once() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let router = http::router(recording(&folder.path().join("gaps.sqlite")));
    let id = "0123456789abcdef0123456789abcdef";
    let say = |useful: bool, client: &str| {
        let body = json!({"answer": id, "useful": useful, "client": client, "question": "补牙报不报"});
        post(&router, "/v1/feedback", &body)["repeated"].clone()
    };
    same("first", &say(false, "a"), json!(false))?;
    same("again", &say(false, "a"), json!(true))?;
    same("another sender", &say(false, "b"), json!(false))?;
    same("two senders", &gaps(&router, "")["not_useful"], json!(2))?;
    same("another verdict", &say(true, "a"), json!(false))?;
    let page = gaps(&router, "");
    same("verdicts", &json!([page["useful"], page["not_useful"]]), json!([1, 1]))?;
    same("the question of an answer nobody remembers", &page["gaps"][0]["question"], json!("补牙报不报"))
}

pub fn bounded() -> Result<(), String> {
    use yiwen::gaps::Write;
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let path = folder.path().join("gaps.sqlite");
    let wrong = |e: yiwen::gaps::StoreError| e.to_string();
    let mut store = Store::open(&path).map_err(wrong)?;
    let day = 24 * 60 * 60;
    let entry = |question: String| Arc::new(Entry { question, ..Entry::default() });
    for n in 0..30 {
        let reason = if n % 2 == 0 { Reason::NoMatch } else { Reason::NeedsFacts };
        let gap = Write::Gap(format!("{n:032}"), reason, entry(format!("问题{n}")));
        let (answer, client) = (format!("{n:032}"), String::new());
        let said = Write::Feedback(Feedback { answer, client, useful: false, word: String::new() }, None);
        store.write(&[gap, said], n * day).map_err(wrong)?;
    }
    store.prune(Limits { rows: 5, days: 20 }, 30 * day).map_err(wrong)?;
    let open: Vec<String> = Store::read(&path)
        .and_then(|store| store.recorded())
        .map_err(wrong)?
        .into_iter()
        .filter(|r| r.reason != Reason::NotUseful)
        .map(|r| r.entry.question)
        .collect();
    // The last five that found nothing; those that only lacked facts went first.
    same("left", &json!(open), json!(["问题20", "问题22", "问题24", "问题26", "问题28"]))?;
    same("verdicts", &json!(store.verdicts().map_err(wrong)?), json!([0, 5]))?;
    let copy = folder.path().join("copy.sqlite");
    store.copy_to(&copy).map_err(wrong)?;
    let copied = Store::read(&copy).and_then(|store| store.recorded()).map_err(wrong)?;
    same("copied", &json!(group(&copied).len()), json!(group(&store.recorded().map_err(wrong)?).len()))
}
