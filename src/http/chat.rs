//! `POST /v1/chat`: a conversation. Stateless: all turns come with every request and are folded anew.

use std::time::Instant;

use axum::extract::State;
use axum::routing::post;
use axum::{Extension, Json};
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::note;
use super::input::{FromBody, Input};
use super::observe::Note;
use super::problem::{FieldError, Kind, Problem};
use super::state::{Live, Shared, today};
use super::{JSON, Route};
use crate::answer::{Answer, compose, markdown};
use crate::engine::Question;
use crate::facts::Facts;
use crate::region::RegionCode;
use crate::understand::Understanding;
use crate::understand::dialogue::{Dialogue, Turn};

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

/// Said when nothing was asked.
pub const SMALL_TALK: &str = "您好,我是医问,可以算医保断缴补缴、余额转移、提取、退休年限等,也可以查各地规定。请直接说您的情况,例如:深圳断缴4个月,工资8000,怎么补。";

/// The reply to a conversation.
#[derive(Debug, Serialize)]
pub struct Reply {
    /// Markdown.
    pub reply: String,
    /// `null` where the last message was small talk.
    pub answer: Option<Answer>,
    /// Facts known so far, `region` among them: value, and the number of the person's message (from 1) that said it.
    pub known: Map<String, Value>,
}

/// A conversation in the engine's terms.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// What the person said, in order; never empty.
    pub turns: Vec<String>,
    pub region: Option<RegionCode>,
    pub at: Date,
}

impl Conversation {
    /// Reads the members of a body.
    pub fn read(mut input: Input, live: &Live) -> Result<Conversation, Problem> {
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
        Ok(Conversation { turns, region, at: at.unwrap_or_else(today) })
    }

    /// Folds the turns and answers the last.
    pub fn reply(&self, live: &Live) -> (Reply, Note) {
        let started = Instant::now();
        let engine = &live.engine;
        let mut dialogue = Dialogue::default();
        let mut known: Option<Box<Understanding>> = None;
        let mut asked = false;
        for text in &self.turns {
            asked = match dialogue.turn(&engine.understander, text, self.at) {
                Turn::Question(understood) => {
                    known = Some(understood);
                    true
                }
                Turn::SmallTalk => false,
            };
        }
        let last = self.turns.last().map_or("", String::as_str);
        let facts = known.as_ref().map(|u| self.known(live, &dialogue, u)).unwrap_or_default();
        let Some(understood) = known.filter(|_| asked) else {
            let reply = Reply { reply: SMALL_TALK.to_owned(), answer: None, known: facts };
            return (reply, Note::of(last));
        };
        let question =
            Question { text: last, region: self.region, at: self.at, facts: Facts::default(), explain: false };
        let mut answer = engine.answer_understood(&question, *understood);
        let seconds = started.elapsed().as_secs_f64();
        answer.took_ms = seconds * 1e3;
        let note = note(last, &answer, seconds);
        (Reply { reply: markdown::render(&answer), answer: Some(answer), known: facts }, note)
    }

    fn known(&self, live: &Live, dialogue: &Dialogue, understood: &Understanding) -> Map<String, Value> {
        let turn = |name: &str| dialogue.known_since.get(name).map_or(Value::Null, |t| (t + 1).into());
        let mut known = compose::facts_json(&understood.facts);
        for (name, fact) in &mut known {
            if let Some(fact) = fact.as_object_mut() {
                // Offsets into an earlier message mean nothing beside the last one.
                fact.remove("span");
                fact.insert("turn".to_owned(), turn(name));
            }
        }
        let named = understood.place.as_ref().map(|p| (p.code, turn("region")));
        if let Some((code, turn)) = named.or(self.region.map(|code| (code, Value::Null))) {
            let name = live.engine.snapshot.corpus.law.regions.name(code);
            known.insert("region".to_owned(), serde_json::json!({"value": code, "name": name, "turn": turn}));
        }
        known
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
    let (reply, note) = Conversation::read(input, &live)?.reply(&live);
    Ok((Extension(note), Json(reply)))
}
