//! `back_payment` (补缴金额): an estimate of what the missed months cost.
//!
//! Months × monthly wage × rate. Without a rate the place's own rates and base limits are used where they are on file
//! (`contribution`): they win over the national range, which is given where they are not.

use rust_decimal::Decimal;

use super::money::{percent, to_fen, yuan};
use super::{Finding, Stop, Used, Value, Working};
use crate::region::RegionCode;

/// Whose file the local rates are in.
const RATES: &str = "contribution";

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    w.need(&["months", "wage"])?;
    let (few, many) = w.whole_ends("months").unwrap_or_default();
    let (low_wage, high_wage) = w.decimal_ends("wage").unwrap_or_default();
    let ranged = many > few || high_wage > low_wage;
    if let Some(day) = w.date("as_of") {
        w.law_of(day);
    }
    w.conflict("X20");
    w.next("先向当地医保部门(12393)确认能否补缴、补缴哪些月份,再到税务部门缴费");
    // Remarks of the place on who may pay back at all; their caveats speak.
    for key in ["employer_restore_months", "flex_allowed", "complaint_years"] {
        w.optional(key, &[]);
    }

    if let Some((low, high)) = w.decimal_ends("rate") {
        let least = product(w, few, low_wage, low, &[]);
        let most = (ranged || high > low).then(|| product(w, many, high_wage, high, &[]));
        w.caveat("按所说的金额和比例估算;实际以当地缴费基数上下限和费率为准,滞纳金另计");
        return Ok(told("", least, most));
    }
    let payer = w.word_or("payer", "employer");
    if let Some(least) = local_amount(w, few, low_wage, payer) {
        let most = if ranged { local_amount(w, many, high_wage, payer) } else { None };
        return Ok(told(&format!("按{}的费率和缴费基数,", w.place_name()), least, most));
    }
    let low = w.parameter("rate_min")?;
    let high = w.parameter("rate_max")?;
    let least = product(w, few, low_wage, low.decimal(), &[&low]);
    let most = product(w, many, high_wage, high.decimal(), &[&high]);
    w.caveat(format!(
        "没有说缴费比例,按单位加个人合计 {}~{} 给出区间;实际以当地费率和缴费基数上下限为准",
        percent(low.decimal()),
        percent(high.decimal())
    ));
    Ok(told("", least, Some(most)))
}

/// One amount, or both ends of a range.
fn told(how: &str, least: Decimal, most: Option<Decimal>) -> Finding {
    match most {
        None => Finding::computed(format!("{how}需补缴约 {}", yuan(least)), vec![("amount", Value::Money(least))]),
        Some(most) => Finding::computed(
            format!("{how}需补缴约 {} 至 {}", yuan(least), yuan(most)),
            vec![("amount_min", Value::Money(least)), ("amount_max", Value::Money(most))],
        ),
    }
}

/// What a month costs by the place's own rates, and the formula that says so.
struct Monthly {
    amount: Decimal,
    formula: String,
    used: Vec<Used>,
}

/// The amount by the place's own rates and bases; `None` where they are not all on file.
fn local_amount(w: &mut Working, months: i64, wage: Decimal, payer: &str) -> Option<Decimal> {
    // Shenzhen's first tier and the plans with an account are what people mean when they name none.
    let tier = w.whole("tier").map_or_else(|| "1".to_owned(), |t| t.to_string());
    let conditions = [("tier", tier.as_str()), ("plan", "account"), ("payer", payer)];
    let monthly = if payer == "flexible" {
        flexible_monthly(w, wage, &conditions)?
    } else {
        limited_monthly(w, wage, &["employer_rate", "employee_rate"], "employee_fixed", &conditions)?
    };
    let amount = to_fen(Decimal::from(months) * monthly.amount);
    let used: Vec<&Used> = monthly.used.iter().collect();
    w.step(format!("{months} 个月 × {}", monthly.formula), yuan(amount), &used);
    let who = if payer == "flexible" { "灵活就业" } else { "单位加个人" };
    w.caveat(format!(
        "没有说缴费比例,按{}{}的费率({who})和缴费基数计算,不用全国的估算区间;断缴当时的费率、基数可能不同,滞纳金另计",
        w.place_name(),
        w.day()
    ));
    Some(amount)
}

/// What people who pay themselves pay a month: some places name the amount, some a fixed base, some a range of bases.
fn flexible_monthly(w: &mut Working, wage: Decimal, conditions: &[(&str, &str)]) -> Option<Monthly> {
    if is_own(w, "flex_amount", conditions) {
        let amount = w.borrowed(RATES, "flex_amount", conditions)?;
        w.step("当地灵活就业人员每月定额", yuan(amount.decimal()), &[&amount]);
        return Some(Monthly { amount: amount.decimal(), formula: yuan(amount.decimal()), used: vec![amount] });
    }
    if is_own(w, "flex_base", conditions) && is_own(w, "flex_rate", conditions) {
        let base = w.borrowed(RATES, "flex_base", conditions)?;
        w.step("当地灵活就业人员的固定缴费基数(与本人收入无关)", yuan(base.decimal()), &[&base]);
        return rated(w, base.decimal(), &["flex_rate"], "flex_fixed", conditions);
    }
    limited_monthly(w, wage, &["flex_rate"], "flex_fixed", conditions)
}

/// A month at the wage, kept between the base limits.
fn limited_monthly(
    w: &mut Working,
    wage: Decimal,
    rates: &[&str],
    fixed: &str,
    conditions: &[(&str, &str)],
) -> Option<Monthly> {
    if !rates.iter().chain(&["base_floor", "base_cap"]).all(|key| is_own(w, key, conditions)) {
        return None;
    }
    let floor = w.borrowed(RATES, "base_floor", conditions)?;
    let cap = w.borrowed(RATES, "base_cap", conditions)?;
    let base = wage.max(floor.decimal()).min(cap.decimal());
    w.step(
        format!("月工资 {},限于缴费基数 {} 至 {} 之间", yuan(wage), yuan(floor.decimal()), yuan(cap.decimal())),
        yuan(base),
        &[&floor, &cap],
    );
    rated(w, base, rates, fixed, conditions)
}

/// Base × the sum of the rates, and the fixed monthly amount where there is one.
fn rated(w: &mut Working, base: Decimal, rates: &[&str], fixed: &str, conditions: &[(&str, &str)]) -> Option<Monthly> {
    let mut used: Vec<Used> = rates.iter().filter_map(|key| w.borrowed(RATES, key, conditions)).collect();
    let parts: Vec<String> = used.iter().map(|r| percent(r.decimal())).collect();
    let mut amount = base * used.iter().map(Used::decimal).sum::<Decimal>();
    let mut formula = format!("{} × ({})", yuan(base), parts.join(" + "));
    if is_own(w, fixed, conditions)
        && let Some(extra) = w.borrowed(RATES, fixed, conditions)
    {
        amount += extra.decimal();
        formula = format!("({formula} + {})", yuan(extra.decimal()));
        used.push(extra);
    }
    Some(Monthly { amount, formula, used })
}

/// On file for the place or its province: a national value is not a local rate.
fn is_own(w: &Working, key: &str, conditions: &[(&str, &str)]) -> bool {
    w.source(RATES, key, conditions).is_some_and(|place| place != RegionCode::NATION)
}

fn product(w: &mut Working, months: i64, wage: Decimal, rate: Decimal, used: &[&Used]) -> Decimal {
    let amount = to_fen(Decimal::from(months) * wage * rate);
    w.step(format!("{months} 个月 × {} × {}", yuan(wage), percent(rate)), yuan(amount), used);
    amount
}
