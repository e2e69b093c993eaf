//! `contribution` (职工医保缴费): what employer and employee, or a flexible worker, pay a month.
//!
//! `base = clamp(wage, floor, cap)`; employer = base × rate; employee = base × rate + fixed amount. Flexible workers pay
//! a published sum where there is one, else the rate on a published base, else on their own wage within the limits.
//! Without base limits on file no amount is computed, for it might be wrong by any factor.

use rust_decimal::Decimal;

use super::calendar::MONTHS_A_YEAR;
use super::money::{percent, to_fen, yuan};
use super::{Finding, Status, Stop, Used, Value, Working};
use crate::facts::FactValue;

/// Which of a place's plans a person is in: the tier, and whether the plan keeps individual accounts.
pub(super) struct Plan {
    tier: String,
    plan: &'static str,
}

impl Plan {
    /// As said, else tier 1 with an account.
    pub(super) fn of(w: &Working) -> Plan {
        Plan {
            tier: w.whole("tier").unwrap_or(1).to_string(),
            plan: if w.bool("no_account") == Some(true) { "no_account" } else { "account" },
        }
    }

    pub(super) fn conditions(&self) -> [(&str, &str); 2] {
        [("tier", &self.tier), ("plan", self.plan)]
    }
}

/// Marks the defaults of [`Plan::of`] as assumed where a value in use depends on them.
pub(super) fn mark_assumed(w: &mut Working, used: &[&Used]) {
    let depends_on = |condition: &str| used.iter().any(|u| u.value.when.contains_key(condition));
    if depends_on("tier") && !w.said("tier") {
        w.assume("tier", FactValue::Whole(1));
    }
    if depends_on("plan") && !w.said("no_account") {
        w.assume("no_account", FactValue::Bool(false));
    }
}

/// The limits between which a wage counts.
pub(super) struct Limits {
    pub(super) floor: Used,
    /// Not every place has published one.
    pub(super) cap: Option<Used>,
}

impl Limits {
    /// The wage within the limits, with the step that shows how.
    pub(super) fn clamp(&self, w: &mut Working, wage: Decimal) -> Decimal {
        let floor = self.floor.decimal();
        let cap = self.cap.as_ref().map(Used::decimal);
        let base = wage.max(floor);
        let base = cap.map_or(base, |cap| base.min(cap));
        let how = match base {
            b if b > wage => "低于下限,按下限",
            b if b < wage => "高于上限,按上限",
            _ => "在上下限之间,按本人工资",
        };
        let range = format!("{}~{}", floor, cap.map_or("(上限没有查到)".to_owned(), |c| c.to_string()));
        let mut used = vec![&self.floor];
        used.extend(&self.cap);
        w.step(format!("工资 {},缴费基数范围 {range},{how}", yuan(wage)), yuan(base), &used);
        if cap.is_none() {
            w.caveat(format!("{}的缴费基数上限没有查到;工资高于上限的,应按上限计算", w.place_name()));
        }
        base
    }

    fn range(&self) -> String {
        let cap = self.cap.as_ref().map_or("上限没有查到".to_owned(), |cap| yuan(cap.decimal()));
        format!("缴费基数下限 {}、上限 {cap}", yuan(self.floor.decimal()))
    }
}

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    if w.case.region.is_none() {
        w.need(&["region", "wage"])?;
    }
    let as_of = w.date_or("as_of", w.case.at);
    w.law_of(as_of);
    w.next("以税务或医保部门(12393)当年核定的缴费基数和金额为准");
    let plan = Plan::of(w);
    match w.word_or("payer", "employer") {
        "flexible" => flexible(w, &plan),
        _ => employed(w, &plan),
    }
}

