//! What every data-driven runner shares: reading rows, comparing values, one named test a row.

#![allow(dead_code, reason = "each runner uses its own part")]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use yiwen::facts::Facts;
use yiwen::region::RegionCode;
use yiwen::rules::{Case, Law, Rule, rule};

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shipped corpus.
pub fn corpus() -> PathBuf {
    root().join("corpus")
}

/// One JSON object a line; blank lines and lines that start with `//` are passed over.
pub struct Row {
    pub file: String,
    pub line: usize,
    pub json: Value,
}

/// Every row of every `*.jsonl` directly in a folder of `tests/`, in name order.
pub fn rows(folder: &str) -> Vec<Row> {
    let dir = root().join("tests").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&dir)
        .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    files.iter().flat_map(|f| rows_of(f)).collect()
}

/// Every row of one file.
pub fn rows_of(file: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    text.lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty() && !l.starts_with("//"))
        .map(|(i, l)| Row {
            file: name.clone(),
            line: i + 1,
            json: serde_json::from_str(l).unwrap_or_else(|e| panic!("{name}:{}: {e}", i + 1)),
        })
        .collect()
}

/// Runs one named test a row.
pub fn run(rows: Vec<Row>, check: fn(&Value) -> Result<(), String>) -> ! {
    let arguments = Arguments::from_args();
    let trials = rows
        .into_iter()
        .map(|row| {
            let id = row.json.get("name").or(row.json.get("id")).and_then(Value::as_str).unwrap_or("?");
            let name = format!("{}:{} {id}", row.file, row.line);
            Trial::test(name, move || check(&row.json).map_err(Failed::from))
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit()
}

/// The facts of a row. `{"value":3,"high":4}` is a range that the person gave.
pub fn facts(json: &Value) -> Result<Facts, String> {
    let mut facts = Facts::default();
    for (name, given) in json.as_object().into_iter().flatten() {
        facts.insert_json(name, given.get("value").unwrap_or(given))?;
        if let Some(high) = given.get("high") {
            let mut upper = Facts::default();
            upper.insert_json(name, high)?;
            let (name, upper) = upper.0.into_iter().next().ok_or("no upper end")?;
            facts.0.entry(name).and_modify(|fact| fact.high = Some(upper.value));
        }
    }
    Ok(facts)
}

/// The rules' law as shipped; a problem in it fails the test.
pub static LAW: LazyLock<Law> = LazyLock::new(|| {
    let (law, problems) = yiwen::corpus::law::read(&corpus());
    assert!(problems.is_empty(), "{problems:#?}");
    law
});

/// The day of rows that name none.
pub const TODAY: Date = date(2026, 11, 23);

/// One row of `tests/rules/`, ready to be computed.
pub struct RuleRow {
    /// `late_fee.jsonl:3 name`.
    pub id: String,
    pub rule: &'static Rule,
    pub facts: Facts,
    pub region: Option<RegionCode>,
    pub at: Date,
}

impl RuleRow {
    /// Reads a row; the rule is the file's stem, or the member `rule`.
    pub fn read(row: &Row) -> Result<RuleRow, String> {
        let json = &row.json;
        let id = json["rule"].as_str().unwrap_or(row.file.trim_end_matches(".jsonl"));
        let at = match json["at"].as_str() {
            Some(day) => day.parse().map_err(|e| format!("at: {e}"))?,
            None => TODAY,
        };
        let region = match json["region"].as_str() {
            Some(code) => Some(RegionCode::parse(code).ok_or("bad region")?),
            None => None,
        };
        Ok(RuleRow {
            id: format!("{}:{} {}", row.file, row.line, json["name"].as_str().unwrap_or("?")),
            rule: rule(id).ok_or(format!("no rule {id}"))?,
            facts: facts(&json["facts"])?,
            region,
            at,
        })
    }

    pub fn case<'a>(&'a self, law: &'a Law) -> Case<'a> {
        Case { facts: &self.facts, region: self.region, at: self.at, law }
    }
}

/// Every row of `tests/rules/`.
pub fn rule_rows() -> Vec<RuleRow> {
    let read = |row: &Row| RuleRow::read(row).unwrap_or_else(|e| panic!("{}:{}: {e}", row.file, row.line));
    rows("rules").iter().map(read).collect()
}

/// Equal as JSON, numbers and decimal strings compared as decimals.
pub fn same(want: &Value, got: &Value) -> bool {
    fn decimal(v: &Value) -> Option<rust_decimal::Decimal> {
        match v {
            Value::Number(n) => n.to_string().parse().ok(),
            Value::String(s) => s.parse().ok(),
            _ => None,
        }
    }
    match (decimal(want), decimal(got)) {
        (Some(a), Some(b)) => a == b,
        _ => want == got,
    }
}
