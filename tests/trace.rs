//! Every number in an answer has an input, a parameter or an earlier step behind it, and every amount or day a source.
//!
//! Reads every row of `tests/rules/`.

#[path = "common/mod.rs"]
mod common;
#[path = "common/trace.rs"]
mod trace;

use yiwen::rules::parameters::Reference;
use yiwen::rules::{Status, Value};

#[test]
fn every_number_of_every_row_is_supported() {
    let mut wrong = vec![];
    for row in common::rule_rows() {
        let case = row.case(&common::LAW);
        let outcome = row.rule.compute(case);
        wrong.extend(trace::unsupported(&case, &outcome).into_iter().map(|w| format!("{}: {w}", row)));
    }
    assert!(wrong.is_empty(), "{} numbers without support:\n{}", wrong.len(), wrong.join("\n"));
}

/// Where the person said the rate or the number of days, only inputs are multiplied and counted.
const INPUT_DECIDES: &[(&str, &str)] = &[("back_payment", "rate"), ("transfer_deadline", "working_days")];

#[test]
fn every_amount_and_day_cites_a_source() {
    let mut wrong = vec![];
    for row in common::rule_rows() {
        let outcome = row.compute(&common::LAW);
        let cited = |r: &Reference| !r.title.is_empty() && (r.document.is_some() || r.url.is_some());
        if let Some(bare) = outcome.parameters.iter().find(|p| !cited(&p.value.reference)) {
            wrong.push(format!("{}: {} has no reference", row, bare.value.id));
        }
        let settled = matches!(outcome.status, Status::Computed | Status::DependsLocal);
        let figure =
            outcome.results.iter().any(|(_, v)| matches!(v, Value::Money(_) | Value::Date(_) | Value::Month(_)));
        let own = INPUT_DECIDES.iter().any(|(rule, fact)| *rule == row.rule.id && row.facts.get(fact).is_some());
        if settled && figure && !own && outcome.parameters.is_empty() {
            wrong.push(format!("{}: {:?} cites nothing", row, outcome.headline));
        }
    }
    assert!(wrong.is_empty(), "{} outcomes without a source:\n{}", wrong.len(), wrong.join("\n"));
}
