//! Reads `parameters/<rule>.toml`.
//!
//! ```toml
//! [daily_rate]                       # key, as the rule asks for it
//! label = "滞纳金每日加收比例"
//! unit = "ratio_per_day"             # a word of `rules::parameters::UNITS`
//! min = "0"                          # optional bounds
//! max = "0.01"
//!
//! [[daily_rate.values]]
//! id = "CN.LATEFEE.DAILY"            # unique over all files
//! region = "000000"
//! from = 2011-07-01                  # optional: open when absent
//! to = 2030-12-31                    # optional, that day included
//! when = { tier = "1" }              # optional conditions
//! value = "0.0005"                   # text, read by the unit; "unknown" ends the search here
//! level = "official"
//! title = "社会保险法"
//! document = "第八十六条"             # document or url: at least one
//! url = "https://…"
//! note = "…"                         # for staff
//! caveat = "…"                       # shown to people with every answer that uses the value
//! review_by = 2027-06-30             # optional: to be looked at again by then
//! conflicts = ["Y21"]                # optional: contradictions on file that this value settles
//! ```

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use toml::de::DeTable;

use super::{Problem, TomlFile};
use crate::region::{RegionCode, Regions};
use crate::rules::parameters::{Datum, Level, Parameter, ParameterValue, Reference, UNITS};

const PARAMETER_KEYS: &[&str] = &["label", "unit", "min", "max", "cited_only", "values"];
const VALUE_KEYS: &[&str] = &[
    "id",
    "region",
    "from",
    "to",
    "when",
    "value",
    "level",
    "title",
    "document",
    "url",
    "note",
    "caveat",
    "review_by",
    "conflicts",
];

/// Reads one file. `path` is relative to the corpus; the rule is the file's stem.
pub fn read(path: &str, text: &str, regions: &Regions) -> (Vec<Parameter>, Vec<Problem>) {
    let rule = path.rsplit('/').next().and_then(|f| f.strip_suffix(".toml")).unwrap_or(path);
    let mut file = TomlFile::new(path, text, 1);
    let root = file.parse();
    let mut found = vec![];
    for (key, value) in &root {
        let Some(table) = value.get_ref().as_table() else {
            file.problem(key.span().start, format!("“{}”应是一个参数表 [{0}]", key.get_ref()));
            continue;
        };
        found.extend(parameter(&mut file, rule, key.get_ref(), key.span().start, table, regions));
    }
    (found, file.problems)
}

fn parameter<'t>(
    file: &mut TomlFile<'t>,
    rule: &str,
    key: &str,
    at: usize,
    table: &DeTable<'t>,
    regions: &Regions,
) -> Option<Parameter> {
    file.only(table, PARAMETER_KEYS);
    for needed in ["label", "unit", "values"] {
        file.require(table, needed, at);
    }
    let label = file.string(table, "label")?;
    let unit_name = file.string(table, "unit")?;
    let Some(&(unit, _)) = UNITS.iter().find(|(u, _)| *u == unit_name) else {
        let known: Vec<_> = UNITS.iter().map(|(u, _)| *u).collect();
        file.problem(
            file.place(table, "unit"),
            format!("参数“{key}”的单位“{unit_name}”不认识;可用:{}", known.join("、")),
        );
        return None;
    };
    let min = bound(file, table, "min");
    let max = bound(file, table, "max");
    let cited_only = file.bool(table, "cited_only").unwrap_or(false);
    let place = (file.path().to_owned(), file.line(at));
    let mut values = vec![];
    for (value_at, value_table) in file.tables(table, "values") {
        if let Some(value) = read_value(file, value_at, value_table, unit, regions) {
            if let Datum::Decimal(d) = &value.datum
                && (min.is_some_and(|m| *d < m) || max.is_some_and(|m| *d > m))
            {
                let range = format!("{}~{}", show(min), show(max));
                file.problem(value_at, format!("“{}”的值 {d} 超出允许范围 {range}", value.id));
            }
            values.push(value);
        }
    }
    overlaps(file, key, &values);
    Some(Parameter { rule: rule.to_owned(), key: key.to_owned(), label, unit, cited_only, min, max, values, place })
}

fn show(bound: Option<Decimal>) -> String {
    bound.map_or_else(|| "不限".to_owned(), |b| b.to_string())
}

fn bound(file: &mut TomlFile<'_>, table: &DeTable<'_>, key: &str) -> Option<Decimal> {
    let (_, value) = table.iter().find(|(k, _)| k.get_ref().as_ref() == key)?;
    let read = value.get_ref().as_str().and_then(|s| s.parse().ok());
    if read.is_none() {
        file.problem(value.span().start, format!("“{key}”应为带引号的数字,形如 \"0.01\""));
    }
    read
}

