//! What must hold of every rule whatever the facts: more months never cost less, a later start never ends earlier, parts
//! sum to the total, the most local value counts, nothing unrelated matters, nothing panics.

#[path = "common/mod.rs"]
mod common;
#[path = "common/trace.rs"]
mod trace;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed};
use rust_decimal::Decimal;
use yiwen::facts::{Fact, FactKind, FactValue, Facts, MAX_MONEY, MAX_WHOLE, PREMIUM_GROUPS, YearMonth, spec};
use yiwen::region::RegionCode;
use yiwen::rules::money::to_fen;
use yiwen::rules::parameters::{Datum, Level, Lookup, Parameter, ParameterValue, Parameters, Reference};
use yiwen::rules::{Case, Law, Outcome, RULES, Rule, Status, Value, rule};

use common::LAW;

/// The same cases every time: a red run can be run again. `PROPTEST_RNG_SEED` draws others.
fn config(cases: u32) -> Config {
    let default = Config::default();
    let rng_seed = if default.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { default.rng_seed };
    Config { cases, failure_persistence: None, rng_seed, ..default }
}

// ---- computing one case ----

fn whole(n: i64) -> FactValue {
    FactValue::Whole(n)
}

fn word(w: &str) -> FactValue {
    FactValue::Word(w.to_owned())
}

fn facts(list: &[(&str, FactValue)]) -> Facts {
    let mut facts = Facts::default();
    for (name, value) in list {
        facts.insert(name, Fact::given(value.clone()));
    }
    facts
}

fn compute(id: &str, region: Option<RegionCode>, at: Date, list: &[(&str, FactValue)]) -> Outcome {
    rule(id).unwrap().compute(Case { facts: &facts(list), region, at, law: &LAW })
}

fn money(outcome: &Outcome, name: &str) -> Option<Decimal> {
    outcome.results.iter().find_map(|(n, v)| match v {
        Value::Money(d) if *n == name => Some(*d),
        _ => None,
    })
}

fn number(outcome: &Outcome, name: &str) -> Option<i64> {
    outcome.results.iter().find_map(|(n, v)| match v {
        Value::Whole(d) if *n == name => Some(*d),
        _ => None,
    })
}

fn day(outcome: &Outcome, name: &str) -> Option<Date> {
    outcome.results.iter().find_map(|(n, v)| match v {
        Value::Date(d) if *n == name => Some(*d),
        _ => None,
    })
}

// ---- what is drawn ----

/// Places that have a value of their own somewhere, their districts, and any other.
fn place() -> impl Strategy<Value = RegionCode> {
    let own: std::collections::BTreeSet<RegionCode> =
        LAW.parameters.iter().flat_map(|p| &p.values).map(|v| v.region).collect();
    let all: Vec<RegionCode> = LAW.regions.iter().map(|r| r.code).collect();
    prop_oneof![3 => select(own.into_iter().collect::<Vec<_>>()), 1 => select(all)]
}

fn yuan(most: i64) -> impl Strategy<Value = Decimal> {
    (0..=most * 100).prop_map(|fen| Decimal::new(fen, 2))
}

fn day_between(first: Date, last: Date) -> impl Strategy<Value = Date> {
    let days = (last - first).get_days();
    (0..=days).prop_map(move |n| first.checked_add(n.days()).unwrap())
}

fn recent_day() -> impl Strategy<Value = Date> {
    day_between(date(2018, 1, 1), date(2031, 12, 31))
}

