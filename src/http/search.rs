//! `GET /v1/search`: ranked passages for a search box.

use std::time::Instant;

use axum::extract::State;
use axum::routing::get;
use axum::{Extension, Json};
use serde::Serialize;

use super::input::FromQuery;
use super::observe::Note;
use super::problem::Problem;
use super::state::Shared;
use super::{JSON, Route, optional, required};
use crate::answer::IndexInfo;
use crate::retrieve::{Facets, Passage, Query};

pub const ROUTES: &[Route] = &[Route {
    method: "GET",
    path: "/v1/search",
    id: "search",
    summary: "搜索文章段落",
    query: &[
        required("q", "要搜的话,最多 1000 字"),
        optional("region", "string", "地区:名称或六位代码;只找本地、所在省和全国的"),
        optional("topic", "string", "主题"),
        optional("limit", "integer", "最多几条,0 至 100,默认 10"),
        optional("offset", "integer", "跳过前几条,0 至 10000,默认 0"),
    ],
    body: None,
    answer: (JSON, "SearchResult"),
    status: 200,
    handler: || get(search),
}];

/// What was found.
#[derive(Debug, Serialize)]
pub struct SearchResult {
    pub query: String,
    pub hits: Vec<Passage>,
    /// Articles found in all: exactly as many as paging on returns.
    pub total: usize,
    pub facets: Facets,
    /// Nothing was found in the region asked for, its province or the nation: the hits are of other regions.
    pub elsewhere: bool,
    /// Sayings that were also looked up by the synonym list: as asked, canonical.
    pub synonyms: Vec<(String, String)>,
    pub took_ms: f64,
    pub index: IndexInfo,
}

async fn search(
    State(app): State<Shared>,
    FromQuery(mut input): FromQuery,
) -> Result<(Extension<Note>, Json<SearchResult>), Problem> {
    let live = app.live()?;
    let text = input.question("q");
    let region = input.region("region", &live.engine.snapshot.corpus.law.regions);
    let topic = input.topic("topic");
    let limit = input.count("limit", 10, 0..=100);
    let offset = input.count("offset", 0, 0..=10_000);
    input.finish()?;
    let started = Instant::now();
    let query = Query { text: &text, region, topic: topic.as_deref(), limit, offset, ..Query::default() };
    let found = live.engine.search(&query);
    let took_ms = started.elapsed().as_secs_f64() * 1e3;
    let note = Note::of(&text);
    let result = SearchResult {
        query: text,
        hits: found.hits,
        total: found.total,
        facets: found.facets,
        elsewhere: found.elsewhere,
        synonyms: found.synonyms,
        took_ms,
        index: live.engine.info(),
    };
    Ok((Extension(note), Json(result)))
}
