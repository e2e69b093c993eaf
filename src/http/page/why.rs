//! `/why`: how a question was understood, and why a passage was found. What `explain` knows, in words.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::asked::Asked;
use super::html::{self, Safe, put};
use super::shell::{self, Section};
use crate::answer::Answer;
use crate::engine::QUESTION_CHARS;
use crate::http::input::FromQuery;
use crate::http::observe::Note;
use crate::http::problem::{Kind, Problem};
use crate::http::rules::words;
use crate::http::state::{Live, Shared, today};
use crate::region::RegionCode;
use crate::retrieve::{Explanation, Query};

/// So far down the list a passage is looked for.
const DEPTH: usize = 100;
/// Words shown.
const WORDS: usize = 8;

/// `GET /why`.
pub async fn why(State(app): State<Shared>, FromQuery(mut input): FromQuery) -> Result<Response, Problem> {
    let live = app.live()?;
    let asked = Asked::read(&mut input);
    let article = input.text("article");
    let explained = input.finish().and_then(|()| explain(&live, &asked, article.as_deref()));
    Ok(match explained {
        Ok((body, note)) => {
            (Extension(note), shell::page(StatusCode::OK, Section::Ask, "为什么", &body)).into_response()
        }
        Err(problem) => shell::problem(Section::Ask, &problem),
    })
}

fn explain(live: &Live, asked: &Asked, article: Option<&str>) -> Result<(String, Note), Problem> {
    let Some(said) = asked.turns.last().map(|turn| turn.text.as_str()) else { return Err(super::home::empty()) };
    let mut out = String::from("<h1>为什么这样回答</h1><section class=\"why card\">");
    let note = match article {
        Some(article) => {
            passage(&mut out, live, asked, said, article)?;
            Note::of(said)
        }
        None => {
            let (answered, note) = asked.answer(live, true)?;
            match answered.into_iter().next_back().and_then(|a| a.reply.answer) {
                Some(answer) => understood(&mut out, live, said, &answer),
                None => out.push_str("<p>这是一句问候,没有问什么。</p>"),
            }
            note
        }
    };
    out.push_str("</section>");
    put!(out, "<p><a href=\"/?{}\">回到答复</a></p>", Safe(asked.query()));
    Ok((out, note))
}

/// Cues with their places and weights, the topics they speak for, the rules asked for.
fn understood(out: &mut String, live: &Live, said: &str, answer: &Answer) {
    let explain = answer.explain.as_ref().unwrap_or(&Value::Null);
    let list = |key: &str| explain[key].as_array().cloned().unwrap_or_default();
    put!(out, "<h2>这个问题是怎么理解的</h2><p class=\"said\">{}</p>", marked(said, &list("cues")));
    if let Some(reading) = explain["reading"].as_str().filter(|reading| *reading != said) {
        put!(out, "<p class=\"meta\">读作:{}</p>", Safe(reading));
    }
    let words = words(live);
    let points: Vec<Value> =
        list("topics").into_iter().filter(|t| t["points"].as_f64().unwrap_or_default() > 0.0).collect();
    if !points.is_empty() {
        out.push_str("<h3>像是在问</h3>");
        html::table(out, "scores", &["主题", "分数"]);
        for topic in &points {
            let id = topic["id"].as_str().unwrap_or_default();
            put!(out, "<tr><td>{}</td><td>{}</td></tr>", Safe(words.topic(id)), topic["points"]);
        }
        out.push_str("</tbody></table>");
    }
    let cues: Vec<Value> =
        list("cues").into_iter().filter(|c| c["weights"].as_object().is_some_and(|w| !w.is_empty())).collect();
    if !cues.is_empty() {
        out.push_str("<h3>凭这些词</h3>");
        html::table(out, "cues", &["词", "说明是"]);
        for cue in &cues {
            let weights = cue["weights"].as_object().into_iter().flatten();
            let weights: Vec<String> = weights.map(|(id, points)| format!("{} {points}", words.topic(id))).collect();
            put!(
                out,
                "<tr><td>{}</td><td>{}</td></tr>",
                Safe(cue["word"].as_str().unwrap_or_default()),
                Safe(weights.join("、"))
            );
        }
        out.push_str("</tbody></table>");
    }
    let rules: Vec<String> = list("rules")
        .iter()
        .filter_map(|id| crate::rules::rule(id.as_str()?))
        .map(|rule| format!("<a href=\"/rules/{}\">{}</a>", rule.id, Safe(rule.label)))
        .collect();
    let rules = if rules.is_empty() { "没有要算的".to_owned() } else { rules.join("、") };
    put!(out, "<h3>要算的规则</h3><p>{rules}</p>");
}

/// The question with its cues marked.
fn marked(said: &str, cues: &[Value]) -> String {
    let mut ranges: Vec<(usize, usize)> = cues
        .iter()
        .filter_map(|cue| Some((cue["span"][0].as_u64()? as usize, cue["span"][1].as_u64()? as usize)))
        .collect();
    ranges.sort_unstable();
    // Of overlapping cues the first and longest is shown.
    let mut apart: Vec<(usize, usize)> = vec![];
    for range in ranges {
        match apart.last_mut() {
            Some(last) if range.0 < last.1 => last.1 = last.1.max(range.1),
            _ => apart.push(range),
        }
    }
    crate::retrieve::passage::highlight(said, &apart)
}

fn passage(out: &mut String, live: &Live, asked: &Asked, said: &str, article: &str) -> Result<(), Problem> {
    if said.chars().count() > QUESTION_CHARS {
        asked.answer(live, false)?;
    }
    let region =
        RegionCode::parse(&asked.region).or(live.engine.snapshot.corpus.law.regions.resolve(&asked.region).ok());
    let query = Query { text: said, region, limit: DEPTH, ..Query::default() };
    let found = live.engine.explain_search(&query, today())?;
    let place = found.iter().position(|e| e.article == article);
    let Some((place, e)) = place.map(|place| (place, &found[place])) else {
        return Err(Problem::new(Kind::UnknownArticle, format!("这个问题的前 {DEPTH} 条资料里没有这一篇")));
    };
    let title = live.article(article).map_or(article, |a| a.title.as_str());
    put!(out, "<h2>为什么找到《{}》</h2>", Safe(title));
    put!(out, "<p>排第 {},得分 {:.2}(0 到 1)。{}</p>", place + 1, e.score, reasons(e));
    html::table(out, "contributions", &["词", "在哪里", "次数", "分量"]);
    for c in e.contributions.iter().take(WORDS) {
        let part = match c.part {
            "title" => "标题",
            "questions" => "常见问法",
            "headings" => "小标题",
            _ => "正文",
        };
        let term = match c.term.strip_prefix('≈') {
            Some(term) => format!("{term}(同义)"),
            None => c.term.trim_start_matches('?').to_owned(),
        };
        put!(out, "<tr><td>{}</td><td>{part}</td><td>{}</td><td>{:.2}</td></tr>", Safe(term), c.times, c.evidence);
    }
    out.push_str("</tbody></table>");
    Ok(())
}

/// What besides words moved the passage.
fn reasons(e: &Explanation) -> String {
    let mut said = vec![];
    if e.same_question {
        said.push("文章收录的问法就是这个问题");
    }
    match e.region_class {
        0 => {}
        1 => said.push("是所问地区下面的地方"),
        _ => said.push("是别的地区的"),
    }
    if !e.in_force {
        said.push("这一天已不施行,排得靠后");
    }
    if said.is_empty() { String::new() } else { format!("{}。", said.join(";")) }
}
