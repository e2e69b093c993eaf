//! `resident_wait` (居民医保待遇等待期): how many months benefits wait after missed years or a payment outside the
//! collection window, from which day they run, and what a repair (补缴修复) costs. 国办发〔2024〕38号.
//!
//! Fixed wait + variable wait. The variable part grows with each counted missed year and shrinks with each year paid
//! back; long breaks keep a floor. From which missed year the variable part counts is a parameter, because provinces
//! read the sentence differently. The wait starts on 1 January of the coverage year, or on the day of a payment made
//! outside the window.

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::money::{to_fen, yuan};
use super::parameters::Datum;
use super::{Finding, Stop, Used, Value, Working};
use crate::facts::FactValue;
use crate::region::RegionCode;

/// When the premium was paid: it decides where the wait starts.
#[derive(Clone, Copy, PartialEq)]
enum Paid {
    /// In the collection window, for the coverage year where it is known.
    InWindow(Option<Date>),
    /// In a province's extension of the window: not late, but benefits run from the payment.
    Extension(Date),
    Outside(Date),
}

/// The wait, in months.
struct Wait {
    fixed: i64,
    /// After repair and floor.
    variable: i64,
}

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    w.conflict("X14");
    w.conflict("X30");
    let coverage_start = w.whole("coverage_year").and_then(new_year);
    if let Some(day) = w.date("pay_date").or(coverage_start) {
        w.law_of(day);
    }
    let Some(fixed) = w.optional("fixed_months", &[]) else {
        w.step(format!("{} 国家的等待期规定是否施行", w.day()), "尚未施行", &[]);
        w.next("向当地医保部门(12393)询问当时的等待期规定");
        return Ok(Finding::depends_local(
            "国家的断保等待期规定当时尚未施行,等待期由当地规定",
            vec![("national_rule_applies", Value::Bool(false))],
        ));
    };
    if w.bool_or("exempt", false) {
        return exempt(w, coverage_start);
    }
    let late = w.bool("in_window") == Some(false) || w.bool("extension") == Some(true);
    w.need(if late { &["missed_years", "pay_date"] } else { &["missed_years"] })?;
    let missed = w.whole("missed_years").unwrap_or_default();
    let repaid = w.whole_or("repaid_years", 0);
    let paid = payment(w, coverage_start);
    let wait = reckon(w, &fixed, missed, repaid, paid)?;
    let total = wait.fixed + wait.variable;

    let mut results = vec![
        ("fixed_months", Value::Whole(wait.fixed)),
        ("variable_months", Value::Whole(wait.variable)),
        ("total_wait_months", Value::Whole(total)),
    ];
    let mut headline = match total {
        0 => "没有等待期".to_owned(),
        _ => format!("等待期共 {total} 个月(固定 {} + 变动 {})", wait.fixed, wait.variable),
    };
    let start = benefit_start(w, paid, total)?;
    if let Some(start) = start {
        headline = format!("{headline},{start} 起享受待遇");
        results.push(("benefit_start", Value::Date(start)));
    }
    if repaid > 0
        && let Some(premium) = premium(w, coverage_start)
    {
        let cost = to_fen(premium * Decimal::from(repaid));
        w.step(format!("修复补缴:{repaid} 年 × {}", yuan(premium)), yuan(cost), &[]);
        headline = format!("{headline};补缴 {repaid} 年约 {}", yuan(cost));
        results.push(("repair_cost", Value::Money(cost)));
    }
    results.push(("national_rule_applies", Value::Bool(true)));
    remarks(w, missed, coverage_start, total);
    Ok(Finding::computed(headline, results))
}

/// Newborns and the other groups that never wait.
fn exempt(w: &mut Working, coverage_start: Option<Date>) -> Result<Finding, Stop> {
    w.step("是否属于不设等待期的人员", "属于", &[]);
    let start = match w.date("pay_date") {
        Some(pay) if w.bool("in_window") != Some(true) => {
            let after = match w.optional("exempt_offset_days", &[]) {
                Some(offset) => {
                    let after = plus_days(pay, offset.whole());
                    w.step(format!("缴费之日 {pay} 再过 {} 天", offset.text()), after, &[&offset]);
                    after
                }
                None => pay,
            };
            Some(coverage_start.map_or(after, |start| after.max(start)))
        }
        _ => coverage_start,
    };
    let mut results = vec![
        ("fixed_months", Value::Whole(0)),
        ("variable_months", Value::Whole(0)),
        ("total_wait_months", Value::Whole(0)),
    ];
    let mut headline = "属于不设等待期的人员,没有等待期".to_owned();
    if let Some(start) = start {
        headline = format!("{headline},{start} 起享受待遇");
        results.push(("benefit_start", Value::Date(start)));
    }
    results.push(("national_rule_applies", Value::Bool(true)));
    w.caveat("哪些人员不设等待期、多少天内办理,由各省规定,请问 12393");
    Ok(Finding::computed(headline, results))
}

