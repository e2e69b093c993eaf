//! The disagreement panel: who says what, since when, which is taken and why.

use super::html::{Safe, day, linked, put};
use super::sources::level;
use crate::answer::{ConflictJson, PositionJson};

/// All contradictions that touch the answer.
pub fn panel(out: &mut String, conflicts: &[ConflictJson]) {
    if conflicts.is_empty() {
        return;
    }
    put!(
        out,
        "<details class=\"conflicts\" open><summary><h3>说法不一的地方</h3> <span class=\"count\">{}</span></summary>",
        conflicts.len()
    );
    for conflict in conflicts {
        put!(out, "<section><h4>{}</h4><ul class=\"positions\">", Safe(&conflict.about));
        let (taken, left): (Vec<_>, Vec<_>) = conflict.positions.iter().partition(|p| p.preferred);
        for position in taken.into_iter().chain(left) {
            one(out, position);
        }
        out.push_str("</ul></section>");
    }
    out.push_str("</details>");
}

fn one(out: &mut String, p: &PositionJson) {
    let (class, mark) = if p.preferred { ("taken", "以此为准") } else { ("left", "不采用") };
    put!(out, "<li class=\"{class}\"><span class=\"badge\">{mark}</span> <span>{}</span>", Safe(&p.says));
    put!(out, "<p class=\"meta\">{}", Safe(&p.who));
    if let Some(since) = &p.since {
        put!(out, " · {} 起", Safe(day(since)));
    }
    for source in p.source.split(';').map(str::trim) {
        out.push_str(&origin(source));
    }
    out.push_str("</p>");
    if let Some(why) = &p.why {
        put!(out, "<p class=\"reason\">{}</p>", Safe(why));
    }
    out.push_str("</li>");
}

/// One source as the file names it: `law:医保办发〔2021〕43号`, `page:https://…`, `seed:003`, `unverified`.
fn origin(source: &str) -> String {
    match source.split_once(':') {
        Some(("law", name)) => format!(" · {}", Safe(name)),
        Some(("page", url)) => {
            let host = url.split('/').nth(2).unwrap_or(url);
            format!(" · {}", linked(host, Some(url)))
        }
        Some(("seed", _)) => level("seed"),
        _ => level(source),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sources_lead_to_where_they_are() {
        assert_eq!(super::origin("law:医保办发〔2021〕43号"), " · 医保办发〔2021〕43号");
        assert!(super::origin("page:https://www.gz.gov.cn/a").contains(">www.gz.gov.cn</a>"));
        assert!(super::origin("unverified").contains("未核实"));
    }
}
