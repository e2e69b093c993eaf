//! `GET /v1/suggest`: completes what is being typed, from titles and curated questions.

use axum::Json;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;

use super::input::FromQuery;
use super::problem::{Kind, Problem};
use super::state::Shared;
use super::{JSON, Route, optional, required};
use crate::corpus::Corpus;
use crate::engine::QUESTION_CHARS;
use crate::text::Folded;

pub const ROUTES: &[Route] = &[Route {
    method: "GET",
    path: "/v1/suggest",
    id: "suggest",
    summary: "补全正在输入的问题",
    query: &[required("q", "已输入的部分;可以是空的"), optional("limit", "integer", "最多几条,1 至 20,默认 8")],
    body: None,
    answer: (JSON, "Suggestions"),
    status: 200,
    handler: || get(suggest),
}];

/// Titles and curated questions, folded once, each with the text as written.
#[derive(Debug, Default)]
pub struct Completions {
    entries: Vec<(String, String)>,
}

impl Completions {
    pub fn new(corpus: &Corpus) -> Completions {
        let texts = corpus.articles.iter().flat_map(|a| a.questions.iter().chain([&a.title]));
        let mut entries: Vec<(String, String)> = texts.map(|t| (fold(t), t.clone())).collect();
        // Short questions are the plainest, so they come first.
        entries.sort_by_key(|(folded, text)| (folded.chars().count(), text.clone()));
        entries.dedup_by(|a, b| a.0 == b.0);
        Completions { entries }
    }

    /// Those that begin with what was typed, then those that hold it.
    pub fn complete(&self, typed: &str, limit: usize) -> Vec<String> {
        let typed = fold(typed);
        if typed.is_empty() {
            return vec![];
        }
        let begin = self.entries.iter().filter(|(folded, _)| folded.starts_with(&typed));
        let hold = self.entries.iter().filter(|(folded, _)| !folded.starts_with(&typed) && folded.contains(&typed));
        begin.chain(hold).take(limit).map(|(_, text)| text.clone()).collect()
    }
}

/// Letters and figures only: marks and white space do not count.
fn fold(text: &str) -> String {
    Folded::new(text).chars().iter().filter(|c| c.is_alphanumeric()).collect()
}

/// Completions.
#[derive(Debug, Serialize)]
pub struct Suggestions {
    pub suggestions: Vec<String>,
}

async fn suggest(State(app): State<Shared>, FromQuery(mut input): FromQuery) -> Result<Json<Suggestions>, Problem> {
    let live = app.live()?;
    let typed = match input.text("q") {
        Some(typed) => typed,
        None => {
            input.wrong("q", Kind::MissingMember, "缺少“q”");
            String::new()
        }
    };
    if typed.chars().count() > QUESTION_CHARS {
        input.wrong("q", Kind::QuestionTooLong, format!("最多 {QUESTION_CHARS} 个字"));
    }
    let limit = input.count("limit", 8, 1..=20);
    input.finish()?;
    Ok(Json(Suggestions { suggestions: live.completions.complete(&typed, limit) }))
}
