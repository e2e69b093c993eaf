//! A server on a port of this machine that answers as it is told: with what a real Quickwit answered, or with trouble.

use std::collections::{HashMap, VecDeque};
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::runtime::Runtime;

/// One request and its answer, as they went over the wire; the body of `_bulk` unpacked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exchange {
    pub method: String,
    pub path: String,
    pub body: String,
    pub status: u16,
    pub answer: Value,
}

/// What came.
pub struct Asked {
    pub method: String,
    pub path: String,
    pub body: String,
    pub authorization: String,
}

/// What is answered, after a while.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub answer: Value,
    pub after: Duration,
}

impl Reply {
    pub fn now(status: u16, answer: Value) -> Reply {
        Reply { status, answer, after: Duration::ZERO }
    }
}

/// See the module; it ends with this.
pub struct Server {
    pub url: String,
    _runtime: Runtime,
}

impl Server {
    pub fn new(answer: impl Fn(Asked) -> Reply + Send + Sync + 'static) -> Server {
        let runtime = Runtime::new().expect("a runtime");
        let answer = Arc::new(answer);
        let handler = move |request: Request| {
            let answer = answer.clone();
            async move { reply(request, move |asked| answer(asked)).await }
        };
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        runtime.spawn(async { axum::serve(listener, Router::new().fallback(handler)).await });
        Server { url, _runtime: runtime }
    }
}

async fn reply(request: Request, answer: impl FnOnce(Asked) -> Reply + Send + 'static) -> Response {
    let (parts, body) = request.into_parts();
    let bytes: Bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body");
    let header = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let mut body = String::new();
    if header("content-encoding") == "gzip" {
        GzDecoder::new(&bytes[..]).read_to_string(&mut body).expect("packed text");
    } else {
        body = String::from_utf8(bytes.to_vec()).expect("text");
    }
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let asked = Asked { method: parts.method.to_string(), path, body, authorization: header("authorization") };
    let Reply { status, answer, after } = tokio::task::spawn_blocking(|| answer(asked)).await.expect("an answer");
    tokio::time::sleep(after).await;
    (StatusCode::from_u16(status).expect("a status"), axum::Json(answer)).into_response()
}

/// Answers as the file says; the last answer to a request is given again. What the file does not know is an error that
/// no client takes for anything else.
pub fn replay(file: &Path) -> impl Fn(Asked) -> Reply + Send + Sync + use<> {
    let text = std::fs::read_to_string(file).expect("the recorded exchanges");
    let mut known: HashMap<(String, String, String), VecDeque<Reply>> = HashMap::new();
    for line in text.lines() {
        let row: Exchange = serde_json::from_str(line).expect("an exchange a line");
        known.entry((row.method, row.path, row.body)).or_default().push_back(Reply::now(row.status, row.answer));
    }
    let known = Mutex::new(known);
    move |asked| {
        let mut known = known.lock().expect("no panic");
        let key = (asked.method, asked.path, asked.body);
        match known.get_mut(&key) {
            Some(replies) if replies.len() > 1 => replies.pop_front().expect("one of several"),
            Some(replies) => replies[0].clone(),
            None => Reply::now(418, serde_json::json!({"message": format!("not recorded: {key:?}")})),
        }
    }
}

/// Hands everything on to a real server and keeps what was said. An answer that says the same as the last to the same
/// request is kept once.
pub fn record(real: String, kept: Arc<Mutex<Vec<Exchange>>>) -> impl Fn(Asked) -> Reply + Send + Sync {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    move |asked| {
        let request = ureq::http::Request::builder()
            .method(asked.method.as_str())
            .uri(format!("{real}{}", asked.path))
            .header("content-type", "application/json")
            .body(asked.body.clone())
            .expect("a request");
        let mut response = agent.run(request).expect("the real server answers");
        let status = response.status().as_u16();
        let mut answer: Value = serde_json::from_reader(response.body_mut().as_reader()).unwrap_or_default();
        // Times say nothing about the contract.
        if let Some(took) = answer.get_mut("took") {
            *took = 0.into();
        }
        let Asked { method, path, body, .. } = asked;
        let exchange = Exchange { method, path, body, status, answer: answer.clone() };
        let mut kept = kept.lock().expect("no panic");
        let same = |e: &&Exchange| (&e.method, &e.path, &e.body) == (&exchange.method, &exchange.path, &exchange.body);
        if kept.iter().rfind(same).is_none_or(|last| (last.status, &last.answer) != (status, &answer)) {
            kept.push(exchange);
        }
        Reply::now(status, answer)
    }
}