/// A value of the fact's type, extremes included.
fn value_of(kind: FactKind) -> BoxedStrategy<FactValue> {
    match kind {
        FactKind::Money => prop_oneof![4 => yuan(60_000), 1 => yuan(MAX_MONEY)].prop_map(FactValue::Decimal).boxed(),
        FactKind::Ratio => (0i64..=1000).prop_map(|n| FactValue::Decimal(Decimal::new(n, 3).normalize())).boxed(),
        FactKind::Whole("calendar_year") => (1990i64..2031).prop_map(whole).boxed(),
        FactKind::Whole("tier") => (1i64..=3).prop_map(whole).boxed(),
        FactKind::Whole(_) => prop_oneof![4 => 0i64..40, 2 => 0i64..500, 2 => 2020i64..2032, 1 => 0i64..=MAX_WHOLE]
            .prop_map(whole)
            .boxed(),
        FactKind::Date => prop_oneof![6 => recent_day(), 1 => day_between(date(1, 1, 1), date(9999, 12, 31))]
            .prop_map(FactValue::Date)
            .boxed(),
        FactKind::Month => {
            (1940i16..2031, 1i8..=12).prop_map(|(year, month)| FactValue::Month(YearMonth { year, month })).boxed()
        }
        FactKind::Bool => any::<bool>().prop_map(FactValue::Bool).boxed(),
        FactKind::Word(list) => select(list).prop_map(word).boxed(),
        FactKind::Words(list) => proptest::collection::vec(select(list), 0..5)
            .prop_map(|words| FactValue::Words(words.into_iter().map(str::to_owned).collect()))
            .boxed(),
        FactKind::Region => place().prop_map(|code| word(&code.to_string())).boxed(),
    }
}

/// A fact, sometimes with an upper end.
fn fact_of(kind: FactKind) -> impl Strategy<Value = Fact> {
    (value_of(kind), proptest::option::weighted(0.2, value_of(kind)))
        .prop_map(|(value, high)| Fact { high, ..Fact::given(value) })
}

/// Some of the rule's own facts.
fn facts_of(rule: &'static Rule) -> impl Strategy<Value = Facts> {
    let each: Vec<_> = rule
        .facts
        .iter()
        .map(|name| proptest::option::weighted(0.7, fact_of(spec(name).unwrap().kind)).prop_map(move |f| (*name, f)))
        .collect();
    each.prop_map(|list| Facts(list.into_iter().filter_map(|(name, fact)| Some((spec(name)?.name, fact?))).collect()))
}

fn any_case() -> impl Strategy<Value = (&'static Rule, Facts, Option<RegionCode>, Date)> {
    let any_rule = (0..RULES.len()).prop_map(|i| &RULES[i]);
    any_rule.prop_flat_map(|rule| (Just(rule), facts_of(rule), proptest::option::weighted(0.85, place()), recent_day()))
}

