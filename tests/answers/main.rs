//! Questions by data: `tests/answers/*.jsonl`, rows of the contract's section 7, asked of the shipped corpus through the
//! whole path. A row that fails names what differs.

#[path = "../common/mod.rs"]
mod common;

use std::sync::LazyLock;

use serde_json::Value;
use yiwen::engine::Engine;
use yiwen::eval::answers;
use yiwen::index;

/// The day rows without one are asked on.
const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 23);

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    index::rebuild(&common::corpus(), folder.path(), "2026-11-23T00:00:00Z", &|_, _| {}).expect("the corpus builds");
    let engine = Engine::new(index::open(folder.path()).expect("the index opens"));
    // The index is mapped: the folder goes with the process.
    std::mem::forget(folder);
    engine
});

fn main() {
    common::run(common::rows("answers"), check)
}

fn check(row: &Value) -> Result<(), String> {
    let report = answers::run(&ENGINE, std::slice::from_ref(row), TODAY);
    let lines: Vec<String> = report
        .failures
        .iter()
        .map(|f| format!("{}: want {}, got {} for {:?}", f.path, f.expected, f.got, f.question))
        .collect();
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) }
}
