//! Rules by data: `tests/rules/<rule>.jsonl`, one case a line.
//!
//! `{"name","at","region"?,"facts":{},"expect":{"status","results"?:{},"missing"?:[],"parameters"?:[ids],"region_used"?}}`;
//! the rule is the file's stem, or the member `rule`. Only what `expect` names is compared; `"results"` compares each
//! named result, and a result expected as `"absent"` must not be there. A fact given as `{"value":3,"high":4}` is a range.

#[path = "../common/mod.rs"]
mod common;

use serde_json::Value;

fn main() {
    let mut rows = common::rows("rules");
    for row in &mut rows {
        if row.json.get("rule").is_none() {
            row.json["rule"] = row.file.trim_end_matches(".jsonl").into();
        }
    }
    common::run(rows, check)
}

fn check(row: &Value) -> Result<(), String> {
    let read = common::rule_row(&common::Row { file: String::new(), line: 0, json: row.clone() })?;
    let outcome = read.compute(&common::LAW);
    let expect = row["expect"].as_object().ok_or("no expect")?;
    let mut wrong = vec![];
    for (key, want) in expect {
        match key.as_str() {
            "status" => compare(&mut wrong, key, want, &outcome.status.name().into()),
            "missing" => compare(&mut wrong, key, want, &serde_json::json!(outcome.missing)),
            "region_used" => compare(&mut wrong, key, want, &serde_json::json!(outcome.region_used)),
            "changes_on" => {
                compare(&mut wrong, key, want, &serde_json::json!(outcome.changes_on.map(|d| d.to_string())))
            }
            "parameters" => {
                let used: Vec<&str> = outcome.parameters.iter().map(|p| p.value.id.as_str()).collect();
                for id in want.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if !used.contains(&id) {
                        wrong.push(format!("parameter {id} was not used, but {used:?}"));
                    }
                }
            }
            "conflicts" => compare(&mut wrong, key, want, &serde_json::json!(outcome.conflicts)),
            "headline" => {
                let part = want.as_str().unwrap_or_default();
                if !outcome.headline.contains(part) {
                    wrong.push(format!("headline does not say {part:?}: {:?}", outcome.headline));
                }
            }
            "caveat" => {
                let part = want.as_str().unwrap_or_default();
                if !outcome.caveats.iter().any(|c| c.contains(part)) {
                    wrong.push(format!("no caveat says {part:?}: {:?}", outcome.caveats));
                }
            }
            "results" => {
                for (name, want) in want.as_object().into_iter().flatten() {
                    let got = outcome.results.iter().find(|(n, _)| n == name).map(|(_, v)| v.to_json());
                    match (want.as_str(), got) {
                        (Some("absent"), None) => {}
                        (_, Some(got)) => compare(&mut wrong, name, want, &got),
                        (_, None) => wrong.push(format!("{name}: want {want}, got nothing")),
                    }
                }
            }
            other => wrong.push(format!("expect has an unknown member {other}")),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n{outcome:#?}", wrong.join("\n"))) }
}

fn compare(wrong: &mut Vec<String>, name: &str, want: &Value, got: &Value) {
    if !yiwen::eval::answers::same(want, got) {
        wrong.push(format!("{name}: want {want}, got {got}"));
    }
}
