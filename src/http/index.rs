//! `GET /v1/index` and `POST /v1/index/rebuild`: the generation in use, and making a new one.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, post};
use serde::Serialize;

use super::problem::{Kind, Problem};
use super::rebuild::{self, Fault};
use super::state::{App, Shared};
use super::{JSON, Route};

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/index",
        id: "getIndex",
        summary: "现用的索引和重建的进度",
        query: &[],
        body: None,
        answer: (JSON, "IndexState"),
        status: 200,
        handler: || get(state),
    },
    Route {
        method: "POST",
        path: "/v1/index/rebuild",
        id: "rebuildIndex",
        summary: "重建索引(需要管理密钥);语料有错时沿用原来的",
        query: &[],
        body: None,
        answer: (JSON, "IndexState"),
        status: 202,
        handler: || post(start),
    },
];

/// The index in use and the rebuild.
#[derive(Debug, Serialize)]
pub struct IndexState {
    /// `null` before the first one is in use.
    pub generation: Option<String>,
    pub built_at: Option<String>,
    pub counts: Option<CountsJson>,
    /// idle | building | failed
    pub state: &'static str,
    /// While building.
    pub progress: Option<Progress>,
    /// When the last rebuild failed.
    pub failed_at: Option<String>,
    /// What it found wrong.
    pub problems: Vec<Fault>,
}

#[derive(Debug, Serialize)]
pub struct CountsJson {
    pub articles: u64,
    pub passages: u64,
    pub parameters: usize,
    pub values: usize,
    pub regions: usize,
}

#[derive(Debug, Serialize)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
}

/// As it is now.
pub fn describe(app: &App) -> IndexState {
    let live = app.current();
    let failure = app.rebuild.failure();
    let generation = live.as_ref().map(|l| l.engine.snapshot.generation.clone());
    IndexState {
        counts: live.as_ref().map(|l| {
            let law = &l.engine.snapshot.corpus.law;
            CountsJson {
                articles: l.engine.snapshot.generation.articles,
                passages: l.engine.snapshot.generation.passages,
                parameters: law.parameters.iter().count(),
                values: law.parameters.iter().map(|p| p.values.len()).sum(),
                regions: law.regions.iter().count(),
            }
        }),
        built_at: generation.as_ref().map(|g| g.built_at.clone()),
        generation: generation.map(|g| g.name),
        state: app.rebuild.state(),
        progress: app.rebuild.progress().map(|(done, total)| Progress { done, total }),
        failed_at: failure.as_ref().map(|f| f.at.clone()),
        problems: failure.map(|f| f.faults).unwrap_or_default(),
    }
}

async fn state(State(app): State<Shared>) -> Json<IndexState> {
    Json(describe(&app))
}

async fn start(State(app): State<Shared>, headers: HeaderMap) -> Result<(StatusCode, Json<IndexState>), Problem> {
    app.check_admin(headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()))?;
    if !rebuild::start(&app) {
        return Err(Problem::new(Kind::RebuildRunning, "已经在重建了;进度见 /v1/index"));
    }
    Ok((StatusCode::ACCEPTED, Json(describe(&app))))
}
