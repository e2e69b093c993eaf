//! `retirement_age` (法定退休年龄): the age and month at which a person may retire, raised step by step from 2025.
//! Decision of the National People's Congress Standing Committee of 2024-09-13.
//!
//! Whoever is born before the first month of the scheme keeps the old age. From there on each further step of birth
//! months adds one month, up to the new age. The law that counts is that of the month in which the old age is reached.

use super::calendar::MONTHS_A_YEAR;
use super::{Finding, Stop, Used, Value, Working};
use crate::facts::YearMonth;

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    // A man has only one category; of a woman the old age must be known.
    let category = w.word("category").or(w.word("sex").filter(|sex| *sex == "male"));
    if category.is_none() || !w.said("birth") {
        let missing = [("birth", w.said("birth")), ("category", category.is_some())];
        return Err(Stop::NeedsFacts(missing.iter().filter(|(_, known)| !known).map(|(name, _)| *name).collect()));
    }
    let category = category.unwrap_or_default();
    let Some(birth) = w.month("birth") else { return Err(Stop::NeedsFacts(vec!["birth"])) };

    let base = w.parameter_when("base_years", &[("category", category)])?;
    let base_months = base.whole() * MONTHS_A_YEAR;
    let reached = birth.plus(base_months);
    w.step(format!("{birth} 出生,满原退休年龄 {} 岁", base.text()), reached, &[&base]);
    let delay = delay_months(w, birth, reached, &base, category)?;

    let age = base_months + delay;
    let retire_month = birth.plus(age);
    w.step(format!("{} 岁 + 延迟 {delay} 个月", base.text()), aged(age), &[&base]);
    w.step(format!("{reached} 再过 {delay} 个月"), retire_month, &[]);
    w.caveat("这是法定退休年龄;弹性提前或弹性延迟退休以及特殊工种,以人社部门(12333)的规定为准");
    let (age_years, age_months) = (age / MONTHS_A_YEAR, age % MONTHS_A_YEAR);
    let headline = format!("法定退休年龄 {},{retire_month} 到龄,延迟 {delay} 个月", aged(age));
    w.next("到龄前核对医保和养老保险缴费年限,向人社部门(12333)确认退休时间");
    Ok(Finding::computed(
        headline,
        vec![
            ("delay_months", Value::Whole(delay)),
            ("age_years", Value::Whole(age_years)),
            ("age_months", Value::Whole(age_months)),
            ("retire_month", Value::Month(retire_month)),
        ],
    ))
}

/// `61 岁`, `61 岁 8 个月`.
fn aged(months: i64) -> String {
    match (months / MONTHS_A_YEAR, months % MONTHS_A_YEAR) {
        (years, 0) => format!("{years} 岁"),
        (years, rest) => format!("{years} 岁 {rest} 个月"),
    }
}

/// One month for each started step of birth months since the scheme began, up to its cap.
fn delay_months(
    w: &mut Working,
    birth: YearMonth,
    reached: YearMonth,
    base: &Used,
    category: &str,
) -> Result<i64, Stop> {
    let base_months = base.whole() * MONTHS_A_YEAR;
    let Ok(day) = jiff::civil::Date::new(reached.year, reached.month, 1) else {
        return Err(Stop::NoParameter("日期超出可计算范围".to_owned()));
    };
    w.law_of(day);
    let conditions = [("category", category)];
    let Some(start) = w.optional("start_birth", &conditions) else {
        w.step(format!("{reached} 到龄,早于延迟退休施行"), "延迟 0 个月", &[]);
        return Ok(0);
    };
    let Some(first) = start.date().map(|d| YearMonth { year: d.year(), month: d.month() }) else {
        return Err(Stop::NoParameter("延迟开始适用的出生月份没有查到".to_owned()));
    };
    let since = birth.index() - first.index();
    if since < 0 {
        w.step(format!("{birth} 早于 {first} 出生"), "延迟 0 个月", &[&start]);
        return Ok(0);
    }
    let step = w.parameter_when("step_months", &conditions)?;
    let cap = w.parameter_when("cap_years", &conditions)?;
    w.step(format!("{first} 至 {birth}"), format!("{since} 个月"), &[&start]);
    let most = cap.whole() * MONTHS_A_YEAR - base_months;
    w.step(format!("最多延迟:{} 岁 − {} 岁", cap.text(), base.text()), format!("{most} 个月"), &[&cap, base]);
    let delay = (since / step.whole().max(1) + 1).min(most);
    w.step(
        format!("比 {first} 晚 {since} 个月出生,每满或不满 {} 个月延迟一个月,最多 {most} 个月", step.text()),
        format!("延迟 {delay} 个月"),
        &[&start, &step],
    );
    Ok(delay)
}
