//! `/articles/{id}`: one article, whole.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::html::{Safe, day, linked, put};
use super::shell::{self, Section};
use super::sources::{level, period};
use crate::http::articles::{ArticleJson, whole};
use crate::http::input::FromPath;
use crate::http::problem::Problem;
use crate::http::state::Shared;

/// `GET /articles/{*id}`.
pub async fn article(State(app): State<Shared>, FromPath(id): FromPath) -> Result<Response, Problem> {
    let live = app.live()?;
    Ok(match whole(&live, &id) {
        Ok(article) => shell::page(StatusCode::OK, Section::Ask, &article.title, &body(&article)),
        Err(problem) => shell::problem(Section::Ask, &problem),
    })
}

fn body(article: &ArticleJson) -> String {
    let mut out = String::new();
    put!(
        out,
        "<article class=\"card prose\"><h1>{}</h1><p class=\"meta\">{}",
        Safe(&article.title),
        Safe(&article.region.name)
    );
    if let Some(published) = &article.published {
        put!(out, " · 发布于 {}", Safe(day(published)));
    }
    if article.effective_from.is_some() || article.effective_to.is_some() {
        put!(out, " · 施行:{}", Safe(period(&article.effective_from, &article.effective_to)));
    }
    put!(out, "{}</p>", level(article.level));
    let source = &article.source;
    put!(out, "<p class=\"meta\">出处:{}", linked(&source.title, source.url.as_deref()));
    if let Some(document) = &source.document {
        put!(out, " · {}", Safe(document));
    }
    out.push_str("</p>");
    if let Some(whole) = &article.whole {
        text(&mut out, &whole.text);
    }
    if article.truncated {
        out.push_str("<p class=\"note\">来源只显示了开头一部分。</p>");
    }
    out.push_str("</article>");
    out
}

/// The text as written; of Markdown only headings, paragraphs and lists are drawn.
fn text(out: &mut String, markdown: &str) {
    let mut list = false;
    for line in markdown.lines().map(str::trim_end) {
        let item = line.trim_start().strip_prefix("- ");
        if list && item.is_none() {
            out.push_str("</ul>");
            list = false;
        }
        let hashes = line.chars().take_while(|c| *c == '#').count();
        let heading = line.get(hashes..).and_then(|rest| rest.strip_prefix(' ')).filter(|_| (1..=6).contains(&hashes));
        match (heading, item) {
            (Some(heading), _) => put!(out, "<h2>{}</h2>", Safe(heading)),
            (None, Some(item)) => {
                if !list {
                    out.push_str("<ul>");
                    list = true;
                }
                put!(out, "<li>{}</li>", Safe(item));
            }
            (None, None) if line.trim().is_empty() => {}
            (None, None) => put!(out, "<p>{}</p>", Safe(line)),
        }
    }
    if list {
        out.push_str("</ul>");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn headings_paragraphs_and_lists() {
        let mut out = String::new();
        super::text(&mut out, "# 一\n\n先 <b>看\n- 甲\n- 乙\n完");
        assert_eq!(out, "<h2>一</h2><p>先 &lt;b&gt;看</p><ul><li>甲</li><li>乙</li></ul><p>完</p>");
    }
}
