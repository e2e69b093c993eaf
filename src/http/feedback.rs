//! `POST /v1/feedback`: whether an answer was of use, and a word about it.
//!
//! A post that was acknowledged is on the disk. The same sender's same post again changes nothing; another verdict of his
//! on the same answer replaces the first.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::routing::post;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::input::{FromBody, Input};
use super::problem::{Kind, Problem};
use super::state::Shared;
use super::{JSON, Route};
use crate::gaps::{Feedback, Recorder, Refused};

pub const ROUTES: &[Route] = &[Route {
    method: "POST",
    path: "/v1/feedback",
    id: "feedback",
    summary: "评价一个回答:有用或没用,可附一句话;回应之后不会丢,重复提交只算一次",
    query: &[],
    body: Some("Feedback"),
    answer: (JSON, "FeedbackKept"),
    status: 200,
    handler: || post(feedback),
}];

/// The longest word about an answer, in characters.
pub const WORD_CHARS: usize = 500;
/// The longest name of a sender.
const CLIENT_CHARS: usize = 100;
/// Digits of an answer's id.
const ID_DIGITS: usize = 32;

/// What was kept.
#[derive(Debug, Serialize)]
pub struct FeedbackKept {
    pub answer: String,
    pub useful: bool,
    /// This sender had said just that of this answer before.
    pub repeated: bool,
}

/// A post, read.
struct Said {
    feedback: Feedback,
    question: Option<String>,
}

impl Said {
    fn read(mut input: Input, caller: &str) -> Result<Said, Problem> {
        let answer = input.text("answer").unwrap_or_default();
        let id = answer.len() == ID_DIGITS && answer.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !id && input.errors.is_empty() {
            let detail = "“answer”应是回答里的 id:32 位小写的十六进制数字";
            input.wrong("answer", if answer.is_empty() { Kind::MissingMember } else { Kind::InvalidRequest }, detail);
        }
        let useful = match input.take("useful") {
            Some(Value::Bool(useful)) => useful,
            None => {
                input.wrong("useful", Kind::MissingMember, "缺少“useful”;有用写 true,没用写 false");
                false
            }
            Some(_) => {
                input.wrong("useful", Kind::WrongType, "“useful”应是 true 或 false");
                false
            }
        };
        let word = short(&mut input, "word", WORD_CHARS);
        let client = short(&mut input, "client", CLIENT_CHARS);
        let question = input.text("question");
        if let Some(question) = &question {
            input.check_question("question", question);
        }
        input.finish()?;
        // A sender's name is only compared, so only its hash is kept; two callers' senders are never the same.
        let client = if client.is_empty() { caller.to_owned() } else { hash(caller, &client) };
        Ok(Said { feedback: Feedback { answer, client, useful, word: word.trim().to_owned() }, question })
    }
}

fn short(input: &mut Input, name: &'static str, most: usize) -> String {
    let text = input.text(name).unwrap_or_default();
    let length = text.chars().count();
    if length > most {
        input.wrong(name, Kind::OutOfBounds, format!("“{name}”有 {length} 个字,最多 {most} 个"));
    }
    text
}

fn hash(caller: &str, client: &str) -> String {
    let digest = Sha256::digest(format!("{caller}\0{client}"));
    digest.iter().take(8).map(|b| format!("{b:02x}")).collect()
}

/// The recorder, or why there is none.
pub fn recorder(app: &Shared) -> Result<&Recorder, Problem> {
    let off = || Problem::new(Kind::RecordsOff, "服务没有开启记录(设置 gaps),评价和缺口都不保存;请联系服务的管理员");
    app.gaps.as_ref().ok_or_else(off)
}

async fn feedback(
    State(app): State<Shared>,
    headers: HeaderMap,
    FromBody(input): FromBody,
) -> Result<Json<FeedbackKept>, Problem> {
    let gaps = recorder(&app)?;
    let header = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let caller = header.and_then(|given| app.keys.find(given)).map_or("", |key| key.name.as_str());
    let Said { feedback, question } = Said::read(input, caller)?;
    let (answer, useful) = (feedback.answer.clone(), feedback.useful);
    let repeated = gaps.feedback(feedback, question.as_deref()).await.map_err(|refused| {
        let detail = match refused {
            Refused::Busy => "等着写的评价太多,这一条没有记下,请过几秒再交",
            Refused::Failed => "这一条没有记下(文件写不了,详见服务的日志),请过一会儿再交",
        };
        Problem::new(Kind::RecordsUnavailable, detail)
    })?;
    app.metrics.feedback(useful);
    Ok(Json(FeedbackKept { answer, useful, repeated }))
}
