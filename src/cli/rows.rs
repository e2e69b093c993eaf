//! Data rows on disk: every `*.jsonl` of a folder, with the place of each row.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

/// One row.
pub struct Row {
    /// The file's name without its ending.
    pub stem: String,
    /// File and line: `late_fee.jsonl:3`.
    pub place: String,
    pub json: Value,
}

/// Every row of every `*.jsonl` directly in a folder, in name order; blank lines and lines that start with `//` are passed
/// over.
///
/// # Errors
/// A folder or file that cannot be read, and a line that is no JSON, by file and line.
pub fn read(dir: &Path) -> Result<Vec<Row>> {
    let mut rows = vec![];
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .with_context(|| format!("{} 读不了", dir.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| format!("{} 读不了", file.display()))?;
        let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with("//")) {
            let place = format!("{stem}.jsonl:{}", i + 1);
            let json = serde_json::from_str(line).with_context(|| format!("{place}: 不是 JSON"))?;
            rows.push(Row { stem: stem.clone(), place, json });
        }
    }
    Ok(rows)
}
