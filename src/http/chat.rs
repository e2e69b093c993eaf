//! `POST /v1/chat`: a conversation. Stateless: all turns come with every request and are folded anew.

use std::time::Instant;

use axum::extract::State;
use axum::routing::post;
use axum::{Extension, Json};
use jiff::civil::Date;
use serde_json::Value;

use super::answer::note_of_turns;
use super::input::{FromBody, Input};
use super::observe::Note;
use super::problem::{FieldError, Kind, Problem};
use super::state::{Live, Shared, today};
use super::{JSON, Route};
use crate::conversation::{Conversation, Reply};
use crate::region::RegionCode;

pub const ROUTES: &[Route] = &[Route {
    method: "POST",
    path: "/v1/chat",
    id: "chat",
    summary: "对话:每次带上全部消息,服务不留状态",
    query: &[],
    body: Some("Chat"),
    answer: (JSON, "ChatReply"),
    status: 200,
    handler: || post(chat),
}];

/// The most messages in one conversation.
pub const MESSAGES: usize = 100;

/// What was said, in the engine's terms.
#[derive(Clone, Debug)]
pub struct Said {
    /// What the person said, in order; never empty.
    pub turns: Vec<String>,
    pub region: Option<RegionCode>,
    pub at: Date,
}

impl Said {
    /// Reads the members of a body.
    pub fn read(mut input: Input, live: &Live) -> Result<Said, Problem> {
        let messages = input.take("messages");
        let turns = match messages {
            Some(Value::Array(list)) => read_messages(&mut input, list),
            Some(_) => {
                input.wrong("messages", Kind::WrongType, "“messages”应是消息的列表");
                vec![]
            }
            None => {
                input.wrong("messages", Kind::MissingMember, "缺少“messages”");
                vec![]
            }
        };
        let region = input.region("region", &live.engine.snapshot.corpus.law.regions);
        let at = input.day("at");
        input.finish()?;
        Ok(Said { turns, region, at: at.unwrap_or_else(today) })
    }

    /// Folds the turns and replies to the last, by the clock.
    pub fn reply(&self, live: &Live) -> (Reply, Note) {
        let started = Instant::now();
        let mut reply = Conversation::new(&live.engine, self.region, self.at).reply(&self.turns);
        let seconds = started.elapsed().as_secs_f64();
        let last = self.turns.last().map_or("", String::as_str);
        let note = match &mut reply.answer {
            Some(answer) => {
                answer.took_ms = seconds * 1e3;
                note_of_turns(&self.turns, answer, seconds)
            }
            None => Note::of(last),
        };
        (reply, note)
    }
}

fn read_messages(input: &mut Input, list: Vec<Value>) -> Vec<String> {
    if list.is_empty() || list.len() > MESSAGES {
        input.wrong("messages", Kind::OutOfBounds, format!("“messages”应有 1 至 {MESSAGES} 条消息"));
        return vec![];
    }
    let (mut turns, mut errors, mut last) = (vec![], vec![], String::new());
    for (i, message) in list.into_iter().enumerate() {
        match read_message(message, i) {
            Ok((role, content)) => {
                if role == "user" {
                    turns.push(content);
                }
                last = role;
            }
            Err(wrong) => errors.extend(wrong),
        }
    }
    if errors.is_empty() && last != "user" {
        input.wrong("messages", Kind::InvalidRequest, "最后一条消息应是用户的(role 为 user)");
    }
    input.errors.extend(errors);
    turns
}

fn read_message(message: Value, place: usize) -> Result<(String, String), Vec<FieldError>> {
    let mut input = Input::part(message, format!("/messages/{place}")).map_err(|p| p.errors)?;
    let role = input.text("role");
    match role.as_deref() {
        None if input.errors.is_empty() => input.wrong("role", Kind::MissingMember, "缺少“role”"),
        Some("user" | "assistant" | "system") | None => {}
        Some(_) => input.wrong("role", Kind::InvalidRequest, "“role”应是 user、assistant 或 system"),
    }
    let content = input.text("content").unwrap_or_default();
    if role.as_deref() == Some("user") && input.errors.is_empty() {
        input.check_question("content", &content);
    }
    input.finish().map_err(|p| p.errors)?;
    Ok((role.unwrap_or_default(), content))
}

async fn chat(State(app): State<Shared>, FromBody(input): FromBody) -> Result<(Extension<Note>, Json<Reply>), Problem> {
    let live = app.live()?;
    let (reply, note) = Said::read(input, &live)?.reply(&live);
    Ok((Extension(note), Json(reply)))
}
