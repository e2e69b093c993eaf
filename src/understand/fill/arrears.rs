//! Facts of `employee_gap`, `continuity`, `resident_wait`, `back_payment` and `late_fee`.

use rust_decimal::Decimal;

use super::{Slots, is_months, is_years};
use crate::facts::{FactValue, Origin};
use crate::text::dates::{DateMention, Precision};
use crate::text::numbers::{Measure, Unit, starts_with};
use crate::understand::reading::MoneyRole;

const GAP_WORDS: &[&str] = &["gap", "left_job", "missed_year"];

pub(super) fn employee_gap(s: &mut Slots<'_, '_>) {
    gap(s, "gap_months");
    s.as_of();
    s.payer();
    if let Some(span) = s.first_word("left_job") {
        s.bool("left_employer", true, span);
    }
    if let Some(span) = s.first_word("cross_province").or(s.first_word("change_job")).or(s.first_word("transfer")) {
        s.word("scene", "transfer", span);
    }
    let switching = s.value("switch", "switch").is_some();
    let classes: &[&str] = if switching { &["continuous", "paid"] } else { &["continuous"] };
    if let Some(m) = s.reading.duration(classes, 4, is_years).copied() {
        s.measured("continuous_years", &m, 12);
    }
}

/// How long nothing was paid: a duration beside the word for it, months from … to …, else the only duration there is.
fn gap(s: &mut Slots<'_, '_>, name: &str) {
    if between_payments(s, name) {
        return;
    }
    let rivals = s.reading.rivals(GAP_WORDS, is_months);
    if s.settle(name, rivals, |s, name, m| s.measured(name, m, 1)) {
        return;
    }
    if let Some(m) = s.reading.duration(GAP_WORDS, 8, is_months).copied() {
        let continuous = s.reading.nearest((m.start, m.end), &["continuous"]);
        let nearer = s.reading.nearest((m.start, m.end), GAP_WORDS) <= continuous || continuous.is_none();
        if nearer {
            s.measured(name, &m, 1);
            return;
        }
    }
    if from_to(s, name) {
        return;
    }
    let mut durations = s.reading.measures.iter().filter(|m| is_months(m));
    if let (Some(only), None) = (durations.next().copied(), durations.next()) {
        let other =
            s.reading.nearest((only.start, only.end), &["continuous", "wait", "repair"]).is_some_and(|d| d <= 2);
        if !other {
            s.measured(name, &only, 1);
        }
    }
}

/// 交到3月,8月才续上: the months between the last and the next payment (convention C3).
fn between_payments(s: &mut Slots<'_, '_>, name: &str) -> bool {
    let months: Vec<_> = s.reading.dates.iter().filter(|d| d.precision >= Precision::Month).copied().collect();
    for pair in months.windows(2) {
        let last = s.reading.nearest((pair[0].start, pair[0].end), &["last_paid"]).is_some_and(|d| d <= 3);
        let count = pair[1].year_month().index() - pair[0].year_month().index() - 1;
        if last && count >= 0 {
            s.put_as(name, FactValue::Whole(count), (pair[0].start, pair[1].end), Origin::Implied);
            return true;
        }
    }
    false
}

/// 从3月到7月没交: both months included.
fn from_to(s: &mut Slots<'_, '_>, name: &str) -> bool {
    let chars = s.reading.folded.chars();
    let months: Vec<_> = s.reading.dates.iter().filter(|d| d.precision == Precision::Month).collect();
    for pair in months.windows(2) {
        let joint: String = chars[pair[0].end..pair[1].start].iter().collect();
        if matches!(joint.trim(), "到" | "至" | "-" | "~") {
            let count = pair[1].year_month().index() - pair[0].year_month().index() + 1;
            if count > 0 {
                let span = (pair[0].start, pair[1].end);
                s.put_as(name, FactValue::Whole(count), span, Origin::Implied);
                return true;
            }
        }
    }
    false
}

pub(super) fn continuity(s: &mut Slots<'_, '_>) {
    let beside = s.reading.duration(&["continuous"], 12, is_months).copied();
    if let Some(m) = beside.or_else(|| s.reading.measures.iter().find(|m| is_months(m)).copied()) {
        s.measured("continuous_months", &m, 1);
    }
    s.as_of();
}

pub(super) fn back_payment(s: &mut Slots<'_, '_>) {
    if let Some(m) = s.reading.duration(&["back_pay"], 3, is_months).copied() {
        s.measured("months", &m, 1);
    } else {
        gap(s, "months");
    }
    s.amount("wage", MoneyRole::Wage, true);
    rate(s);
    s.as_of();
}