fn employed(w: &mut Working, plan: &Plan) -> Result<Finding, Stop> {
    let conditions = plan.conditions();
    let employer_rate = w.optional("employer_rate", &conditions);
    let employee_rate = w.optional("employee_rate", &conditions);
    let fixed = w.optional("employee_fixed", &conditions);
    let limits = limits(w, &conditions, &[("单位", &employer_rate), ("个人", &employee_rate)])?;
    let rates: Vec<&Used> = [&employer_rate, &employee_rate].into_iter().flatten().chain([&limits.floor]).collect();
    mark_assumed(w, &rates);

    let share = |used: &Option<Used>| used.as_ref().map_or("没有查到".to_owned(), |u| percent(u.decimal()));
    let extra = fixed.as_ref().map_or(String::new(), |f| format!(" + {}", yuan(f.decimal())));
    let rates = format!("单位 {},个人 {}{extra}", share(&employer_rate), share(&employee_rate));
    if employer_rate.is_none() && employee_rate.is_none() {
        w.caveat(format!("{};缴费比例没有查到", limits.range()));
        return w.parameter_when("employer_rate", &conditions).map(|_| Finding::no_parameter(""));
    }
    if !w.said("wage") {
        w.so_far(format!("{};{rates}", limits.range()), vec![]);
        w.need(&["wage"])?;
    }

    let wage = w.decimal("wage").unwrap_or_default();
    let base = limits.clamp(w, wage);
    let mut results = vec![("base_used", Value::Money(to_fen(base)))];
    let employer = employer_rate.as_ref().map(|rate| {
        let amount = to_fen(base * rate.decimal());
        w.step(format!("单位:{} × {}", yuan(base), percent(rate.decimal())), yuan(amount), &[rate]);
        amount
    });
    let employee = employee_rate.as_ref().map(|rate| {
        let amount = to_fen(base * rate.decimal() + fixed.as_ref().map_or(Decimal::ZERO, Used::decimal));
        let mut used = vec![rate];
        used.extend(&fixed);
        w.step(format!("个人:{} × {}{extra}", yuan(base), percent(rate.decimal())), yuan(amount), &used);
        amount
    });
    results.extend(employer.map(|amount| ("employer", Value::Money(amount))));
    results.extend(employee.map(|amount| ("employee", Value::Money(amount))));
    if let (Some(employer), Some(employee)) = (employer, employee) {
        let headline = format!("每月单位缴 {},个人缴 {}(基数 {})", yuan(employer), yuan(employee), yuan(base));
        return Ok(Finding::computed(headline, results));
    }
    // One side is not on file: the other is still worth saying, but the question is not answered.
    let lacking = if employer.is_none() { "employer_rate" } else { "employee_rate" };
    let Err(Stop::NoParameter(why)) = w.parameter_when(lacking, &conditions) else {
        return Err(Stop::NoParameter(format!("{}的缴费比例没有查到", w.place_name())));
    };
    let known = match (employer, employee) {
        (None, Some(amount)) => format!(";个人部分为每月 {}", yuan(amount)),
        (Some(amount), None) => format!(";单位部分为每月 {}", yuan(amount)),
        _ => String::new(),
    };
    Ok(Finding { status: Status::NoParameter, results, headline: format!("{why}{known}") })
}

/// The base limits; without them the rates on file are told, and no amount.
fn limits(w: &mut Working, conditions: &[(&str, &str)], rates: &[(&str, &Option<Used>)]) -> Result<Limits, Stop> {
    let known: Vec<String> = rates
        .iter()
        .filter_map(|(who, rate)| rate.as_ref().map(|rate| format!("{who} {}", percent(rate.decimal()))))
        .collect();
    let floor = w.parameter_when("base_floor", conditions).map_err(|stop| match stop {
        Stop::NoParameter(why) if !known.is_empty() => {
            Stop::NoParameter(format!("{why};只查到费率({}),算不出金额", known.join(",")))
        }
        other => other,
    })?;
    Ok(Limits { floor, cap: w.optional("base_cap", conditions) })
}

