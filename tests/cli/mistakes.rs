//! One corpus with every mistake of `mistakes/*.jsonl` in it at once: each is named with its file and line.
//!
//! `{"name","file","from"?,"to"?,"append"?,"write"?,"bytes"?,"remove"?,"path"?,"at"?,"last"?,"above"?,"message"}`: what is
//! done to the file, and where (the first or last line of the mistaken file that holds `at`, or so many above it; without
//! `at` the whole file, line 0) and how it is reported.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;

use crate::{FOLDER, common, run, shipped_index};

/// The broken corpus, and what `check --json` said of it.
static BROKEN: LazyLock<(PathBuf, Value)> = LazyLock::new(|| {
    let corpus = FOLDER.path().join("broken");
    common::copy(&common::corpus(), &corpus);
    for row in common::rows("cli/mistakes") {
        if let Err(error) = apply(&corpus, &row.json) {
            panic!("{}:{}: {error}", row.file, row.line);
        }
    }
    let run = run(FOLDER.path(), &["check", "--json"], &corpus, shipped_index(), &[]);
    assert_eq!(run.exit, 1, "{}", run.stderr);
    (corpus, serde_json::from_str(&run.stdout).expect("one JSON document"))
});

fn apply(corpus: &Path, row: &Value) -> Result<(), String> {
    let path = corpus.join(row["file"].as_str().ok_or("no file")?);
    let fail = |e: std::io::Error| format!("{}: {e}", path.display());
    if row["remove"] == true {
        return fs::remove_file(&path).map_err(fail);
    }
    if let Some(bytes) = row["bytes"].as_array() {
        let bytes: Vec<u8> = bytes.iter().filter_map(|b| b.as_u64()?.try_into().ok()).collect();
        return fs::write(&path, bytes).map_err(fail);
    }
    if let Some(text) = row["write"].as_str() {
        return fs::write(&path, text).map_err(fail);
    }
    let mut text = fs::read_to_string(&path).map_err(fail)?;
    if let (Some(from), Some(to)) = (row["from"].as_str(), row["to"].as_str()) {
        if !text.contains(from) {
            return Err(format!("{} does not hold {from:?}", path.display()));
        }
        text = text.replacen(from, to, 1);
    }
    text.push_str(row["append"].as_str().unwrap_or(""));
    fs::write(&path, text).map_err(fail)
}

/// The mistake is reported where it is.
pub fn check(row: &Value) -> Result<(), String> {
    let (corpus, report) = &*BROKEN;
    let path = row["path"].as_str().or(row["file"].as_str()).ok_or("no file")?;
    let line = match row["at"].as_str() {
        None => 0,
        Some(words) => {
            let text = fs::read_to_string(corpus.join(path)).map_err(|e| e.to_string())?;
            let mut holding = text.lines().enumerate().filter(|(_, l)| l.contains(words)).map(|(i, _)| i + 1);
            let found = if row["last"] == true { holding.last() } else { holding.next() };
            let line = found.ok_or(format!("no line of {path} holds {words:?}"))?;
            line - row["above"].as_u64().unwrap_or(0) as usize
        }
    };
    let message = row["message"].as_str().ok_or("no message")?;
    let all = report["problems"].as_array().ok_or("no problems")?;
    let own: Vec<&Value> = all.iter().filter(|p| p["path"] == path).collect();
    let named = own.iter().any(|p| p["line"] == line && p["message"].as_str().is_some_and(|m| m.contains(message)));
    if named { Ok(()) } else { Err(format!("want {path}:{line}: …{message}…\ngot {own:#?}")) }
}

/// `index` refuses the broken corpus, names all of it, and the good index goes on answering, byte for byte.
pub fn index_stays() -> Result<(), String> {
    let (corpus, report) = &*BROKEN;
    let index = FOLDER.path().join("index-of-broken");
    common::copy(shipped_index(), &index);
    let ask = || {
        let question = ["ask", "深圳断缴4个月,工资8000,按10%怎么补", "--at", "2026-11-23"];
        run(FOLDER.path(), &question, corpus, &index, &[])
    };
    let (before, current) = (ask(), fs::read(index.join("CURRENT")).map_err(|e| e.to_string())?);
    let rebuilt = run(FOLDER.path(), &["index"], corpus, &index, &[]);
    if rebuilt.exit != 1 {
        return Err(format!("index: exit {}, {}", rebuilt.exit, rebuilt.stderr));
    }
    // `check` looks further than `index`, which refuses what cannot be read.
    let named = rebuilt.stderr.lines().filter(|l| l.contains(".toml:") || l.contains(".md:")).count();
    if named < 20 {
        return Err(format!("only {named} of {report} are named: {}", rebuilt.stderr));
    }
    if fs::read(index.join("CURRENT")).map_err(|e| e.to_string())? != current {
        return Err("CURRENT changed".to_owned());
    }
    let after = ask();
    let same = before.exit == 0 && after.exit == 0 && before.stdout == after.stdout;
    let left = fs::read_dir(&index).into_iter().flatten().flatten();
    let leftovers: Vec<_> = left.map(|e| e.file_name()).filter(|n| n.to_string_lossy().contains(".tmp-")).collect();
    match (same, leftovers.is_empty()) {
        (true, true) => Ok(()),
        (false, _) => Err(format!("the answer changed:\n{}\n{}", before.stdout, after.stdout)),
        _ => Err(format!("left behind: {leftovers:?}")),
    }
}
