//! From what was sent to what it means: each member is read once, checked, and turned into a domain value.
//!
//! [`Input`] collects every mistake instead of stopping at the first; [`Input::finish`] reports them together with the
//! members that nobody asked for.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use axum::RequestExt;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::{header, request::Parts};
use jiff::civil::Date;
use serde_json::Value;

use super::problem::{FieldError, Kind, Problem};
use crate::corpus::load::TOPICS;
use crate::engine::{FIRST_YEAR, LAST_YEAR, QUESTION_CHARS};
use crate::facts::Facts;
use crate::region::{RegionCode, Regions};

/// The largest body taken, in bytes.
pub const BODY_BYTES: usize = 64 * 1024;

/// The largest body of the doors for chat platforms, which send whole conversations, our long replies included.
pub const CHAT_BYTES: usize = 1024 * 1024;

/// The members of a query string or of a JSON object, being read.
#[derive(Debug, Default)]
pub struct Input {
    members: BTreeMap<String, Value>,
    /// Where the members stand: empty for the whole body, `/messages/3` for a part.
    base: String,
    known: Vec<&'static str>,
    pub errors: Vec<FieldError>,
}

/// A query string as input.
pub struct FromQuery(pub Input);

/// A JSON body as input.
pub struct FromBody(pub Input);

/// A body as other platforms send it: JSON whatever its declared type, `null` where there is none.
pub struct ForeignBody(pub Value);

/// A body as text, whatever its declared type.
pub struct FromText(pub String);

/// The one name in a path. A name that is no UTF-8 names nothing.
pub struct FromPath(pub String);

impl<S: Send + Sync> FromRequestParts<S> for FromPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<FromPath, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(FromPath(name)),
            Err(_) => Err(Problem::new(Kind::UnknownRoute, "网址里的名称不是 UTF-8")),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for FromQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<FromQuery, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Problem::new(Kind::InvalidRequest, "网址里 ? 后面的部分读不懂;应为 名称=值,以 & 相连"))?;
        let mut input = Input::default();
        for (name, value) in pairs {
            if input.members.insert(name.clone(), Value::String(value)).is_some() {
                input.wrong(&name, Kind::InvalidRequest, format!("“{name}”写了不止一次"));
            }
        }
        // `?region=` is a form field left empty.
        input.members.retain(|name, value| name == "q" || value.as_str() != Some(""));
        Ok(FromQuery(input))
    }
}

impl<S: Send + Sync> FromRequest<S> for FromBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<FromBody, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        let essence = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        if essence != "application/json" && !(essence.starts_with("application/") && essence.ends_with("+json")) {
            let got = if essence.is_empty() { "没有写".to_owned() } else { format!("是 {essence}") };
            return Err(Problem::new(Kind::WrongContentType, format!("Content-Type 应为 application/json,现在{got}")));
        }
        let bytes: Bytes = request.extract().await.map_err(unreadable)?;
        Input::of(parsed(&bytes)?).map(FromBody)
    }
}

impl<S: Send + Sync> FromRequest<S> for ForeignBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<ForeignBody, Problem> {
        let bytes: Bytes = request.extract().await.map_err(unreadable)?;
        if bytes.trim_ascii().is_empty() {
            return Ok(ForeignBody(Value::Null));
        }
        parsed(&bytes).map(ForeignBody)
    }
}

impl<S: Send + Sync> FromRequest<S> for FromText {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<FromText, Problem> {
        let bytes: Bytes = request.extract().await.map_err(unreadable)?;
        let text = String::from_utf8(bytes.into());
        text.map(FromText).map_err(|_| Problem::new(Kind::BodyUnreadable, "请求体不是 UTF-8,请以 UTF-8 发送"))
    }
}

fn parsed(bytes: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(bytes).map_err(|e| {
        // The reader goes no deeper than 127; it tells of that by its text alone.
        if e.to_string().starts_with("recursion limit exceeded") {
            return Problem::new(Kind::BrokenJson, "请求体里的括号套得太深,最多 127 层");
        }
        let place = format!("第 {} 行第 {} 列", e.line(), e.column());
        Problem::new(Kind::BrokenJson, format!("请求体在{place}读不下去;请检查引号、逗号和括号,并以 UTF-8 发送"))
    })
}

fn unreadable(rejection: BytesRejection) -> Problem {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => body_too_large(),
        _ => body_broken(),
    }
}

