//! What if: the same rule with one fact varied, as a curve and as a table whose rows can be chosen.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{WIDTH, begin, end, text};
use crate::answer::Computed;
use crate::facts::{Fact, FactKind, FactValue, spec};
use crate::http::page::asked::Answered;
use crate::http::page::card::Scene;
use crate::http::page::html::{self, Safe, grouped, money_grouped, put};
use crate::http::rules::words;
use crate::region::RegionCode;
use crate::rules::{Case, Value, rule};

/// Rule, the fact that is varied, the result that is drawn, and what that is called.
const VARIED: &[(&str, &str, &str, &str)] = &[
    ("back_payment", "months", "amount", "补缴金额"),
    ("late_fee", "days", "late_fee", "滞纳金"),
    ("contribution", "wage", "employee", "个人每月缴"),
    ("account_credit", "wage", "monthly_credit", "每月划入"),
    ("resident_wait", "missed_years", "total_wait_months", "等待期"),
    ("employee_gap", "gap_months", "wait_months", "等待期"),
    ("critical_illness_incentive", "continuous_years", "raise_total", "封顶线提高"),
];

/// Points of a curve.
const POINTS: i64 = 24;
/// Rows of the table.
const ROWS: usize = 8;
const LEFT: i64 = 14;
const TOP: i64 = 26;
const HEIGHT: i64 = 120;

/// One point: the varied fact, and what it comes to.
struct Point {
    fact: FactValue,
    x: f64,
    y: f64,
    shown: String,
}

pub fn draw(out: &mut String, scene: Scene<'_>, answered: &Answered, computed: &Computed) {
    let Some((_, name, result, label)) = VARIED.iter().find(|(rule, ..)| *rule == computed.rule) else { return };
    let Some(now) = answered.facts.get(name) else { return };
    if computed.status != "computed" || now.high.is_some() {
        return;
    }
    let points = points(scene, answered, computed, name, result, &now.value);
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
    let Some(here) = points.iter().find(|p| p.fact == now.value) else { return };
    let most = points.iter().map(|p| p.y).fold(0.0, f64::max);
    let flat = points.iter().all(|p| p.y.total_cmp(&here.y).is_eq());
    if points.len() < 4 || flat || last.x <= first.x {
        return;
    }
    let said = |point: &Point| money_grouped(&words(scene.live).value(name, &point.fact));
    let fact_label = words(scene.live).lexicon.prompts.get(*name).map_or("", |p| p.label.as_str());
    let about = format!(
        "{fact_label}从 {} 到 {},{label}从 {} 到 {};现在 {} 对应 {}",
        said(first),
        said(last),
        first.shown,
        last.shown,
        said(here),
        here.shown
    );
    let right = WIDTH - LEFT;
    let x = |point: &Point| LEFT as f64 + (right - LEFT) as f64 * (point.x - first.x) / (last.x - first.x);
    let y = |point: &Point| (TOP + HEIGHT) as f64 - HEIGHT as f64 * point.y / most;
    begin(out, scene, "curve", TOP + HEIGHT + 28, &format!("{label}随{fact_label}怎么变"), &about);
    let base = TOP + HEIGHT;
    put!(out, "<path class=\"axis\" d=\"M{LEFT} {base}H{right}\"/>");
    let line: Vec<String> = points.iter().map(|p| format!("{:.1},{:.1}", x(p), y(p))).collect();
    put!(out, "<polyline class=\"line\" points=\"{}\"/>", line.join(" "));
    put!(out, "<path class=\"drop\" d=\"M{0:.1} {1:.1}V{base}\"/>", x(here), y(here));
    put!(out, "<circle class=\"here\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\"/>", x(here), y(here));
    let (place, height) = (x(here) as i64, y(here) as i64);
    // Beside the line, which mostly rises: above on the left, or below on the right where there is no room.
    let room = |near: i64| place > near && place < WIDTH - near;
    if place > WIDTH / 3 {
        text(out, "strong", (place - 8, (height - 8).max(14)), "end", &here.shown);
    } else {
        text(out, "strong", (place + 10, (height + 18).min(base - 6)), "start", &here.shown);
    }
    if place < WIDTH * 2 / 3 {
        text(out, "label", (right, (y(last) as i64 - 8).max(12)), "end", &last.shown);
    }
    text(out, "label", (LEFT, base + 20), "start", &said(first));
    text(out, "label", (right, base + 20), "end", &said(last));
    if room(WIDTH / 4) {
        text(out, "label", (place, base + 20), "middle", &said(here));
    }
    end(out, &format!("{label}随{fact_label}怎么变(其他情况不变)"));
    table(out, scene, name, fact_label, label, &points, here);
}

