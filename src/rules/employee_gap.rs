//! `employee_gap` (职工医保断缴后的待遇): whether a gap in employee insurance is within the grace, how long benefits wait,
//! and whether the gap's costs are covered. 医保办发〔2021〕43号 art. 11 and local rules.
//!
//! Within the grace there is no wait. Beyond it the nation only sets an upper limit of the wait, so a place's own rule
//! is used where one is on file for the kind of payer, else the limit is given. Places are those where the person pays
//! now. Switching between employee and resident insurance has the same grace, for people insured long enough.

use super::parameters::Datum;
use super::{Finding, Stop, Used, Value, Working};

/// The kind of payer, as parameters are selected by it.
type Conditions<'a> = &'a [(&'a str, &'a str)];

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    if let Some(day) = w.date("as_of") {
        w.law_of(day);
    }
    w.need(&["gap_months"])?;
    let gap = w.whole("gap_months").unwrap_or_default();
    let payer = w.word_or("payer", "employer");
    let conditions = [("payer", payer)];

    let grace = w.parameter_when("grace_months", &conditions)?;
    let within = gap <= grace.whole();
    let compared = if within { "在期限以内" } else { "超过期限" };
    w.step(format!("断缴 {gap} 个月,与 {} 个月(含)相比", grace.text()), compared, &[&grace]);
    remarks(w, payer, gap);

    if let Some(switch) = w.word("switch") {
        return switched(w, gap, &grace, &[("payer", payer), ("switch", switch)]);
    }
    if within {
        return Ok(in_grace(w, gap, &grace, &conditions));
    }
    beyond_grace(w, gap, &conditions)
}

/// What every answer about a gap must say.
fn remarks(w: &mut Working, payer: &str, gap: i64) {
    if gap > 0 {
        w.caveat("断缴次月起停止统筹报销,个人账户余额可继续使用;累计缴费年限不会因断缴清零");
    }
    if payer == "flexible" {
        w.conflict("X24");
        w.caveat("灵活就业人员能否补缴断缴的月份、断缴期间的费用能否报销,各地规定不同,补缴前先问 12393");
        // Places that refuse the payment say so in the file of back payments; the value's caveat speaks.
        w.borrowed("back_payment", "flex_allowed", &[]);
    } else if gap > 0 {
        w.caveat("因单位未缴费造成的医疗费用损失,应由单位承担");
    }
    if let Some(limit) = w.optional("cumulative_limit_months", &[("payer", payer)]) {
        w.caveat(format!("一个年度内累计断缴 {} 个月及以上的,视为首次参保", limit.text()));
    }
}

/// A gap within the grace, paid back: no wait.
fn in_grace(w: &mut Working, gap: i64, grace: &Used, conditions: Conditions) -> Finding {
    let unbroken = if gap == 0 { w.optional("no_break_benefit_from", &[]) } else { None };
    let from = unbroken.or_else(|| w.optional("grace_benefit_from", conditions));
    let retroactive = w.optional("grace_retroactive", conditions);

    let mut results = vec![("within_grace", Value::Bool(true)), ("wait_months", Value::Whole(0))];
    let mut headline = match gap {
        0 => "没有断缴:没有等待期".to_owned(),
        _ => format!("断缴 {gap} 个月,在 {} 个月以内:补缴后没有等待期", grace.text()),
    };
    if let Some(from) = from {
        w.step("待遇起点", from_name(&from), &[&from]);
        headline.push_str(&format!(",从{}起享受待遇", from_name(&from)));
        results.push(("benefit_from", Value::Word(from.text())));
    }
    if let Some(covered) = retroactive {
        let name = if covered.bool() { "可按规定追溯报销" } else { "不报销" };
        w.step("断缴期间的医疗费用", name, &[&covered]);
        headline.push_str(&format!(",断缴期间的费用{name}"));
        results.push(("retroactive", Value::Bool(covered.bool())));
    }
    if gap > 0 {
        w.conflict("X04");
        w.caveat("以断缴的月份全部补缴为前提;不补缴的不能追溯");
        w.next(format!("在断缴超过 {} 个月之前补缴,并向参保地(12393)确认补缴办法", grace.text()));
    }
    Finding::computed(headline, results)
}

