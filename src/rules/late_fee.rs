//! `late_fee` (滞纳金): what an employer owes for paying contributions late. Social Insurance Law art. 86.
//!
//! Simple interest by the day, never compounded. From two dates, the first overdue day counts and the day of payment
//! does not. Days before the law came into force bear the older rate, so a debt that spans the change is split there.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::money::{percent, to_fen, yuan};
use super::{Finding, Stop, Value, Working};

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    let has_days = w.said("days") || (w.said("first_overdue_date") && w.said("paid_date"));
    if has_days {
        w.need(&["principal"])?;
    } else if w.said("first_overdue_date") {
        w.need(&["principal", "paid_date"])?;
    } else {
        w.need(&["principal", "days"])?;
    }
    let principal = w.decimal("principal").unwrap_or_default();
    let payer = w.word_or("payer", "employer");

    let (days, fee) = match (w.date("first_overdue_date"), w.date("paid_date")) {
        (Some(first), Some(paid)) => between(w, principal, first, paid)?,
        _ => {
            let days = w.whole("days").unwrap_or_default();
            (days, period(w, principal, days)?)
        }
    };
    let late_fee = to_fen(fee);

    let mut results = vec![("days", Value::Whole(days)), ("late_fee", Value::Money(late_fee))];
    let mut headline = format!("滞纳金 {},共 {days} 天", yuan(late_fee));
    if w.bool("want_total") == Some(true) {
        let total = to_fen(principal) + late_fee;
        w.step(format!("{} + {}", yuan(principal), yuan(late_fee)), yuan(total), &[]);
        results.push(("total", Value::Money(total)));
        headline = format!("{headline};连同本金共 {}", yuan(total));
    }
    if payer == "employer" {
        if let Some(bears) = w.optional("employee_bears", &[])
            && !bears.bool()
        {
            results.push(("borne_by", Value::Word("employer".to_owned())));
            headline.push_str(",由单位承担,不得转嫁给职工");
        }
        w.next("要求单位到税务(社保费征收)部门申报补缴;单位不办的,可向当地社保费征收机构或 12393 投诉");
        if let (Some(low), Some(high)) = (w.optional("fine_min_times", &[]), w.optional("fine_max_times", &[])) {
            w.caveat(format!("责令限期后仍不缴的,另处欠缴数额 {} 倍以上 {} 倍以下罚款", low.text(), high.text()));
        }
    } else {
        w.caveat("社会保险法第86条针对用人单位;个人断缴是否加收滞纳金由当地规定,此数仅供参照");
        w.next("向当地医保部门(12393)确认个人补缴是否加收滞纳金");
        w.conflict("X23");
    }
    Ok(Finding::computed(headline, results))
}

/// The fee of a number of days at the rate in force.
fn period(w: &mut Working, principal: Decimal, days: i64) -> Result<Decimal, Stop> {
    let rate = w.parameter("daily_rate")?;
    let fee = principal * rate.decimal() * Decimal::from(days);
    w.step(format!("{} × {} × {days} 天", yuan(principal), percent(rate.decimal())), yuan(fee), &[&rate]);
    Ok(fee)
}

/// The fee between the first overdue day and the day of payment, split where the rate changes.
fn between(w: &mut Working, principal: Decimal, first: Date, paid: Date) -> Result<(i64, Decimal), Stop> {
    let days = i64::from((paid - first).get_days());
    if days <= 0 {
        w.step(format!("{paid} 不晚于 {first}"), "0 天", &[]);
        return Ok((0, Decimal::ZERO));
    }
    w.step(format!("自 {first} 起(含当日)至 {paid} 前一日"), format!("{days} 天"), &[]);
    let mut fee = Decimal::ZERO;
    let mut from = first;
    while from < paid {
        w.law_of(from);
        let rate = w.parameter("daily_rate")?;
        // A rate holds up to its last day; the next piece starts the day after.
        let until = rate.value.to.and_then(|to| to.tomorrow().ok()).filter(|end| *end < paid).unwrap_or(paid);
        fee += period(w, principal, i64::from((until - from).get_days()))?;
        from = until;
    }
    Ok((days, fee))
}
