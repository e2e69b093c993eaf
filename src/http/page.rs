//! `/`: a plain page to ask from. It works without JavaScript; the answer is in the page that the server sends.

use std::fmt::{self, Display, Write};
use std::time::Instant;

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use super::answer::note;
use super::input::{FromQuery, Input};
use super::observe::Note;
use super::problem::Problem;
use super::state::{Live, Shared, today};
use super::{Route, Takes, optional};
use crate::answer::{Answer, AnswerStatus, Computed, ConflictJson, MissingJson};
use crate::engine::Question;
use crate::retrieve::Passage;
use crate::rules::parameters::{Level, UNITS};

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/",
        id: "page",
        summary: "网页",
        query: &[
            optional("q", Takes::Text, "问题"),
            optional("region", Takes::Text, "参保地"),
            optional("at", Takes::Text, "按哪一天的规定"),
        ],
        body: None,
        answer: ("text/html", "Text"),
        status: 200,
        handler: || get(page),
    },
    Route {
        method: "GET",
        path: "/style.css",
        id: "style",
        summary: "网页的样式",
        query: &[],
        body: None,
        answer: ("text/css", "Text"),
        status: 200,
        handler: || get(style),
    },
];

const STYLE: &str = include_str!("style.css");
/// Nothing from elsewhere, no script at all.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Facts asked for on the page are sent back under this prefix.
const FACT: &str = "fact.";

/// Text that is safe between tags and in quoted attributes.
struct Safe<'t>(&'t str);

impl Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            _ => f.write_char(c),
        })
    }
}

/// What the form holds, as typed.
#[derive(Default)]
struct Form {
    question: String,
    region: String,
    at: String,
    facts: Vec<(String, Value)>,
}

async fn page(State(app): State<Shared>, FromQuery(mut input): FromQuery) -> Result<Response, Problem> {
    let live = app.live()?;
    let facts = input.take_all(FACT).into_iter().filter(|(_, v)| v.as_str() != Some("")).collect();
    let typed = |input: &mut Input, name| input.text(name).unwrap_or_default();
    let form = Form {
        question: typed(&mut input, "q"),
        region: typed(&mut input, "region"),
        at: typed(&mut input, "at"),
        facts,
    };
    input.finish()?;
    if form.question.trim().is_empty() {
        return Ok(html(StatusCode::OK, &form, "").into_response());
    }
    Ok(match ask(&live, &form) {
        Ok((answer, note)) => {
            (Extension(note), html(StatusCode::OK, &form, &answer_html(&answer, &form))).into_response()
        }
        Err(problem) => {
            let body = format!("<article class=\"problem\"><p>{}</p></article>", Safe(&problem.detail));
            html(problem.status(), &form, &body).into_response()
        }
    })
}

fn ask(live: &Live, form: &Form) -> Result<(Answer, Note), Problem> {
    let regions = &live.engine.snapshot.corpus.law.regions;
    let members = [("q", &form.question), ("region", &form.region), ("at", &form.at)];
    let members = members.into_iter().filter(|(_, text)| !text.trim().is_empty());
    let json = members.map(|(name, text)| (name.to_owned(), Value::String(text.clone()))).collect();
    let mut input = Input::of(Value::Object(json))?;
    let text = input.question("q");
    let region = input.region("region", regions);
    let at = input.day("at").unwrap_or_else(today);
    let (facts, region_fact) = input.facts(&form.facts, regions);
    input.finish()?;
    let started = Instant::now();
    let region = region.or(region_fact);
    let mut answer = live.engine.answer(&Question { text: &text, region, at, facts, explain: false });
    let seconds = started.elapsed().as_secs_f64();
    answer.took_ms = seconds * 1e3;
    let note = note(&text, &answer, seconds);
    Ok((answer, note))
}

async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, STYLE)
}

