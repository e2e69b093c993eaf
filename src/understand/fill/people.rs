//! Facts of `retirement_years`, `retirement_age`, `family_share`, `remote_care` and `newborn`.

use super::{Slots, is_months, is_years};
use crate::facts::{FactValue, Origin};
use crate::text::dates::Precision;
use crate::text::numbers::Measure;

fn sex(s: &mut Slots<'_, '_>) -> Option<&'static str> {
    let (value, span) = s.reading.value("sex")?;
    let value = if value == "male" { "male" } else { "female" };
    s.put("sex", FactValue::Word(value.to_owned()), span);
    Some(value)
}

pub(super) fn retirement_years(s: &mut Slots<'_, '_>) {
    sex(s);
    let actual = s.reading.duration(&["actual"], 3, |m| is_years(m) || is_months(m)).copied();
    if let Some(m) = &actual {
        s.measured("actual_months", m, 1);
    }
    let paid = |m: &Measure| is_months(m) && actual.is_none_or(|a| a.start != m.start);
    let found = s.reading.duration(&["paid", "years_required", "lifetime"], 6, paid).copied();
    let found = found.or_else(|| s.reading.measures.iter().find(|m| paid(m) && is_years(m)).copied());
    let found = found.or_else(|| s.reading.measures.iter().find(|m| s.lenient && paid(m)).copied());
    // A turn that only adds the years really paid leaves the total as it was said.
    if let Some(m) = found.or(actual.filter(|_| !s.lenient)) {
        s.measured("paid_months", &m, 1);
    }
    let retire = s.reading.date_near(&["retire", "retire_date_words"], |d| d.year >= 2000);
    let retire = retire.or_else(|| s.reading.dates.iter().find(|d| d.year >= 2010));
    if let Some(d) = retire.copied() {
        s.date("retire_date", &d);
    }
    // 首次参保、参加工作 decide in some places.
    if crate::facts::spec("first_insured").is_some() {
        let text = s.reading.folded.text();
        let says_first = ["首次参保", "开始参保", "开始交", "参加工作", "第一次参保", "开始缴", "最早参保"]
            .iter()
            .any(|w| text.contains(w));
        let first = s.reading.dates.iter().find(|d| d.year < 2025 && Some(d.start) != retire.map(|r| r.start)).copied();
        if let (true, Some(d)) = (says_first, first) {
            s.put("first_insured", FactValue::Whole(i64::from(d.year)), (d.start, d.end));
        }
    }
}

pub(super) fn retirement_age(s: &mut Slots<'_, '_>) {
    let category = s.reading.value("category");
    match s.reading.value("sex") {
        Some(("male", span)) => s.put_as("category", FactValue::Word("male".to_owned()), span, Origin::Implied),
        _ => {
            if let Some((value, span)) = category {
                s.word("category", value, span);
            }
        }
    }
    let birth =
        s.reading.birth().or_else(|| s.reading.dates.iter().find(|d| d.precision >= Precision::Month && d.year < 2012));
    if let Some(d) = birth.copied() {
        s.month("birth", &d);
    }
}

pub(super) fn family_share(s: &mut Slots<'_, '_>) {
    if let Some((relation, span)) = s.reading.relative() {
        s.word("relation", relation, span);
    }
    s.yes_no("relative_insured", "relative_insured");
    if let Some(d) = s.reading.dates.iter().find(|d| d.year >= 2015).copied() {
        s.date("as_of", &d);
    }
    s.value("purpose", "purpose");
}

pub(super) fn remote_care(s: &mut Slots<'_, '_>) {
    let filed = s.reading.date_near(&["filing"], |d| d.precision == Precision::Day);
    let filed = filed.or_else(|| s.reading.full_dates().next());
    if let Some(d) = filed.copied() {
        s.date("filed", &d);
    }
    if let Some(span) = s.first_word("longterm").filter(|_| !s.reading.has("temporary")) {
        s.word("kind", "longterm", span);
    } else if let Some(span) = s.first_word("temporary") {
        s.word("kind", "temporary", span);
    }
}

/// 当天就办了, 出生后第45天参保: the day of enrolment reckoned from the birth.
fn enrolled_after(s: &mut Slots<'_, '_>, birth: &crate::text::dates::DateMention) {
    if s.facts.get("birth_date").is_none() {
        return;
    }
    if let Some(span) = s.first_word("same_day") {
        s.put_as("enrol_date", FactValue::Date(birth.date()), span, Origin::Implied);
        return;
    }
    let days = s.reading.measures.iter().find(|m| m.unit == crate::text::numbers::Unit::Day).copied();
    if let Some(m) = days
        && let Ok(count) = i64::try_from(m.low)
        && let Ok(day) = birth.date().checked_add(jiff::Span::new().days(count.clamp(0, 10_000)))
    {
        s.put_as("enrol_date", FactValue::Date(day), (m.start, m.end), Origin::Implied);
    }
}

pub(super) fn newborn(s: &mut Slots<'_, '_>) {
    let dates: Vec<_> = s.reading.full_dates().copied().collect();
    match dates.as_slice() {
        [] => {}
        [only] => {
            let span = (only.start, only.end);
            let born = s.reading.nearest(span, &["born_words"]).unwrap_or(usize::MAX);
            let enrolled = s.reading.nearest(span, &["enrol_verb"]).unwrap_or(usize::MAX);
            s.date(if born <= enrolled { "birth_date" } else { "enrol_date" }, only);
            enrolled_after(s, only);
        }
        [first, second, ..] => {
            // The earlier day is the birth, however the sentence is turned.
            let (birth, enrol) = if first.date() <= second.date() { (first, second) } else { (second, first) };
            s.date("birth_date", birth);
            s.date("enrol_date", enrol);
        }
    }
}
