//! The corpus changes under a running service.

use std::fs;
use std::time::{Duration, Instant};

use axum::Router;
use serde_json::{Value, json};
use yiwen::http::serve::{self, Loaded};
use yiwen::http::{self, App, Options};

use crate::common;
use crate::service::{KEY, ask_router, options, shipped_index};

fn get(router: &Router, path: &str) -> Value {
    ask_router(router, "GET", path, &[], String::new()).json
}

fn rebuild(router: &Router) -> Result<Value, String> {
    let key = [("authorization".to_owned(), format!("Bearer {KEY}"))];
    let reply = ask_router(router, "POST", "/v1/index/rebuild", &key, String::new());
    if reply.status != 202 {
        return Err(format!("rebuild: {} {}", reply.status, reply.text));
    }
    let again = ask_router(router, "POST", "/v1/index/rebuild", &key, String::new());
    if again.status != 409 && again.status != 202 {
        return Err(format!("a second rebuild: {} {}", again.status, again.text));
    }
    let started = Instant::now();
    loop {
        let state = get(router, "/v1/index");
        // Questions are answered all the while.
        let body = json!({"question": "断缴4个月", "at": "2026-11-23"}).to_string();
        let json = [("content-type".to_owned(), "application/json".to_owned())];
        let answer = ask_router(router, "POST", "/v1/answer", &json, body);
        if answer.status != 200 {
            return Err(format!("a question while rebuilding: {} {}", answer.status, answer.text));
        }
        if state["state"] != "building" {
            return Ok(state);
        }
        if started.elapsed() > Duration::from_secs(120) {
            return Err(format!("still {state}"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn late_fee(router: &Router) -> Value {
    let body = json!({"facts": {"principal": 1000, "days": 100}, "at": "2026-11-23"}).to_string();
    let json = [("content-type".to_owned(), "application/json".to_owned())];
    ask_router(router, "POST", "/v1/rules/late_fee/compute", &json, body).json["results"]["late_fee"].clone()
}

/// Of a service that keeps its answers: asked twice, the second time it is the one that was kept.
fn answered(router: &Router) -> Result<Value, String> {
    let body = json!({"question": "单位欠缴医保本金1000元,晚了100天,滞纳金多少", "at": "2026-11-23"}).to_string();
    let json = [("content-type".to_owned(), "application/json".to_owned())];
    let [mut first, mut again] = [(); 2].map(|()| ask_router(router, "POST", "/v1/answer", &json, body.clone()).json);
    for answer in [&mut first, &mut again] {
        answer["took_ms"] = json!(0);
    }
    same("asked again", &first, &again)?;
    Ok(first["computed"][0]["results"]["late_fee"].clone())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, want: T, got: T) -> Result<(), String> {
    if want == got { Ok(()) } else { Err(format!("{what}: want {want:?}, got {got:?}")) }
}

pub fn swap() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let (corpus, index) = (folder.path().join("corpus"), folder.path().join("index"));
    common::copy(&common::corpus(), &corpus);
    let app = App::new(Options { corpus: corpus.clone(), answer_cache: 8, ..options(&index, Some(KEY)) });
    if !matches!(serve::load(&app, &|_, _| {}), Loaded::Fresh) {
        return Err("the copied corpus does not load".to_owned());
    }
    let router = http::router(app);
    let first = get(&router, "/v1/index")["generation"].clone();
    same("fee", json!("50.00"), late_fee(&router))?;
    same("fee in an answer", json!("50.00"), answered(&router)?)?;

    let file = corpus.join("parameters/late_fee.toml");
    let text = fs::read_to_string(&file).map_err(|e| e.to_string())?;
    fs::write(&file, text.replacen("value = \"0.0005\"", "value = \"0.0006\"", 1)).map_err(|e| e.to_string())?;
    same("fee before the rebuild", json!("50.00"), late_fee(&router))?;
    let state = rebuild(&router)?;
    same("state", json!("idle"), state["state"].clone())?;
    let second = state["generation"].clone();
    if second == first {
        return Err("the generation did not change".to_owned());
    }
    same("fee after the rebuild", json!("60.00"), late_fee(&router))?;
    same("fee in an answer after the rebuild", json!("60.00"), answered(&router)?)?;

    fs::write(&file, text.replacen("value = \"0.0005\"", "value = \"很多\"", 1)).map_err(|e| e.to_string())?;
    let article = corpus.join("articles/000000/newborn.md");
    let good = fs::read_to_string(&article).map_err(|e| e.to_string())?;
    fs::write(&article, good.replacen("region = \"000000\"", "region = \"999999\"", 1)).map_err(|e| e.to_string())?;
    let state = rebuild(&router)?;
    same("state", json!("failed"), state["state"].clone())?;
    same("generation", &second, &state["generation"])?;
    let problems = state["problems"].as_array().cloned().unwrap_or_default();
    for path in ["parameters/late_fee.toml", "articles/000000/newborn.md"] {
        if !problems.iter().any(|p| p["path"] == path && p["line"].as_u64() > Some(0)) {
            return Err(format!("{path} is not named with its line: {problems:?}"));
        }
    }
    let ready = get(&router, "/readyz");
    same("ready", json!("ready"), ready["status"].clone())?;
    same("rebuild", json!("failed"), ready["rebuild"].clone())?;
    same("problems told to the probe", problems.len(), ready["problems"].as_array().map_or(0, Vec::len))?;
    same("fee in spite of the broken corpus", json!("60.00"), late_fee(&router))?;
    let metrics = ask_router(&router, "GET", "/metrics", &[], String::new()).text;
    if !metrics.contains("index_rebuilds_total{result=\"failed\"} 1") {
        return Err(format!("the failure is not counted:\n{metrics}"));
    }

    fs::write(&file, text).map_err(|e| e.to_string())?;
    fs::write(&article, good).map_err(|e| e.to_string())?;
    same("state after mending", json!("idle"), rebuild(&router)?["state"].clone())?;
    same("fee after mending", json!("50.00"), late_fee(&router))
}

pub fn start_on_broken() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let (corpus, index) = (folder.path().join("corpus"), folder.path().join("index"));
    common::copy(&common::corpus(), &corpus);
    common::copy(shipped_index(), &index);
    fs::write(corpus.join("vocabulary/synonyms.tsv"), "没有制表符\n").map_err(|e| e.to_string())?;
    let app = App::new(Options { corpus: corpus.clone(), ..options(&index, None) });
    match serve::load(&app, &|_, _| {}) {
        Loaded::Old(faults) => same("path", "vocabulary/synonyms.tsv", faults[0].path.as_str())?,
        other => return Err(format!("{other:?}")),
    }
    same("state", json!("failed"), get(&http::router(app), "/v1/index")["state"].clone())?;
    let app = App::new(Options { corpus, ..options(&folder.path().join("none"), None) });
    match serve::load(&app, &|_, _| {}) {
        Loaded::Nothing(faults) if !faults.is_empty() => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

pub fn stopping() -> Result<(), String> {
    let app = App::new(options(shipped_index(), None));
    if !matches!(serve::load(&app, &|_, _| {}), Loaded::Fresh) {
        return Err("the shipped index does not load".to_owned());
    }
    let router = http::router(app.clone());
    same("ready", json!("ready"), get(&router, "/readyz")["status"].clone())?;
    app.stop();
    same("ready", json!(503), get(&router, "/readyz")["status"].clone())?;
    same("alive", json!("alive"), get(&router, "/livez")["status"].clone())?;
    same("answers", json!("50.00"), late_fee(&router))
}