/// One share is the rate; a range of shares is the open range, which the rule gives by itself.
fn rate(s: &mut Slots<'_, '_>) {
    let ratios: Vec<Measure> = s.reading.measures.iter().filter(|m| m.unit == Unit::Ratio).copied().collect();
    if let [only] = ratios.as_slice()
        && only.high.is_none()
    {
        s.decimal("rate", only);
    }
}

pub(super) fn late_fee(s: &mut Slots<'_, '_>) {
    s.amount("principal", MoneyRole::Principal, true);
    let mut dates: Vec<_> = s.reading.full_dates().copied().collect();
    // Whatever the order of telling, nobody pays before it is overdue.
    dates.sort_by_key(DateMention::date);
    if let [first, second, ..] = dates.as_slice() {
        s.date("first_overdue_date", first);
        s.date("paid_date", second);
    } else if let Some(m) = s.reading.duration(&["late", "late_fee"], 40, |m| m.unit == Unit::Day).copied() {
        s.measured("days", &m, 1);
    } else if let Some(m) = s.reading.measures.iter().find(|m| m.unit == Unit::Day).copied() {
        s.measured("days", &m, 1);
    } else if let Some(only) = dates.first() {
        let paid =
            ["缴", "交", "补", "才", "还", "付"].iter().any(|w| starts_with(s.reading.folded.chars(), only.end, w));
        s.date(if paid { "paid_date" } else { "first_overdue_date" }, only);
    }
    let individual = s.reading.has("flexible") && !s.reading.has("employer");
    if let Some(span) = s.first_word(if individual { "flexible" } else { "employer" }) {
        s.word("payer", if individual { "flexible" } else { "employer" }, span);
    }
    if let Some(span) = s.first_word("total") {
        s.bool("want_total", true, span);
    }
}

pub(super) fn resident_wait(s: &mut Slots<'_, '_>) {
    let repaid = s.reading.duration(&["repair"], 2, is_years).copied();
    if let Some(m) = &repaid {
        s.measured("repaid_years", m, 12);
    }
    let missed = s.reading.missed_years();
    let length = s
        .reading
        .duration(&["missed_year", "gap"], 8, |m| is_years(m) && repaid.is_none_or(|r| r.start != m.start))
        .copied();
    let span_of_years =
        s.reading.dates.iter().filter(|d| d.precision == Precision::Year).map(|d| (d.start, d.end)).next();
    // 一年都没断过: the year is not a missed one.
    let unbroken = s.first_word("not_broken").filter(|_| missed.is_empty());
    if let Some(span) = unbroken {
        s.put_as("missed_years", FactValue::Whole(0), span, Origin::Implied);
    } else if let Some(m) =
        length.filter(|m| missed.len() <= 1 || m.low / Decimal::from(12) >= Decimal::from(missed.len()))
    {
        s.measured("missed_years", &m, 12);
    } else if let Some(span) = span_of_years.filter(|_| !missed.is_empty()) {
        s.put_as("missed_years", FactValue::Whole(missed.len() as i64), span, Origin::Implied);
    } else if let Some(span) = s.first_word("continuous").or(s.first_word("enrolled_before")) {
        s.put_as("missed_years", FactValue::Whole(0), span, Origin::Implied);
    }
    if let Some(span) = s.first_word("extension") {
        s.bool("extension", true, span);
    }
    if let Some(m) = s.reading.money().next().copied() {
        s.decimal("premium", &m);
    }

    if let Some(span) = s.first_word("out_window") {
        s.bool("in_window", false, span);
    } else if let Some(span) = s.first_word("in_window") {
        s.bool("in_window", true, span);
    }
    if let Some(d) = s.reading.full_dates().last().copied() {
        s.date("pay_date", &d);
    }
    coverage_year(s, &missed);
    if let Some(span) = s.first_word("exempt") {
        s.bool("exempt", true, span);
    }
}

/// The year that the insurance is for: said so (2028年度), or the year that was paid after the missed ones.
fn coverage_year(s: &mut Slots<'_, '_>, missed: &[i16]) {
    let years: Vec<_> =
        s.reading.dates.iter().filter(|d| d.precision == Precision::Year && d.year >= 2020).copied().collect();
    let paid = |y: i16| !missed.contains(&y) && missed.iter().all(|m| *m < y);
    let said = years.iter().rfind(|d| d.coverage && paid(d.year));
    let found = said.or_else(|| years.iter().rfind(|d| paid(d.year)));
    if let Some(d) = found {
        s.put("coverage_year", FactValue::Whole(i64::from(d.year)), (d.start, d.end));
    } else if let Some(last) = missed.last()
        && let Some(d) = years.last()
    {
        // Nobody said which year was paid: the one after the last missed year is meant.
        s.put_as("coverage_year", FactValue::Whole(i64::from(*last) + 1), (d.start, d.end), Origin::Implied);
    }
}
