//! The deeper checks of the corpus: what no file shows by itself.
//!
//! Reading a file finds what is wrong in it. An audit looks across: at parameters no rule asks for and questions no file
//! answers, at rows of a closed table that both match, at years between two values for which nothing is on file, at
//! contradictions that are named and not told. What is wrong must be mended; what may be right is a warning.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Corpus, Problem};
use crate::region::{RegionCode, Regions};
use crate::rules::parameters::{Datum, Parameter, ParameterValue, Parameters};
use crate::rules::{RULES, Rule};

/// What an audit found, in order of place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Must be mended.
    pub problems: Vec<Problem>,
    /// Perhaps right, and for a clerk to judge.
    pub warnings: Vec<Problem>,
}

/// Audits a corpus that was read whole.
pub fn audit(corpus: &Corpus) -> Audit {
    let parameters = &corpus.law.parameters;
    let told: BTreeSet<&str> = corpus.lexicon.conflicts.iter().map(|c| c.id.as_str()).collect();
    let mut problems = unasked(parameters, RULES);
    problems.extend(unanswered(parameters, RULES));
    problems.extend(rivals(parameters, &corpus.law.regions));
    problems.extend(untold(parameters, &told));
    problems.sort();
    let mut warnings = holes(parameters, &corpus.law.regions);
    warnings.sort();
    Audit { problems, warnings }
}

fn problem(place: &(String, usize), message: String) -> Problem {
    Problem { path: place.0.clone(), line: place.1, message }
}

/// Parameters that no rule asks for, unless they are kept for the reader only.
fn unasked(parameters: &Parameters, rules: &[Rule]) -> Vec<Problem> {
    let asked: BTreeSet<(&str, &str)> = rules.iter().flat_map(Rule::parameters).collect();
    let idle = parameters.iter().filter(|p| !p.cited_only && !asked.contains(&(p.rule.as_str(), p.key.as_str())));
    idle.map(|p| {
        let message = format!("没有规则使用参数“{}”;请核对名字,只供查阅的请写 cited_only = true", p.key);
        problem(&p.place, message)
    })
    .collect()
}

/// Parameters that a rule asks for and no file has.
fn unanswered(parameters: &Parameters, rules: &[Rule]) -> Vec<Problem> {
    let mut lacking: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for rule in rules {
        for (file, key) in rule.parameters().filter(|(file, key)| parameters.get(file, key).is_none()) {
            lacking.entry((file, key)).or_default().push(rule.id);
        }
    }
    let message = |key: &str, who: &[&str]| format!("规则 {} 要用参数“{key}”,文件里没有", who.join("、"));
    lacking
        .into_iter()
        .map(|((file, key), who)| problem(&(format!("parameters/{file}.toml"), 0), message(key, &who)))
        .collect()
}

/// Rows of one place that both match the same case with neither more to the point, so that no answer could be given.
fn rivals(parameters: &Parameters, regions: &Regions) -> Vec<Problem> {
    let mut found = vec![];
    for parameter in parameters.iter() {
        for (i, a) in parameter.values.iter().enumerate() {
            for b in &parameter.values[i + 1..] {
                let Some((from, to)) = both_in_force(a, b).filter(|_| rival(a, b)) else { continue };
                // A row for exactly both conditions decides between them.
                let both: BTreeMap<&String, &String> = a.when.iter().chain(&b.when).collect();
                let decided = parameter.values.iter().any(|v| {
                    v.region == a.region
                        && v.when.len() == both.len()
                        && v.when.iter().all(|(k, want)| both.get(k) == Some(&want))
                        && from.is_none_or(|day| v.in_force(day))
                        && to.is_none_or(|day| v.in_force(day))
                });
                if !decided {
                    let message = format!(
                        "参数“{}”在{}的“{}”与第 {} 行的“{}”会同时符合({}与{}),分不出用哪一条;请写明更细的条件",
                        parameter.key,
                        regions.name(a.region),
                        b.id,
                        a.place.1,
                        a.id,
                        conditions(&a.when),
                        conditions(&b.when)
                    );
                    found.push(problem(&b.place, message));
                }
            }
        }
    }
    found
}

