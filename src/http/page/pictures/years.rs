//! Paid against required years, as two bars of one scale.

use super::{WIDTH, begin, end, fact, rect, text, whole};
use crate::answer::Computed;
use crate::http::page::asked::Answered;
use crate::http::page::card::Scene;
use crate::rules::calendar::MONTHS_A_YEAR;

const LEFT: i64 = 44;

pub fn draw(out: &mut String, scene: Scene<'_>, answered: &Answered, computed: &Computed) {
    let (Some(required), Some(paid)) = (whole(computed, "required_months"), fact(answered, "paid_months")) else {
        return;
    };
    let most = required.max(paid).max(1);
    let scaled = |months: i64| (WIDTH - LEFT) * months / most;
    let left = (required - paid).max(0);
    let about = format!("须缴 {},已缴 {},还差 {}", said(required), said(paid), said(left));
    begin(out, scene, "years", 96, "已缴与须缴的年限", &about);
    for (y, class, name, months) in [(8, "required", "须缴", required), (44, "paid", "已缴", paid)] {
        text(out, "label", (0, y + 19), "start", name);
        rect(out, class, (LEFT, y), (scaled(months).max(3), 28));
        text(out, &format!("on {class}"), (LEFT + 8, y + 19), "start", &said(months));
    }
    if left > 0 {
        rect(out, "lack", (LEFT + scaled(paid) + 2, 44), (scaled(left) - 2, 28));
        text(out, "label", (WIDTH, 90), "end", &format!("差 {}", said(left)));
    }
    end(out, &about);
}

/// Months as years and months.
fn said(months: i64) -> String {
    match (months / MONTHS_A_YEAR, months % MONTHS_A_YEAR) {
        (years, 0) => format!("{years} 年"),
        (0, months) => format!("{months} 个月"),
        (years, months) => format!("{years} 年 {months} 个月"),
    }
}
