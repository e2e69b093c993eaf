//! The keys that each rule reads from `corpus/parameters/<rule>.toml`, whichever rule asks.
//!
//! `check` compares them with the files: a key that no rule reads is a slip of the pen or a parameter nobody uses, and a
//! key that no file has is a hole. A test holds this table to the rules' own source.

/// Rule → keys of its file.
pub const KEYS: &[(&str, &[&str])] = &[
    (
        "transfer",
        &[
            "dual_enrolment_forbidden",
            "one_pool",
            "pooled_moves",
            "relation_follows",
            "retiree_in_scope",
            "stays_in_province",
            "tier_has_account",
        ],
    ),
    ("transfer_deadline", &["in_days", "out_days", "total_days"]),
    (
        "employee_gap",
        &[
            "cumulative_limit_months",
            "grace_benefit_from",
            "grace_months",
            "grace_retroactive",
            "leaver_next_month_max",
            "max_wait_months",
            "no_break_benefit_from",
            "over_benefit_from",
            "over_wait_days",
            "over_wait_months",
            "switch_min_years",
            "switch_wait_months",
        ],
    ),
    ("continuity", &["band_starts", "cap_multiple", "grace_months", "top_cap"]),
    (
        "resident_wait",
        &[
            "count_from_year",
            "exempt_offset_days",
            "extension_end",
            "fixed_months",
            "long_break_floor_months",
            "long_break_years",
            "repair_months_per_year",
            "start_offset_days",
            "var_first_counted_year",
            "var_months_per_year",
            "window_end",
        ],
    ),
    ("back_payment", &["complaint_years", "employer_restore_months", "flex_allowed", "rate_max", "rate_min"]),
    ("late_fee", &["daily_rate", "employee_bears", "fine_max_times", "fine_min_times"]),
    ("withdrawal", &["allowed", "working_days"]),
    (
        "retirement_years",
        &[
            "actual_years",
            "alternative_continuous_years",
            "cohort_from",
            "cohort_label",
            "required_years",
            "tier_years",
            "topup_ratio",
            "transferred_in_actual_years",
        ],
    ),
    ("retirement_age", &["base_years", "cap_years", "start_birth", "step_months"]),
    (
        "contribution",
        &[
            "base_cap",
            "base_floor",
            "employee_fixed",
            "employee_rate",
            "employer_rate",
            "flex_amount",
            "flex_amount_year",
            "flex_base",
            "flex_fixed",
            "flex_rate",
        ],
    ),
    (
        "resident_premium",
        &[
            "fiscal",
            "fiscal_increase",
            "monthly_base",
            "monthly_fiscal_rate",
            "monthly_personal_rate",
            "personal",
            "personal_late",
        ],
    ),
    (
        "account_credit",
        &[
            "employee_rate",
            "flex_has_account",
            "retiree_month",
            "retiree_own_ratio",
            "retiree_ratio",
            "retiree_wage_ratio",
            "retiree_year",
            "tier2_has_account",
        ],
    ),
    ("family_share", &["allowed_relations", "cross_province_pools", "rollout_done"]),
    ("remote_care", &["change_lock_months", "longterm_validity", "promise_months", "temporary_months"]),
    ("critical_illness_incentive", &["cap_ratio", "cap_total", "min_continuous_years", "original_cap", "step"]),
    ("newborn", &["late_offset_days", "late_until_years", "late_wait_months", "limit_days"]),
];

/// The keys of a rule's file; `None` for a file that belongs to no rule.
pub fn keys(rule: &str) -> Option<&'static [&'static str]> {
    KEYS.iter().find(|(name, _)| *name == rule).map(|(_, keys)| *keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RULES;

    /// Every key stands as a literal in some rule's source, and every literal that is looked up stands here.
    #[test]
    fn keys_are_those_of_the_source() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
        let source = |name: &str| std::fs::read_to_string(format!("{folder}/{name}.rs")).expect("a rule's source");
        let all: String = RULES.iter().map(|rule| source(rule.id)).collect();
        for (rule, keys) in KEYS {
            assert!(RULES.iter().any(|r| r.id == *rule), "{rule} is no rule");
            for key in *keys {
                assert!(all.contains(&format!("\"{key}\"")), "no rule reads {rule}.{key}");
            }
        }
        for rule in RULES {
            let own = keys(rule.id).expect("every rule has a row");
            for call in [".parameter(\"", ".parameter_when(\"", ".optional(\"", ".table(\""] {
                for rest in source(rule.id).split(call).skip(1) {
                    let key = rest.split('"').next().unwrap_or_default();
                    assert!(own.contains(&key), "{} looks up {key}", rule.id);
                }
            }
        }
    }
}
