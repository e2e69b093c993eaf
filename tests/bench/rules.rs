//! What computing one outcome costs: each rule on one typical row. Run with `cargo bench --bench rules`.
//!
//! A rule reads a few parameters and adds up a few numbers: more than some tens of microseconds is a mistake.

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;
use yiwen::facts::Facts;
use yiwen::region::RegionCode;
use yiwen::rules::{Case, RULES, Status};

/// A typical case of each rule: the place and the facts.
fn typical(rule: &str) -> (&'static str, serde_json::Value) {
    match rule {
        "transfer" => ("440300", json!({"scope": "inter_province", "balance": 2345.6, "dest_enrolled": true})),
        "transfer_deadline" => ("110000", json!({"start_date": "2025-09-23"})),
        "employee_gap" => ("420100", json!({"gap_months": 5, "payer": "flexible", "left_employer": true})),
        "continuity" => ("440300", json!({"continuous_months": 30, "as_of": "2020-06-01"})),
        "resident_wait" => ("440100", json!({"missed_years": 5, "repaid_years": 1, "coverage_year": 2030})),
        "back_payment" => ("440300", json!({"months": 5, "wage": 9000, "as_of": "2026-05-01"})),
        "late_fee" => (
            "440300",
            json!({"principal": 4000, "first_overdue_date": "2011-06-16", "paid_date": "2025-04-16", "want_total": true}),
        ),
        "withdrawal" => ("440100", json!({"reason": "death", "balance": 2750.4})),
        "retirement_years" => {
            ("440300", json!({"sex": "male", "paid_months": 282, "actual_months": 90, "retire_date": "2025-08-01"}))
        }
        "retirement_age" => ("110000", json!({"birth": "1968-09", "category": "male"})),
        "contribution" => ("110000", json!({"wage": 8000, "as_of": "2025-02-01"})),
        "resident_premium" => {
            ("310000", json!({"people": ["adult", "adult", "student", "a70"], "coverage_year": 2025}))
        }
        "account_credit" => ("440300", json!({"wage": 8800, "as_of": "2026-04-01", "tier": 1, "months": 12})),
        "family_share" => ("440300", json!({"relation": "grandfather", "as_of": "2025-05-01"})),
        "remote_care" => ("341700", json!({"filed": "2026-02-27"})),
        "critical_illness_incentive" => ("310000", json!({"continuous_years": 5, "zero_claim_years": 1})),
        "newborn" => ("360100", json!({"birth_date": "2025-04-01", "enrol_date": "2025-09-10"})),
        other => panic!("no typical case of {other}"),
    }
}

fn rules(criterion: &mut Criterion) {
    let (law, _) = yiwen::corpus::law::read(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")));
    let at = jiff::civil::date(2026, 11, 23);
    for rule in RULES {
        let (region, given) = typical(rule.id);
        let mut facts = Facts::default();
        for (name, value) in given.as_object().expect("facts are an object") {
            facts.insert_json(name, value).expect("the fact is in the table");
        }
        let case = Case { facts: &facts, region: RegionCode::parse(region), at, law: &law };
        assert_eq!(rule.compute(case).status, Status::Computed, "{}", rule.id);
        criterion.bench_function(rule.id, |b| b.iter(|| rule.compute(case)));
    }
}

criterion_group!(benches, rules);
criterion_main!(benches);