/// A body above the limit.
pub fn body_too_large() -> Problem {
    let detail = format!("请求体最多 {} KiB(对话平台 {} KiB)", BODY_BYTES / 1024, CHAT_BYTES / 1024);
    Problem::new(Kind::BodyTooLarge, detail)
}

/// A body that broke off.
pub fn body_broken() -> Problem {
    Problem::new(Kind::BodyUnreadable, "请求体没有收全,请重发")
}

impl Input {
    /// A JSON object's members.
    pub fn of(json: Value) -> Result<Input, Problem> {
        Input::part(json, String::new())
    }

    /// The members of a part of the body. `null` counts as left out.
    pub fn part(json: Value, base: String) -> Result<Input, Problem> {
        match json {
            Value::Object(members) => {
                let members = members.into_iter().filter(|(_, v)| !v.is_null()).collect();
                Ok(Input { members, base, ..Input::default() })
            }
            _ => Err(Problem::of_fields(vec![FieldError {
                pointer: base,
                detail: "这里应是一个 JSON 对象 {…}".to_owned(),
                kind: Some(Kind::WrongType),
            }])),
        }
    }

    /// Notes what is wrong with a member.
    pub fn wrong(&mut self, name: &str, kind: Kind, detail: impl Into<String>) {
        self.wrong_at(&[name], kind, detail);
    }

    /// Notes what is wrong with a member of a member.
    pub fn wrong_at(&mut self, path: &[&str], kind: Kind, detail: impl Into<String>) {
        let steps = path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1")));
        let pointer = format!("{}{}", self.base, steps.collect::<String>());
        self.errors.push(FieldError { pointer, detail: detail.into(), kind: Some(kind) });
    }

