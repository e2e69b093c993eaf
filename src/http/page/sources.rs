//! Where the figures come from: a mark beside each step opens one, and the list below names them all.

use super::card::Scene;
use super::html::{Safe, day, grouped, linked, put};
use crate::answer::{Computed, ParameterJson};
use crate::region::RegionCode;
use crate::rules::parameters::{Level, UNITS};

fn id(scene: Scene<'_>, computed: &Computed, number: usize) -> String {
    format!("source-{}-{}-{}", scene.turn + 1, computed.rule, number + 1)
}

/// A mark that opens the source of one figure.
pub fn mark(out: &mut String, scene: Scene<'_>, computed: &Computed, parameter: &str) {
    let Some((number, p)) = ordered(computed).into_iter().enumerate().find(|(_, p)| p.id == parameter) else { return };
    let class = if p.level == "unverified" { "ref warn" } else { "ref" };
    put!(
        out,
        " <button type=\"button\" class=\"{class}\" popovertarget=\"{}\" aria-label=\"出处 {}:{}\">{}</button>",
        id(scene, computed, number),
        number + 1,
        Safe(&p.label),
        number + 1
    );
}

/// The sources as the steps come to them, then those that no step names.
fn ordered(computed: &Computed) -> Vec<&ParameterJson> {
    let named = computed.steps.iter().flat_map(|step| &step.parameters);
    let mut found: Vec<&ParameterJson> = vec![];
    let all = named.filter_map(|id| computed.parameters.iter().find(|p| p.id == *id)).chain(&computed.parameters);
    for p in all {
        if found.iter().all(|f| f.id != p.id) {
            found.push(p);
        }
    }
    found
}

/// All sources of one rule, and what each mark opens.
pub fn list(out: &mut String, scene: Scene<'_>, computed: &Computed) {
    if computed.parameters.is_empty() {
        return;
    }
    let count = computed.parameters.len();
    put!(out, "<details class=\"sources\"><summary><h3>依据</h3> <span class=\"count\">{count}</span></summary><ol>");
    let ordered = ordered(computed);
    for p in &ordered {
        put!(out, "<li>{}:<b>{}</b>{}", Safe(&p.label), Safe(value(p.value.as_str(), p.unit)), level(p.level));
        put!(out, "<p class=\"meta\">{}</p></li>", origin(p));
    }
    out.push_str("</ol></details>");
    for (number, p) in ordered.into_iter().enumerate() {
        let id = id(scene, computed, number);
        put!(out, "<div class=\"source\" popover id=\"{id}\" role=\"dialog\" aria-labelledby=\"{id}-label\">");
        put!(
            out,
            "<h4 id=\"{id}-label\">{}</h4><p class=\"figure\">{}</p>",
            Safe(&p.label),
            Safe(value(&p.value, p.unit))
        );
        let title = linked(&p.reference.title, p.reference.url.as_deref());
        put!(out, "<dl><div><dt>出处</dt><dd>{title}</dd></div>");
        if let Some(document) = &p.reference.document {
            put!(out, "<div><dt>文件</dt><dd>{}</dd></div>", Safe(document));
        }
        put!(out, "<div><dt>适用地区</dt><dd>{}</dd></div>", Safe(place(scene, &p.region)));
        put!(out, "<div><dt>施行</dt><dd>{}</dd></div>", Safe(period(&p.effective_from, &p.effective_to)));
        put!(out, "<div><dt>可靠程度</dt><dd>{}</dd></div>", level(p.level));
        put!(out, "</dl><p><a href=\"/parameters?id={}\">历年数值</a></p>", super::html::encoded(&p.id));
        put!(
            out,
            "<button type=\"button\" class=\"quiet\" popovertarget=\"{id}\" popovertargetaction=\"hide\">关闭</button></div>"
        );
    }
}

fn place(scene: Scene<'_>, code: &str) -> String {
    let regions = &scene.live.engine.snapshot.corpus.law.regions;
    RegionCode::parse(code).map_or_else(|| code.to_owned(), |code| regions.name(code))
}

/// `自 2026年1月1日起,至 2026年12月31日`.
pub fn period(from: &Option<String>, to: &Option<String>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format!("{} 起,至 {}", day(from), day(to)),
        (Some(from), None) => format!("{} 起", day(from)),
        (None, Some(to)) => format!("至 {}", day(to)),
        (None, None) => "未写明起止".to_owned(),
    }
}

fn origin(p: &ParameterJson) -> String {
    let title = linked(&p.reference.title, p.reference.url.as_deref());
    let document = p.reference.document.as_ref().map(|d| format!(" · {}", Safe(d))).unwrap_or_default();
    format!("{title}{document} · {}", Safe(period(&p.effective_from, &p.effective_to)))
}

/// How far a value can be relied on; what nobody has verified stands out.
pub fn level(name: &str) -> String {
    let label = Level::parse(name).map_or("", Level::label);
    let class = if name == "unverified" { "badge warn" } else { "badge" };
    format!(" <span class=\"{class}\">{}</span>", Safe(label))
}

/// A value with its unit as people write it: `0.02` of the unit ratio is 2%.
pub fn value(value: &str, unit: &str) -> String {
    let label = UNITS.iter().find(|(u, _)| *u == unit).map_or("", |(_, label)| *label);
    match (unit, value.parse::<rust_decimal::Decimal>()) {
        (_, _) if value == "unknown" => "没有查到".to_owned(),
        ("bool", _) => if value == "true" { "是" } else { "否" }.to_owned(),
        ("word" | "words" | "date" | "month_day", _) => value.replace('|', "、"),
        ("calendar_year", _) => format!("{value} 年"),
        ("nth_year", _) => format!("第 {value} 年"),
        (_, Ok(number)) if unit.starts_with("ratio") => {
            let of = label.strip_prefix("比例").unwrap_or(label);
            let of = if of == label { format!("({label})") } else { of.to_owned() };
            format!("{}{of}", crate::rules::money::percent(number))
        }
        (_, Ok(_)) => format!("{} {label}", grouped(value)),
        _ => format!("{value} {label}"),
    }
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn values_are_written_as_people_do() {
        for (figure, unit, shown) in [
            ("0.02", "ratio", "2%"),
            ("0.0005", "ratio_per_day", "0.05%/日"),
            ("33633.00", "yuan_per_month", "33,633 元/月"),
            ("3", "month", "3 个月"),
            ("true", "bool", "是"),
            ("unknown", "yuan", "没有查到"),
        ] {
            assert_eq!(value(figure, unit), shown);
        }
    }
}
