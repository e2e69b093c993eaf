//! Titles without a text: what people ask, kept in `questions.jsonl` beside the articles and never returned as passages.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::Date;
use serde_json::json;

use super::store::{Rules, store};

/// One title as a site listed it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    pub date: Date,
    /// The title without its date in brackets.
    pub question: String,
    pub site: String,
}

/// The file in the folder that takes the articles.
pub const FILE: &str = "questions.jsonl";

/// Adds titles to those on file; the file is ordered by day, so that the order of imports leaves no trace. `Ok` holds how
/// many were new; `Err` holds line (0 for the whole file) and reason.
pub fn add(folder: &Path, asked: &[Asked], rules: Rules) -> Result<usize, (usize, String)> {
    if asked.is_empty() {
        return Ok(0);
    }
    let path = folder.join(FILE);
    let mut all = BTreeSet::new();
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
                all.insert(
                    read(line).ok_or((i + 1, "应为 {\"question\",\"date\",\"site\"};请改正或删去这一行".to_owned()))?,
                );
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err((0, format!("读不了:{error}"))),
    }
    let before = all.len();
    all.extend(asked.iter().cloned());
    let new = all.len() - before;
    if new == 0 {
        return Ok(0);
    }
    let content: String = all.iter().map(|a| format!("{}\n", row(a))).collect();
    // Everything on file was read and is in the new content: it is replaced without asking.
    match store(&path, &content, Rules { force: true, ..rules }) {
        Ok(_) => Ok(new),
        Err(error) => Err((0, format!("写不了:{error}"))),
    }
}

fn row(asked: &Asked) -> serde_json::Value {
    json!({"question": asked.question, "date": asked.date.to_string(), "site": asked.site})
}

fn read(line: &str) -> Option<Asked> {
    let row: serde_json::Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| row.get(key)?.as_str().map(str::to_owned);
    Some(Asked { date: text("date")?.parse().ok()?, question: text("question")?, site: text("site")? })
}