/// As many conditions each, none against another, and not the same ones (those are an overlap, which reading reports).
fn rival(a: &ParameterValue, b: &ParameterValue) -> bool {
    a.region == b.region
        && a.when.len() == b.when.len()
        && a.when != b.when
        && a.when.iter().all(|(k, want)| b.when.get(k).is_none_or(|other| other == want))
}

/// The days on which both are in force.
fn both_in_force(a: &ParameterValue, b: &ParameterValue) -> Option<(Option<Date>, Option<Date>)> {
    let from = a.from.max(b.from);
    let to = [a.to, b.to].into_iter().flatten().min();
    let meet = from.is_none_or(|from| to.is_none_or(|to| from <= to));
    meet.then_some((from, to))
}

fn conditions(when: &BTreeMap<String, String>) -> String {
    when.iter().map(|(k, v)| format!("{k} = {v}")).collect::<Vec<_>>().join(",")
}

/// Days between a value's end and the start of the next of its kind on which the place has nothing on file: an answer
/// would then silently use the province's or the nation's value.
fn holes(parameters: &Parameters, regions: &Regions) -> Vec<Problem> {
    let mut found = vec![];
    for parameter in parameters.iter() {
        let mut series: BTreeMap<(RegionCode, &BTreeMap<String, String>), Vec<&ParameterValue>> = BTreeMap::new();
        // What nobody knows fills holes and has none.
        for value in parameter.values.iter().filter(|v| v.datum != Datum::Unknown) {
            series.entry((value.region, &value.when)).or_default().push(value);
        }
        for values in series.values_mut() {
            values.sort_by_key(|v| v.from);
            for pair in values.windows(2) {
                let (before, after) = (pair[0], pair[1]);
                let Some((first, last)) = between(before, after) else { continue };
                let Some((first, last)) = uncovered(parameter, before, first, last) else { continue };
                found.push(Problem {
                    path: after.place.0.clone(),
                    line: after.place.1,
                    message: format!(
                        "参数“{}”在{}从 {first} 到 {last} 没有数值(第 {} 行的“{}”到期之后,“{}”开始之前);\
                         请补上,查不到的写一条 value = \"unknown\"",
                        parameter.key,
                        regions.name(before.region),
                        before.place.1,
                        before.id,
                        after.id
                    ),
                });
            }
        }
    }
    found
}

/// The days after one value's end and before the other's start.
fn between(before: &ParameterValue, after: &ParameterValue) -> Option<(Date, Date)> {
    let first = before.to?.tomorrow().ok()?;
    let last = after.from?.yesterday().ok()?;
    (first <= last).then_some((first, last))
}

/// What is left of the days once every other row of the place that speaks for the same people is counted: `unknown`
/// rows, and rows with fewer conditions.
fn uncovered(parameter: &Parameter, of: &ParameterValue, mut first: Date, last: Date) -> Option<(Date, Date)> {
    let speaks = |v: &&ParameterValue| {
        v.region == of.region && v.when.iter().all(|(k, want)| of.when.get(k).is_some_and(|have| have == want))
    };
    let rows: Vec<&ParameterValue> = parameter.values.iter().filter(speaks).collect();
    while let Some(row) = rows.iter().find(|row| row.in_force(first)) {
        first = row.to?.tomorrow().ok()?;
        if first > last {
            return None;
        }
    }
    Some((first, last))
}

