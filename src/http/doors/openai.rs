//! The OpenAI-compatible door: `GET /v1/models` and `POST /v1/chat/completions`, whole or as server-sent events.
//!
//! For Open WebUI, NextChat, LobeChat, MaxKB, gateways and the official client libraries. What they send beside the
//! messages (temperature, tools …) is ignored. The same conversation as `/v1/chat`; the structured answer comes along in
//! the member `yiwen`, which clients pass over.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::engine::QUESTION_CHARS;
use crate::http::chat::{MESSAGES, Said};
use crate::http::input::{CHAT_BYTES, ForeignBody, Input};
use crate::http::observe::Note;
use crate::http::problem::{Kind, Problem, Shape};
use crate::http::state::{Live, Shared, today};
use crate::http::{JSON, Route};

/// The one model; any other name is taken for it.
pub const MODEL: &str = "yiwen";

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/models",
        id: "listModels",
        summary: "OpenAI 兼容:模型列表",
        query: &[],
        body: None,
        answer: (JSON, "OpenAiModels"),
        status: 200,
        handler: || get(models),
    },
    Route {
        method: "POST",
        path: "/v1/chat/completions",
        id: "createChatCompletion",
        summary: "OpenAI 兼容:对话;stream 为 true 时是 SSE",
        query: &[],
        body: Some("OpenAiRequest"),
        answer: ("application/json, text/event-stream", "OpenAiCompletion"),
        status: 200,
        handler: || post(complete).layer(DefaultBodyLimit::max(CHAT_BYTES)),
    },
];

/// Prompts that clients send to the same model for a title, tags or follow-ups start so; they are no questions.
const TASK: &str = "### Task:";
/// The longest title, in characters.
const TITLE: usize = 16;
/// The title of a conversation that shows no question.
const UNTITLED: &str = "医保问答";

/// Errors as client libraries parse them.
pub const ERRORS: Shape = Shape { media: JSON, schema: "OpenAiError", write: error };

fn error(problem: &Problem, _: &str) -> (StatusCode, Vec<u8>) {
    let kind = match problem.status().as_u16() {
        401 => "authentication_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    };
    let param = problem.errors.first().map(|e| e.pointer.trim_start_matches('/').replace('/', "."));
    let body = json!({"error": {"message": problem.detail, "type": kind, "param": param, "code": problem.slug()}});
    // A wrong member is a 400 there; 422 is not in the protocol.
    let status = match problem.status() {
        StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
        other => other,
    };
    (status, body.to_string().into_bytes())
}

/// What was asked for.
struct Asked {
    said: Said,
    stream: bool,
    usage: bool,
}

impl Asked {
    fn read(body: Value, live: &Live) -> Result<Asked, Problem> {
        let mut input = Input::of(body)?;
        let turns = turns(&mut input);
        let region = input.region("region", &live.engine.snapshot.corpus.law.regions);
        let at = input.day("at");
        let stream = input.flag("stream");
        let options = input.take("stream_options").unwrap_or_default();
        input.finish_foreign()?;
        let said = Said { turns, region, at: at.unwrap_or_else(today) };
        Ok(Asked { said, stream, usage: options["include_usage"] == true })
    }
}

/// What the person said. Answers, system prompts and tool results are no part of it.
fn turns(input: &mut Input) -> Vec<String> {
    let Some(Value::Array(messages)) = input.take("messages") else {
        input.wrong("messages", Kind::MissingMember, "缺少“messages”:应是消息的列表");
        return vec![];
    };
    if let Some(place) = messages.iter().position(|m| !m.is_object() || m["role"].is_null()) {
        input.wrong_at(&["messages", &place.to_string()], Kind::WrongType, "消息应是 {\"role\", \"content\"}");
        return vec![];
    }
    let recent = messages.len().saturating_sub(MESSAGES);
    let mut turns: Vec<String> =
        messages[recent..].iter().filter(|m| m["role"] == "user").map(|m| text(&m["content"])).collect();
    let Some(last) = turns.pop() else {
        input.wrong("messages", Kind::EmptyQuestion, "“messages”里没有用户的消息(role 为 user)");
        return vec![];
    };
    if !last.starts_with(TASK) {
        input.check_question("messages", &last);
    }
    // An earlier turn that could not be taken was refused then; the conversation goes on without it.
    turns.retain(|turn| !turn.trim().is_empty() && turn.chars().count() <= QUESTION_CHARS);
    turns.push(last);
    turns
}

/// Content as a text, or as parts of which the texts count.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.trim().to_owned(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n").trim().to_owned()
        }
        _ => String::new(),
    }
}