    /// The member as it was sent.
    pub fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.members.remove(name)
    }

    /// Members whose names begin so, the beginning taken off.
    pub fn take_all(&mut self, prefix: &str) -> Vec<(String, Value)> {
        let names: Vec<String> = self.members.keys().filter(|n| n.starts_with(prefix)).cloned().collect();
        names.into_iter().filter_map(|n| self.members.remove(&n).map(|v| (n[prefix.len()..].to_owned(), v))).collect()
    }

    /// A text.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => {
                self.wrong(name, Kind::WrongType, format!("“{name}”应是文字,现在是{}", type_word(&other)));
                None
            }
        }
    }

    /// A question: required, not empty, not too long.
    pub fn question(&mut self, name: &'static str) -> String {
        let before = self.errors.len();
        let text = self.text(name).unwrap_or_default();
        if self.errors.len() == before {
            self.check_question(name, &text);
        }
        text
    }

    /// Notes what is wrong with a question.
    pub fn check_question(&mut self, name: &str, text: &str) {
        let length = text.chars().count();
        if text.trim().is_empty() {
            self.wrong(name, Kind::EmptyQuestion, "问题是空的;请写一句话,例如:深圳医保断缴4个月,工资8000,怎么补");
        } else if length > QUESTION_CHARS {
            let detail = format!("问题有 {length} 个字,最多 {QUESTION_CHARS} 个;请只写要紧的部分");
            self.wrong(name, Kind::QuestionTooLong, detail);
        }
    }

    /// A whole number within bounds, or the default.
    pub fn count(&mut self, name: &'static str, default: usize, bounds: RangeInclusive<usize>) -> usize {
        let Some(value) = self.take(name) else { return default };
        let read = match &value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        match read.and_then(|n| usize::try_from(n).ok()).filter(|n| bounds.contains(n)) {
            Some(number) => number,
            None => {
                let (low, high) = (bounds.start(), bounds.end());
                self.wrong(name, Kind::OutOfBounds, format!("“{name}”应是 {low} 至 {high} 的整数"));
                default
            }
        }
    }

    /// Yes or no; no where it is left out.
    pub fn flag(&mut self, name: &'static str) -> bool {
        match self.take(name) {
            None => false,
            Some(Value::Bool(flag)) => flag,
            Some(Value::String(text)) if text == "true" || text == "false" => text == "true",
            Some(_) => {
                self.wrong(name, Kind::WrongType, format!("“{name}”应是 true 或 false"));
                false
            }
        }
    }

    /// A day of the years on which law may be asked.
    pub fn day(&mut self, name: &'static str) -> Option<Date> {
        let text = self.text(name)?;
        let day = text.parse::<Date>().ok().filter(|d| (FIRST_YEAR..=LAST_YEAR).contains(&d.year()));
        if day.is_none() {
            let detail =
                format!("日期“{}”不存在或不在 {FIRST_YEAR} 至 {LAST_YEAR} 年之间;应形如 2026-11-23", short(&text));
            self.wrong(name, Kind::InvalidDate, detail);
        }
        day
    }

    /// A region by name or code.
    pub fn region(&mut self, name: &'static str, regions: &Regions) -> Option<RegionCode> {
        let text = self.text(name)?;
        self.resolve(&[name], &text, regions)
    }

    fn resolve(&mut self, path: &[&str], text: &str, regions: &Regions) -> Option<RegionCode> {
        let candidates = match regions.resolve(text) {
            Ok(code) => return Some(code),
            Err(candidates) => candidates,
        };
        if candidates.is_empty() {
            let detail = format!("没有叫“{}”的地区;请写全称、简称或六位代码,例如 深圳 或 440300", short(text));
            self.wrong_at(path, Kind::UnknownRegion, detail);
        } else {
            let names: Vec<String> = candidates.iter().map(|c| format!("{}({c})", regions.name(*c))).collect();
            let detail = format!("“{}”可能是 {};请写全称或代码", short(text), names.join("、"));
            self.wrong_at(path, Kind::AmbiguousRegion, detail);
        }
        None
    }

    /// A topic of the closed list.
    pub fn topic(&mut self, name: &'static str) -> Option<String> {
        let text = self.text(name)?;
        if TOPICS.contains(&text.as_str()) {
            return Some(text);
        }
        self.wrong(name, Kind::UnknownTopic, format!("没有主题“{}”;可用:{}", short(&text), TOPICS.join("、")));
        None
    }

    /// A year, where one is named.
    pub fn year(&mut self, name: &'static str) -> Option<i16> {
        i16::try_from(self.count(name, 0, 1..=9_999)).ok().filter(|year| *year > 0)
    }

    /// The object `facts`, member by member.
    pub fn facts_object(&mut self, name: &'static str) -> Vec<(String, Value)> {
        match self.take(name) {
            None => vec![],
            Some(Value::Object(facts)) => facts.into_iter().filter(|(_, v)| !v.is_null()).collect(),
            Some(other) => {
                let detail = format!("“{name}”应是 {{名称: 值}},现在是{}", type_word(&other));
                self.wrong(name, Kind::WrongType, detail);
                vec![]
            }
        }
    }

    /// Facts checked against the table. A fact `region` is the place asked about, because answers ask for it by that name.
    pub fn facts(&mut self, given: &[(String, Value)], regions: &Regions) -> (Facts, Option<RegionCode>) {
        let (mut facts, mut region) = (Facts::default(), None);
        for (name, value) in given {
            if let ("region", Some(text)) = (name.as_str(), value.as_str()) {
                region = self.resolve(&["facts", "region"], text, regions);
            } else if let Err(detail) = facts.insert_json(name, value) {
                self.wrong_at(&["facts", name], Kind::InvalidFact, detail);
            }
        }
        (facts, region)
    }

    /// Everything wrong at once; members that nobody reads are none of it: other platforms send many.
    pub fn finish_foreign(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::of_fields(self.errors)) }
    }

    /// Everything wrong at once, members that nobody reads included.
    pub fn finish(mut self) -> Result<(), Problem> {
        let known = self.known.join("、");
        for name in self.members.keys().cloned().collect::<Vec<_>>() {
            let detail = format!("不认识“{}”;可用:{known}", short(&name));
            self.wrong(&name, Kind::UnknownMember, detail);
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::of_fields(self.errors)) }
    }
}

/// What a message repeats of the caller's text.
fn short(text: &str) -> String {
    let start: String = text.chars().take(30).collect();
    if start.len() < text.len() { format!("{start}…") } else { start }
}

/// A JSON type in Chinese.
pub fn type_word(value: &Value) -> &'static str {
    match value {
        Value::Null => "空",
        Value::Bool(_) => "是非",
        Value::Number(_) => "数字",
        Value::String(_) => "文字",
        Value::Array(_) => "列表",
        Value::Object(_) => "对象",
    }
}
