//! `transfer_deadline` (转移接续办理时限): by which day the two sides must be done, in working days of the State
//! Council's calendar. 医保办发〔2021〕43号.
//!
//! The day of acceptance is not counted (convention C2). A number of working days that the question names itself is
//! counted instead of the two limits.

use jiff::civil::Date;

use super::{Finding, Stop, Value, Working};

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    w.need(&["start_date"])?;
    let start = w.date_or("start_date", w.day());
    w.law_of(start);
    if let Some(days) = w.whole("working_days") {
        let due = w.add_working_days(start, days)?;
        w.step(format!("自 {start} 次日起数 {days} 个工作日"), due, &[]);
        special_days(w, start, due);
        return Ok(Finding::computed(
            format!("自 {start} 起算 {days} 个工作日,截止到 {due}"),
            vec![("due_date", Value::Date(due))],
        ));
    }
    let out = w.parameter("out_days")?;
    let inward = w.parameter("in_days")?;
    let total = w.parameter("total_days")?;
    w.conflict("X11");
    let out_due = w.add_working_days(start, out.whole())?;
    w.step(format!("转出:自受理 {start} 次日起数 {} 个工作日", out.text()), out_due, &[&out]);
    let in_due = w.add_working_days(start, total.whole())?;
    w.step(
        format!("转入:再加 {} 个工作日,自受理 {start} 次日起共 {} 个工作日", inward.text(), total.text()),
        in_due,
        &[&inward, &total],
    );
    special_days(w, start, in_due);
    w.caveat("这是最晚期限,各地可以更快;材料不全要补正的,从补正后的受理日起算");
    w.next("到期没有办结的,凭受理回执向转出地或转入地医保经办机构(12393)查询");
    Ok(Finding::computed(
        format!("转出最晚 {out_due},转入最晚 {in_due}"),
        vec![("transfer_out_due", Value::Date(out_due)), ("transfer_in_due", Value::Date(in_due))],
    ))
}

/// Names the holidays and make-up workdays on the way, so that the count can be followed.
fn special_days(w: &mut Working, start: Date, due: Date) {
    let days = w.case.law.calendar.special_days(start, due);
    let list = |worked: bool| -> Vec<String> {
        let wanted = days.iter().filter(|(day, makeup, _)| *makeup == worked && *day != start);
        wanted.map(|(day, _, name)| format!("{day}({name})")).collect()
    };
    let (off, worked) = (list(false), list(true));
    if !off.is_empty() {
        w.step("其间放假,不计入", off.join("、"), &[]);
    }
    if !worked.is_empty() {
        w.step("其间调休上班,计入", worked.join("、"), &[]);
    }
}
