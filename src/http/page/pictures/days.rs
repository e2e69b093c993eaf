//! The working days of a transfer: which days count, which are off, which are worked though they are weekend days.

use jiff::ToSpan;
use jiff::civil::Date;

use super::{begin, end, rect, text};
use crate::answer::Computed;
use crate::facts::FactValue;
use crate::http::page::asked::Answered;
use crate::http::page::card::Scene;
use crate::http::page::html::day as written;

/// More weeks than these are no picture any more.
const WEEKS: i64 = 14;
const CELL: i64 = 44;
const ROW: i64 = 40;
const LEFT: i64 = 6;
const TOP: i64 = 26;

/// The results that name a day, with what stands in its cell.
const DUE: &[(&str, &str)] = &[("transfer_out_due", "转出止"), ("transfer_in_due", "转入止"), ("due_date", "截止")];

pub fn draw(out: &mut String, scene: Scene<'_>, answered: &Answered, computed: &Computed) {
    let Some(FactValue::Date(start)) = answered.facts.get("start_date").map(|f| f.value.clone()) else { return };
    let due: Vec<(Date, &str)> = DUE
        .iter()
        .filter_map(|(name, label)| Some((computed.results.get(*name)?.as_str()?.parse().ok()?, *label)))
        .collect();
    let Some(last) = due.iter().map(|(day, _)| *day).max() else { return };
    let monday = |day: Date| day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).unwrap_or(day);
    let first = monday(start);
    let Ok(span) = first.until(monday(last)) else { return };
    let weeks = i64::from(span.get_days()) / 7 + 1;
    if !(1..=WEEKS).contains(&weeks) {
        return;
    }
    let about = format!("从受理日 {} 起:{}", written(&start.to_string()), computed.headline);
    begin(out, scene, "days", TOP + weeks * ROW + 4, "工作日日历", &about);
    for (i, name) in ["一", "二", "三", "四", "五", "六", "日"].iter().enumerate() {
        text(out, "label", (LEFT + i as i64 * CELL + CELL / 2, 16), "middle", name);
    }
    let calendar = &scene.live.engine.snapshot.corpus.law.calendar;
    let special = calendar.special_days(first, last);
    let mut counted = 0;
    let mut day = first;
    for place in 0..weeks * 7 {
        let at = (LEFT + place % 7 * CELL, TOP + place / 7 * ROW);
        let worked = calendar.is_working_day(day).unwrap_or(false);
        let inside = day > start && day <= last;
        if inside && worked {
            counted += 1;
        }
        let ends = due.iter().find(|(d, _)| *d == day).map(|(_, label)| (*label).to_owned());
        let named = special.iter().find(|(d, ..)| *d == day);
        let (class, note) = match (ends, named) {
            (Some(label), _) => ("due", label),
            _ if day == start => ("start", "受理".to_owned()),
            _ if !inside => ("outside", String::new()),
            (_, Some((_, true, _))) => ("makeup", format!("班 {counted}")),
            (_, Some((_, false, _))) => ("off", "休".to_owned()),
            _ if worked => ("counted", counted.to_string()),
            _ => ("weekend", String::new()),
        };
        rect(out, class, (at.0 + 1, at.1), (CELL - 2, ROW - 3));
        let number =
            if day.day() == 1 || place == 0 { format!("{}/{}", day.month(), day.day()) } else { day.day().to_string() };
        text(out, &format!("number {class}"), (at.0 + CELL / 2, at.1 + 15), "middle", &number);
        text(out, &format!("note {class}"), (at.0 + CELL / 2, at.1 + 31), "middle", &note);
        day = day.checked_add(1.day()).unwrap_or(day);
    }
    end(out, "每格下面是第几个工作日;“休”是放假,不计入;“班”是调休上班,计入。");
}