// ---- costs ----

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn more_days_never_cost_less(principal in yuan(100_000), days in 0i64..4000, more in 0i64..400, flexible: bool) {
        let payer = word(if flexible { "flexible" } else { "employer" });
        let fee = |days| {
            let list = [("principal", FactValue::Decimal(principal)), ("days", whole(days)), ("payer", payer.clone())];
            money(&compute("late_fee", None, common::TODAY, &list), "late_fee").unwrap()
        };
        prop_assert!(fee(days) <= fee(days + more));
    }

    #[test]
    fn paying_later_never_costs_less(
        principal in yuan(100_000),
        first in day_between(date(2009, 1, 1), date(2026, 12, 31)),
        wait in 0i64..1500,
        more in 0i64..400,
    ) {
        let fee = |days: i64| {
            let list = [
                ("principal", FactValue::Decimal(principal)),
                ("first_overdue_date", FactValue::Date(first)),
                ("paid_date", FactValue::Date(first.checked_add(days.days()).unwrap())),
            ];
            let outcome = compute("late_fee", None, common::TODAY, &list);
            assert_eq!(number(&outcome, "days"), Some(days));
            money(&outcome, "late_fee").unwrap()
        };
        prop_assert!(fee(wait) <= fee(wait + more));
    }

    #[test]
    fn the_debt_and_its_fee_are_the_total(principal in yuan(1_000_000), days in 0i64..4000) {
        let list =
            [("principal", FactValue::Decimal(principal)), ("days", whole(days)), ("want_total", FactValue::Bool(true))];
        let outcome = compute("late_fee", None, common::TODAY, &list);
        let parts = principal + money(&outcome, "late_fee").unwrap();
        prop_assert_eq!(money(&outcome, "total"), Some(parts));
    }

    #[test]
    fn more_months_never_cost_less(
        region in proptest::option::of(place()),
        at in recent_day(),
        wage in yuan(60_000),
        months in 0i64..60,
        more in 0i64..60,
        rate in proptest::option::of(0i64..=300),
        flexible: bool,
    ) {
        let ends = |months| {
            let payer = word(if flexible { "flexible" } else { "employer" });
            let mut list = vec![("months", whole(months)), ("wage", FactValue::Decimal(wage)), ("payer", payer)];
            list.extend(rate.map(|r| ("rate", FactValue::Decimal(Decimal::new(r, 3)))));
            let outcome = compute("back_payment", region, at, &list);
            let one = money(&outcome, "amount");
            (one.or(money(&outcome, "amount_min")).unwrap(), one.or(money(&outcome, "amount_max")).unwrap())
        };
        let (few, many) = (ends(months), ends(months + more));
        prop_assert!(few.0 <= many.0 && few.1 <= many.1);
        prop_assert!(few.0 <= few.1, "the lower end is above the upper");
    }

    #[test]
    fn both_ends_of_a_range_are_the_ends_said(
        region in proptest::option::of(place()),
        wage in yuan(60_000),
        few in 0i64..40,
        more in 1i64..10,
        low in 1i64..200,
        higher in 1i64..100,
    ) {
        let ratio = |n| FactValue::Decimal(Decimal::new(n, 3));
        let base = [("months", whole(few)), ("wage", FactValue::Decimal(wage)), ("rate", ratio(low))];
        let top = [("months", whole(few + more)), ("wage", FactValue::Decimal(wage)), ("rate", ratio(low + higher))];
        let amount = |list: &[(&str, FactValue)]| money(&compute("back_payment", region, common::TODAY, list), "amount");
        let mut ranged = facts(&base);
        for (name, value) in &top {
            ranged.0.entry(spec(name).unwrap().name).and_modify(|f| f.high = Some(value.clone()));
        }
        let case = Case { facts: &ranged, region, at: common::TODAY, law: &LAW };
        let outcome = rule("back_payment").unwrap().compute(case);
        prop_assert_eq!(money(&outcome, "amount_min"), amount(&base));
        prop_assert_eq!(money(&outcome, "amount_max"), amount(&top));
    }

    #[test]
    fn a_family_pays_what_its_members_pay(
        region in place(),
        year in 2023i64..2027,
        people in proptest::collection::vec(select(PREMIUM_GROUPS), 1..6),
    ) {
        let coverage = ("coverage_year", whole(year));
        let alone = |group: &str| {
            let list = [coverage.clone(), ("group", word(group)), ("want_fiscal", FactValue::Bool(true))];
            let outcome = compute("resident_premium", Some(region), common::TODAY, &list);
            if let (Some(fiscal), Some(pool)) = (money(&outcome, "fiscal_min"), money(&outcome, "pool_total_min")) {
                assert_eq!(money(&outcome, "personal"), Some(pool - fiscal), "the pool is the two parts");
            }
            let plain = [coverage.clone(), ("group", word(group))];
            money(&compute("resident_premium", Some(region), common::TODAY, &plain), "personal")
        };
        let each: Option<Vec<Decimal>> = people.iter().map(|group| alone(group)).collect();
        let names = FactValue::Words(people.iter().map(|p| (*p).to_owned()).collect());
        let outcome = compute("resident_premium", Some(region), common::TODAY, &[coverage.clone(), ("people", names)]);
        prop_assert_eq!(money(&outcome, "total"), each.map(|each| each.iter().sum()), "{:?}", outcome);
    }

    #[test]
    fn a_contribution_is_its_base_at_its_rates(
        region in place(),
        at in recent_day(),
        wage in yuan(60_000),
        tier in proptest::option::of(1i64..=2),
    ) {
        let mut list = vec![("wage", FactValue::Decimal(wage))];
        list.extend(tier.map(|t| ("tier", whole(t))));
        let outcome = compute("contribution", Some(region), at, &list);
        if outcome.status != Status::Computed {
            return Ok(());
        }
        let used = |key: &str| {
            let found = outcome.parameters.iter().find(|p| p.key == key);
            found.map(|p| if let Datum::Decimal(d) = p.value.datum { d } else { panic!("{p:?}") })
        };
        let base = money(&outcome, "base_used").unwrap();
        let limited = wage.max(used("base_floor").unwrap());
        prop_assert_eq!(base, to_fen(used("base_cap").map_or(limited, |cap| limited.min(cap))));
        prop_assert_eq!(money(&outcome, "employer"), used("employer_rate").map(|r| to_fen(base * r)));
        let fixed = used("employee_fixed").unwrap_or_default();
        prop_assert_eq!(money(&outcome, "employee"), used("employee_rate").map(|r| to_fen(base * r + fixed)));
    }
}

