//! `resident_premium` (居民医保缴费): what a resident pays for a coverage year, and what the public purse adds.
//!
//! The value is that of the coverage year (参保年度) at the place. Places sort people into groups of their own; the group
//! asked about is matched with the place's words, and only a real choice (tiers, age bands) is asked for. One place
//! charges by the month, as a rate of a base; the year is then twelve such payments, each rounded to the fen.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::calendar::MONTHS_A_YEAR;
use super::money::{percent, to_fen, yuan};
use super::parameters::Datum;
use super::{Finding, Stop, Used, Value, Working};
use crate::facts::FactValue;
use crate::region::RegionCode;

/// A row that is for everybody carries no group in the file; this word asks for it.
const GENERAL: &str = "general";

/// What stands between a group and the year of birth from which on a part of it has an amount of its own.
const BORN: &str = "_born";

/// For each word people may be called by: the words of places' tables that mean them, the nearest first. Words on one
/// line are alternatives among which the person chooses. A group by year of birth stands for the group it is part of.
const MEANT_BY: &[(&str, &[&[&str]])] = &[
    ("child", &[&["child"], &["student"], &["low"], PLANS_TIER, &[GENERAL]]),
    ("student", &[&["student"], &["child"], &["low"], PLANS_TIER, &[GENERAL]]),
    ("college", &[&["college"], &["student"], &["low"], PLANS_TIER, &[GENERAL]]),
    ("a60", &[&["a60"], &["elder"], ADULT, OTHER, PLANS_ADULT, PLANS_TIER, PLANS_LEVEL, &[GENERAL]]),
    ("a70", &[&["a70"], &["elder"], ADULT, OTHER, PLANS_ADULT, PLANS_TIER, PLANS_LEVEL, &[GENERAL]]),
    ("elder", &[&["elder"], &["a60", "a70"], ADULT, OTHER, PLANS_ADULT, PLANS_TIER, PLANS_LEVEL, &[GENERAL]]),
    ("adult", &[ADULT, OTHER, &["a19"], PLANS_ADULT, PLANS_TIER, PLANS_LEVEL, &[GENERAL]]),
    ("a19", &[&["a19"], ADULT, OTHER, PLANS_ADULT, PLANS_TIER, PLANS_LEVEL, &[GENERAL]]),
    ("other", &[OTHER, ADULT, &["a19"], PLANS_ADULT, PLANS_TIER, PLANS_LEVEL, &[GENERAL]]),
    ("adult_basic", &[&["adult_basic"], &["low"], ADULT, OTHER, &["a19"], &[GENERAL]]),
    ("adult_high", &[&["adult_high"], &["high"], ADULT, OTHER, &["a19"], &[GENERAL]]),
    ("low", &[&["low"], &["adult_basic"], &[GENERAL]]),
    ("high", &[&["high"], &["adult_high"], &[GENERAL]]),
    ("tier1", &[&["tier1"], &[GENERAL]]),
    ("tier2", &[&["tier2"], &[GENERAL]]),
    (GENERAL, &[&[GENERAL]]),
];
const ADULT: &[&str] = &["adult"];
const OTHER: &[&str] = &["other"];
const PLANS_ADULT: &[&str] = &["adult_basic", "adult_high"];
const PLANS_TIER: &[&str] = &["tier1", "tier2"];
const PLANS_LEVEL: &[&str] = &["low", "high"];