/// Where the payment falls, from what was said, else from the dates, else the documented default: in the window.
fn payment(w: &mut Working, coverage_start: Option<Date>) -> Paid {
    let Some(pay) = w.date("pay_date") else {
        w.bool_or("in_window", true);
        return Paid::InWindow(coverage_start);
    };
    let said_in_window = w.bool("in_window");
    // A year's window that was extended as a whole: whoever paid before its end paid in the window.
    if said_in_window.is_none()
        && let Some(end) = window_end(w, coverage_start)
        && pay <= end
    {
        w.assume("in_window", FactValue::Bool(true));
        w.step(format!("{pay} 缴费,不晚于当地集中参保期的最后一天 {end}"), "在集中参保期内", &[]);
        return Paid::InWindow(coverage_start.or(new_year(i64::from(end.year()))));
    }
    let may_extend = said_in_window != Some(true) || w.bool("extension") == Some(true);
    if may_extend && in_extension(w, pay, coverage_start) {
        return Paid::Extension(pay);
    }
    let past_extension = w.bool("extension") == Some(true) && coverage_start.is_none_or(|start| pay >= start);
    if past_extension {
        w.caveat("说是延长缴费期内缴费,但缴费日不在当地的延长期内,按集中参保期外计算");
    }
    if past_extension || said_in_window == Some(false) {
        return Paid::Outside(pay);
    }
    if said_in_window.is_none() && coverage_start.is_some_and(|start| pay >= start) {
        w.assume("in_window", FactValue::Bool(false));
        w.step(format!("{pay} 缴费,已在参保年度之内"), "不在集中参保期内", &[]);
        return Paid::Outside(pay);
    }
    if said_in_window.is_none() && coverage_start.is_none() {
        w.caveat("没有说是不是在集中参保期内缴费,按集中参保期内计算;不在集中参保期内的,等待期从缴费之日起算");
    }
    w.bool_or("in_window", true);
    Paid::InWindow(coverage_start)
}

/// The last day of the window of the coverage year, where it is on file.
fn window_end(w: &mut Working, coverage_start: Option<Date>) -> Option<Date> {
    let Datum::Date(end) = w.optional("window_end", &[])?.value.datum else { return None };
    coverage_start.is_none_or(|start| start.year() == end.year()).then_some(end)
}

/// Said, or by the place's own extension: from the first day of the year to the end of the month on file.
fn in_extension(w: &mut Working, pay: Date, coverage_start: Option<Date>) -> bool {
    let year = coverage_start.map_or(pay.year(), |start| start.year());
    let own = w.optional("extension_end", &[]).and_then(|end| {
        let last: Date = format!("{year:04}-{}", end.text()).parse().ok()?;
        Some((last.first_of_year(), last.last_of_month(), end))
    });
    match (w.bool("extension"), own) {
        (Some(false), _) | (None, None) => false,
        (_, Some((first, last, end))) => {
            let inside = first <= pay && pay <= last;
            if inside {
                w.step(format!("{pay} 在延长缴费期内({first} 至 {last})"), "缴费之日起享受", &[&end]);
            }
            inside
        }
        (Some(true), None) => {
            w.caveat("没有查到当地延长缴费期的规定,按缴费之日起享受计算,请问 12393");
            true
        }
    }
}

fn reckon(w: &mut Working, fixed: &Used, missed: i64, repaid: i64, paid: Paid) -> Result<Wait, Stop> {
    if missed == 0 && !matches!(paid, Paid::Outside(_)) {
        w.step("连续参保,且在集中参保期(含延长期)内缴费", "没有等待期", &[]);
        return Ok(Wait { fixed: 0, variable: 0 });
    }
    let why = if missed > 0 { "没有连续参保" } else { "不在集中参保期内缴费" };
    w.step(format!("{why}:固定等待期"), format!("{} 个月", fixed.text()), &[fixed]);
    if missed == 0 {
        return Ok(Wait { fixed: fixed.whole(), variable: 0 });
    }
    w.conflict("Y01");
    let first = w.parameter("var_first_counted_year")?;
    let per_year = w.parameter("var_months_per_year")?;
    let repair = w.parameter("repair_months_per_year")?;
    let long_break = w.parameter("long_break_years")?;
    let floor = w.parameter("long_break_floor_months")?;

    let counted = (missed - (first.whole() - 1)).max(0);
    w.step(format!("断保 {missed} 年,自第 {} 年起计入变动等待期", first.text()), format!("{counted} 年"), &[&first]);
    let unrepaired = counted.saturating_mul(per_year.whole());
    w.step(format!("变动等待期:{counted} 年 × {} 个月", per_year.text()), format!("{unrepaired} 个月"), &[&per_year]);
    let mut variable = unrepaired;
    if repaid > 0 {
        variable = unrepaired.saturating_sub(repaid.saturating_mul(repair.whole())).max(0);
        w.step(
            format!("补缴后的变动等待期(固定的不减):{unrepaired} 个月 − {repaid} 年 × {} 个月", repair.text()),
            format!("{variable} 个月"),
            &[&repair],
        );
    }
    let mut least = 0;
    if missed >= long_break.whole() {
        least = (floor.whole() - fixed.whole()).max(0);
        if variable < least {
            variable = least;
            w.step(
                format!(
                    "断保 {} 年及以上,合计不少于 {} 个月,变动等待期:{} 个月 − {} 个月",
                    long_break.text(),
                    floor.text(),
                    floor.text(),
                    fixed.text()
                ),
                format!("{variable} 个月"),
                &[&long_break, &floor, fixed],
            );
        }
    }
    let useful = (unrepaired - least).max(0).div_euclid(repair.whole().max(1));
    if repaid > useful {
        w.caveat(format!("补缴超过 {useful} 年不再缩短等待期"));
    }
    w.step(
        format!("固定与变动之和:{} + {variable}", fixed.text()),
        format!("{} 个月", fixed.whole() + variable),
        &[fixed],
    );
    Ok(Wait { fixed: fixed.whole(), variable })
}

