//! `/parameters`: every policy number with its place, days and source; searchable, a page at a time.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;

use super::html::{self, Safe, encoded, linked, put};
use super::passages::paging;
use super::shell::{self, Section};
use super::sources::{level, period, value};
use crate::facts::Facts;
use crate::http::input::{FromQuery, Input};
use crate::http::parameters::{ValueJson, history, json};
use crate::http::problem::{Kind, Problem};
use crate::http::rules::words;
use crate::http::state::{Live, Shared};
use crate::region::RegionCode;
use crate::rules::RULES;

/// Values on one page.
const PAGE: usize = 50;
/// So far one may page on.
const LAST_PAGE: usize = 1_000;

struct Wanted {
    /// Words that the name or the source holds.
    text: String,
    rule: String,
    region: Option<RegionCode>,
    at: Option<Date>,
    /// The history of one value.
    id: Option<String>,
    page: usize,
}

impl Wanted {
    fn read(mut input: Input, live: &Live) -> Result<Wanted, Problem> {
        let text = input.text("q").unwrap_or_default();
        let rule = input.text("rule").unwrap_or_default();
        if !rule.is_empty() && crate::rules::rule(&rule).is_none() {
            input.wrong("rule", Kind::UnknownRule, "没有这条规则;全部规则见 /rules");
        }
        let region = input.region("region", &live.engine.snapshot.corpus.law.regions);
        let at = input.day("at");
        let id = input.text("id");
        let page = input.count("page", 1, 1..=LAST_PAGE);
        input.finish()?;
        Ok(Wanted { text: text.trim().to_owned(), rule, region, at, id, page })
    }

    fn found(&self, live: &Live) -> Result<Vec<ValueJson>, Problem> {
        let law = &live.engine.snapshot.corpus.law;
        if let Some(id) = &self.id {
            let (parameter, value) = law
                .parameters
                .by_id(id)
                .ok_or_else(|| Problem::new(Kind::UnknownParameter, "没有这个编号的数值;全部数值见 /parameters"))?;
            return Ok(history(live, parameter, value));
        }
        let mut found = vec![];
        for parameter in law.parameters.iter().filter(|p| self.rule.is_empty() || p.rule == self.rule) {
            let named = parameter.label.contains(&self.text);
            for value in &parameter.values {
                let here = self.region.is_none_or(|r| r.chain().any(|place| place == value.region));
                let now = self.at.is_none_or(|day| value.in_force(day));
                let reference = &value.reference;
                let sourced = || {
                    [Some(&reference.title), reference.document.as_ref(), Some(&value.id)]
                        .into_iter()
                        .flatten()
                        .any(|text| text.contains(&self.text))
                };
                if here && now && (named || sourced() || law.regions.name(value.region).contains(&self.text)) {
                    found.push(json(&law.regions, parameter, value));
                }
            }
        }
        Ok(found)
    }

    fn query(&self, page: usize, live: &Live) -> String {
        let region = self.region.map(|code| live.engine.snapshot.corpus.law.regions.name(code)).unwrap_or_default();
        let at = self.at.map(|day| day.to_string()).unwrap_or_default();
        let mut out = format!("page={page}");
        for (name, value) in [("q", &self.text), ("rule", &self.rule), ("region", &region), ("at", &at)] {
            if !value.is_empty() {
                put!(out, "&{name}={}", encoded(value));
            }
        }
        out
    }
}

/// `GET /parameters`.
pub async fn list(State(app): State<Shared>, FromQuery(input): FromQuery) -> Result<Response, Problem> {
    let live = app.live()?;
    let listed = Wanted::read(input, &live).and_then(|wanted| Ok((wanted.found(&live)?, wanted)));
    Ok(match listed {
        Ok((found, wanted)) => shell::page(StatusCode::OK, Section::Parameters, "数值", &body(&live, &wanted, &found)),
        Err(problem) => shell::problem(Section::Parameters, &problem),
    })
}