/// What one person of a group pays, and by which row.
struct Premium {
    /// The place's own word for the group.
    group: String,
    year: Decimal,
    /// Where the place charges by the month.
    month: Option<Decimal>,
    /// The national minimum stood in for the place's own amount.
    national: bool,
}

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    let year = w.whole_or("coverage_year", i64::from(w.case.at.year()));
    let Some(first_day) = i16::try_from(year).ok().and_then(|y| Date::new(y, 1, 1).ok()) else {
        return Err(Stop::NoParameter(format!("{year} 年度的缴费标准没有查到")));
    };
    w.law_of(first_day);
    if w.case.region.is_none() {
        w.caveat("没有说参保地,按全国最低标准回答;各地标准不同,请补充参保的城市");
    }
    w.next("在集中缴费期内通过税务渠道(电子税务局、微信、支付宝)或当地医保窗口缴费,以参保地当年通知为准");

    let people = w.words("people").map(<[String]>::to_vec).unwrap_or_default();
    let asked = w.word("group");
    if asked.is_none() && !people.is_empty() {
        let (total, month) = total(w, &people, year)?;
        return Ok(Finding::computed(
            format!("{} {year} 年度居民医保,{} 人共缴 {}", w.place_name(), people.len(), yuan(total)),
            family(total, month),
        ));
    }
    let premium = personal(w, asked, year)?;
    let mut headline = format!("{} {year} 年度居民医保个人缴费 {}/年", w.place_name(), yuan(premium.year));
    let mut results = vec![("personal", Value::Money(premium.year))];
    if premium.national {
        headline.push_str("(全国最低标准)");
    }
    if let Some(month) = premium.month {
        results.push(("monthly", Value::Money(month)));
        headline =
            format!("{} {year} 年度居民医保个人缴费 {}/月(全年 {})", w.place_name(), yuan(month), yuan(premium.year));
    }
    if !people.is_empty() {
        let (sum, _) = total(w, &people, year)?;
        results.push(("total", Value::Money(sum)));
        headline.push_str(&format!(";{} 人共 {}", people.len(), yuan(sum)));
    }
    // Whoever pays late pays the public part too.
    if w.bool("want_fiscal") == Some(true) && asked != Some("late") {
        let fiscal = fiscal(w, &premium)?;
        let pool = premium.year + fiscal;
        w.step(format!("{} + {}", yuan(premium.year), yuan(fiscal)), yuan(pool), &[]);
        results.push(("fiscal_min", Value::Money(fiscal)));
        results.push(("pool_total_min", Value::Money(pool)));
        headline.push_str(&format!(";财政补助不低于 {},合计不低于 {}", yuan(fiscal), yuan(pool)));
    }
    Ok(Finding::computed(headline, results))
}

/// What everybody in a family pays together, in the year and, where charged so, in the month.
fn total(w: &mut Working, people: &[String], year: i64) -> Result<(Decimal, Option<Decimal>), Stop> {
    let mut years = vec![];
    let mut months = vec![];
    for person in people {
        let premium = personal(w, Some(person), year)?;
        years.push(premium.year);
        months.extend(premium.month);
    }
    let mut sum = |what: &str, each: &[Decimal]| {
        let total = to_fen(each.iter().sum());
        let parts: Vec<String> = each.iter().map(|amount| yuan(*amount)).collect();
        w.step(format!("{} 人{what}合计:{}", each.len(), parts.join(" + ")), yuan(total), &[]);
        total
    };
    let month = (!months.is_empty()).then(|| sum("每月", &months));
    Ok((sum("全年", &years), month))
}

fn family(total: Decimal, month: Option<Decimal>) -> Vec<(&'static str, Value)> {
    let mut results = vec![("total", Value::Money(total))];
    results.extend(month.map(|month| ("monthly", Value::Money(month))));
    results
}