// ---- days and months ----

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn a_later_acceptance_never_ends_earlier(
        start in day_between(date(2024, 1, 1), date(2026, 11, 1)),
        later in 0i64..40,
        days in 0i64..30,
    ) {
        let ends = |start: Date| {
            let both = compute("transfer_deadline", None, common::TODAY, &[("start_date", FactValue::Date(start))]);
            let list = [("start_date", FactValue::Date(start)), ("working_days", whole(days))];
            let named = compute("transfer_deadline", None, common::TODAY, &list);
            (day(&both, "transfer_out_due"), day(&both, "transfer_in_due"), day(&named, "due_date"))
        };
        let (early, late) = (ends(start), ends(start.checked_add(later.days()).unwrap()));
        let holds = |a: Option<Date>, b: Option<Date>| a.is_none() || b.is_none() || a <= b;
        prop_assert!(holds(early.0, late.0) && holds(early.1, late.1) && holds(early.2, late.2));
        prop_assert!(early.0 <= early.1 && early.0.is_none_or(|due| due > start));
    }

    #[test]
    fn a_later_filing_never_ends_earlier(region in proptest::option::of(place()), filed in recent_day(), later in 0i64..400, long: bool) {
        let ends = |filed: Date| {
            let kind = word(if long { "longterm" } else { "temporary" });
            let outcome = compute("remote_care", region, common::TODAY, &[("filed", FactValue::Date(filed)), ("kind", kind)]);
            day(&outcome, if long { "earliest_change" } else { "valid_until_at_least" })
        };
        if let (Some(early), Some(late)) = (ends(filed), ends(filed.checked_add(later.days()).unwrap())) {
            prop_assert!(early <= late);
        }
    }

    #[test]
    fn paying_later_never_starts_benefits_earlier(
        region in proptest::option::of(place()),
        year in 2025i64..2031,
        missed in 0i64..9,
        repaid in 0i64..9,
        pay in 0i64..480,
        later in 0i64..200,
        in_window in proptest::option::of(any::<bool>()),
        extension in proptest::option::of(any::<bool>()),
        exempt: bool,
    ) {
        let opens = date(i16::try_from(year).unwrap() - 1, 9, 1);
        let starts = |days: i64| {
            let mut list = vec![
                ("missed_years", whole(missed)),
                ("repaid_years", whole(repaid)),
                ("coverage_year", whole(year)),
                ("exempt", FactValue::Bool(exempt)),
                ("pay_date", FactValue::Date(opens.checked_add(days.days()).unwrap())),
            ];
            list.extend(in_window.map(|said| ("in_window", FactValue::Bool(said))));
            list.extend(extension.map(|said| ("extension", FactValue::Bool(said))));
            day(&compute("resident_wait", region, common::TODAY, &list), "benefit_start")
        };
        if let (Some(early), Some(late)) = (starts(pay), starts(pay + later)) {
            prop_assert!(early <= late, "{early} {late}");
        }
    }

    #[test]
    fn missing_more_never_shortens_and_repaying_more_never_lengthens_the_wait(
        region in proptest::option::of(place()),
        year in 2025i64..2031,
        missed in 0i64..12,
        more in 0i64..4,
        repaid in 0i64..8,
        in_window: bool,
    ) {
        let wait = |missed: i64, repaid: i64| {
            let pay = date(i16::try_from(year).unwrap(), 3, 1);
            let mut list = vec![
                ("missed_years", whole(missed)),
                ("repaid_years", whole(repaid)),
                ("coverage_year", whole(year)),
                ("in_window", FactValue::Bool(in_window)),
            ];
            list.extend((!in_window).then_some(("pay_date", FactValue::Date(pay))));
            let outcome = compute("resident_wait", region, common::TODAY, &list);
            let parts = number(&outcome, "fixed_months").unwrap() + number(&outcome, "variable_months").unwrap();
            assert_eq!(number(&outcome, "total_wait_months"), Some(parts), "the wait is its two parts");
            parts
        };
        prop_assert!(wait(missed, repaid) <= wait(missed + more, repaid));
        prop_assert!(wait(missed, repaid) >= wait(missed, repaid + more));
    }

    #[test]
    fn more_paid_months_never_raise_the_shortfall(
        region in place(),
        retire in recent_day(),
        female: bool,
        paid in 0i64..480,
        more in 0i64..120,
        actual in proptest::option::of(0i64..480),
        first_insured in proptest::option::of(1990i64..2026),
    ) {
        let short = |paid: i64| {
            let mut list = vec![
                ("paid_months", whole(paid)),
                ("sex", word(if female { "female" } else { "male" })),
                ("retire_date", FactValue::Date(retire)),
            ];
            list.extend(actual.map(|n| ("actual_months", whole(n))));
            list.extend(first_insured.map(|n| ("first_insured", whole(n))));
            let outcome = compute("retirement_years", Some(region), common::TODAY, &list);
            let meets = outcome.results.contains(&("meets", Value::Bool(true)));
            (number(&outcome, "shortfall_months"), meets)
        };
        let (few, many) = (short(paid), short(paid + more));
        if let (Some(few), Some(many)) = (few.0, many.0) {
            prop_assert!(few >= many);
        }
        prop_assert!(!few.1 || many.1, "who meets it meets it with more");
    }
}

