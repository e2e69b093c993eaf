//! `/`: ask and see the answer; and `/card`: the last answer alone, for scripts.

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::asked::{Asked, field};
use super::card::{self, Scene};
use super::html::{Safe, encoded, put};
use super::shell::{self, Section};
use crate::corpus::load::TOPICS;
use crate::engine::QUESTION_CHARS;
use crate::http::input::FromQuery;
use crate::http::problem::Problem;
use crate::http::rules::words;
use crate::http::state::{Live, Shared};

/// `GET /`.
pub async fn page(State(app): State<Shared>, FromQuery(mut input): FromQuery) -> Result<Response, Problem> {
    let live = app.live()?;
    let asked = Asked::read(&mut input);
    let answered = input.finish().and_then(|()| asked.answer(&live, false));
    let mut body = String::new();
    let asking = !asked.turns.is_empty();
    search_form(&mut body, &live, &asked);
    put!(body, "<div class=\"conversation\" aria-live=\"off\">");
    let mut response = match answered {
        Ok((answered, note)) => {
            for (turn, one) in answered.iter().enumerate() {
                let scene = Scene {
                    live: &live,
                    asked: &asked.until(turn),
                    turn,
                    last: turn + 1 == answered.len(),
                    opinions: app.gaps.is_some(),
                };
                body.push_str(&card::turn(scene, one));
            }
            body.push_str("</div>");
            follow_up(&mut body, &asked);
            rest(&mut body, &live, asking);
            (Extension(note), shell::page(StatusCode::OK, Section::Ask, &title(&asked), &body)).into_response()
        }
        Err(problem) => {
            put!(body, "<article class=\"card\">{}</article></div>", shell::notice(&problem));
            follow_up(&mut body, &Asked::default());
            rest(&mut body, &live, true);
            shell::page(problem.status(), Section::Ask, &title(&asked), &body)
        }
    };
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok(response)
}

/// `GET /card`: the page's own query string; the last turn as the page would show it, without the page.
pub async fn card(State(app): State<Shared>, FromQuery(mut input): FromQuery) -> Result<Response, Problem> {
    let live = app.live()?;
    let asked = Asked::read(&mut input);
    input.finish()?;
    if asked.turns.is_empty() {
        return Err(empty());
    }
    let (answered, note) = asked.answer(&live, false)?;
    let turn = answered.len() - 1;
    let scene = Scene { live: &live, asked: &asked, turn, last: true, opinions: app.gaps.is_some() };
    let html = answered.last().map(|one| card::turn(scene, one)).unwrap_or_default();
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, shell::POLICY)];
    Ok((Extension(note), headers, html).into_response())
}

/// Nothing was asked.
pub fn empty() -> Problem {
    let mut input = crate::http::input::Input::default();
    input.check_question("q", "");
    input.finish().err().unwrap_or_else(|| Problem::of_fields(vec![]))
}

fn title(asked: &Asked) -> String {
    match asked.turns.last() {
        Some(turn) => turn.text.chars().take(40).collect(),
        None => "医保问答".to_owned(),
    }
}

fn search_form(out: &mut String, live: &Live, asked: &Asked) {
    let class = if asked.turns.is_empty() { "hero" } else { "hero small" };
    put!(out, "<div class=\"{class}\"><h1>医保的事,用一句话问</h1>");
    out.push_str("<form class=\"ask\" role=\"search\" action=\"/\" method=\"get\"><div class=\"line\">");
    let question = asked.turns.first().map_or("", |turn| turn.text.as_str());
    put!(
        out,
        "<label class=\"hidden\" for=\"q\">您的问题</label><div class=\"combo\"><input id=\"q\" name=\"q\" type=\"text\" \
         maxlength=\"{QUESTION_CHARS}\" required autocomplete=\"off\" enterkeyhint=\"search\" value=\"{}\" \
         placeholder=\"例如:深圳医保断缴4个月,工资8000,怎么补\"></div><button class=\"go\">提问</button></div>",
        Safe(question)
    );
    put!(
        out,
        "<div class=\"line context\"><label>参保地<input name=\"region\" value=\"{}\" list=\"places\" placeholder=\"没说就按全国\" \
         autocomplete=\"off\"></label><label>按哪天的规定<input type=\"date\" name=\"at\" value=\"{}\"></label></div></form>",
        Safe(&asked.region),
        Safe(&asked.at)
    );
    out.push_str("<p class=\"status\" role=\"status\"></p></div>");
    super::regions::datalist(out, live);
}

/// One more line of the same conversation.
fn follow_up(out: &mut String, asked: &Asked) {
    let name = field(asked.turns.len(), "");
    let hidden = if asked.turns.is_empty() { " hidden" } else { "" };
    put!(out, "<form class=\"follow\" action=\"/\" method=\"get\"{hidden}>");
    for (name, value) in asked.members() {
        put!(out, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", Safe(name), Safe(value));
    }
    put!(
        out,
        "<label class=\"hidden\" for=\"follow\">接着问</label><input id=\"follow\" name=\"{name}\" maxlength=\"{QUESTION_CHARS}\" \
         autocomplete=\"off\" enterkeyhint=\"send\" placeholder=\"接着问,例如:换成广州呢\"><button>接着问</button></form>"
    );
}

/// Recent questions, which only the browser knows, and examples by topic.
fn rest(out: &mut String, live: &Live, folded: bool) {
    out.push_str("<section class=\"recent\" hidden><h2>最近问过</h2><ul></ul><button type=\"button\" class=\"quiet\">清空</button></section>");
    let open = if folded { "" } else { " open" };
    put!(out, "<details class=\"examples\"{open}><summary><h2>可以这样问</h2></summary><div class=\"topics\">");
    let topics = &words(live).lexicon.topics;
    for topic in TOPICS.iter().flat_map(|id| topics.iter().find(|topic| topic.id == *id && !topic.examples.is_empty()))
    {
        put!(out, "<section><h3>{}</h3><ul>", Safe(&topic.label));
        for example in &topic.examples {
            put!(out, "<li><a href=\"/?q={}\" data-ask>{}</a></li>", encoded(example), Safe(example));
        }
        out.push_str("</ul></section>");
    }
    out.push_str("</div></details>");
}