fn read_value<'t>(
    file: &mut TomlFile<'t>,
    at: usize,
    table: &DeTable<'t>,
    unit: &str,
    regions: &Regions,
) -> Option<ParameterValue> {
    file.only(table, VALUE_KEYS);
    for needed in ["id", "region", "value", "level", "title"] {
        file.require(table, needed, at);
    }
    let id = file.string(table, "id");
    let region = file.string(table, "region").and_then(|code| {
        let known = RegionCode::parse(&code).filter(|c| *c == RegionCode::NATION || regions.get(*c).is_some());
        if known.is_none() {
            file.problem(
                file.place(table, "region"),
                format!("地区代码“{code}”不存在;应为六位行政区划代码,全国写 000000"),
            );
        }
        known
    });
    let level = file.string(table, "level").and_then(|word| {
        let level = Level::parse(&word);
        if level.is_none() {
            file.problem(
                file.place(table, "level"),
                format!("“level”是“{word}”;应为 official、secondary、seed 或 unverified"),
            );
        }
        level
    });
    let from = file.date(table, "from");
    let to = file.date(table, "to");
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        file.problem(file.place(table, "to"), format!("结束日 {to} 早于开始日 {from}"));
    }
    let document = file.string(table, "document");
    let url = file.string(table, "url");
    if document.is_none() && url.is_none() {
        file.problem(at, "缺少出处:至少写“document”(文号、条号)或“url”(网页地址)之一");
    }
    let when = conditions(file, table);
    let title = file.string(table, "title");
    let note = file.string(table, "note");
    let caveat = file.string(table, "caveat");
    let review_by = file.date(table, "review_by");
    let conflicts = file.strings(table, "conflicts").unwrap_or_default();
    let raw = file.string(table, "value")?;
    let Some(datum) = datum(&raw, unit) else {
        file.problem(file.place(table, "value"), format!("值“{raw}”不合单位“{unit}”"));
        return None;
    };
    Some(ParameterValue {
        id: id?,
        region: region?,
        from,
        to,
        when,
        datum,
        level: level?,
        reference: Reference { title: title?, document, url },
        note,
        caveat,
        review_by,
        conflicts,
        place: (file.path().to_owned(), file.line(at)),
    })
}

fn conditions<'t>(file: &mut TomlFile<'t>, table: &DeTable<'t>) -> BTreeMap<String, String> {
    let Some((_, when)) = file.table(table, "when") else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    for (key, value) in when {
        match value.get_ref().as_str() {
            Some(text) => drop(found.insert(key.get_ref().to_string(), text.to_owned())),
            None => file.problem(value.span().start, format!("条件“{}”的值应写在双引号里", key.get_ref())),
        }
    }
    found
}

/// Reads a value by its unit; `None` when it does not fit.
pub fn datum(raw: &str, unit: &str) -> Option<Datum> {
    if raw == "unknown" {
        return Some(Datum::Unknown);
    }
    match unit {
        "bool" => match raw {
            "true" => Some(Datum::Bool(true)),
            "false" => Some(Datum::Bool(false)),
            _ => None,
        },
        "word" => Some(Datum::Word(raw.to_owned())),
        "words" => Some(Datum::Words(raw.split('|').map(|w| w.trim().to_owned()).collect())),
        "date" => raw.parse().ok().map(Datum::Date),
        "month_day" => format!("2024-{raw}").parse::<Date>().ok().map(|_| Datum::Word(raw.to_owned())),
        _ => {
            let number: Decimal = raw.parse().ok()?;
            let whole = matches!(unit, "month" | "day" | "working_day" | "nth_year" | "calendar_year" | "pool");
            let fits = !number.is_sign_negative()
                && (!whole || number.fract().is_zero())
                && (!unit.starts_with("ratio") || number <= Decimal::ONE);
            fits.then_some(Datum::Decimal(number))
        }
    }
}

/// Two values of one place under the same conditions may not both hold on a day.
fn overlaps(file: &mut TomlFile<'_>, key: &str, values: &[ParameterValue]) {
    for (i, a) in values.iter().enumerate() {
        for b in &values[i + 1..] {
            let same = a.region == b.region && a.when == b.when;
            let meet = a.to.is_none_or(|to| b.from.is_none_or(|from| from <= to))
                && b.to.is_none_or(|to| a.from.is_none_or(|from| from <= to));
            if same && meet {
                file.problems.push(Problem {
                    path: b.place.0.clone(),
                    line: b.place.1,
                    message: format!(
                        "参数“{key}”的“{}”与第 {} 行的“{}”日期重叠;请给较早的一条写上结束日“to”",
                        b.id, a.place.1, a.id
                    ),
                });
            }
        }
    }
}