fn html(status: StatusCode, form: &Form, body: &str) -> impl IntoResponse + use<> {
    let page = format!(
        r#"<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>医问 · 医保问答</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><h1><a href="/">医问</a></h1><p class="tagline">医保断缴、转移、提取、退休、缴费:算得出的给结果和步骤,算不出的说清楚还缺什么。</p></header>
<main>
<form action="/" method="get">
<label for="q">您的问题</label>
<textarea id="q" name="q" maxlength="1000" required placeholder="例如:深圳医保断缴4个月,工资8000,怎么补">{question}</textarea>
<div class="row">
<label>参保地(可不填)<input name="region" value="{region}" placeholder="深圳"></label>
<label>按哪一天的规定<input type="date" name="at" value="{at}"></label>
<button>提问</button>
</div>
</form>
{body}
</main>
<footer><p>结果依据所列出处计算,供参考;办理以当地医保部门为准,服务热线 12393。<a href="/openapi.json">接口</a></p></footer>
</body>
</html>
"#,
        question = Safe(&form.question),
        region = Safe(&form.region),
        at = Safe(&form.at),
    );
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, POLICY)];
    (status, headers, page)
}

fn answer_html(answer: &Answer, form: &Form) -> String {
    let mut out = String::new();
    for computed in &answer.computed {
        rule(&mut out, computed, form);
    }
    if answer.computed.is_empty() {
        let line = match answer.status {
            AnswerStatus::NoMatch => "没有查到能回答这个问题的资料,不作猜测。可以换个说法,或拨打医保服务热线 12393。",
            _ => "这个问题没有可计算的规则,以下是相关资料。",
        };
        let _ = write!(out, "<article><p class=\"conclusion\">{line}</p></article>");
    }
    conflicts(&mut out, &answer.conflicts);
    passages(&mut out, &answer.passages);
    if !answer.suggestions.is_empty() {
        out.push_str("<article><h2>也许您想问</h2><ul>");
        for question in &answer.suggestions {
            let _ = write!(out, "<li><a href=\"/?q={}\">{}</a></li>", encoded(question), Safe(question));
        }
        out.push_str("</ul></article>");
    }
    let place = answer.understanding.region.as_ref().map_or("全国", |r| r.name.as_str());
    let (day, ms) = (&answer.at, answer.took_ms);
    let _ = write!(out, "<p class=\"small\">按 {} 的规定,{};用时 {ms:.1} 毫秒</p>", Safe(day), Safe(place));
    out
}

fn rule(out: &mut String, computed: &Computed, form: &Form) {
    let (label, headline) = (Safe(computed.label), Safe(&computed.headline));
    let _ = write!(out, "<article><h2>{label}</h2><p class=\"conclusion\">{headline}</p>");
    if !computed.missing.is_empty() {
        questions(out, &computed.missing, form);
    }
    if !computed.steps.is_empty() {
        out.push_str("<h2>计算过程</h2><ol>");
        for step in &computed.steps {
            let _ = write!(out, "<li>{} = <span class=\"value\">{}</span></li>", Safe(&step.text), Safe(&step.value));
        }
        out.push_str("</ol>");
    }
    lines(out, "请注意", &computed.caveats);
    lines(out, "下一步", &computed.next);
    if !computed.parameters.is_empty() {
        let _ = write!(out, "<h2>依据(按 {} 的规定)</h2><ul>", Safe(&computed.law_day));
        for p in &computed.parameters {
            let unit = UNITS.iter().find(|(u, _)| *u == p.unit).map_or("", |(_, label)| label);
            let level = Level::parse(p.level).map_or("", Level::label);
            let since = p.effective_from.as_ref().map(|d| format!(",{d} 起")).unwrap_or_default();
            let document = p.reference.document.as_deref().unwrap_or("");
            let title = linked(&p.reference.title, p.reference.url.as_deref());
            let (label, value) = (Safe(&p.label), Safe(&p.value));
            let _ = write!(out, "<li>{label}:{value} {unit}{since};{title} {} ({level})</li>", Safe(document));
        }
        out.push_str("</ul>");
    }
    out.push_str("</article>");
}

