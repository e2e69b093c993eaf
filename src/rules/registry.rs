//! The one table of rules: id, topic, label, the facts each reads, and its function.

use super::{Case, Finding, Outcome, Stop, Working};

/// One rule.
pub struct Rule {
    pub id: &'static str,
    /// The topic it belongs to.
    pub topic: &'static str,
    /// Its name in Chinese.
    pub label: &'static str,
    /// The facts it reads, region and date aside; those it must know come first.
    pub facts: &'static [&'static str],
    /// Names of its results.
    pub results: &'static [&'static str],
    /// The parameters it may ask for: `daily_rate` of its own file, `contribution.base_floor` of another rule's.
    pub keys: &'static [&'static str],
    decide: fn(&mut Working) -> Result<Finding, Stop>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

impl Rule {
    /// Computes the case. Never fails: what is missing is a status.
    pub fn compute(&'static self, case: Case<'_>) -> Outcome {
        let mut working = Working::new(self, case);
        let end = (self.decide)(&mut working);
        working.finish(end)
    }

    /// The parameters it may ask for, as rule and key.
    pub fn parameters(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let own = self.id;
        self.keys.iter().map(move |key| key.split_once('.').unwrap_or((own, key)))
    }
}

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.id == id)
}

macro_rules! rules {
    ($($id:ident $topic:literal $label:literal [$($fact:literal)*] -> [$($result:literal)*] by [$($key:literal)*];)*) => {
        &[$(Rule {
            id: stringify!($id),
            topic: $topic,
            label: $label,
            facts: &[$($fact),*],
            results: &[$($result),*],
            keys: &[$($key),*],
            decide: super::$id::decide,
        }),*]
    };
}

