//! `continuity` (连续参保与封顶线): by how many average wages a year's limit of the pooled fund grows with consecutive
//! months of insurance. Only Shenzhen's old order (2014 to September 2023) is on file; later days are `no_parameter`.
//!
//! The bands' starting months are one parameter, the multiple of each band another, selected by the band's start.

use super::{Finding, Stop, Value, Working};

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    if let Some(day) = w.date("as_of") {
        w.law_of(day);
    }
    w.need(&["continuous_months"])?;
    let months = w.whole("continuous_months").unwrap_or_default();
    w.conflict("X22");
    if let Some(grace) = w.optional("grace_months", &[]) {
        w.caveat(format!("中断不超过 {} 个月的仍视为连续,超过的重新起算;累计缴费年限不受影响", grace.text()));
    }
    if let Some(top) = w.optional("top_cap", &[]) {
        w.caveat(format!("当年统筹基金年度支付限额的最高档为 {} 元", top.text()));
    }
    let bands = w.parameter("band_starts")?;
    let starts = bands.words().iter().filter_map(|start| start.parse::<i64>().ok());
    let Some(start) = starts.filter(|start| *start <= months).max() else {
        return Ok(Finding::no_parameter(format!("没有查到连续参保 {months} 个月对应的档次")));
    };
    let multiple = w.parameter_when("cap_multiple", &[("months_from", &start.to_string())])?;
    w.step(
        format!("连续参保 {months} 个月,属于自 {start} 个月起的一档"),
        format!("平均工资的 {} 倍", multiple.text()),
        &[&bands, &multiple],
    );
    w.next("平均工资的数额和本人的连续参保月数,请向当地医保部门(12393)查询");
    Ok(Finding::computed(
        format!("连续参保 {months} 个月,统筹基金年度支付限额为平均工资的 {} 倍", multiple.text()),
        vec![("cap_multiple", Value::Whole(multiple.whole()))],
    ))
}
