//! Facts of `contribution`, `account_credit`, `resident_premium` and `critical_illness_incentive`.

use rust_decimal::Decimal;

use super::{Slots, is_months, is_years};
use crate::facts::{FactValue, Origin};
use crate::text::dates::{DateMention, Precision};
use crate::text::numbers::{Measure, Unit};
use crate::understand::reading::MoneyRole;

/// The month or year that the question is about.
fn as_of(s: &mut Slots<'_, '_>) {
    let asked = |d: &&DateMention| d.year >= 2010 && !(d.loose && d.precision == Precision::Month && d.year == 0);
    if let Some(d) = s.reading.dates.iter().find(asked).copied() {
        s.date("as_of", &d);
    }
}

pub(super) fn contribution(s: &mut Slots<'_, '_>) {
    s.amount("wage", MoneyRole::Wage, true);
    as_of(s);
    s.tier();
    s.payer();
}

pub(super) fn account_credit(s: &mut Slots<'_, '_>) {
    s.amount("wage", MoneyRole::Wage, true);
    as_of(s);
    s.tier();
    if let Some((_, span)) = s.reading.value("retired") {
        s.bool("retiree", true, span);
    }
    age(s);
    // 一年一共进多少, 半年总共打多少: only with a word that sums up.
    if (s.reading.has("total") || s.reading.folded.text().contains('攒'))
        && let Some(m) = s.reading.measures.iter().find(|m| is_months(m)).copied()
    {
        s.measured("months", &m, 1);
    }
}

fn age(s: &mut Slots<'_, '_>) {
    if crate::facts::spec("age").is_none() {
        return;
    }
    if let Some(m) = s.reading.measures.iter().find(|m| m.unit == Unit::Age).copied() {
        s.measured("age", &m, 1);
    }
}

pub(super) fn resident_premium(s: &mut Slots<'_, '_>) {
    group(s);
    let year = s.reading.dates.iter().find(|d| d.coverage || d.precision == Precision::Year && d.year >= 2015);
    let year = year.or_else(|| s.reading.dates.iter().find(|d| d.year >= 2015 && d.precision != Precision::Day));
    if let Some(d) = year.copied() {
        s.put("coverage_year", FactValue::Whole(i64::from(d.year)), (d.start, d.end));
    }
    if s.reading.folded.text().contains("财政") || s.reading.folded.text().contains("补助") {
        s.put_as("want_fiscal", FactValue::Bool(true), (0, 0), Origin::Implied);
    }
}

/// Who is insured: a word for the group, else what an age says.
fn group(s: &mut Slots<'_, '_>) {
    let people = people(s);
    if people.len() > 1 {
        s.put("people", FactValue::Words(people), (0, s.reading.folded.chars().len()));
        return;
    }
    // A tier named outright is the group of places that insure by tier; a kind of person is more telling than 孩子.
    let said: Vec<_> = s.reading.values("group").collect();
    // 70岁老人: the age says more than the word.
    let age = s.reading.measures.iter().find(|m| m.unit == Unit::Age && m.low >= Decimal::from(60)).copied();
    if let Some(m) = age {
        s.put_as("group", FactValue::Word(group_of_age(m.low).to_owned()), (m.start, m.end), Origin::Implied);
        return;
    }
    let ranked = [
        "college",
        "student",
        "adult_high",
        "adult_basic",
        "tier1",
        "tier2",
        "high",
        "low",
        "child",
        "elder",
        "adult",
        "other",
    ];
    if let Some((value, span)) = ranked.iter().find_map(|r| said.iter().find(|(v, _)| v == r)) {
        s.word("group", value, *span);
        return;
    }
    let Some(m) = s.reading.measures.iter().find(|m| m.unit == Unit::Age).copied() else { return };
    s.put_as("group", FactValue::Word(group_of_age(m.low).to_owned()), (m.start, m.end), Origin::Implied);
}

/// The group that tables by age put a person in; the regions' own tables decide which of them they know.
fn group_of_age(years: Decimal) -> &'static str {
    match () {
        () if years >= Decimal::from(70) => "a70",
        () if years >= Decimal::from(60) => "a60",
        () if years >= Decimal::from(19) => "adult",
        () if years >= Decimal::from(6) => "student",
        () => "child",
    }
}

/// 两个大人一个小孩: each person once.
fn people(s: &Slots<'_, '_>) -> Vec<String> {
    let chars = s.reading.folded.chars();
    let mut found = vec![];
    // 72岁的爷爷加一个小学生,合计: ages are persons too where a sum is asked for.
    if s.reading.has("total") {
        let ages = s.reading.measures.iter().filter(|m| m.unit == Unit::Age);
        found.extend(ages.map(|m| group_of_age(m.low).to_owned()));
    }
    for (value, span) in s.reading.values("group") {
        let mut count_at = span.0;
        if count_at > 0 && matches!(chars[count_at - 1], '个' | '位' | '名') {
            count_at -= 1;
        } else {
            continue;
        }
        let count = count_at
            .checked_sub(1)
            .and_then(|i| crate::text::numbers::number(chars, i))
            .map_or(0, |n| if n.end == count_at { i64::try_from(n.value).unwrap_or(0) } else { 0 });
        for _ in 0..count.clamp(0, 10) {
            found.push(value.to_owned());
        }
    }
    found
}

pub(super) fn incentive(s: &mut Slots<'_, '_>) {
    let zero = s.reading.duration(&["zero_claim"], 4, is_years).copied();
    if let Some(span) = s.first_word("not_half") {
        s.put("zero_claim_years", FactValue::Whole(0), span);
    } else if let Some(m) = &zero {
        s.measured("zero_claim_years", m, 12);
    }
    let other = |m: &Measure| is_years(m) && zero.is_none_or(|z| z.start != m.start);
    let continuous = s.reading.duration(&["continuous"], 8, other).copied();
    let continuous = continuous.or_else(|| s.reading.measures.iter().find(|m| other(m)).copied());
    if let Some(m) = continuous {
        s.measured("continuous_years", &m, 12);
    }
    if let Some(m) = s.reading.amount(MoneyRole::Cap).copied() {
        s.decimal("original_cap", &m);
    }
}