fn flexible(w: &mut Working, plan: &Plan) -> Result<Finding, Stop> {
    let conditions = plan.conditions();
    if let Some(amount) = w.optional("flex_amount", &conditions) {
        w.step("灵活就业(个人身份)每月定额", yuan(amount.decimal()), &[&amount]);
        return Ok(pays(to_fen(amount.decimal()), None, "定额,与本人工资无关"));
    }
    let first_tier = [("tier", "1"), conditions[1]];
    let rate = match w.optional("flex_rate", &conditions) {
        Some(rate) => rate,
        // Some places let flexible workers into the first tier only.
        None if w.said("tier") && w.optional("flex_rate", &first_tier).is_some() => {
            w.caveat("当地灵活就业人员只能参加一档,已按一档计算");
            w.parameter_when("flex_rate", &first_tier)?
        }
        None => w.parameter_when("flex_rate", &conditions)?,
    };
    mark_assumed(w, &[&rate]);
    let fixed = w.optional("flex_fixed", &conditions);
    let extra = fixed.as_ref().map_or(Decimal::ZERO, Used::decimal);
    let plus = if extra.is_zero() { String::new() } else { format!(" + {}", yuan(extra)) };
    let total = |base: Decimal| to_fen(base * rate.decimal() + extra);

    let own_base = w.optional("flex_base", &conditions);
    if own_base.is_none() {
        let limits = limits(w, &conditions, &[("灵活就业", &Some(rate.clone()))])?;
        if !w.said("wage") {
            let mut bound = |name: &str, limit: &Used| {
                let amount = yuan(total(limit.decimal()));
                let mut used = vec![limit, &rate];
                used.extend(&fixed);
                let formula = format!("{} × {}{plus}", yuan(limit.decimal()), percent(rate.decimal()));
                w.step(format!("按基数{name}限:{formula}"), &amount, &used);
                amount
            };
            let least = bound("下", &limits.floor);
            let most = limits.cap.as_ref().map_or(String::new(), |cap| format!(",最多 {}", bound("上", cap)));
            w.so_far(
                format!("灵活就业每月最少缴 {least}{most}({};{}{plus})", limits.range(), percent(rate.decimal())),
                vec![],
            );
            w.need(&["wage"])?;
        }
        let wage = w.decimal("wage").unwrap_or_default();
        let base = limits.clamp(w, wage);
        let amount = total(base);
        let mut used = vec![&rate];
        used.extend(&fixed);
        w.step(format!("{} × {}{plus}", yuan(base), percent(rate.decimal())), yuan(amount), &used);
        return Ok(pays(amount, Some(base), "按申报工资"));
    }

    let base = own_base.as_ref().map_or(Decimal::ZERO, Used::decimal);
    let mut used = vec![&rate];
    used.extend(&own_base);
    used.extend(&fixed);
    w.step(
        format!("当地灵活就业固定基数 {} × {}{plus}", yuan(base), percent(rate.decimal())),
        yuan(total(base)),
        &used,
    );
    let Some(year) = w.optional("flex_amount_year", &conditions) else {
        return Ok(pays(total(base), Some(base), "按当地固定基数,与本人工资无关"));
    };
    mark_assumed(w, &[&year]);
    let monthly = to_fen(year.decimal() / Decimal::from(MONTHS_A_YEAR));
    w.step(format!("全年 {} ÷ {MONTHS_A_YEAR}", yuan(year.decimal())), yuan(monthly), &[&year]);
    Ok(pays(monthly, Some(base), &format!("全年 {}", yuan(year.decimal()))))
}

fn pays(amount: Decimal, base: Option<Decimal>, how: &str) -> Finding {
    let mut results: Vec<(&'static str, Value)> = vec![];
    results.extend(base.map(|base| ("base_used", Value::Money(to_fen(base)))));
    results.push(("flex_total", Value::Money(amount)));
    Finding::computed(format!("灵活就业每月缴 {}({how})", yuan(amount)), results)
}
