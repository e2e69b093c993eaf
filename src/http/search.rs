//! `GET /v1/search`: ranked passages for a search box.

use std::time::Instant;

use axum::extract::State;
use axum::routing::get;
use axum::{Extension, Json};
use serde::Serialize;

use super::input::{FromQuery, Input};
use super::observe::Note;
use super::problem::Problem;
use super::state::{Live, Shared, today};
use super::{JSON, Route, Takes, optional, required};
use crate::answer::IndexInfo;
use crate::region::RegionCode;
use crate::retrieve::{Facets, Passage, Query};

pub const ROUTES: &[Route] = &[Route {
    method: "GET",
    path: "/v1/search",
    id: "search",
    summary: "搜索文章段落",
    query: &[
        required("q", Takes::Question, "要搜的话,最多 1000 字"),
        optional("region", Takes::Text, "地区:名称或六位代码;只找本地、所在省和全国的"),
        optional("topic", Takes::Topic, "主题"),
        optional("year", Takes::Count(1, 9999), "发布的年份"),
        optional("limit", Takes::Count(0, 100), "最多几条,0 至 100,默认 10"),
        optional("offset", Takes::Count(0, 10_000), "跳过前几条,0 至 10000,默认 0"),
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

/// What was searched for, in the engine's terms.
pub struct Asked {
    text: String,
    region: Option<RegionCode>,
    topic: Option<String>,
    year: Option<i16>,
    limit: usize,
    offset: usize,
}

impl Asked {
    /// Reads the members; `name` is the one that holds the words.
    pub fn read(mut input: Input, name: &'static str, live: &Live) -> Result<Asked, Problem> {
        let asked = Asked {
            text: input.question(name),
            region: input.region("region", &live.engine.snapshot.corpus.law.regions),
            topic: input.topic("topic"),
            year: input.year("year"),
            limit: input.count("limit", 10, 0..=100),
            offset: input.count("offset", 0, 0..=10_000),
        };
        input.finish()?;
        Ok(asked)
    }

    /// Searches, by the clock.
    pub fn search(self, live: &Live) -> Result<(SearchResult, Note), Problem> {
        let Asked { text, region, topic, year, limit, offset } = self;
        let started = Instant::now();
        let query = Query {
            text: &text,
            region,
            topic: topic.as_deref(),
            year,
            limit,
            offset,
            facets: true,
            ..Query::default()
        };
        let found = live.engine.search(&query, today())?;
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
        Ok((result, note))
    }
}

async fn search(
    State(app): State<Shared>,
    FromQuery(input): FromQuery,
) -> Result<(Extension<Note>, Json<SearchResult>), Problem> {
    let live = app.live()?;
    let (result, note) = Asked::read(input, "q", &live)?.search(&live)?;
    Ok((Extension(note), Json(result)))
}
