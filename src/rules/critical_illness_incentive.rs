//! `critical_illness_incentive` (连续参保与零报销激励): how far unbroken enrolment and years without a claim raise the
//! ceiling of critical-illness insurance. 国办发〔2024〕38号.
//!
//! `raise = min((max(0, continuous_years − threshold) + zero_claim_years) × step, share of the original ceiling)`. The step is a
//! national minimum that places exceed; without a known ceiling the raise is given as it stands, with the limit told.

use rust_decimal::Decimal;

use super::money::{percent, to_fen, yuan};
use super::{Finding, Stop, Value, Working};
use crate::region::RegionCode;

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    w.need(&["continuous_years"])?;
    let continuous = w.whole("continuous_years").unwrap_or_default();
    let zero_claim_times = w.whole_or("zero_claim_years", 0);

    let threshold = w.parameter("min_continuous_years")?;
    let step = w.parameter("step")?;
    let continuous_times = (continuous - threshold.whole()).max(0);
    w.step(
        format!("连续参保计次:{continuous} 年 − {} 年", threshold.text()),
        format!("{continuous_times} 次"),
        &[&threshold],
    );
    let times = continuous_times + zero_claim_times;
    let raise_uncapped = to_fen(Decimal::from(times) * step.decimal());
    w.step(
        format!("(连续 {continuous_times} 次 + 零报销 {zero_claim_times} 次)× {}", yuan(step.decimal())),
        yuan(raise_uncapped),
        &[&step],
    );
    let raise_total = limited(w, raise_uncapped)?;

    let national = step.value.region == RegionCode::NATION;
    if national {
        w.caveat("每次提高的金额由各地定,全国规定不少于此数");
    }
    w.caveat("激励施行以前的连续年数是否算入,由各省规定,请向当地医保部门(12393)核实");
    w.caveat("断保后连续年数重新计算,已提高的连续参保额度不取消;用过提高的额度后,零报销年数重新计算");
    w.next("保持连续缴费;向当地医保部门(12393)查询已记录的连续年数和零报销年数");
    let at_least = if national { "至少" } else { "" };
    let headline = match raise_total < raise_uncapped {
        _ if times == 0 => format!("还没有提高:连续参保满 {} 年后,每再多一年才计一次", threshold.text()),
        true => format!("大病保险封顶线提高 {}(按次数为 {},受总额上限限制)", yuan(raise_total), yuan(raise_uncapped)),
        false => format!("大病保险封顶线{at_least}提高 {}", yuan(raise_total)),
    };
    Ok(Finding::computed(
        headline,
        vec![
            ("continuous_times", Value::Whole(continuous_times)),
            ("zero_claim_times", Value::Whole(zero_claim_times)),
            ("raise_uncapped", Value::Money(raise_uncapped)),
            ("raise_total", Value::Money(raise_total)),
        ],
    ))
}

/// The raise within its limits: a share of the original ceiling, and the place's own total where it has one.
fn limited(w: &mut Working, raise: Decimal) -> Result<Decimal, Stop> {
    let ratio = w.parameter("cap_ratio")?;
    let share = percent(ratio.decimal());
    let said = w.decimal("original_cap");
    let local = if said.is_none() { w.optional("original_cap", &[]) } else { None };
    let mut total = raise;
    match said.or(local.as_ref().map(|used| used.decimal())) {
        Some(ceiling) => {
            let most = to_fen(ceiling * ratio.decimal());
            let mut used = vec![&ratio];
            used.extend(&local);
            w.step(format!("上限:原封顶线 {} × {share}", yuan(ceiling)), yuan(most), &used);
            total = total.min(most);
        }
        None => w.caveat(format!("累计提高总额不超过大病保险原封顶线的 {share};没有说原封顶线,这一上限没有核对")),
    }
    if let Some(most) = w.optional("cap_total", &[]) {
        w.step("本地规定的累计提高上限", yuan(most.decimal()), &[&most]);
        total = total.min(most.decimal());
    }
    Ok(to_fen(total))
}
