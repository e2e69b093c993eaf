//! Around every request: an id, the time it took, one log line, the figures, the headers, the body of a problem.
//!
//! A question may hold names, identity and phone numbers, so a log line carries its length and a short hash, and the text
//! only masked and only where that is asked for; the URL is logged as its route template.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::cache::Lookup;
use super::door_of;
use super::guard::KeyName;
use super::problem::{Kind, Problem, RFC9457};
use super::state::Shared;
use crate::gaps::{Entry, mask};

/// What a handler tells of the question it answered; kept beside the response.
#[derive(Clone, Debug, Default)]
pub struct Note {
    pub chars: usize,
    pub hash: String,
    /// Never logged as it is.
    pub text: String,
    /// Status and main topic, where a question was answered.
    pub answer: Option<(String, String, f64)>,
    /// Where the answer cache was asked first: what it had.
    pub lookup: Option<Lookup>,
    /// The answer's id and what is kept of it should it be a gap; masked, and never logged.
    pub entry: Option<(String, Arc<Entry>)>,
}

impl Note {
    /// Of a question's text.
    pub fn of(text: &str) -> Note {
        let digest = Sha256::digest(text.as_bytes());
        let hash = digest.iter().take(4).map(|b| format!("{b:02x}")).collect();
        Note { chars: text.chars().count(), hash, text: text.to_owned(), ..Note::default() }
    }
}

/// What is no page loads nothing and is shown in no frame, whatever a browser takes it for.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

static STARTED: LazyLock<u32> = LazyLock::new(|| jiff::Timestamp::now().as_millisecond() as u32);
static COUNT: AtomicU64 = AtomicU64::new(0);

/// The middleware.
pub async fn observe(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = format!("{:08x}-{:06x}", *STARTED, COUNT.fetch_add(1, Ordering::Relaxed));
    let method = method_name(request.method());
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let shape = matched.as_ref().and_then(|p| door_of(p.as_str())).map_or(RFC9457, |door| door.errors);
    let route = matched.map_or_else(|| "unmatched".to_owned(), |p| p.as_str().replace("{*", "{"));
    let mut response = match tokio::time::timeout(app.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => timed_out(app.request_timeout).into_response(),
    };
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = &problem {
        let (status, body) = (shape.write)(problem, &format!("urn:yiwen:request:{id}"));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(shape.media));
        *response.body_mut() = Body::from(body);
    }
    headers(&app, &mut response, &id);
    let seconds = started.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    app.metrics.request(method, &route, status, seconds);
    let note = response.extensions_mut().remove::<Note>().unwrap_or_default();
    app.noted(&note);
    if problem.as_ref().is_some_and(|p| p.kind == Kind::Internal) {
        app.metrics.panic();
    }
    let key = response.extensions_mut().remove::<KeyName>().map_or(String::new(), |name| name.0);
    if let Some(problem) = problem.as_ref().filter(|_| shape.schema != RFC9457.schema) {
        // Platforms hide errors: Dify shows its user an empty result.
        let (id, problem) = (id.as_str(), problem.slug());
        tracing::warn!(id, route, problem, "{route} refused a platform's request: {problem}");
    }
    let question = if app.log_questions { mask(&note.text) } else { String::new() };
    log(&id, method, &route, status, seconds * 1e3, &note, &question, &key, problem.as_ref());
    response
}

/// What is told of a request that took longer than one may.
fn timed_out(patience: Duration) -> Problem {
    Problem::new(Kind::Timeout, format!("{} 秒内没有收完请求或没有答完", patience.as_secs()))
}

#[allow(clippy::too_many_arguments, reason = "the fields of one line")]
fn log(
    id: &str,
    method: &str,
    route: &str,
    status: u16,
    duration_ms: f64,
    note: &Note,
    question: &str,
    key: &str,
    problem: Option<&Problem>,
) {
    let (question_chars, question_hash) = (note.chars, note.hash.as_str());
    let (answer, topic) = note.answer.as_ref().map_or(("", ""), |(s, t, _)| (s.as_str(), t.as_str()));
    let problem = problem.map_or("", Problem::slug);
    let duration_ms = (duration_ms * 1e3).round() / 1e3;
    tracing::info!(
        id,
        method,
        route,
        status,
        duration_ms,
        question_chars,
        question_hash,
        question,
        answer,
        topic,
        key,
        problem,
        "{method} {route} {status} in {duration_ms} ms"
    );
}

fn headers(app: &Shared, response: &mut Response, id: &str) {
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| drop(headers.insert(name, HeaderValue::from_static(value)));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NOTHING));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    if let Some(live) = app.current()
        && let Ok(value) = HeaderValue::from_str(&live.engine.snapshot.generation.name)
    {
        headers.insert(HeaderName::from_static("x-index-generation"), value);
    }
}

/// A closed list: a label or a log field never holds what a caller made up.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}
