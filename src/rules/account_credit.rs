//! `account_credit` (个人账户划入): what goes into the individual account a month. 国办发〔2021〕14号.
//!
//! Employees: a share of their own base, i.e. their own contribution; the employer's part goes to the pool. Retirees: a
//! fixed amount. Where only a share of the average pension is on file the amount is unknown and the share is told.

use rust_decimal::Decimal;

use super::calendar::MONTHS_A_YEAR;
use super::contribution::{Limits, Plan, mark_assumed};
use super::money::{percent, to_fen, yuan};
use super::{Finding, Status, Stop, Used, Value, Working};

/// Where a retiree's share may be found when no yuan are: a share of something whose yuan are not on file.
const RETIREE_RATIOS: &[&str] = &["retiree_own_ratio", "retiree_wage_ratio", "retiree_ratio"];

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    let retiree = w.bool_or("retiree", false);
    if w.case.region.is_none() {
        w.need(if retiree { &["region"] } else { &["region", "wage"] })?;
    }
    let as_of = w.date_or("as_of", w.case.at);
    w.law_of(as_of);
    if let Some((why, used)) = no_account(w) {
        w.step(why.clone(), "没有个人账户", &used.iter().collect::<Vec<_>>());
        let none = Value::Money(Decimal::ZERO);
        let mut results = vec![("has_account", Value::Bool(false)), ("monthly_credit", none.clone())];
        results.extend(w.said("months").then_some(("total_credit", none)));
        return Ok(Finding::computed(format!("{why},每月不划入"), results));
    }
    w.next("到账明细可在国家医保服务平台或当地医保小程序查询,有出入请拨打 12393");
    if retiree { retired(w) } else { employed(w) }
}

/// Why there is no account to pay into, if so, and what says it.
fn no_account(w: &mut Working) -> Option<(String, Option<Used>)> {
    if w.word("scheme") == Some("resident") {
        let says = w.borrowed("transfer", "has_account", &[("scheme", "resident")]);
        return Some(("居民医保没有个人账户".to_owned(), says));
    }
    if w.bool("no_account") == Some(true) {
        let says = w.borrowed("transfer", "has_account", &[("plan", "no_account")]);
        return Some(("单建统筹(不建个人账户)的职工医保没有个人账户".to_owned(), says));
    }
    let tier = w.whole("tier").unwrap_or(1).to_string();
    if tier == "2"
        && let Some(second) = w.optional("tier2_has_account", &[])
        && !second.bool()
    {
        return Some(("二档职工医保没有个人账户".to_owned(), Some(second)));
    }
    let flexible = w.word("payer") == Some("flexible") && w.bool("retiree") != Some(true);
    let own = if flexible { w.optional("flex_has_account", &[("tier", &tier)]) } else { None }?;
    mark_assumed(w, &[&own]);
    (!own.bool()).then(|| ("在职灵活就业参保不计个人账户".to_owned(), Some(own)))
}

fn employed(w: &mut Working) -> Result<Finding, Stop> {
    let plan = Plan::of(w);
    let rates = by_age(w, "employee_rate")?;
    let limits = w
        .borrowed("contribution", "base_floor", &plan.conditions())
        .map(|floor| Limits { floor, cap: w.borrowed("contribution", "base_cap", &plan.conditions()) });
    let shares: Vec<String> = rates.iter().map(|r| format!("{}{}", r.ages(), percent(r.used.decimal()))).collect();
    if !w.said("wage") {
        w.so_far(
            format!("在职职工每月划入本人缴费基数的 {}", shares.join(",")),
            vec![("has_account", Value::Bool(true))],
        );
        w.need(&["wage"])?;
    }
    let wage = w.decimal("wage").unwrap_or_default();
    let base = match &limits {
        Some(limits) => {
            mark_assumed(w, &[&limits.floor]);
            limits.clamp(w, wage)
        }
        // The place limits bases, only not by a figure on file for the day: the amount may be off by any factor.
        None if w.ever_has_own("contribution", "base_floor") => {
            let headline = format!(
                "每月划入本人缴费基数的 {};{}在 {} 的缴费基数上下限没有查到,算不出金额",
                shares.join(","),
                w.place_name(),
                w.day()
            );
            let results = vec![("has_account", Value::Bool(true))];
            return Ok(Finding { status: Status::NoParameter, results, headline });
        }
        None => {
            w.caveat(format!("{}当年的缴费基数上下限没有查到,按所说工资计算", w.place_name()));
            wage
        }
    };
    if w.word("payer") == Some("flexible") {
        w.caveat("灵活就业人员是否划入、划入多少,以当地规定为准");
    }
    let mut credits = vec![];
    for rate in &rates {
        let amount = base * rate.used.decimal();
        let formula = format!("{} × {}", yuan(base), percent(rate.used.decimal()));
        credits.push(Credit::told(w, rate, amount, formula));
    }
    let base_used = ("base_used", Value::Money(to_fen(base)));
    Ok(credited(w, credits, vec![base_used]))
}

