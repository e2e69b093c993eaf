//! `yiwen bench`: every figure of the contract, and each of them possible.

use std::fs;

use serde_json::{Value, json};

use crate::{FOLDER, common, run, shipped_index};

const DOCUMENTS: [(&str, &str); 3] = [
    ("断缴补缴", "医保断缴以后可以补缴,补缴后等待期满再享受待遇。"),
    ("异地就医", "异地就医先备案,再持卡就医。"),
    ("", "职工退休时缴费年限不够的,可以一次补足。"),
];
const QUESTIONS: [&str; 4] = ["断缴了怎么补", "异地就医怎么备案", "退休年限不够怎么办", " "];

/// That a member is there and a positive number.
fn positive(figures: &Value, pointer: &str) -> Result<f64, String> {
    let figure = figures.pointer(pointer).and_then(Value::as_f64);
    figure.filter(|figure| *figure > 0.0).ok_or_else(|| format!("{pointer} is no figure above 0: {figures:#}"))
}

fn rising(figures: &Value, pointers: [String; 3]) -> Result<(), String> {
    let [p50, p95, p99] = pointers.map(|pointer| positive(figures, &pointer));
    let (p50, p95, p99) = (p50?, p95?, p99?);
    if p50 <= p95 && p95 <= p99 { Ok(()) } else { Err(format!("{p50} {p95} {p99} do not rise")) }
}

pub fn folder() -> Result<(), String> {
    let dir = FOLDER.path().join("measured");
    fs::create_dir_all(&dir).map_err(|e| e.to_string())?;
    let row =
        |(id, (title, text)): (usize, &(&str, &str))| json!({"_id": id.to_string(), "title": title, "text": text});
    let documents: Vec<String> = DOCUMENTS.iter().enumerate().map(row).map(|row| row.to_string()).collect();
    fs::write(dir.join("corpus.jsonl"), documents.join("\n")).map_err(|e| e.to_string())?;
    let asked: Vec<String> = QUESTIONS.iter().map(|q| json!({"_id": q, "text": q}).to_string()).collect();
    fs::write(dir.join("queries.jsonl"), asked.join("\n")).map_err(|e| e.to_string())?;
    let args = ["bench", &dir.to_string_lossy(), "--passages", "7", "--seconds", "1", "--json"];
    let run = run(FOLDER.path(), &args, &common::corpus(), shipped_index(), &[]);
    if run.exit != 0 {
        return Err(format!("exit {}: {}", run.exit, run.stderr));
    }
    let figures: Value = serde_json::from_str(&run.stdout).map_err(|e| format!("{e}: {}", run.stdout))?;
    let members: Vec<&str> = figures.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let mut wanted = vec!["passages", "raw_bytes", "build_seconds", "disk_bytes", "rss_bytes"];
    wanted.extend(["start_to_first_answer_ms", "in_process_us", "http", "echo"]);
    wanted.sort_unstable();
    if members != wanted {
        return Err(format!("want {wanted:?}, got {members:?}"));
    }
    // Twice over, then one of them once more.
    let each = DOCUMENTS.map(|(title, text)| title.len() + text.len());
    let possible = each.map(|one| 2 * each.iter().sum::<usize>() + one);
    if figures["passages"] != 7 || !possible.iter().any(|bytes| figures["raw_bytes"] == *bytes) {
        return Err(format!("want 7 passages of one of {possible:?} bytes: {figures:#}"));
    }
    for pointer in ["/build_seconds", "/disk_bytes", "/rss_bytes", "/start_to_first_answer_ms"] {
        positive(&figures, pointer)?;
    }
    rising(&figures, ["p50", "p95", "p99"].map(|p| format!("/in_process_us/{p}")))?;
    for (door, connections) in [("http", 1), ("http", 16), ("echo", 1), ("echo", 16)] {
        positive(&figures, &format!("/{door}/{connections}/rps"))?;
        rising(&figures, ["p50", "p95", "p99"].map(|p| format!("/{door}/{connections}/{p}_us")))?;
    }
    Ok(())
}

pub fn in_use() -> Result<(), String> {
    let run = run(FOLDER.path(), &["bench", "--seconds", "1"], &common::corpus(), shipped_index(), &[]);
    let rows = ["进程内", "HTTP,1 个连接", "HTTP,16 个连接", "只回声,16 个连接", "HTTP ÷ 回声,1 个连接"];
    match rows.iter().find(|row| !run.stdout.contains(&format!("| {row} |"))) {
        None if run.exit == 0 && !run.stdout.contains("NaN") && !run.stdout.contains("建了") => Ok(()),
        missing => Err(format!("exit {}, {missing:?}: {} {}", run.exit, run.stdout, run.stderr)),
    }
}