/// What a person of this group pays at the place in the year whose law is in force.
fn personal(w: &mut Working, asked: Option<&str>, year: i64) -> Result<Premium, Stop> {
    if asked == Some("late") {
        let late = w.parameter("personal_late")?;
        w.step(format!("{year} 年度,集中缴费期外"), yuan(late.decimal()), &[&late]);
        return Ok(Premium { group: GENERAL.to_owned(), year: to_fen(late.decimal()), month: None, national: false });
    }
    if let Some(base) = w.optional("monthly_base", &[]) {
        return by_month(w, asked, &base);
    }
    let group = group(w, "personal", asked)?;
    let Some(used) = w.optional("personal", &[("group", &group)]) else {
        if w.table("personal", &[], &["group"]).is_empty() {
            // Not even the nation has published the year: say what is known of the next one.
            w.optional("fiscal_increase", &[]);
        }
        let why = w.parameter_when("personal", &[("group", &group)]).err();
        return Err(why.unwrap_or_else(|| Stop::NoParameter("个人缴费标准没有查到".to_owned())));
    };
    if let Some(late) = w.optional("personal_late", &[]) {
        w.caveat(format!("集中缴费期外参保的,须缴 {}(含原由财政补助的部分)", yuan(late.decimal())));
    }
    w.step(format!("{year} 年度{}", label(&group)), yuan(used.decimal()), &[&used]);
    let national = used.value.region == RegionCode::NATION;
    Ok(Premium { group, year: to_fen(used.decimal()), month: None, national })
}

/// Base × rate, rounded to the fen as it is paid, twelve times a year.
fn by_month(w: &mut Working, asked: Option<&str>, base: &Used) -> Result<Premium, Stop> {
    let group = group(w, "monthly_personal_rate", asked)?;
    let rate = w.parameter_when("monthly_personal_rate", &[("group", &group)])?;
    let (month, year) = monthly(w, &format!("{}个人", label(&group)), base, &rate);
    Ok(Premium { group, year, month: Some(month), national: false })
}

fn monthly(w: &mut Working, who: &str, base: &Used, rate: &Used) -> (Decimal, Decimal) {
    let month = to_fen(base.decimal() * rate.decimal());
    w.step(format!("{who}:{} × {}", yuan(base.decimal()), percent(rate.decimal())), yuan(month), &[base, rate]);
    let year = to_fen(month * Decimal::from(MONTHS_A_YEAR));
    w.step(format!("{} × {MONTHS_A_YEAR} 个月", yuan(month)), yuan(year), &[]);
    (month, year)
}

/// What the public purse adds at least: the place's own amount for the group, else for everybody.
fn fiscal(w: &mut Working, premium: &Premium) -> Result<Decimal, Stop> {
    let conditions = [("group", premium.group.as_str())];
    if premium.month.is_some()
        && let (Some(base), Some(rate)) =
            (w.optional("monthly_base", &[]), w.optional("monthly_fiscal_rate", &conditions))
    {
        return Ok(monthly(w, "财政补助", &base, &rate).1);
    }
    let used = w.parameter_when("fiscal", &conditions)?;
    w.step("财政补助", yuan(used.decimal()), &[&used]);
    Ok(to_fen(used.decimal()))
}

/// The place's own word for the group asked about.
fn group(w: &mut Working, key: &str, asked: Option<&str>) -> Result<String, Stop> {
    let rows = w.table(key, &[], &["group"]);
    let known = |row: &&&super::parameters::ParameterValue| row.datum != Datum::Unknown || !row.when.is_empty();
    let table: Vec<(&str, &Datum)> = rows
        .iter()
        .filter(known)
        .map(|row| (row.when.get("group").map_or(GENERAL, String::as_str), &row.datum))
        .collect();
    let words: Vec<&str> = table.iter().map(|(word, _)| *word).collect();
    let Some(asked) = asked.or_else(|| by_age(w, &words)) else {
        return match words.as_slice() {
            [] => Ok(GENERAL.to_owned()),
            [only] => Ok((*only).to_owned()),
            _ if words.contains(&GENERAL) => {
                w.assume("group", FactValue::Word(GENERAL.to_owned()));
                Ok(GENERAL.to_owned())
            }
            _ => ask(w, key, &table),
        };
    };
    let asked = by_birth(w, asked, &words).unwrap_or(asked);
    let whole = asked.split_once(BORN).map_or(asked, |(whole, _)| whole);
    let meant = MEANT_BY.iter().find(|(word, _)| *word == whole).map_or(&[][..], |(_, choices)| *choices);
    let own = [asked];
    let lines = std::iter::once(&own[..]).chain(meant.iter().copied());
    let mut choices = lines.map(|line| table.iter().filter(|(w, _)| line.contains(w)).copied().collect::<Vec<_>>());
    let fitting = choices.find(|rows| !rows.is_empty()).unwrap_or_default();
    match fitting.as_slice() {
        // The place has no such group: the lookup then says so.
        [] => Ok(asked.to_owned()),
        [(only, _)] => Ok((*only).to_owned()),
        [(first, datum), rest @ ..] if rest.iter().all(|(_, other)| other == datum) => Ok((*first).to_owned()),
        several => {
            let names: Vec<&str> = several.iter().map(|(word, _)| *word).collect();
            match by_age(w, &names) {
                Some(band) => Ok(band.to_owned()),
                None => ask(w, key, several),
            }
        }
    }
}

