//! `back_payment` (补缴金额): an estimate of what the missed months cost.
//!
//! Months × monthly wage × rate. Without a rate the national range is given as a range; where the place has its own
//! rates and base limits on file (`contribution`), those win, and the answer says so.

use rust_decimal::Decimal;

use super::money::{percent, to_fen, yuan};
use super::{Finding, Stop, Value, Working};

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    w.need(&["months", "wage"])?;
    let months = w.whole("months").unwrap_or_default();
    let wage = w.decimal("wage").unwrap_or_default();
    w.conflict("X20");
    w.next("先向当地医保部门(12393)确认能否补缴、补缴哪些月份,再到税务部门缴费");

    if let Some(rate) = w.decimal("rate") {
        let amount = product(w, months, wage, rate, &[]);
        return Ok(Finding::computed(format!("需补缴约 {}", yuan(amount)), vec![("amount", Value::Money(amount))]));
    }
    let low = w.parameter("rate_min")?;
    let high = w.parameter("rate_max")?;
    let least = product(w, months, wage, low.decimal(), &[&low]);
    let most = product(w, months, wage, high.decimal(), &[&high]);
    w.caveat(format!(
        "没有说缴费比例,按单位加个人合计 {}~{} 给出区间;实际以当地费率和缴费基数上下限为准",
        percent(low.decimal()),
        percent(high.decimal())
    ));
    Ok(Finding::computed(
        format!("需补缴约 {} 至 {}", yuan(least), yuan(most)),
        vec![("amount_min", Value::Money(least)), ("amount_max", Value::Money(most))],
    ))
}

fn product(w: &mut Working, months: i64, wage: Decimal, rate: Decimal, used: &[&super::Used]) -> Decimal {
    let amount = to_fen(Decimal::from(months) * wage * rate);
    w.step(format!("{months} 个月 × {} × {}", yuan(wage), percent(rate)), yuan(amount), used);
    amount
}