fn benefit_start(w: &mut Working, paid: Paid, total: i64) -> Result<Option<Date>, Stop> {
    match paid {
        Paid::InWindow(Some(new_year)) => {
            let start = w.add_months(new_year, total)?;
            w.step(format!("自 {new_year} 起满 {total} 个月"), start, &[]);
            Ok(Some(start))
        }
        Paid::InWindow(None) => {
            w.step("等待期的起点", "参保年度的第一天", &[]);
            w.caveat("没有说参保年度:等待期从参保年度的 1 月 1 日起算");
            Ok(None)
        }
        Paid::Extension(pay) => {
            let start = w.add_months(pay, total)?;
            w.step(format!("自缴费之日 {pay} 起满 {total} 个月"), start, &[]);
            Ok(Some(start))
        }
        Paid::Outside(pay) => {
            let mut start = w.add_months(pay, total)?;
            w.step(format!("自缴费之日 {pay} 起满 {total} 个月"), start, &[]);
            if let Some(offset) = w.optional("start_offset_days", &[]) {
                w.conflict("Y25");
                let waited = start;
                start = plus_days(waited, offset.whole());
                w.step(format!("{waited} 等待期满,再过 {} 天起享受", offset.text()), start, &[&offset]);
            }
            w.caveat("不在集中参保期内缴费的,待遇从等待期满起到当年 12 月 31 日止");
            if start.year() > pay.year() {
                w.caveat("等待期满已过当年年底,当年不能享受待遇,请问 12393 是否值得补缴当年");
            }
            Ok(Some(start))
        }
    }
}

/// The premium of one repaid year: the one said, else the one of everybody (`general`) in the year that is being paid
/// for. A place with a table by groups of people has no one premium, and the nation's would be wrong there.
fn premium(w: &mut Working, coverage_start: Option<Date>) -> Option<Decimal> {
    if let Some(said) = w.decimal("premium") {
        return Some(said);
    }
    let general = [("group", "general")];
    let law_day = w.day();
    w.law_of(coverage_start.unwrap_or(law_day));
    let by_groups = w.source("resident_premium", "personal", &general) == Some(RegionCode::NATION)
        && w.has_own("resident_premium", "personal");
    let found = if by_groups { None } else { w.borrowed("resident_premium", "personal", &general) };
    w.law_of(law_day);
    if found.is_none() {
        w.caveat("修复补缴的金额按参保地当年的个人缴费标准计算,没有查到该标准,请问 12393");
    }
    found.map(|f| f.decimal())
}

fn remarks(w: &mut Working, missed: i64, coverage_start: Option<Date>, total: i64) {
    w.caveat("等待期的具体办法由各省规定(个别地方按天数计),以参保地医保部门(12393)的答复为准");
    if total > 0 {
        w.caveat("断保期间和等待期内发生的医疗费用,居民医保基金不支付");
    }
    if let (Some(first), Some(start)) = (w.optional("count_from_year", &[]), coverage_start)
        && missed > (i64::from(start.year()) - first.whole()).max(0)
    {
        w.caveat(format!("断保年数通常从 {} 年度起计,更早的断保年一般不算在内,请核对断保年数", first.text()));
    }
    if missed > 0 {
        w.next("想缩短等待期,可向参保地(12393)问清能否补缴断保年份、按什么标准缴");
    }
    w.next("以后每年在集中参保期内缴费,连续参保就没有等待期");
}

fn new_year(year: i64) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, 1, 1).ok()
}

fn plus_days(day: Date, days: i64) -> Date {
    day.checked_add(days.days()).unwrap_or(day)
}
