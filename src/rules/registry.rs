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
    decide: fn(&mut Working) -> Result<Finding, Stop>,
}

impl Rule {
    /// Computes the case. Never fails: what is missing is a status.
    pub fn compute(&'static self, case: Case<'_>) -> Outcome {
        let mut working = Working::new(self, case);
        let end = (self.decide)(&mut working);
        working.finish(end)
    }
}

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.id == id)
}

macro_rules! rules {
    ($($id:ident $topic:literal $label:literal [$($fact:literal)*] -> [$($result:literal)*];)*) => {
        &[$(Rule {
            id: stringify!($id),
            topic: $topic,
            label: $label,
            facts: &[$($fact),*],
            results: &[$($result),*],
            decide: super::$id::decide,
        }),*]
    };
}

/// Every rule, in the order in which answers show them.
pub static RULES: &[Rule] = rules! {
    transfer "balance_transfer" "个人账户余额转移" ["scope" "scheme" "tier" "no_account" "province" "balance" "dest_enrolled" "arrears" "retiree"]
        -> ["relation_transferable" "pooled_fund_moves" "balance_action" "amount_moved" "blocker"];
    transfer_deadline "balance_transfer" "转移接续办理时限" ["start_date" "working_days"]
        -> ["transfer_out_due" "transfer_in_due" "due_date"];
    employee_gap "arrears" "职工医保断缴后的等待期" ["gap_months" "continuous_years" "payer" "scene" "left_employer" "switch" "as_of"]
        -> ["within_grace" "wait_months" "wait_days" "wait_months_max" "benefit_from" "retroactive"];
    continuity "arrears" "连续参保月数与封顶线" ["continuous_months" "as_of"] -> ["cap_multiple"];
    resident_wait "arrears" "居民医保待遇等待期" ["missed_years" "repaid_years" "in_window" "coverage_year" "pay_date" "premium" "exempt" "extension"]
        -> ["fixed_months" "variable_months" "total_wait_months" "benefit_start" "repair_cost" "national_rule_applies"];
    back_payment "arrears" "补缴金额估算" ["months" "wage" "rate" "payer" "tier" "as_of"] -> ["amount" "amount_min" "amount_max"];
    late_fee "arrears" "滞纳金" ["principal" "days" "first_overdue_date" "paid_date" "payer" "want_total"]
        -> ["days" "late_fee" "total" "borne_by"];
    withdrawal "withdrawal" "个人账户提取" ["reason" "balance" "tier" "no_account" "scheme"]
        -> ["allowed" "payee" "amount" "cause"];
    retirement_years "retirement" "退休医保缴费年限" ["sex" "paid_months" "actual_months" "retire_date" "first_insured" "continuous_months"]
        -> ["required_months" "shortfall_months" "actual_required_months" "actual_shortfall_months" "meets"];
    retirement_age "retirement" "法定退休年龄" ["birth" "category" "sex"] -> ["delay_months" "age_years" "age_months" "retire_month"];
    contribution "contribution" "职工医保缴费" ["wage" "as_of" "tier" "payer" "no_account"] -> ["base_used" "employer" "employee" "flex_total"];
    resident_premium "contribution" "居民医保缴费" ["group" "coverage_year" "people" "want_fiscal" "age" "birth"]
        -> ["personal" "monthly" "total" "fiscal_min" "pool_total_min"];
    account_credit "account_credit" "个人账户每月划入" ["wage" "as_of" "tier" "retiree" "months" "age" "payer" "no_account" "scheme"]
        -> ["has_account" "base_used" "monthly_credit" "total_credit"];
    family_share "family_sharing" "家庭共济" ["relation" "relative_insured" "as_of" "purpose"] -> ["allowed"];
    remote_care "remote_care" "异地就医备案" ["filed" "kind"] -> ["valid_until_at_least" "valid" "earliest_change"];
    critical_illness_incentive "incentive" "连续参保与零报销激励" ["continuous_years" "zero_claim_years" "original_cap"]
        -> ["continuous_times" "zero_claim_times" "raise_uncapped" "raise_total"];
    newborn "enrollment" "新生儿参保待遇" ["birth_date" "enrol_date"] -> ["days_after_birth" "benefit_start"];
};
