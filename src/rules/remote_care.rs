//! `remote_care` (异地就医备案): how long a filing for care in another place holds. 医保发〔2022〕22号.
//!
//! A temporary filing holds at least the national number of months, longer where the place says so. A long-term filing
//! holds until it is changed, in principle not before a number of months. The law is that of the day of filing.

use super::{Finding, Stop, Value, Working};

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    w.need(&["filed"])?;
    let Some(filed) = w.date("filed") else { return Err(Stop::NeedsFacts(vec!["filed"])) };
    w.law_of(filed);
    match w.word_or("kind", "temporary") {
        "longterm" => {
            let validity = w.parameter("longterm_validity")?;
            let lock = w.parameter("change_lock_months")?;
            let earliest = w.add_months(filed, lock.whole())?;
            w.step(format!("{filed} + {} 个月", lock.text()), earliest, &[&lock]);
            if let Some(promise) = w.optional("promise_months", &[]) {
                w.caveat(format!("承诺制备案(先备案后补材料)在补齐材料前只有 {} 个月有效", promise.text()));
            }
            w.caveat("“原则上”不得变更:确有需要的,可向参保地医保部门(12393)申请");
            w.next("居住地变动时再办变更或取消;备案期间备案地和参保地都可以直接结算");
            Ok(Finding::computed(
                format!("长期居住备案一直有效,直至变更或取消;原则上 {earliest} 起才能变更"),
                vec![("valid", Value::Word(validity.text())), ("earliest_change", Value::Date(earliest))],
            ))
        }
        _ => {
            let months = w.parameter("temporary_months")?;
            let until = w.add_months(filed, months.whole())?;
            w.step(format!("{filed} + {} 个月", months.text()), until, &[&months]);
            w.caveat("有效期内可多次就诊;参保地规定更长的,从其规定");
            w.next("到期仍需在外就医的,通过国家医保服务平台或参保地医保部门再次备案");
            Ok(Finding::computed(
                format!("临时外出就医备案至少有效到 {until}"),
                vec![("valid_until_at_least", Value::Date(until))],
            ))
        }
    }
}
