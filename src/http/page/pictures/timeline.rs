//! Arrears and waiting: last paid → gap → paid again → waiting → benefits.

use super::{WIDTH, begin, end, fact, rect, text, whole};
use crate::answer::Computed;
use crate::http::page::asked::Answered;
use crate::http::page::card::Scene;
use crate::rules::calendar::MONTHS_A_YEAR;

/// One stretch of time.
struct Stretch {
    class: &'static str,
    name: String,
    length: String,
    months: i64,
}

/// The narrowest a stretch is drawn, so that its name fits.
const NARROW: i64 = 60;
const TOP: i64 = 34;

pub fn employee(out: &mut String, scene: Scene<'_>, answered: &Answered, computed: &Computed) {
    let Some(gap) = fact(answered, "gap_months").filter(|gap| *gap > 0) else { return };
    let (wait, length) =
        match (whole(computed, "wait_months"), whole(computed, "wait_months_max"), whole(computed, "wait_days")) {
            (Some(months), ..) => (months, format!("{months} 个月")),
            (_, Some(most), _) => (most, format!("至多 {most} 个月")),
            (.., Some(days)) => (1, format!("{days} 天")),
            _ => (0, String::new()),
        };
    if computed.results.get("within_grace").is_none() {
        return;
    }
    let mut stretches = vec![stretch("gap", "断缴", format!("{gap} 个月"), gap)];
    if wait > 0 {
        stretches.push(stretch("wait", "等待期", length, wait));
    }
    draw(out, scene, computed, &stretches, "接上缴费");
}

pub fn resident(out: &mut String, scene: Scene<'_>, answered: &Answered, computed: &Computed) {
    let (Some(fixed), Some(variable)) = (whole(computed, "fixed_months"), whole(computed, "variable_months")) else {
        return;
    };
    let mut stretches = vec![];
    if let Some(years) = fact(answered, "missed_years").filter(|years| *years > 0) {
        stretches.push(stretch("gap", "断保", format!("{years} 年"), years * MONTHS_A_YEAR));
    }
    for (name, months) in [("固定等待", fixed), ("变动等待", variable)] {
        if months > 0 {
            stretches.push(stretch("wait", name, format!("{months} 个月"), months));
        }
    }
    draw(out, scene, computed, &stretches, "重新缴费");
}

fn stretch(class: &'static str, name: &str, length: String, months: i64) -> Stretch {
    Stretch { class, name: name.to_owned(), length, months }
}

fn draw(out: &mut String, scene: Scene<'_>, computed: &Computed, stretches: &[Stretch], resumed: &str) {
    if stretches.is_empty() {
        return;
    }
    let said: Vec<String> = stretches.iter().map(|s| format!("{}{}", s.name, s.length)).collect();
    let order = format!("正常参保 → {} → 享受待遇", said.join(" → "));
    begin(out, scene, "timeline", 92, "时间线", &format!("{order}。{}", computed.headline));
    let edge = 42;
    let room = WIDTH - 2 * edge - NARROW * stretches.len() as i64;
    let months: i64 = stretches.iter().map(|s| s.months).sum::<i64>().max(1);
    rect(out, "paid", (0, TOP), (edge - 2, 26));
    text(out, "on", (edge / 2, TOP + 18), "middle", "参保");
    let mut x = edge;
    let mut paid_again = false;
    for s in stretches {
        let width = NARROW + room.max(0) * s.months / months;
        if s.class == "wait" && !paid_again {
            paid_again = true;
            mark(out, x, resumed);
        }
        rect(out, s.class, (x, TOP), (width - 2, 26));
        text(out, &format!("on {}", s.class), (x + width / 2 - 1, TOP + 18), "middle", &s.name);
        text(out, "label", (x + width / 2 - 1, TOP + 46), "middle", &s.length);
        x += width;
    }
    if !paid_again {
        mark(out, x, resumed);
    }
    rect(out, "paid", (x, TOP), (WIDTH - x, 26));
    text(out, "on", ((x + WIDTH) / 2, TOP + 18), "middle", "待遇");
    if let Some(day) = computed.results.get("benefit_start").and_then(|d| d.as_str()) {
        text(out, "label", (WIDTH, TOP + 46), "end", &format!("{day} 起"));
    }
    end(out, &order);
}

/// A moment on the line.
fn mark(out: &mut String, x: i64, words: &str) {
    rect(out, "moment", (x - 2, TOP - 8), (2, 42));
    text(out, "label", (x - 1, TOP - 14), "middle", words);
}
