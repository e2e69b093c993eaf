//! A clerk adds one cue: `check --rows` names the test questions that are now read otherwise, and no other.

use std::fs;

use serde_json::{Value, json};

use crate::{FOLDER, common, run, shipped_index};

pub fn one_cue() -> Result<(), String> {
    let corpus = FOLDER.path().join("one-cue");
    common::copy(&common::corpus(), &corpus);
    let file = corpus.join("vocabulary/cues.toml");
    let text = fs::read_to_string(&file).map_err(|e| e.to_string())?;
    let said = text.replacen("[gap]\nwords = [", "[gap]\nwords = [\"掉链\", ", 1);
    if said == text {
        return Err("cues.toml has no class gap".to_owned());
    }
    fs::write(&file, said).map_err(|e| e.to_string())?;
    let rows = FOLDER.path().join("rows-of-one-cue");
    fs::create_dir_all(&rows).map_err(|e| e.to_string())?;
    let questions = ["深圳医保掉链4个月,还能报销吗", "医保余额怎么转到广州"];
    let lines: Vec<String> = questions.iter().map(|q| json!({ "question": q }).to_string()).collect();
    fs::write(rows.join("two.jsonl"), lines.join("\n")).map_err(|e| e.to_string())?;
    let dir = rows.to_string_lossy();
    let checked = run(FOLDER.path(), &["check", "--json", "--rows", &dir], &corpus, shipped_index(), &[]);
    let report: Value = serde_json::from_str(&checked.stdout).map_err(|e| format!("{e}: {}", checked.stderr))?;
    let shifts = report["shifts"].as_array().ok_or("no shifts")?;
    let topics = shifts.iter().any(|s| s["what"] == "topics" && s["after"][0] == "arrears");
    if checked.exit == 0 && topics && shifts.iter().all(|s| s["place"] == "two.jsonl:1") {
        Ok(())
    } else {
        Err(format!("exit {}: {report:#}", checked.exit))
    }
}
