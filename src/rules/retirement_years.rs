//! `retirement_years` (退休医保缴费年限): how many years of contributions end the duty to pay at retirement, and what is
//! missing. Social Insurance Law art. 27 leaves the number to the places.
//!
//! The day of retirement picks the value; sex picks it where the place tells the sexes apart. Some places also tell
//! apart who was insured (or worked) before a reform: while nobody said so, every such group is weighed, and the
//! outcome is open only where they differ. Years are compared in months (convention C5).

use super::calendar::MONTHS_A_YEAR;
use super::parameters::{Datum, ParameterValue};
use super::{Finding, Stop, Used, Value, Working};

/// The years asked of one group of people: everybody, or those first insured in a certain time.
struct Requirement {
    /// The name of the group, where there are several.
    group: Option<String>,
    months: i64,
    used: Used,
}

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    if w.case.region.is_none() {
        w.need(&["region", "sex", "paid_months"])?;
    }
    let retire_date = w.date_or("retire_date", w.case.at);
    w.law_of(retire_date);
    let sex_matters = sex_matters(w);
    let sex = w.word("sex");
    if sex.is_some() || !sex_matters {
        let requirements = requirements(w, sex.unwrap_or("male"))?;
        announce(w, &requirements);
    } else {
        announce_both(w)?;
    }
    w.need(if sex_matters { &["sex", "paid_months"] } else { &["paid_months"] })?;

    let paid = w.whole("paid_months").unwrap_or_default();
    let requirements = requirements(w, sex.unwrap_or("male"))?;
    let actual_shortfall = actual_years(w, sex.unwrap_or("male"));
    mention_tier(w);
    let finding = match requirements.as_slice() {
        [only] => one(w, paid, only, actual_shortfall)?,
        several => open(w, paid, several, actual_shortfall),
    };
    w.next(match finding.results.contains(&("meets", Value::Bool(true))) {
        true => "办理退休时带身份证向当地医保部门(12393)核对缴费记录,申请认定缴费年限",
        false => "年限不够的,按当地规定继续缴费或一次性补足;办理前向当地医保部门(12393)核对缴费记录",
    });
    Ok(finding)
}

/// Whether the place tells the sexes apart on that day.
fn sex_matters(w: &Working) -> bool {
    let rows = w.table("required_years", &[], &["sex", "cohort"]);
    let of = |sex: &str| -> Vec<(Option<&String>, &Datum)> {
        let applies = |row: &&&ParameterValue| row.when.get("sex").is_none_or(|s| s == sex);
        rows.iter().filter(applies).map(|row| (row.when.get("cohort"), &row.datum)).collect()
    };
    of("male") != of("female")
}

/// What is asked of this sex: one requirement, or one for each group that is not ruled out.
fn requirements(w: &mut Working, sex: &str) -> Result<Vec<Requirement>, Stop> {
    let rows = w.table("required_years", &[("sex", sex)], &["cohort"]);
    let cohorts: Vec<&str> = rows.iter().filter_map(|row| row.when.get("cohort")).map(String::as_str).collect();
    if cohorts.is_empty() {
        let used = w.parameter_when("required_years", &[("sex", sex)])?;
        return Ok(vec![Requirement { group: None, months: used.whole() * MONTHS_A_YEAR, used }]);
    }
    let mut found = vec![];
    for cohort in possible_cohorts(w, cohorts) {
        let used = w.parameter_when("required_years", &[("sex", sex), ("cohort", cohort)])?;
        let group = w.optional("cohort_label", &[("cohort", cohort)]).map(|label| label.text());
        found.push(Requirement { group, months: used.whole() * MONTHS_A_YEAR, used });
    }
    found.sort_by_key(|r| r.months);
    Ok(found)
}

/// The groups a person may belong to, given the year of first insurance.
fn possible_cohorts<'c>(w: &mut Working, cohorts: Vec<&'c str>) -> Vec<&'c str> {
    let Some(first_insured) = w.whole("first_insured") else { return cohorts };
    let starts: Vec<(&str, Option<i64>)> = cohorts
        .into_iter()
        .map(|c| (c, w.optional("cohort_from", &[("cohort", c)]).map(|used| used.whole())))
        .collect();
    let latest =
        starts.iter().filter(|(_, from)| from.is_some_and(|f| f <= first_insured)).max_by_key(|(_, from)| *from);
    match latest {
        Some((cohort, _)) => vec![cohort],
        None => starts.into_iter().filter(|(_, from)| from.is_none()).map(|(c, _)| c).collect(),
    }
}

