//! `newborn` (新生儿参保待遇): from which day a newborn's benefits run.
//!
//! Enrolled within the limit of days after birth (the day of birth not counted), benefits run from birth. Later, only
//! places with a rule of their own are answered.

use jiff::ToSpan;

use super::calendar::MONTHS_A_YEAR;
use super::{Finding, Stop, Value, Working};
use crate::region::RegionCode;

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    w.need(&["birth_date", "enrol_date"])?;
    let birth = w.date_or("birth_date", w.day());
    let enrol = w.date_or("enrol_date", w.day());
    w.law_of(birth);
    let days = i64::from((enrol - birth).get_days());
    w.step(format!("{birth} 至 {enrol}(出生当天不计)"), format!("{days} 天"), &[]);
    if days < 0 {
        w.caveat("参保日期早于出生日期,请核对两个日期");
    }
    // Where a place's limit is known to be unknown, the national one is the least a child has.
    let limit = match w.optional("limit_days", &[]) {
        Some(limit) => limit,
        None => match w.optional_at(RegionCode::NATION, "limit_days", &[]) {
            Some(national) => national,
            None => w.parameter("limit_days")?,
        },
    };
    let days_after_birth = ("days_after_birth", Value::Whole(days));
    if days <= limit.whole() {
        w.step(format!("{days} 天不超过 {} 天", limit.text()), "自出生之日起", &[&limit]);
        w.caveat("出生后发生的医疗费用,参保缴费后可按规定补报,以当地医保部门(12393)的答复为准");
        return Ok(Finding::computed(
            format!("出生后 {days} 天参保,在 {} 天以内,待遇从出生之日 {birth} 算起", limit.text()),
            vec![days_after_birth, ("benefit_start", Value::Date(birth))],
        ));
    }
    w.step(format!("{days} 天超过 {} 天", limit.text()), "不再从出生算起", &[&limit]);
    if let (Some(wait), Some(until), Some(offset)) =
        (w.optional("late_wait_months", &[]), w.optional("late_until_years", &[]), w.optional("late_offset_days", &[]))
    {
        let birthday = w.add_months(birth, until.whole() * MONTHS_A_YEAR)?;
        if enrol < birthday {
            let waited = w.add_months(enrol, wait.whole())?;
            let start = waited.checked_add(offset.whole().days()).unwrap_or(waited);
            w.step(
                format!("未满 {} 周岁,自缴费之日 {enrol} 起等待 {} 个月", until.text(), wait.text()),
                waited,
                &[&until, &wait],
            );
            w.step(format!("{waited} 再过 {} 天", offset.text()), start, &[&offset]);
            return Ok(Finding::computed(
                format!("出生后 {days} 天参保,超过 {} 天,待遇从 {start} 起", limit.text()),
                vec![days_after_birth, ("benefit_start", Value::Date(start))],
            ));
        }
    }
    w.next("向当地医保部门(12393)确认超过期限后从哪天起享受待遇、是否有等待期");
    Ok(Finding::depends_local(
        format!("出生后 {days} 天参保,超过 {} 天,待遇从哪天起由当地规定", limit.text()),
        vec![days_after_birth],
    ))
}
