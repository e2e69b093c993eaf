//! Facts of `transfer`, `transfer_deadline` and `withdrawal`.

use super::Slots;
use crate::facts::{Fact, FactValue, Facts, Origin};
use crate::region::RegionCode;
use crate::text::numbers::Unit;
use crate::understand::reading::MoneyRole;

pub(super) fn transfer(s: &mut Slots<'_, '_>) {
    scope(s);
    if let Some(span) = s.first_word("resident_scheme").filter(|_| !s.reading.has("switch_scheme")) {
        s.word("scheme", "resident", span);
    }
    s.tier();
    s.no_account();
    s.amount("balance", MoneyRole::Balance, s.lenient);
    let empty = s.first_word("zero_balance").or(s.first_word("empty_account"));
    if let Some(span) = empty.filter(|_| s.facts.get("balance").is_none()) {
        s.put("balance", FactValue::Decimal(rust_decimal::Decimal::ZERO), span);
    }
    s.yes_no("dest_enrolled", "enrolled");
    s.yes_no("arrears", "arrears");
    if let Some((_, span)) = s.reading.value("retired") {
        s.bool("retiree", true, span);
    }
}

/// Inside a pool, inside a province or across provinces: by the two places, else by words.
fn scope(s: &mut Slots<'_, '_>) {
    if let Some((from, to)) = s.reading.two_places() {
        let span = s.reading.folded.origin(from.start.min(to.start)..from.end.max(to.end));
        between(&mut s.facts, from.code, to.code, Some(span));
        return;
    }
    // Two districts of one pool: 从渝中区换到沙坪坝区.
    if let [first, rest @ ..] = s.reading.places.as_slice()
        && let Some(other) = rest.iter().find(|p| p.exact != first.exact)
    {
        let span = s.reading.folded.origin(first.start..other.end);
        between(&mut s.facts, first.code, other.code, Some(span));
        return;
    }
    let by_word =
        [("cross_province", "inter_province"), ("inside_province", "intra_province"), ("same_place", "same_pool")];
    for (class, scope) in by_word {
        if let Some(span) = s.first_word(class) {
            s.word("scope", scope, span);
            if let Some(place) = s.reading.places.first().filter(|_| scope == "intra_province") {
                let province: RegionCode = place.code.province();
                let span = (place.start, place.end);
                s.put_as("province", FactValue::Word(province.to_string()), span, Origin::Implied);
            }
            return;
        }
    }
}

/// The scope of a move between two places, and the province of a move inside one.
pub(super) fn between(facts: &mut Facts, from: RegionCode, to: RegionCode, span: Option<(usize, usize)>) {
    let scope = if from.province() != to.province() {
        "inter_province"
    } else if from == to || from.is_municipality() {
        "same_pool"
    } else {
        "intra_province"
    };
    let implied =
        |value: &str| Fact { value: FactValue::Word(value.to_owned()), high: None, origin: Origin::Implied, span };
    facts.insert("scope", implied(scope));
    facts.0.remove("province");
    if scope == "intra_province" {
        facts.insert("province", implied(&from.province().to_string()));
    }
}

pub(super) fn deadline(s: &mut Slots<'_, '_>) {
    let near = s.reading.date_near(&["accepted", "deadline", "transfer"], |d| {
        d.precision == crate::text::dates::Precision::Day && !s.reading.is_stamp((d.start, d.end))
    });
    // A turn that answers or corrects says the bare day: 是6月15日.
    let bare = s.reading.full_dates().next().filter(|_| s.lenient);
    if let Some(d) = near.or(bare).copied() {
        s.date("start_date", &d);
    }
    if let Some(m) = s.reading.measures.iter().find(|m| m.unit == Unit::WorkingDay).copied() {
        s.measured("working_days", &m, 1);
    }
}

pub(super) fn withdrawal(s: &mut Slots<'_, '_>) {
    reason(s);
    s.amount("balance", MoneyRole::Balance, s.lenient);
    s.tier();
    s.no_account();
    if let Some(span) = s.first_word("resident_scheme").filter(|_| !s.reading.has("employee_scheme")) {
        s.put_as("no_account", FactValue::Bool(true), span, Origin::Implied);
    }
}

/// Why the money is wanted. A lawful ground outranks a motive said beside it: who emigrates and wants to buy a car emigrates.
fn reason(s: &mut Slots<'_, '_>) {
    const RANK: &[&str] = &[
        "death",
        "emigrated",
        "foreigner_leaves",
        "enlisted",
        "retiree_resettled",
        "nonlocal_retiree",
        "dest_refuses",
        "cross_province_untransferable",
        "long_remote_care",
        "serious_illness",
        "give_up",
        "intra_province_move",
        "resign_need_cash",
        "no_special_case",
    ];
    let said: Vec<_> = s.reading.values("reason").collect();
    for wanted in RANK {
        if let Some((value, span)) = said.iter().find(|(v, _)| v == wanted) {
            // "Moved" inside one province is one ground, across provinces the money simply goes along.
            s.word("reason", value, *span);
            return;
        }
    }
    if let Some((_, span)) = s.reading.value("overseas").filter(|_| s.reading.settles_overseas()) {
        s.word("reason", "emigrated", span);
        return;
    }
    if let Some(span) = s.first_word("leaves_country").filter(|_| s.reading.has("foreigner")) {
        s.word("reason", "foreigner_leaves", span);
        return;
    }
    if let Some((from, to)) = s.reading.two_places()
        && from.code.province() == to.code.province()
        && from.code != to.code
    {
        let span = (from.start, to.end);
        s.put_as("reason", FactValue::Word("intra_province_move".to_owned()), span, Origin::Implied);
    }
}
