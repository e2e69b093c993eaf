//! Passages: the few below an answer, and the whole list with filters and pages at `/search`.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::card::Scene;
use super::html::{Safe, encoded, linked, put};
use super::shell::{self, Section};
use super::sources::level;
use crate::answer::Answer;
use crate::engine::QUESTION_CHARS;
use crate::http::input::{FromQuery, Input};
use crate::http::observe::Note;
use crate::http::problem::Problem;
use crate::http::rules::words;
use crate::http::state::{Live, Shared, today};
use crate::region::RegionCode;
use crate::retrieve::passage::highlight;
use crate::retrieve::{Found, Passage, Query};

/// Passages on one page of the list.
const PAGE: usize = 10;
/// So far one may page on.
const LAST_PAGE: usize = 1_000;

/// The passages of an answer.
pub fn brief(out: &mut String, scene: Scene<'_>, answer: &Answer) {
    if answer.passages.is_empty() {
        return;
    }
    out.push_str("<section class=\"passages\"><h3>相关资料</h3>");
    let region = answer.understanding.region.as_ref().map_or("", |r| r.code.as_str());
    let said = scene.asked.turns.get(scene.turn).map_or("", |turn| turn.text.as_str());
    let query = format!("q={}&region={region}", encoded(said));
    for passage in &answer.passages {
        one(out, scene.live, passage, &query, "h4");
    }
    put!(
        out,
        "<p><a class=\"more\" href=\"/search?{}\">更多资料,按地区、主题、年份筛选</a></p></section>",
        Safe(&query)
    );
}

/// One passage; `query` leads to why it was found, `heading` is the tag of its title.
fn one(out: &mut String, live: &Live, p: &Passage, query: &str, heading: &str) {
    put!(
        out,
        "<article class=\"passage\"><{heading}><a href=\"/articles/{}\">{}</a></{heading}>",
        Safe(path(&p.article)),
        Safe(&p.title)
    );
    put!(out, "<p class=\"meta\">{}", Safe(&p.region.name));
    if let Some(date) = p.published {
        put!(out, " · <time datetime=\"{date}\">{}</time>", super::html::day(&date.to_string()));
    }
    put!(out, " · {}", linked(&p.source.title, p.source.url.as_deref()));
    if let Some(document) = &p.source.document {
        put!(out, " · {}", Safe(document));
    }
    if let Some(article) = live.article(&p.article) {
        out.push_str(&level(article.level.name()));
    }
    out.push_str("</p><p class=\"text\">");
    if !p.heading.is_empty() && p.heading != p.title {
        put!(out, "<b>{}</b> ", Safe(&p.heading));
    }
    out.push_str(&extract(p));
    put!(
        out,
        "</p><p class=\"meta\"><a href=\"/why?{}&amp;article={}\" data-lift=\".why\">为什么找到这一条</a></p></article>",
        Safe(query),
        encoded(&p.article)
    );
}

/// The text with its matches marked, without the heading's own line, which is shown before it.
fn extract(p: &Passage) -> String {
    let heading = if p.text.starts_with('#') { p.text.find('\n').map_or(p.text.len(), |end| end + 1) } else { 0 };
    let skipped = p.text[..heading].chars().count();
    let ranges: Vec<(usize, usize)> = p
        .ranges
        .iter()
        .filter(|(_, end)| *end > skipped)
        .map(|(start, end)| (start.saturating_sub(skipped), end - skipped))
        .collect();
    highlight(p.text[heading..].trim_end(), &ranges)
}

/// An article's id as a path: its slash stays.
fn path(article: &str) -> String {
    article.split('/').map(encoded).collect::<Vec<_>>().join("/")
}

/// What the list was asked for.
struct Wanted {
    text: String,
    /// The region's full name, or nothing.
    region_text: String,
    region: Option<RegionCode>,
    topic: Option<String>,
    year: Option<i16>,
    page: usize,
}

impl Wanted {
    fn read(mut input: Input, live: &Live) -> Result<Wanted, Problem> {
        let text = input.text("q").unwrap_or_default();
        if text.chars().count() > QUESTION_CHARS {
            input.check_question("q", &text);
        }
        let region = input.region("region", &live.engine.snapshot.corpus.law.regions);
        let topic = input.topic("topic");
        let year = input.year("year");
        let page = input.count("page", 1, 1..=LAST_PAGE);
        input.finish()?;
        let region_text = region.map(|code| live.engine.snapshot.corpus.law.regions.name(code)).unwrap_or_default();
        Ok(Wanted { text, region_text, region, topic, year, page })
    }

    /// The query string of another page, without its question mark.
    fn query(&self, page: usize) -> String {
        let mut out = format!("q={}", encoded(&self.text));
        let year = self.year.map(|y| y.to_string()).unwrap_or_default();
        for (name, value) in
            [("region", &self.region_text), ("topic", &self.topic.clone().unwrap_or_default()), ("year", &year)]
        {
            if !value.is_empty() {
                put!(out, "&{name}={}", encoded(value));
            }
        }
        if page > 1 {
            put!(out, "&page={page}");
        }
        out
    }