fn body(live: &Live, wanted: &Wanted, found: &[ValueJson]) -> String {
    let mut out = String::from("<h1>政策数值</h1>");
    if let Some(first) = found.first().filter(|_| wanted.id.is_some()) {
        put!(
            out,
            "<p class=\"meta\">{} · {}:历年数值。<a href=\"/parameters\">全部数值</a></p>",
            Safe(&first.region.name),
            Safe(&first.label)
        );
        out.push_str("<div class=\"card\">");
        table(&mut out, live, found.iter(), false);
        out.push_str("</div>");
        return out;
    }
    filters(&mut out, live, wanted);
    put!(out, "<p class=\"meta\" role=\"status\">共 {} 个数值</p><div class=\"card\">", found.len());
    if found.is_empty() {
        out.push_str("<p>没有符合的数值。</p>");
    } else {
        table(&mut out, live, found.iter().skip((wanted.page - 1) * PAGE).take(PAGE), true);
    }
    out.push_str("</div>");
    paging(&mut out, found.len().div_ceil(PAGE), wanted.page, "/parameters", &|page| wanted.query(page, live));
    out
}

fn filters(out: &mut String, live: &Live, wanted: &Wanted) {
    out.push_str(
        "<form class=\"filters\" action=\"/parameters\" method=\"get\" role=\"search\" data-submit-on-change>",
    );
    put!(
        out,
        "<label class=\"wide\">名称或出处<input type=\"search\" name=\"q\" value=\"{}\" placeholder=\"例如:缴费基数、国办发\"></label>",
        Safe(&wanted.text)
    );
    out.push_str("<label>规则<select name=\"rule\"><option value=\"\">不限</option>");
    for rule in RULES {
        let selected = if rule.id == wanted.rule { " selected" } else { "" };
        put!(out, "<option value=\"{}\"{selected}>{}</option>", rule.id, Safe(rule.label));
    }
    let region = wanted.region.map(|code| live.engine.snapshot.corpus.law.regions.name(code)).unwrap_or_default();
    put!(
        out,
        "</select></label><label>地区<input name=\"region\" value=\"{}\" list=\"places\" placeholder=\"不限\" autocomplete=\"off\"></label>",
        Safe(region)
    );
    let at = wanted.at.map(|day| day.to_string()).unwrap_or_default();
    put!(out, "<label>在哪天有效<input type=\"date\" name=\"at\" value=\"{at}\"></label><button>查找</button></form>");
    super::regions::datalist(out, live);
}

/// A condition in words: `tier = 1` is 1 档.
fn condition(live: &Live, fact: &str, value: &str) -> String {
    let mut facts = Facts::default();
    let known = facts.insert_json(fact, &value.into()).is_ok();
    facts.get(fact).filter(|_| known).map_or_else(|| value.to_owned(), |f| words(live).value(fact, &f.value))
}

/// Values as a table; `named` says whose they are.
pub fn table<'v>(out: &mut String, live: &Live, values: impl Iterator<Item = &'v ValueJson>, named: bool) {
    html::scroll(out, "数值表");
    let columns = ["名称", "地区", "数值", "施行", "出处"];
    html::table(out, "values", if named { &columns } else { &columns[1..] });
    for v in values {
        out.push_str("<tr>");
        if named {
            put!(out, "<td><a href=\"/parameters?id={}\">{}</a></td>", encoded(&v.id), Safe(&v.label));
        }
        let when: Vec<String> = v.when.iter().map(|(fact, value)| condition(live, fact, value)).collect();
        put!(out, "<td>{}</td><td class=\"number\">{}", Safe(&v.region.name), Safe(value(&v.value, v.unit)));
        if !when.is_empty() {
            put!(out, " <span class=\"meta\">{}</span>", Safe(when.join("、")));
        }
        put!(
            out,
            "</td><td>{}</td><td>{}",
            Safe(period(&v.effective_from, &v.effective_to)),
            linked(&v.reference.title, v.reference.url.as_deref())
        );
        if let Some(document) = &v.reference.document {
            put!(out, " <span class=\"meta\">{}</span>", Safe(document));
        }
        put!(out, "{}", level(v.level));
        if let Some(caveat) = &v.caveat {
            put!(out, "<p class=\"meta\">{}</p>", Safe(caveat));
        }
        out.push_str("</td></tr>");
    }
    out.push_str("</tbody></table></div>");
}
