//! Dify's external knowledge API, `POST /dify/retrieval`; RAGFlow sends the same with `logic` for `logical_operator`.
//!
//! What was computed comes first, with the score 1.0 and `metadata.rule`; then the passages. A condition on `region` (`is`)
//! is the place asked about and one on `at` the day; every other condition is checked against the record's metadata.

mod condition;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::{Map, Value, json};

use condition::Condition;

use crate::answer::{Answer, Computed, markdown};
use crate::facts::Facts;
use crate::http::answer::Asked;
use crate::http::input::{ForeignBody, Input};
use crate::http::observe::Note;
use crate::http::problem::{Kind, Problem, Shape};
use crate::http::state::{Live, Shared, today};
use crate::http::{JSON, Route};
use crate::retrieve::Passage;

pub const ROUTES: &[Route] = &[Route {
    method: "POST",
    path: "/dify/retrieval",
    id: "difyRetrieval",
    summary: "Dify 外部知识库",
    query: &[],
    body: Some("DifyRequest"),
    answer: (JSON, "DifyRecords"),
    status: 200,
    handler: || post(retrieve),
}];

/// Errors in Dify's shape. Its own check of a new knowledge base fails on 403, 404 and 502 alone, so a wrong key is 403.
pub const ERRORS: Shape = Shape { media: JSON, schema: "DifyError", write: error };

fn error(problem: &Problem, _: &str) -> (StatusCode, Vec<u8>) {
    let (status, code) = match problem.kind {
        Kind::KeyRequired => (StatusCode::FORBIDDEN, 1001),
        Kind::KeyUnknown => (StatusCode::FORBIDDEN, 1002),
        _ => (problem.status(), problem.status().as_u16()),
    };
    (status, json!({"error_code": code, "error_msg": problem.detail}).to_string().into_bytes())
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Records {
    pub records: Vec<Record>,
}

/// One thing to quote.
#[derive(Debug, Serialize)]
pub struct Record {
    pub content: String,
    pub score: f32,
    pub title: String,
    /// Never `null`: Dify fails on that.
    pub metadata: Map<String, Value>,
}

/// The request.
struct Request {
    asked: Asked,
    top_k: usize,
    threshold: f64,
    any: bool,
    conditions: Vec<Condition>,
}

impl Request {
    /// `None` for Dify's probes: no body at all, or an empty query.
    fn read(body: Value, live: &Live) -> Result<Option<Request>, Problem> {
        if body.is_null() {
            return Ok(None);
        }
        let mut input = Input::of(body)?;
        let query = input.text("query").unwrap_or_default();
        if query.trim().is_empty() && input.errors.is_empty() {
            return Ok(None);
        }
        input.check_question("query", &query);
        let setting = input.take("retrieval_setting").unwrap_or_default();
        let condition = input.take("metadata_condition").unwrap_or_default();
        let listed = condition["conditions"].as_array().cloned().unwrap_or_default();
        let mut conditions: Vec<Condition> =
            listed.iter().enumerate().filter_map(|(i, c)| Condition::read(c, i, &mut input)).collect();
        let given = ["region", "at"].map(|name| (name, conditions.iter().find_map(|c| c.fixes(name))));
        conditions.retain(|c| given.iter().all(|(name, _)| c.fixes(name).is_none()));
        let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        let mut context = Input::part(Value::Object(given), "/metadata_condition".to_owned())?;
        let region = context.region("region", &live.engine.snapshot.corpus.law.regions);
        let at = context.day("at").unwrap_or_else(today);
        input.errors.append(&mut context.errors);
        input.finish_foreign()?;
        let logic = condition.get("logical_operator").or(condition.get("logic"));
        Ok(Some(Request {
            asked: Asked { text: query, region, at, facts: Facts::default(), explain: false },
            top_k: setting["top_k"].as_u64().map_or(usize::MAX, |k| usize::try_from(k).unwrap_or(usize::MAX)),
            threshold: setting["score_threshold"].as_f64().unwrap_or(0.0),
            any: logic.is_some_and(|word| word == "or"),
            conditions,
        }))
    }

    fn admits(&self, record: &Record) -> bool {
        let mut held = self.conditions.iter().map(|c| c.holds(&record.metadata));
        let fits = self.conditions.is_empty() || if self.any { held.any(|h| h) } else { held.all(|h| h) };
        fits && f64::from(record.score) >= self.threshold
    }
}

fn of_computed(answer: &Answer, computed: &Computed) -> Record {
    let parameter = computed.parameters.first();
    let id = format!("rule/{}", computed.rule);
    let metadata = json!({
        "document_id": id, "doc_id": id, "rule": computed.rule, "status": computed.status, "at": answer.at,
        "answer_status": answer.status,
        "region": answer.understanding.region.as_ref().map(|r| &r.name), "region_code": computed.region,
        "results": computed.results, "missing": computed.missing.iter().map(|m| m.fact).collect::<Vec<_>>(),
        "topic": answer.understanding.topics.first().map(|t| &t.id),
        "effective_from": parameter.and_then(|p| p.effective_from.as_ref()),
        "url": parameter.and_then(|p| p.reference.url.as_ref()),
    });
    let title = if computed.headline.is_empty() { computed.label } else { &computed.headline };
    Record { content: markdown::outcome(computed), score: 1.0, title: title.to_owned(), metadata: members(metadata) }
}

fn of_passage(answer: &Answer, passage: &Passage) -> Record {
    let day = |date: Option<jiff::civil::Date>| date.map(|d| d.to_string());
    let metadata = json!({
        "answer_status": answer.status, "document_id": passage.article, "doc_id": passage.article, "passage": passage.id, "heading": passage.heading,
        "region": passage.region.name, "region_code": passage.region.code, "topic": passage.topics.first(),
        "published": day(passage.published), "effective_from": day(passage.effective_from),
        "effective_to": day(passage.effective_to), "url": passage.source.url, "source": passage.source.title,
    });
    let title = passage.title.clone();
    Record { content: passage.text.clone(), score: passage.score, title, metadata: members(metadata) }
}

/// The members that say something.
fn members(json: Value) -> Map<String, Value> {
    json.as_object().cloned().unwrap_or_default().into_iter().filter(|(_, v)| !v.is_null()).collect()
}

async fn retrieve(
    State(app): State<Shared>,
    ForeignBody(body): ForeignBody,
) -> Result<(Extension<Note>, Json<Records>), Problem> {
    let live = app.live()?;
    let Some(request) = Request::read(body, &live)? else {
        return Ok((Extension(Note::default()), Json(Records { records: vec![] })));
    };
    let (answer, note) = request.asked.clone().answer(&live);
    let computed = answer.computed.iter().map(|c| of_computed(&answer, c));
    let records = computed.chain(answer.passages.iter().map(|p| of_passage(&answer, p)));
    let records = records.filter(|r| request.admits(r)).take(request.top_k).collect();
    Ok((Extension(note), Json(Records { records })))
}
