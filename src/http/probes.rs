//! `/livez`, `/readyz`, `/metrics`: for whoever runs the service.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Serialize;

use super::problem::{Kind, Problem};
use super::rebuild::Fault;
use super::state::Shared;
use super::{JSON, Route, metrics};

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/livez",
        id: "livez",
        summary: "进程活着",
        query: &[],
        body: None,
        answer: (JSON, "Alive"),
        status: 200,
        handler: || get(livez),
    },
    Route {
        method: "GET",
        path: "/readyz",
        id: "readyz",
        summary: "可以接受问题;没有索引或正在停止时为 503",
        query: &[],
        body: None,
        answer: (JSON, "Ready"),
        status: 200,
        handler: || get(readyz),
    },
    Route {
        method: "GET",
        path: "/metrics",
        id: "metrics",
        summary: "Prometheus 指标",
        query: &[],
        body: None,
        answer: ("text/plain", "Text"),
        status: 200,
        handler: || get(figures),
    },
];

#[derive(Debug, Serialize)]
pub struct Alive {
    pub status: &'static str,
}

/// Ready, and whether the last rebuild went well.
#[derive(Debug, Serialize)]
pub struct Ready {
    pub status: &'static str,
    pub generation: String,
    pub built_at: String,
    /// idle | building | failed; failed means that an older good index answers.
    pub rebuild: &'static str,
    /// `path:line: message` of the last rebuild, the first twenty.
    pub problems: Vec<String>,
}

/// Problems shown to a probe.
const SHOWN: usize = 20;

async fn livez() -> Json<Alive> {
    Json(Alive { status: "alive" })
}

async fn readyz(State(app): State<Shared>) -> Result<Json<Ready>, Problem> {
    if app.is_stopping() {
        return Err(Problem::new(Kind::NotReady, "服务正在停止"));
    }
    let live = app.live()?;
    let asked = live.clone();
    // An engine that is elsewhere is asked over the network.
    let checked = tokio::task::spawn_blocking(move || asked.engine.snapshot.retriever.check()).await;
    if let Ok(Err(reason)) = checked {
        return Err(Problem::new(Kind::SearchUnavailable, reason.to_string()).after(1));
    }
    let generation = &live.engine.snapshot.generation;
    let faults = app.rebuild.failure().map(|f| f.faults).unwrap_or_default();
    Ok(Json(Ready {
        status: "ready",
        generation: generation.name.clone(),
        built_at: generation.built_at.clone(),
        rebuild: app.rebuild.state(),
        problems: faults.iter().take(SHOWN).map(Fault::text).collect(),
    }))
}

async fn figures(State(app): State<Shared>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics::render(&app))
}