// ---- places ----

/// The places whose value counts for a code, nearest first, by the digits of GB/T 2260: told here once more, plainly.
fn nearest_first(code: &str) -> Vec<String> {
    let municipality = ["11", "12", "31", "50"].contains(&&code[..2]);
    let direct = &code[2..4] == "90";
    let mut places = vec![code.to_owned()];
    if !municipality && !direct {
        places.push(format!("{}00", &code[..4]));
    }
    places.push(format!("{}0000", &code[..2]));
    places.push("000000".to_owned());
    places.dedup();
    places
}

#[test]
fn a_places_own_value_counts_then_its_prefectures_its_provinces_the_nations() {
    let days = [date(2015, 7, 1), date(2023, 12, 31), date(2025, 1, 1), date(2026, 5, 1), date(2030, 6, 30)];
    let places: Vec<RegionCode> = LAW.regions.iter().map(|r| r.code).collect();
    let mut compared = 0;
    for parameter in LAW.parameters.iter() {
        let mut asked: Vec<Vec<(&str, &str)>> = vec![vec![]];
        for value in &parameter.values {
            let conditions: Vec<(&str, &str)> = value.when.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            if !asked.contains(&conditions) {
                asked.push(conditions);
            }
        }
        for (i, place) in places.iter().enumerate() {
            let day = days[i % days.len()];
            let conditions = &asked[i % asked.len()];
            let applies = |v: &&ParameterValue| {
                v.in_force(day)
                    && v.when.iter().all(|(k, want)| conditions.iter().any(|(c, have)| c == k && have == want))
            };
            let own = nearest_first(&place.to_string()).into_iter().find_map(|code| {
                let rows: Vec<_> =
                    parameter.values.iter().filter(|v| v.region.to_string() == code).filter(applies).collect();
                rows.into_iter().max_by_key(|v| v.when.len())
            });
            let got = LAW.parameters.lookup(&parameter.rule, &parameter.key, *place, day, conditions);
            let got = match got {
                Lookup::Found(_, value) => Some(value.id.as_str()),
                Lookup::Missing { unknown } => unknown.map(|v| v.id.as_str()),
                Lookup::Ambiguous(a, b) => panic!("{} and {} both match {place} on {day}", a.id, b.id),
            };
            assert_eq!(got, own.map(|v| v.id.as_str()), "{} at {place} on {day}", parameter.key);
            compared += 1;
        }
    }
    assert!(compared > 100_000, "{compared}");
}

