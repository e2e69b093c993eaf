//! `/rules` and `/rules/{rule}`: what is computed, from which facts, for which places and days, from which sources.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::html::{self, Safe, put};
use super::parameters;
use super::shell::{self, Section};
use super::sources::period;
use crate::http::input::{FromPath, FromQuery};
use crate::http::problem::Problem;
use crate::http::rules::{RuleLine, RuleSheet, lines, sheet};
use crate::http::state::{Live, Shared};

/// `GET /rules`.
pub async fn list(State(app): State<Shared>, FromQuery(mut input): FromQuery) -> Result<Response, Problem> {
    let live = app.live()?;
    let wanted = input.text("q").unwrap_or_default();
    if let Err(problem) = input.finish() {
        return Ok(shell::problem(Section::Rules, &problem));
    }
    let rules = lines(&live);
    let rules: Vec<&RuleLine> = rules.iter().filter(|rule| named(rule, wanted.trim())).collect();
    let mut out =
        String::from("<h1>能算什么</h1><form class=\"filters\" action=\"/rules\" method=\"get\" role=\"search\">");
    put!(
        out,
        "<label class=\"wide\">查规则<input type=\"search\" name=\"q\" value=\"{}\" data-filter=\".rule-line\" placeholder=\"例如:等待期、滞纳金\"></label>",
        Safe(&wanted)
    );
    put!(
        out,
        "<button>查找</button></form><p class=\"meta\" role=\"status\">共 {} 条规则</p><ul class=\"rule-lines\">",
        rules.len()
    );
    for rule in rules {
        put!(out, "<li class=\"rule-line card\"><h2><a href=\"/rules/{}\">{}</a></h2>", rule.rule, Safe(rule.label));
        put!(
            out,
            "<p class=\"meta\">{} · {} 个数值 · {} 个地区</p></li>",
            Safe(&rule.topic.label),
            rule.values,
            rule.regions
        );
    }
    out.push_str("</ul>");
    Ok(shell::page(StatusCode::OK, Section::Rules, "规则", &out))
}

fn named(rule: &RuleLine, wanted: &str) -> bool {
    wanted.is_empty() || [rule.label, rule.topic.label.as_str(), rule.rule].iter().any(|name| name.contains(wanted))
}

/// `GET /rules/{rule}`.
pub async fn one(State(app): State<Shared>, FromPath(id): FromPath) -> Result<Response, Problem> {
    let live = app.live()?;
    Ok(match sheet(&live, &id) {
        Ok(sheet) => shell::page(StatusCode::OK, Section::Rules, sheet.label, &body(&live, &sheet)),
        Err(problem) => shell::problem(Section::Rules, &problem),
    })
}

fn body(live: &Live, sheet: &RuleSheet) -> String {
    let mut out = String::new();
    put!(
        out,
        "<p class=\"eyebrow\"><a href=\"/rules\">规则</a> · {}</p><h1>{}</h1>",
        Safe(&sheet.topic.label),
        Safe(sheet.label)
    );
    out.push_str("<section class=\"card\"><h2>要知道什么</h2><ul class=\"asks\">");
    for fact in &sheet.facts {
        put!(out, "<li><b>{}</b> <span class=\"meta\">{}", Safe(&fact.asked.label), Safe(&fact.asked.ask));
        if let Some(choices) = &fact.asked.choices {
            let labels: Vec<&str> = choices.iter().map(|c| c.label.as_str()).collect();
            put!(out, "({})", Safe(labels.join("、")));
        }
        out.push_str("</span></li>");
    }
    out.push_str("</ul></section><section class=\"card\"><h2>依据哪些数值</h2>");
    put!(out, "<p class=\"meta\"><a href=\"/parameters?rule={}\">逐条查看、按地区和日期筛选</a></p>", sheet.rule);
    for parameter in &sheet.parameters {
        let count = parameter.values.len();
        put!(
            out,
            "<details class=\"parameter\"><summary><h3>{}</h3> <span class=\"count\">{count}</span>",
            Safe(&parameter.label)
        );
        if parameter.cited_only {
            out.push_str(" <span class=\"meta\">只供查阅,不参与计算</span>");
        }
        out.push_str("</summary>");
        parameters::table(&mut out, live, parameter.values.iter(), false);
        out.push_str("</details>");
    }
    out.push_str("</section><section class=\"card\"><h2>覆盖哪些地区和日期</h2>");
    html::scroll(&mut out, "覆盖的地区和日期");
    html::table(&mut out, "coverage", &["地区", "参数", "数值", "施行"]);
    for place in &sheet.coverage {
        put!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
            Safe(&place.region.name),
            place.parameters,
            place.values,
            Safe(period(&place.effective_from, &place.effective_to))
        );
    }
    out.push_str("</tbody></table></div></section>");
    out
}