/// Says what is required while the paid months are not known.
fn announce(w: &mut Working, requirements: &[Requirement]) {
    let place = w.place_name();
    let headline = match requirements {
        [only] => format!("{place}:须缴满 {}", years(only.months)),
        several => format!("{place}:{}", listed(several)),
    };
    let results = match requirements {
        [only] => vec![("required_months", Value::Whole(only.months))],
        _ => vec![],
    };
    w.so_far(headline, results);
}

/// Says what is required of either sex; no value for one sex is no reason to give none for the other.
fn announce_both(w: &mut Working) -> Result<(), Stop> {
    let men = requirements(w, "male");
    let women = requirements(w, "female");
    let said = |found: &Result<Vec<Requirement>, Stop>| match found.as_deref() {
        Ok([only]) => years(only.months),
        Ok(several) => listed(several),
        Err(_) => "没有查到".to_owned(),
    };
    if let (Err(stop), Err(_)) = (&men, &women) {
        return Err(stop.clone());
    }
    w.so_far(format!("{}:男 {},女 {}", w.place_name(), said(&men), said(&women)), vec![]);
    Ok(())
}

/// The outcome where one number holds.
fn one(w: &mut Working, paid: i64, required: &Requirement, actual: Option<Actual>) -> Result<Finding, Stop> {
    if let Some(finding) = alternative(w, paid, required)? {
        return Ok(finding);
    }
    let shortfall = (required.months - paid).max(0);
    w.step(
        format!("须缴 {} − 已缴 {paid} 个月", years(required.months)),
        format!("差 {shortfall} 个月"),
        &[&required.used],
    );
    let meets = shortfall == 0 && actual.as_ref().is_none_or(|a| a.shortfall.unwrap_or_default() == 0);
    let mut headline = match shortfall {
        0 => format!("须缴满 {},已缴 {paid} 个月,累计年限已够", years(required.months)),
        _ => format!("须缴满 {},已缴 {paid} 个月,还差 {}", years(required.months), years(shortfall)),
    };
    let mut results =
        vec![("required_months", Value::Whole(required.months)), ("shortfall_months", Value::Whole(shortfall))];
    results.extend(actual_results(&mut headline, actual));
    results.push(("meets", Value::Bool(meets)));
    Ok(Finding::computed(headline, results))
}

/// The outcome where the group is not known: settled only if every group comes to the same.
fn open(w: &mut Working, paid: i64, requirements: &[Requirement], actual: Option<Actual>) -> Finding {
    let shortfalls: Vec<i64> = requirements.iter().map(|r| (r.months - paid).max(0)).collect();
    for (required, shortfall) in requirements.iter().zip(&shortfalls) {
        let group = required.group.as_deref().unwrap_or_default();
        w.step(
            format!("{group}:须缴 {} − 已缴 {paid} 个月", years(required.months)),
            format!("差 {shortfall} 个月"),
            &[&required.used],
        );
    }
    let lacks_actual = actual.as_ref().is_some_and(|a| a.shortfall.unwrap_or_default() > 0);
    let all_met = shortfalls.iter().all(|s| *s == 0);
    let none_met = shortfalls.iter().all(|s| *s > 0);
    let mut headline = format!("{};已缴 {paid} 个月", listed(requirements));
    let mut results = vec![];
    if all_met {
        headline.push_str(",哪种情况都已够累计年限");
        results.push(("shortfall_months", Value::Whole(0)));
    } else if none_met {
        headline.push_str(",哪种情况都不够");
    } else {
        headline.push_str(",够不够要看属于哪一种");
    }
    results.extend(actual_results(&mut headline, actual));
    let meets = match (all_met, none_met || lacks_actual) {
        (_, true) => Value::Bool(false),
        (true, false) => Value::Bool(true),
        (false, false) => Value::Open,
    };
    results.push(("meets", meets));
    if all_met { Finding::computed(headline, results) } else { Finding::depends_local(headline, results) }
}