/// A gap beyond the grace: the place's own rule, else the national limit.
fn beyond_grace(w: &mut Working, gap: i64, conditions: Conditions) -> Result<Finding, Stop> {
    for id in ["X03", "X15", "X22"] {
        w.conflict(id);
    }
    w.next("尽快接上缴费并向参保地(12393)确认恢复待遇的日期,等待期内的费用统筹基金不报");
    if let Some(longest) = w.optional("leaver_next_month_max", conditions)
        && w.bool_or("left_employer", false)
        && gap <= longest.whole()
    {
        w.step(format!("离职后 {gap} 个月,不超过 {} 个月", longest.text()), "缴费次月起享受,不另设等待期", &[&longest]);
        return Ok(Finding::computed(
            format!("离职后断缴 {gap} 个月再参保:从缴费次月起享受待遇,断缴期间的费用不报销"),
            local(("wait_months", Value::Whole(0)), Some("month_after_payment".to_owned())),
        ));
    }
    if let Some(days) = w.optional("over_wait_days", conditions) {
        w.step("断缴超过期限,补缴后的等待天数", format!("{} 天", days.text()), &[&days]);
        return Ok(Finding::computed(
            format!("断缴 {gap} 个月,补缴满 {} 天后享受待遇,断缴期间的费用不报销", days.text()),
            local(("wait_days", Value::Whole(days.whole())), None),
        ));
    }
    let wait = w.optional("over_wait_months", conditions);
    let from = w.optional("over_benefit_from", conditions);
    if wait.is_none() && from.is_none() {
        return left_to_the_place(w, gap, conditions);
    }
    let used: Vec<&Used> = wait.iter().chain(&from).collect();
    let months = wait.as_ref().map_or(0, Used::whole);
    let when = match &from {
        Some(from) => format!("从{}起享受待遇", from_name(from)),
        None => format!("等待 {months} 个月后享受待遇"),
    };
    w.step("断缴超过期限,当地规定的等待期", format!("{months} 个月,{when}"), &used);
    Ok(Finding::computed(
        format!("断缴 {gap} 个月,等待期 {months} 个月,{when},断缴期间的费用不报销"),
        local(("wait_months", Value::Whole(months)), from.map(|f| f.text())),
    ))
}

/// Switching between the two schemes.
fn switched(w: &mut Working, gap: i64, grace: &Used, conditions: Conditions) -> Result<Finding, Stop> {
    if gap <= grace.whole() {
        w.need(&["continuous_years"])?;
        let years = w.whole("continuous_years").unwrap_or_default();
        let enough = w.parameter("switch_min_years")?;
        let compared = if years >= enough.whole() { "满足" } else { "不满足" };
        w.step(format!("已连续参保 {years} 年,与 {} 年相比", enough.text()), compared, &[&enough]);
        if years >= enough.whole() {
            return Ok(in_grace(w, gap, grace, conditions));
        }
    } else if let Some(wait) = w.optional("switch_wait_months", conditions) {
        w.step("两种医保切换、断缴超过期限,当地规定的等待期", format!("{} 个月", wait.text()), &[&wait]);
        return Ok(Finding::computed(
            format!("切换医保种类、断缴 {gap} 个月,等待期 {} 个月,断缴期间的费用不报销", wait.text()),
            local(("wait_months", Value::Whole(wait.whole())), None),
        ));
    }
    left_to_the_place(w, gap, conditions)
}

/// The nation sets the limit of the wait, the place the wait itself.
fn left_to_the_place(w: &mut Working, gap: i64, conditions: Conditions) -> Result<Finding, Stop> {
    let longest = w.parameter_when("max_wait_months", conditions)?;
    w.step("等待期由参保地规定,上限", format!("{} 个月", longest.text()), &[&longest]);
    Ok(Finding::depends_local(
        format!("断缴 {gap} 个月,等待期由参保地规定,最长不超过 {} 个月,断缴期间的费用不报销", longest.text()),
        vec![
            ("within_grace", Value::Bool(false)),
            ("wait_months_max", Value::Whole(longest.whole())),
            ("retroactive", Value::Bool(false)),
        ],
    ))
}

/// The results of a place's own rule beyond the grace.
fn local(wait: (&'static str, Value), from: Option<String>) -> Vec<(&'static str, Value)> {
    let mut results = vec![("within_grace", Value::Bool(false)), wait];
    results.extend(from.map(|f| ("benefit_from", Value::Word(f))));
    results.push(("retroactive", Value::Bool(false)));
    results
}

/// The start of benefits in the words of an answer.
fn from_name(from: &Used) -> String {
    let Datum::Word(word) = &from.value.datum else { return from.text() };
    match word.as_str() {
        "payment_month" => "缴费当月".to_owned(),
        "month_after_payment" => "缴费次月".to_owned(),
        "7th_month" => "连续缴费的第 7 个月".to_owned(),
        other => other.to_owned(),
    }
}