fn retired(w: &mut Working) -> Result<Finding, Stop> {
    let months_of = [("retiree_month", 1), ("retiree_year", MONTHS_A_YEAR)];
    for (key, months) in months_of {
        let Ok(amounts) = by_age(w, key) else { continue };
        let mut credits = vec![];
        for amount in &amounts {
            let fixed = amount.used.decimal();
            let formula = if months == 1 { yuan(fixed) } else { format!("{} ÷ {months}", yuan(fixed)) };
            credits.push(Credit::told(w, amount, fixed / Decimal::from(months), formula));
            mark_assumed(w, &[&amount.used]);
        }
        return Ok(credited(w, credits, vec![]));
    }
    for key in RETIREE_RATIOS {
        let Ok(shares) = by_age(w, key) else { continue };
        let listed: Vec<String> = shares.iter().map(|s| format!("{}{}", s.ages(), percent(s.used.decimal()))).collect();
        let label = w.label(key);
        let headline = format!("{}{label}为 {},元数由当地公布,没有查到", w.place_name(), listed.join(","));
        let results = vec![("has_account", Value::Bool(true))];
        return Ok(Finding { status: Status::NoParameter, results, headline });
    }
    w.parameter("retiree_month").map(|_| Finding::no_parameter(""))
}

/// A value with the ages it is for, where the place tells ages apart.
struct Band {
    /// `a70` from 70 on, `u70` below 70.
    age: Option<String>,
    used: Used,
}

impl Band {
    /// `70岁以上 `, `不满70岁 `, or nothing.
    fn ages(&self) -> String {
        let Some(age) = &self.age else { return String::new() };
        match age.split_at(1) {
            ("a", years) => format!("{years}岁以上 "),
            (_, years) => format!("不满{years}岁 "),
        }
    }
}

/// A month's credit at an age, unrounded, and the formula that gives it.
struct Credit {
    ages: String,
    amount: Decimal,
    formula: String,
    used: Used,
}

impl Credit {
    /// With the step that shows it.
    fn told(w: &mut Working, band: &Band, amount: Decimal, formula: String) -> Credit {
        w.step(format!("{}每月划入:{formula}", band.ages()), yuan(amount), &[&band.used]);
        Credit { ages: band.ages(), amount, formula, used: band.used.clone() }
    }
}

/// The value for the person's age; of an unsaid age, one value for each band of the place.
fn by_age(w: &mut Working, key: &str) -> Result<Vec<Band>, Stop> {
    let plan = Plan::of(w);
    let payer = w.word("payer").unwrap_or("employer");
    let mut conditions = plan.conditions().to_vec();
    conditions.push(("payer", payer));
    let rows = w.table(key, &conditions, &["age"]);
    let mut bands: Vec<String> = rows.iter().filter_map(|row| row.when.get("age")).cloned().collect();
    // The younger first: `u70` before `a70`.
    bands.sort_by(|a, b| b.cmp(a));
    let holds = |band: &str, age: i64| {
        let (side, years) = band.split_at(1);
        let limit: i64 = years.parse().unwrap_or_default();
        if side == "a" { age >= limit } else { age < limit }
    };
    let age = w.whole("age");
    let fitting: Vec<String> = bands.into_iter().filter(|band| age.is_none_or(|a| holds(band, a))).collect();
    if fitting.is_empty() {
        return Ok(vec![Band { age: None, used: w.parameter_when(key, &conditions)? }]);
    }
    let mut found = vec![];
    for band in fitting {
        let mut with_age = conditions.clone();
        with_age.push(("age", &band));
        let used = w.parameter_when(key, &with_age)?;
        found.push(Band { age: Some(band.clone()), used });
    }
    Ok(found)
}

/// The finding: one amount, or one for each age where the age decides and was not said.
fn credited(w: &mut Working, credits: Vec<Credit>, more: Vec<(&'static str, Value)>) -> Finding {
    let mut results = vec![("has_account", Value::Bool(true))];
    results.extend(more);
    let [credit] = credits.as_slice() else {
        let each: Vec<String> = credits.iter().map(|c| format!("{}{}", c.ages, yuan(c.amount))).collect();
        return Finding::depends_local(format!("按年龄每月划入:{}", each.join(";")), results);
    };
    results.push(("monthly_credit", Value::Money(to_fen(credit.amount))));
    let mut headline = format!("每月划入个人账户 {}", yuan(credit.amount));
    if let Some(months) = w.whole("months") {
        let total = to_fen(credit.amount * Decimal::from(months));
        w.step(format!("合计:{} × {months} 个月", credit.formula), yuan(total), &[&credit.used]);
        results.push(("total_credit", Value::Money(total)));
        headline.push_str(&format!(",{months} 个月共 {}", yuan(total)));
    }
    Finding::computed(headline, results)
}