/// A parameter that no rule asks for.
fn unrelated(rule: &str, region: RegionCode) -> Parameter {
    let value = ParameterValue {
        id: "UNRELATED".to_owned(),
        region,
        from: None,
        to: None,
        when: Default::default(),
        datum: Datum::Decimal(Decimal::ONE),
        level: Level::Official,
        reference: Reference::default(),
        note: None,
        caveat: Some("unrelated".to_owned()),
        review_by: None,
        conflicts: vec!["X01".to_owned()],
        place: (String::new(), 0),
    };
    Parameter {
        rule: rule.to_owned(),
        key: "unrelated".to_owned(),
        label: "unrelated".to_owned(),
        unit: "yuan",
        cited_only: false,
        min: None,
        max: None,
        values: vec![value],
        place: (String::new(), 0),
    }
}

#[test]
fn an_unrelated_parameter_changes_no_outcome() {
    let rows = common::rule_rows();
    let added =
        RULES.iter().map(|r| unrelated(r.id, RegionCode::NATION)).chain([unrelated("other", RegionCode::NATION)]);
    let law = Law {
        parameters: Parameters::new(LAW.parameters.iter().cloned().chain(added)),
        calendar: LAW.calendar.clone(),
        regions: LAW.regions.clone(),
    };
    for row in &rows {
        let before = format!("{:?}", row.compute(&LAW));
        let after = format!("{:?}", row.compute(&law));
        assert_eq!(before, after, "{}", row);
    }
}

// ---- whatever is said ----

/// What every outcome must keep to.
fn sound(rule: &Rule, case: &Case<'_>, outcome: &Outcome) -> Result<(), String> {
    let name = outcome.status.name();
    if !["computed", "needs_facts", "depends_local", "condition_unmet", "no_parameter"].contains(&name) {
        return Err(format!("{name} is no status"));
    }
    if let Some((name, _)) = outcome.results.iter().find(|(name, _)| !rule.results.contains(name)) {
        return Err(format!("{name} is no result of {}", rule.id));
    }
    let asked = |fact: &&&str| !rule.facts.contains(fact) && **fact != "region";
    if let Some(fact) = outcome.missing.iter().find(asked) {
        return Err(format!("{fact} is no fact of {}", rule.id));
    }
    if outcome.missing.is_empty() == (outcome.status == Status::NeedsFacts) {
        return Err(format!("{name} and missing {:?}", outcome.missing));
    }
    // A word for a group that the place divides further is asked about again.
    let again = |fact: &&&str| **fact != "group" && case.facts.get(fact).is_some();
    if let Some(fact) = outcome.missing.iter().find(again) {
        return Err(format!("{fact} was said and is asked for"));
    }
    if let Some(assumed) = outcome.assumed.iter().find(|a| case.facts.get(a.fact).is_some()) {
        return Err(format!("{} was said and is assumed", assumed.fact));
    }
    let silent = outcome.headline.is_empty() && outcome.status != Status::NeedsFacts;
    if silent || outcome.results.iter().any(|(_, v)| matches!(v, Value::Money(d) if d.scale() != 2)) {
        return Err("no conclusion, or an amount that is not in fen".to_owned());
    }
    // The place told is the most local one of the asked place's whose value was used.
    let asked = case.region.unwrap_or_default();
    let local =
        outcome.parameters.iter().map(|p| p.value.region).filter(|r| asked.chain().any(|place| place == *r)).max();
    if let (Some(local), Some(told)) = (local, outcome.region_used)
        && local != told
        && asked.chain().any(|place| place == told)
    {
        return Err(format!("{told} is told, {local} was used"));
    }
    if outcome.region_used.is_none() != outcome.parameters.is_empty() {
        return Err(format!("region_used {:?} with {} parameters", outcome.region_used, outcome.parameters.len()));
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(4000))]

    #[test]
    fn nothing_said_makes_a_rule_panic_or_leave_its_table((rule, facts, region, at) in any_case()) {
        let case = Case { facts: &facts, region, at, law: &LAW };
        let outcome = rule.compute(case);
        if let Err(wrong) = sound(rule, &case, &outcome) {
            prop_assert!(false, "{}\n{:#?}", wrong, outcome);
        }
        let unsupported = trace::unsupported(&case, &outcome);
        prop_assert!(unsupported.is_empty(), "{}\n{:#?}", unsupported.join("\n"), outcome);
    }
}