/// Where unbroken years stand in for a longer total (成都), those decide while the total falls short.
fn alternative(w: &mut Working, paid: i64, required: &Requirement) -> Result<Option<Finding>, Stop> {
    let Some(unbroken) = w.optional("alternative_continuous_years", &[]) else { return Ok(None) };
    let needed = unbroken.whole() * MONTHS_A_YEAR;
    if paid >= required.months || paid < needed {
        w.caveat(format!("连续不间断缴满 {} 的,也算达到", years(needed)));
        return Ok(None);
    }
    let continuous = w.whole("continuous_months");
    let rule = format!("连续缴满 {} 或累计缴满 {}", years(needed), years(required.months));
    let shortfall = required.months - paid;
    w.step(
        format!("累计 {} − 已缴 {paid} 个月", years(required.months)),
        format!("差 {shortfall} 个月"),
        &[&required.used],
    );
    let Some(continuous) = continuous else {
        let results = vec![("meets", Value::Open)];
        let headline =
            format!("须{rule};已缴 {paid} 个月,其中连续满 {} 的已够,否则还差 {shortfall} 个月", years(needed));
        return Ok(Some(Finding::depends_local(headline, results)));
    };
    if continuous < needed {
        return Ok(None);
    }
    w.step(format!("连续缴费 {continuous} 个月,不少于 {}", years(needed)), "达到", &[&unbroken]);
    let results = vec![
        ("required_months", Value::Whole(needed)),
        ("shortfall_months", Value::Whole(0)),
        ("meets", Value::Bool(true)),
    ];
    Ok(Some(Finding::computed(format!("须{rule};连续缴费 {continuous} 个月,已够"), results)))
}

/// The part that must really have been paid, without recognised work years.
struct Actual {
    required: i64,
    /// `None` while the really paid months were not said.
    shortfall: Option<i64>,
}

fn actual_years(w: &mut Working, sex: &str) -> Option<Actual> {
    if let Some(transferred) = w.optional("transferred_in_actual_years", &[]) {
        w.caveat(format!("医保关系从外地转入的人员,另须在当地实际缴费满 {} 年", transferred.text()));
    }
    let used = w.optional("actual_years", &[("sex", sex)])?;
    let required = used.whole() * MONTHS_A_YEAR;
    let Some(actual) = w.whole("actual_months") else {
        w.caveat(format!("其中须实际缴费(不含视同缴费)满 {} 年,没有说实际缴费月数,这一项没有核对", used.text()));
        return Some(Actual { required, shortfall: None });
    };
    let shortfall = (required - actual).max(0);
    w.step(format!("实际缴费须 {} − 已有 {actual} 个月", years(required)), format!("差 {shortfall} 个月"), &[&used]);
    Some(Actual { required, shortfall: Some(shortfall) })
}

fn actual_results(headline: &mut String, actual: Option<Actual>) -> Vec<(&'static str, Value)> {
    let Some(actual) = actual else { return vec![] };
    let Some(shortfall) = actual.shortfall else {
        headline.push_str(&format!(";另须实际缴费满 {}", years(actual.required)));
        return vec![];
    };
    headline.push_str(&match shortfall {
        0 => format!(";实际缴费已满 {}", years(actual.required)),
        _ => format!(";实际缴费须满 {},还差 {}", years(actual.required), years(shortfall)),
    });
    vec![
        ("actual_required_months", Value::Whole(actual.required)),
        ("actual_shortfall_months", Value::Whole(shortfall)),
    ]
}

/// What places with tiers add: years in the tier, and the price of missing years.
fn mention_tier(w: &mut Working) {
    let Some(years) = w.optional("tier_years", &[("tier", "1")]) else { return };
    w.caveat(format!("享受一档退休待遇,还须在一档缴费满 {} 年", years.text()));
    let first = w.optional("topup_ratio", &[("tier", "1")]);
    let second = w.optional("topup_ratio", &[("tier", "2")]);
    if let (Some(first), Some(second)) = (first, second) {
        let rates = [first, second].map(|used| super::money::percent(used.decimal()));
        w.caveat(format!(
            "年限不够的可按月或一次性补足,{}:一档 {},二档 {}(依据不足,以办理时为准)",
            w.label("topup_ratio"),
            rates[0],
            rates[1]
        ));
    }
}

/// `2014年前已参保 10 年,2014年起首次参保 15 年`.
fn listed(requirements: &[Requirement]) -> String {
    let each = |r: &Requirement| format!("{} {}", r.group.as_deref().unwrap_or_default(), years(r.months));
    requirements.iter().map(each).collect::<Vec<_>>().join(",")
}

/// `25 年(300 个月)`, `1 年 6 个月(18 个月)`, `9 个月`.
fn years(months: i64) -> String {
    match (months / MONTHS_A_YEAR, months % MONTHS_A_YEAR) {
        (0, rest) => format!("{rest} 个月"),
        (years, 0) => format!("{years} 年({months} 个月)"),
        (years, rest) => format!("{years} 年 {rest} 个月({months} 个月)"),
    }
}
