//! What every data-driven runner shares: reading rows, comparing values, one named test a row.

#![allow(dead_code, reason = "each runner uses its own part")]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use yiwen::rules::{Law, diff};

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
    libtest_mimic::run(&Arguments::from_args(), trials(rows, check)).exit()
}

/// One test a row, named by file, line and the row's own name.
pub fn trials(rows: impl IntoIterator<Item = Row>, check: fn(&Value) -> Result<(), String>) -> Vec<Trial> {
    let trial = |row: Row| {
        let id = row.json.get("name").or(row.json.get("id")).and_then(Value::as_str).unwrap_or("?");
        let name = format!("{}:{} {id}", row.file, row.line);
        Trial::test(name, move || check(&row.json).map_err(Failed::from))
    };
    rows.into_iter().map(trial).collect()
}

/// The rules' law as shipped; a problem in it fails the test.
pub static LAW: LazyLock<Law> = LazyLock::new(|| {
    let (law, problems) = yiwen::corpus::law::read(&corpus());
    assert!(problems.is_empty(), "{problems:#?}");
    law
});

/// The day of rows that name none.
pub const TODAY: Date = date(2026, 11, 23);

/// Reads a row of `tests/rules/`.
pub fn rule_row(row: &Row) -> Result<diff::Row, String> {
    let (stem, place) = (row.file.trim_end_matches(".jsonl"), format!("{}:{}", row.file, row.line));
    let read = diff::Row::read(stem, &place, &row.json).map_err(|e| e.to_string())?;
    read.ok_or_else(|| format!("no rule {stem}"))
}

/// Every row of `tests/rules/`.
pub fn rule_rows() -> Vec<diff::Row> {
    let read = |row: &Row| rule_row(row).unwrap_or_else(|e| panic!("{}:{}: {e}", row.file, row.line));
    rows("rules").iter().map(read).collect()
}

/// A folder with all that is in it, copied.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("a copy");
        }
    }
}