/// What a client's own prompt for a title, tags, follow-ups or searches gets.
fn chore(prompt: &str) -> String {
    let first = prompt.lines().find_map(|line| line.trim().strip_prefix("USER:")).map(str::trim).unwrap_or_default();
    let title: String = first.chars().take(TITLE).collect();
    let title = if title.is_empty() { UNTITLED } else { &title };
    let wants = |member: &str| prompt.contains(&format!("\"{member}\""));
    match () {
        () if wants("follow_ups") => json!({"follow_ups": []}).to_string(),
        () if wants("tags") => json!({"tags": [UNTITLED]}).to_string(),
        () if wants("queries") => json!({"queries": []}).to_string(),
        () if wants("title") => json!({"title": title}).to_string(),
        () => title.to_owned(),
    }
}

async fn models(State(app): State<Shared>) -> Json<Value> {
    let built = app.current().and_then(|live| live.engine.info().built_at.parse::<jiff::Timestamp>().ok());
    let created = built.map_or(0, |t| t.as_second());
    Json(json!({
        "object": "list",
        "data": [{"id": MODEL, "object": "model", "created": created, "owned_by": MODEL}],
    }))
}

async fn complete(State(app): State<Shared>, ForeignBody(body): ForeignBody) -> Result<Response, Problem> {
    let live = app.live()?;
    let asked = Asked::read(body, &live)?;
    let last = asked.said.turns.last().map_or("", String::as_str);
    let (text, extension, note) = if last.starts_with(TASK) {
        (chore(last), Value::Null, Note::of(last))
    } else {
        let (reply, note) = asked.said.reply(&live);
        let extension = json!({"answer": reply.answer, "known": reply.known});
        (reply.reply, extension, note)
    };
    // Counted in characters: there is no tokeniser here.
    let (prompt, completion) =
        (asked.said.turns.iter().map(|t| t.chars().count()).sum::<usize>(), text.chars().count());
    let usage = json!({
        "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
    });
    let now = jiff::Timestamp::now();
    let head = json!({"id": format!("chatcmpl-{:x}", now.as_nanosecond()), "created": now.as_second(), "model": MODEL});
    if asked.stream {
        let events = events(&head, &text, &extension, asked.usage.then_some(&usage));
        return Ok((Extension(note), [(header::CONTENT_TYPE, "text/event-stream")], events).into_response());
    }
    let choice = json!({
        "index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop",
    });
    let members = json!({"object": "chat.completion", "choices": [choice], "usage": usage, "yiwen": extension});
    Ok((Extension(note), Json(joined(&head, members))).into_response())
}

/// The reply as events. It is whole before the first byte leaves, milliseconds after the question, so the events are
/// written out at once.
fn events(head: &Value, text: &str, extension: &Value, usage: Option<&Value>) -> String {
    let chunk = |delta: Value, finish: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        joined(head, json!({"object": "chat.completion.chunk", "choices": [choice]}))
    };
    let mut chunks = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
    chunks.extend(text.split_inclusive('\n').map(|line| chunk(json!({"content": line}), Value::Null)));
    chunks.push(joined(&chunk(json!({}), json!("stop")), json!({"yiwen": extension})));
    if let Some(usage) = usage {
        chunks.push(joined(head, json!({"object": "chat.completion.chunk", "choices": [], "usage": usage})));
    }
    let mut out: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    out.push_str("data: [DONE]\n\n");
    out
}

/// The members of both; those that are `null` are left out.
fn joined(head: &Value, members: Value) -> Value {
    let both = [head.clone(), members].into_iter().filter_map(|part| part.as_object().cloned()).flatten();
    Value::Object(both.filter(|(_, value)| !value.is_null()).collect())
}