/// Contradictions that a value names and `conflicts.toml` does not tell.
fn untold(parameters: &Parameters, told: &BTreeSet<&str>) -> Vec<Problem> {
    let named = parameters.iter().flat_map(|p| &p.values).flat_map(|v| v.conflicts.iter().map(move |id| (v, id)));
    let unknown = named.filter(|(_, id)| !told.contains(id.as_str()));
    unknown.map(|(v, id)| problem(&v.place, format!("“{}”的 conflicts:conflicts.toml 里没有“{id}”", v.id))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::parameters;
    use crate::region::{Level, Region};

    /// The values of one parameter, and what the audit says of them: `line: part of the message`, in order.
    struct Row {
        name: &'static str,
        key: &'static str,
        values: &'static [&'static str],
        want: &'static [&'static str],
    }

    /// The values stand one a line, from line 5 on.
    const ROWS: &[Row] = &[
        Row {
            name: "a hole of a month",
            key: "daily_rate",
            values: &[
                r#"id = "A", region = "440300", to = 2024-12-31, value = "0.1""#,
                r#"id = "B", region = "440300", from = 2025-02-01, value = "0.1""#,
            ],
            want: &["6: 从 2025-01-01 到 2025-01-31 没有数值(第 5 行的“A”"],
        },
        Row {
            name: "a hole of one day, in the order of days and not of lines",
            key: "daily_rate",
            values: &[
                r#"id = "B", region = "440300", from = 2025-01-02, value = "0.1""#,
                r#"id = "A", region = "440300", to = 2024-12-31, value = "0.1""#,
            ],
            want: &["5: 从 2025-01-01 到 2025-01-01 没有数值(第 6 行的“A”"],
        },
        Row {
            name: "no hole from one day to the next",
            key: "daily_rate",
            values: &[
                r#"id = "A", region = "440300", to = 2024-12-31, value = "0.1""#,
                r#"id = "B", region = "440300", from = 2025-01-01, value = "0.1""#,
            ],
            want: &[],
        },
        Row {
            name: "an unknown fills the hole",
            key: "daily_rate",
            values: &[
                r#"id = "A", region = "440300", when = { tier = "1" }, to = 2024-12-31, value = "0.1""#,
                r#"id = "U", region = "440300", from = 2025-01-01, to = 2025-06-30, value = "unknown""#,
                r#"id = "B", region = "440300", when = { tier = "1" }, from = 2025-07-01, value = "0.1""#,
            ],
            want: &[],
        },
        Row {
            name: "an unknown fills half of it",
            key: "daily_rate",
            values: &[
                r#"id = "A", region = "440300", to = 2024-12-31, value = "0.1""#,
                r#"id = "U", region = "440300", when = { tier = "2" }, from = 2025-01-01, value = "unknown""#,
                r#"id = "V", region = "440300", from = 2025-01-01, to = 2025-03-31, value = "unknown""#,
                r#"id = "B", region = "440300", from = 2025-07-01, value = "0.1""#,
            ],
            want: &["8: 从 2025-04-01 到 2025-06-30 没有数值(第 5 行的“A”"],
        },
        Row {
            name: "other places and other people do not fill it",
            key: "daily_rate",
            values: &[
                r#"id = "A", region = "440300", to = 2024-12-31, value = "0.1""#,
                r#"id = "N", region = "000000", value = "0.2""#,
                r#"id = "T", region = "440300", when = { tier = "2" }, value = "0.2""#,
                r#"id = "B", region = "440300", from = 2026-01-01, value = "0.1""#,
            ],
            want: &["8: 从 2025-01-01 到 2025-12-31 没有数值"],
        },
        Row {
            name: "two rows that both match",
            key: "daily_rate",
            values: &[
                r#"id = "A", region = "440300", when = { tier = "1" }, value = "0.1""#,
                r#"id = "B", region = "440300", when = { payer = "flexible" }, value = "0.2""#,
            ],
            want: &["6: 会同时符合(tier = 1与payer = flexible)"],
        },
        Row {
            name: "rows that exclude each other",
            key: "daily_rate",
            values: &[
                r#"id = "A", region = "440300", when = { tier = "1", payer = "flexible" }, value = "0.1""#,
                r#"id = "B", region = "440300", when = { tier = "2", plan = "account" }, value = "0.2""#,
            ],
            want: &[],
        },
        Row {
            name: "the finer row wins over the coarser",
            key: "daily_rate",
            values: &[
                r#"id = "A", region = "440300", when = { tier = "1" }, value = "0.1""#,
                r#"id = "B", region = "440300", when = { tier = "1", payer = "flexible" }, value = "0.2""#,
            ],
            want: &[],
        },
        Row {
            name: "a row for both decides",
            key: "daily_rate",
            values: &[
                r#"id = "A", region = "440300", when = { tier = "1" }, value = "0.1""#,
                r#"id = "B", region = "440300", when = { payer = "flexible" }, value = "0.2""#,
                r#"id = "C", region = "440300", when = { tier = "1", payer = "flexible" }, value = "0.3""#,
            ],
            want: &[],
        },
        Row {
            name: "rows that never meet",
            key: "daily_rate",
            values: &[
                r#"id = "A", region = "440300", when = { tier = "1" }, to = 2024-12-31, value = "0.1""#,
                r#"id = "B", region = "440300", when = { payer = "flexible" }, from = 2025-01-01, value = "0.2""#,
                r#"id = "C", region = "440000", when = { payer = "flexible" }, value = "0.2""#,
            ],
            want: &[],
        },
        Row {
            name: "a parameter no rule asks for",
            key: "dayly_rate",
            values: &[r#"id = "A", region = "440300", value = "0.1""#],
            want: &["0: 规则 late_fee 要用参数“daily_rate”", "1: 没有规则使用参数“dayly_rate”"],
        },
        Row {
            name: "a contradiction that is not told",
            key: "daily_rate",
            values: &[
                r#"id = "A", region = "440300", value = "0.1", conflicts = ["X01"]"#,
                r#"id = "B", region = "440000", value = "0.1", conflicts = ["X01", "X99"]"#,
            ],
            want: &["6: conflicts.toml 里没有“X99”"],
        },
    ];

    #[test]
    fn rows_are_found_where_they_stand() {
        let code = |text: &str| RegionCode::parse(text).unwrap();
        let place = |text: &str, level| Region {
            code: code(text),
            name: text.to_owned(),
            short: text.to_owned(),
            aliases: vec![],
            pinyin: String::new(),
            level,
            ambiguous: false,
        };
        let regions = Regions::new(vec![
            place("000000", Level::Nation),
            place("440000", Level::Province),
            place("440300", Level::Prefecture),
        ]);
        for row in ROWS {
            let values: Vec<String> = row
                .values
                .iter()
                .map(|v| format!(r#"  {{ {v}, level = "secondary", title = "t", url = "https://example.org" }},"#))
                .collect();
            let text =
                format!("[{}]\nlabel = \"l\"\nunit = \"ratio\"\nvalues = [\n{}\n]\n", row.key, values.join("\n"));
            let (read, problems) = parameters::read("parameters/late_fee.toml", &text, &regions);
            assert!(problems.is_empty(), "{}: {problems:?}\n{text}", row.name);
            let parameters = Parameters::new(read);
            let told = BTreeSet::from(["X01"]);
            let mut found: Vec<String> = [
                unasked(&parameters, RULES),
                unanswered(&parameters, RULES),
                rivals(&parameters, &regions),
                untold(&parameters, &told),
            ]
            .concat()
            .iter()
            // The snippet is one parameter of one rule: all others are lacking, and not meant.
            .filter(|p| p.line > 0 || (row.key != "daily_rate" && p.message.contains("“daily_rate”")))
            .map(Problem::to_string)
            .collect();
            found.extend(holes(&parameters, &regions).iter().map(Problem::to_string));
            found.sort();
            assert_eq!(found.len(), row.want.len(), "{}: {found:#?}", row.name);
            for (want, got) in row.want.iter().zip(&found) {
                let (line, part) = want.split_once(": ").unwrap();
                let prefix = format!("parameters/late_fee.toml:{line}: ");
                assert!(got.starts_with(&prefix) && got.contains(part), "{}: want {want:?}, got {got:?}", row.name);
            }
        }
    }
}