    fn found(&self, live: &Live) -> Result<Found, Problem> {
        let query = Query {
            text: &self.text,
            region: self.region,
            topic: self.topic.as_deref(),
            year: self.year,
            limit: PAGE,
            offset: (self.page - 1) * PAGE,
            facets: true,
            ..Query::default()
        };
        Ok(live.engine.search(&query, today())?)
    }
}

/// `GET /search`.
pub async fn search(State(app): State<Shared>, FromQuery(input): FromQuery) -> Result<Response, Problem> {
    let live = app.live()?;
    let wanted = match Wanted::read(input, &live) {
        Ok(wanted) => wanted,
        Err(problem) => return Ok(shell::problem(Section::Ask, &problem)),
    };
    let found = if wanted.text.trim().is_empty() { Found::default() } else { wanted.found(&live)? };
    let body = list(&live, &wanted, &found)?;
    let response = shell::page(StatusCode::OK, Section::Ask, "资料", &body);
    Ok((Extension(Note::of(&wanted.text)), response).into_response())
}

fn list(live: &Live, wanted: &Wanted, found: &Found) -> Result<String, Problem> {
    let mut out =
        String::from("<h1>查资料</h1><form class=\"filters\" action=\"/search\" method=\"get\" data-submit-on-change>");
    put!(
        out,
        "<label class=\"wide\">要找的话<input type=\"search\" name=\"q\" value=\"{}\" maxlength=\"{QUESTION_CHARS}\"></label>",
        Safe(&wanted.text)
    );
    put!(
        out,
        "<label>地区<input name=\"region\" value=\"{}\" placeholder=\"不限\" list=\"places\" autocomplete=\"off\"></label>",
        Safe(&wanted.region_text)
    );
    let query = Query { text: &wanted.text, region: wanted.region, limit: 0, facets: true, ..Query::default() };
    let all = live.engine.search(&query, today())?.facets;
    let topics = all.topic.iter().map(|(id, n)| (id.clone(), words(live).topic(id), *n)).collect::<Vec<_>>();
    select(&mut out, "topic", "主题", &topics, wanted.topic.as_deref().unwrap_or_default());
    let years = all.year.iter().rev().map(|(year, n)| (year.clone(), format!("{year} 年"), *n)).collect::<Vec<_>>();
    select(&mut out, "year", "年份", &years, &wanted.year.map(|y| y.to_string()).unwrap_or_default());
    out.push_str("<button>查找</button></form>");
    super::regions::datalist(&mut out, live);
    if wanted.text.trim().is_empty() {
        return Ok(out);
    }
    put!(out, "<p class=\"meta\" role=\"status\">共 {} 篇", found.total);
    if found.elsewhere {
        out.push_str(",都是别的地区的");
    }
    for (said, canonical) in &found.synonyms {
        put!(out, ";“{}”也按“{}”查", Safe(said), Safe(canonical));
    }
    out.push_str("</p><div class=\"card passages\">");
    if found.hits.is_empty() {
        out.push_str("<p>没有查到。可以换个说法,或放宽地区、主题、年份。</p>");
    }
    let query =
        format!("q={}&region={}", encoded(&wanted.text), wanted.region.map(|r| r.to_string()).unwrap_or_default());
    for passage in &found.hits {
        one(&mut out, live, passage, &query, "h2");
    }
    out.push_str("</div>");
    paging(&mut out, found.total.div_ceil(PAGE).min(LAST_PAGE), wanted.page, "/search", &|page| wanted.query(page));
    Ok(out)
}

fn select(out: &mut String, name: &str, label: &str, options: &[(String, String, usize)], now: &str) {
    put!(out, "<label>{label}<select name=\"{name}\"><option value=\"\">不限</option>");
    for (value, text, count) in options {
        let selected = if value == now { " selected" } else { "" };
        put!(out, "<option value=\"{}\"{selected}>{} ({count})</option>", Safe(value), Safe(text));
    }
    if !now.is_empty() && options.iter().all(|(value, ..)| value != now) {
        put!(out, "<option value=\"{0}\" selected>{0} (0)</option>", Safe(now));
    }
    out.push_str("</select></label>");
}

/// Links to the page before and after.
pub fn paging(out: &mut String, pages: usize, page: usize, path: &str, query: &dyn Fn(usize) -> String) {
    if pages < 2 {
        return;
    }
    out.push_str("<nav class=\"paging\" aria-label=\"翻页\">");
    if page > 1 {
        put!(out, "<a rel=\"prev\" href=\"{path}?{}\">上一页</a>", Safe(query(page - 1)));
    }
    put!(out, "<span>第 {page} 页,共 {pages} 页</span>");
    if page < pages {
        put!(out, "<a rel=\"next\" href=\"{path}?{}\">下一页</a>", Safe(query(page + 1)));
    }
    out.push_str("</nav>");
}