/// Every rule, in the order in which answers show them.
pub static RULES: &[Rule] = rules! {
    transfer "balance_transfer" "个人账户余额转移" ["scope" "scheme" "tier" "no_account" "province" "balance" "dest_enrolled" "arrears" "retiree"]
        -> ["relation_transferable" "pooled_fund_moves" "balance_action" "amount_moved" "blocker"]
        by ["relation_follows" "pooled_moves" "retiree_in_scope" "dual_enrolment_forbidden" "stays_in_province" "one_pool" "has_account" "tier_has_account"];
    transfer_deadline "balance_transfer" "转移接续办理时限" ["start_date" "working_days"]
        -> ["transfer_out_due" "transfer_in_due" "due_date"]
        by ["out_days" "in_days" "total_days"];
    employee_gap "arrears" "职工医保断缴后的等待期" ["gap_months" "continuous_years" "payer" "scene" "left_employer" "switch" "as_of"]
        -> ["within_grace" "wait_months" "wait_days" "wait_months_max" "benefit_from" "retroactive"]
        by ["grace_months" "grace_benefit_from" "grace_retroactive" "no_break_benefit_from" "cumulative_limit_months" "max_wait_months" "over_wait_months" "over_wait_days" "over_benefit_from" "leaver_next_month_max" "switch_min_years" "switch_wait_months" "back_payment.flex_allowed"];
    continuity "arrears" "连续参保月数与封顶线" ["continuous_months" "as_of"] -> ["cap_multiple"]
        by ["band_starts" "cap_multiple" "grace_months" "top_cap"];
    resident_wait "arrears" "居民医保待遇等待期" ["missed_years" "repaid_years" "in_window" "coverage_year" "pay_date" "premium" "exempt" "extension"]
        -> ["fixed_months" "variable_months" "total_wait_months" "benefit_start" "repair_cost" "national_rule_applies"]
        by ["fixed_months" "var_first_counted_year" "var_months_per_year" "repair_months_per_year" "long_break_years" "long_break_floor_months" "count_from_year" "start_offset_days" "window_end" "extension_end" "exempt_offset_days" "resident_premium.personal"];
    back_payment "arrears" "补缴金额估算" ["months" "wage" "rate" "payer" "tier" "as_of"] -> ["amount" "amount_min" "amount_max"]
        by ["rate_min" "rate_max" "employer_restore_months" "flex_allowed" "complaint_years" "contribution.base_floor" "contribution.base_cap" "contribution.employer_rate" "contribution.employee_rate" "contribution.employee_fixed" "contribution.flex_rate" "contribution.flex_base" "contribution.flex_fixed" "contribution.flex_amount"];
    late_fee "arrears" "滞纳金" ["principal" "days" "first_overdue_date" "paid_date" "payer" "want_total"]
        -> ["days" "late_fee" "total" "borne_by"]
        by ["daily_rate" "employee_bears" "fine_min_times" "fine_max_times"];
    withdrawal "withdrawal" "个人账户提取" ["reason" "balance" "tier" "no_account" "scheme"]
        -> ["allowed" "payee" "amount" "cause"]
        by ["allowed" "working_days" "transfer.has_account" "transfer.tier_has_account"];
    retirement_years "retirement" "退休医保缴费年限" ["sex" "paid_months" "actual_months" "retire_date" "first_insured" "continuous_months"]
        -> ["required_months" "shortfall_months" "actual_required_months" "actual_shortfall_months" "meets"]
        by ["required_years" "actual_years" "alternative_continuous_years" "cohort_from" "cohort_label" "transferred_in_actual_years" "tier_years" "topup_ratio" "target_years"];
    retirement_age "retirement" "法定退休年龄" ["birth" "category" "sex"] -> ["delay_months" "age_years" "age_months" "retire_month"]
        by ["base_years" "cap_years" "step_months" "start_birth"];
    contribution "contribution" "职工医保缴费" ["wage" "as_of" "tier" "payer" "no_account"] -> ["base_used" "employer" "employee" "flex_total"]
        by ["base_floor" "base_cap" "employer_rate" "employee_rate" "employee_fixed" "flex_rate" "flex_base" "flex_fixed" "flex_amount" "flex_amount_year"];
    resident_premium "contribution" "居民医保缴费" ["group" "coverage_year" "people" "want_fiscal" "age" "birth"]
        -> ["personal" "monthly" "total" "fiscal_min" "pool_total_min"]
        by ["personal" "personal_late" "born_from" "fiscal" "fiscal_increase" "monthly_base" "monthly_personal_rate" "monthly_fiscal_rate"];
    account_credit "account_credit" "个人账户每月划入" ["wage" "as_of" "tier" "retiree" "months" "age" "payer" "no_account" "scheme"]
        -> ["has_account" "base_used" "monthly_credit" "total_credit"]
        by ["employee_rate" "retiree_month" "retiree_year" "retiree_ratio" "retiree_own_ratio" "retiree_wage_ratio" "tier2_has_account" "flex_has_account" "contribution.base_floor" "contribution.base_cap" "transfer.has_account"];
    family_share "family_sharing" "家庭共济" ["relation" "relative_insured" "as_of" "purpose"] -> ["allowed"]
        by ["allowed_relations" "rollout_done" "cross_province_pools"];
    remote_care "remote_care" "异地就医备案" ["filed" "kind"] -> ["valid_until_at_least" "valid" "earliest_change"]
        by ["temporary_months" "longterm_validity" "change_lock_months" "promise_months"];
    critical_illness_incentive "incentive" "连续参保与零报销激励" ["continuous_years" "zero_claim_years" "original_cap"]
        -> ["continuous_times" "zero_claim_times" "raise_uncapped" "raise_total"]
        by ["step" "min_continuous_years" "cap_ratio" "cap_total" "original_cap"];
    newborn "enrollment" "新生儿参保待遇" ["birth_date" "enrol_date"] -> ["days_after_birth" "benefit_start"]
        by ["limit_days" "late_wait_months" "late_until_years" "late_offset_days"];
};