/// Some of the points as rows; each leads to the answer with that value.
fn table(out: &mut String, scene: Scene<'_>, name: &str, fact: &str, result: &str, points: &[Point], here: &Point) {
    let every = points.len().div_ceil(ROWS);
    out.push_str("<details class=\"what-if\"><summary>换个数看看</summary>");
    html::table(out, "points", &[fact, result]);
    let kind = spec(name).map(|s| s.kind);
    for (i, point) in points.iter().enumerate() {
        let now = point.fact == here.fact;
        if i % every != 0 && !now {
            continue;
        }
        let shown = money_grouped(&words(scene.live).value(name, &point.fact));
        let value = kind.map(|kind| point.fact.to_json(kind)).unwrap_or_default();
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let first = match (now, scene.last) {
            (true, _) => format!("<b>{}</b>", Safe(&shown)),
            (false, false) => Safe(&shown).to_string(),
            (false, true) => {
                let query = scene.asked.with_fact(name, &value);
                format!("<a href=\"/?{}\" data-card>{}</a>", Safe(&query), Safe(&shown))
            }
        };
        let current = if now { " aria-current=\"true\"" } else { "" };
        put!(out, "<tr{current}><td>{first}</td><td class=\"number\">{}</td></tr>", Safe(&point.shown));
    }
    out.push_str("</tbody></table></details>");
}

fn points(
    scene: Scene<'_>,
    answered: &Answered,
    computed: &Computed,
    name: &str,
    result: &str,
    now: &FactValue,
) -> Vec<Point> {
    let (Some(rule), Some(spec)) = (rule(computed.rule), spec(name)) else { return vec![] };
    let Some(answer) = &answered.reply.answer else { return vec![] };
    let Ok(at) = answer.at.parse() else { return vec![] };
    let region = answer.understanding.region.as_ref().and_then(|r| RegionCode::parse(&r.code));
    let law = &scene.live.engine.snapshot.corpus.law;
    let mut points = vec![];
    for value in around(now, spec.kind) {
        let mut facts = answered.facts.clone();
        facts.insert(name, Fact::given(value.clone()));
        let outcome = rule.compute(Case { facts: &facts, region, at, law });
        let found = outcome.results.into_iter().find(|(key, _)| *key == result).map(|(_, value)| value);
        let (y, shown) = match found {
            Some(Value::Money(money)) => (money.to_f64().unwrap_or(0.0), format!("{} 元", grouped(&money.to_string()))),
            Some(Value::Whole(whole)) => (whole as f64, format!("{whole} 个月")),
            _ => continue,
        };
        let x = match &value {
            FactValue::Decimal(money) => money.to_f64().unwrap_or(0.0),
            FactValue::Whole(whole) => *whole as f64,
            _ => continue,
        };
        points.push(Point { fact: value, x, y, shown });
    }
    points
}

/// Values below and above the present one, that one among them.
fn around(now: &FactValue, kind: FactKind) -> Vec<FactValue> {
    match (now, kind) {
        (FactValue::Whole(now), _) if *now > 0 => {
            let most = (now * 2).max(POINTS / 2);
            let step = (most / POINTS).max(1);
            let mut values: Vec<i64> = (1..=most / step).map(|i| i * step).chain([*now]).collect();
            values.sort_unstable();
            values.dedup();
            values.into_iter().map(FactValue::Whole).collect()
        }
        (FactValue::Decimal(now), FactKind::Money) if now.is_sign_positive() && !now.is_zero() => {
            // Twice as far as the present value, in round steps.
            let step = round(*now * Decimal::TWO / Decimal::from(POINTS));
            let mut values: Vec<Decimal> = (1..=POINTS).map(|i| step * Decimal::from(i)).chain([*now]).collect();
            values.sort_unstable();
            values.dedup();
            values.into_iter().map(FactValue::Decimal).collect()
        }
        _ => vec![],
    }
}

/// The next larger of 1, 2, 5 times a power of ten.
fn round(step: Decimal) -> Decimal {
    let mut unit = Decimal::new(1, 2);
    loop {
        for times in [1, 2, 5] {
            let rounded = unit * Decimal::from(times);
            if rounded >= step {
                return rounded;
            }
        }
        unit *= Decimal::TEN;
    }
}

#[cfg(test)]
mod tests {
    use super::{around, round};
    use crate::facts::{FactKind, FactValue};
    use rust_decimal::Decimal;

    #[test]
    fn the_present_value_is_on_the_curve() {
        for now in [1, 4, 13, 100] {
            let values = around(&FactValue::Whole(now), FactKind::Whole("month"));
            assert!(values.contains(&FactValue::Whole(now)) && values.len() < 64, "{now}");
        }
        let wage = FactValue::Decimal(Decimal::new(812_345, 2));
        assert!(around(&wage, FactKind::Money).contains(&wage));
        assert_eq!(round(Decimal::from(667)), Decimal::from(1000));
    }
}