/// The band of an age among `a19`, `a60`, `a70`, when the age is known and the place goes by age.
fn by_age<'t>(w: &Working, words: &[&'t str]) -> Option<&'t str> {
    let age = w.whole("age")?;
    let from = |word: &str| word.strip_prefix('a').and_then(|years| years.parse::<i64>().ok());
    words.iter().copied().filter(|word| from(word).is_some_and(|f| f <= age)).max_by_key(|word| from(word))
}

/// The part of the group asked about that the place tells apart by year of birth, if the person was born late enough.
fn by_birth<'t>(w: &mut Working, asked: &str, words: &[&'t str]) -> Option<&'t str> {
    // A birth said beside a family's list may be anybody's.
    if w.words("people").is_some_and(|people| people.len() > 1) {
        return None;
    }
    let birth = w.month("birth");
    for word in words.iter().copied().filter(|word| word.split_once(BORN).is_some_and(|(whole, _)| whole == asked)) {
        let Some(from) = w.optional("born_from", &[("group", word)]) else { continue };
        match birth {
            Some(birth) if i64::from(birth.year) >= from.whole() => {
                w.step(format!("{birth} 出生,不早于 {} 年", from.text()), label(word), &[&from]);
                return Some(word);
            }
            Some(birth) => w.step(format!("{birth} 出生,早于 {} 年", from.text()), label(asked), &[&from]),
            None => w.caveat(format!("{}另有标准;没有说出生年月,这一项没有核对", label(word))),
        }
    }
    None
}

/// Asks which group, showing the place's table.
fn ask(w: &mut Working, key: &str, table: &[(&str, &Datum)]) -> Result<String, Stop> {
    for (word, _) in table {
        // The figures shown are figures used.
        w.optional(key, &[("group", word)]);
    }
    let rows: Vec<String> = table
        .iter()
        .filter(|(_, datum)| **datum != Datum::Unknown)
        .map(|(word, datum)| match datum {
            Datum::Decimal(rate) if *rate < Decimal::ONE => format!("{} 基数的 {}/月", label(word), percent(*rate)),
            other => format!("{} {} 元", label(word), other.text()),
        })
        .collect();
    w.so_far(format!("{} {} 年度:{}", w.place_name(), w.day().year(), rows.join(";")), vec![]);
    Err(Stop::NeedsFacts(vec!["group"]))
}

/// The Chinese name of a group; ages and years stand in the word itself.
fn label(group: &str) -> String {
    if let Some(years) = group.strip_prefix('a').filter(|rest| rest.bytes().all(|b| b.is_ascii_digit())) {
        return format!("满{years}岁档");
    }
    if let Some(year) = group.strip_prefix("college").and_then(|rest| rest.strip_prefix(BORN)) {
        return format!("大学生({year}年以后出生)");
    }
    let name = match group {
        "adult" => "成年居民",
        "adult_basic" => "成年人基本档",
        "adult_high" => "成年人高档",
        "child" => "少年儿童",
        "college" => "大学生",
        "elder" => "老年居民",
        "student" => "学生儿童",
        "other" => "其他居民",
        "high" => "高档",
        "low" => "低档",
        "tier1" => "一档",
        "tier2" => "二档",
        _ => "居民",
    };
    name.to_owned()
}