/// The facts still to know, as a form of their own.
fn questions(out: &mut String, missing: &[MissingJson], form: &Form) {
    out.push_str("<form action=\"/\" method=\"get\">");
    let hidden = |out: &mut String, name: &str, value: &str| {
        let _ = write!(out, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", Safe(name), Safe(value));
    };
    hidden(out, "q", &form.question);
    hidden(out, "at", &form.at);
    let asks_region = missing.iter().any(|m| m.fact == "region");
    if !asks_region {
        hidden(out, "region", &form.region);
    }
    for (name, value) in form.facts.iter().filter(|(name, _)| missing.iter().all(|m| m.fact != name)) {
        hidden(out, &format!("{FACT}{name}"), value.as_str().unwrap_or_default());
    }
    for m in missing {
        let name = if m.fact == "region" { "region".to_owned() } else { format!("{FACT}{}", m.fact) };
        let _ = write!(out, "<label>{}", Safe(&m.ask));
        let yes_no = [("true", "是"), ("false", "否")];
        let choices: Vec<(&str, &str)> = match &m.choices {
            Some(choices) => choices.iter().map(|c| (c.value.as_str(), c.label.as_str())).collect(),
            None if m.kind == "bool" => yes_no.to_vec(),
            None => vec![],
        };
        if choices.is_empty() {
            let kind = if m.kind == "date" || m.kind == "month" { m.kind } else { "text" };
            let _ = write!(out, "<input type=\"{kind}\" name=\"{name}\">");
        } else {
            let _ = write!(out, "<select name=\"{name}\"><option value=\"\">请选择</option>");
            for (value, label) in choices {
                let _ = write!(out, "<option value=\"{}\">{}</option>", Safe(value), Safe(label));
            }
            out.push_str("</select>");
        }
        out.push_str("</label>");
    }
    out.push_str("<div class=\"row\"><button>继续</button></div></form>");
}

fn lines(out: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = write!(out, "<h2>{title}</h2><ul>");
    for line in lines {
        let _ = write!(out, "<li>{}</li>", Safe(line));
    }
    out.push_str("</ul>");
}

fn conflicts(out: &mut String, conflicts: &[ConflictJson]) {
    if conflicts.is_empty() {
        return;
    }
    out.push_str("<article><h2>各方说法不一</h2>");
    for conflict in conflicts {
        let _ = write!(out, "<p>{}</p><ul>", Safe(&conflict.about));
        for p in &conflict.positions {
            let (class, mark) = if p.preferred { ("preferred", "以此为准") } else { ("", "不采用") };
            let why = p.why.as_deref().filter(|_| p.preferred).map(|w| format!(";{w}")).unwrap_or_default();
            let _ = write!(out, "<li class=\"{class}\">{mark}:{}({}{})</li>", Safe(&p.says), Safe(&p.who), Safe(&why));
        }
        out.push_str("</ul>");
    }
    out.push_str("</article>");
}

fn passages(out: &mut String, passages: &[Passage]) {
    if passages.is_empty() {
        return;
    }
    out.push_str("<article><h2>相关资料</h2>");
    for p in passages {
        let title = linked(&p.title, p.source.url.as_deref());
        let date = p.published.map(|d| format!(",{d}")).unwrap_or_default();
        let _ = write!(out, "<p>{title} <span class=\"small\">{}{date}</span></p>", Safe(&p.region.name));
        // Escaped where it was made; only <em> is markup.
        let _ = write!(out, "<p class=\"passage small\">{}</p>", p.highlight);
    }
    out.push_str("</article>");
}

/// A link that takes nothing along; plain text where there is no web address.
fn linked(text: &str, url: Option<&str>) -> String {
    match url.filter(|u| u.starts_with("https://") || u.starts_with("http://")) {
        Some(url) => format!("<a href=\"{}\" rel=\"noreferrer noopener\">{}</a>", Safe(url), Safe(text)),
        None => Safe(text).to_string(),
    }
}

/// Percent-encoded for a query string.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
