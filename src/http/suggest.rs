//! `GET /v1/suggest`: completes what is being typed, from titles and curated questions; pinyin and initials will do.

use axum::Json;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;

use super::input::FromQuery;
use super::problem::{Kind, Problem};
use super::state::Shared;
use super::{JSON, Route, Takes, optional, required};

pub const ROUTES: &[Route] = &[Route {
    method: "GET",
    path: "/v1/suggest",
    id: "suggest",
    summary: "补全正在输入的问题;可以用拼音和首字母",
    query: &[
        required("q", Takes::Text, "已输入的部分;可以是空的"),
        optional("limit", Takes::Count(1, 8), "最多几条,1 至 8,默认 8"),
    ],
    body: None,
    answer: (JSON, "Suggestions"),
    status: 200,
    handler: || get(suggest),
}];

/// No title and no curated question is longer; more typed than this completes to nothing, and would cost time.
const TYPED_CHARS: usize = 60;

/// Completions.
#[derive(Debug, Serialize)]
pub struct Suggestions {
    pub suggestions: Vec<String>,
}

async fn suggest(State(app): State<Shared>, FromQuery(mut input): FromQuery) -> Result<Json<Suggestions>, Problem> {
    let live = app.live()?;
    let typed = input.text("q");
    if typed.is_none() {
        input.wrong("q", Kind::MissingMember, "缺少“q”");
    }
    let limit = input.count("limit", 8, 1..=8);
    input.finish()?;
    let typed = typed.filter(|t| t.chars().count() <= TYPED_CHARS).unwrap_or_default();
    let found = live.suggester.suggest(&typed, limit);
    Ok(Json(Suggestions { suggestions: found.into_iter().map(str::to_owned).collect() }))
}
