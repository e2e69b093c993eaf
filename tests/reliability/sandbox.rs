//! Two small corpora that differ wherever an answer can: in a rule's parameter, in an article, in the hash. An answer is
//! whole if all of it is of one of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::{Value, json};
use tempfile::TempDir;
use yiwen::corpus::load;

use crate::common;

/// Everything the tests of this run write.
pub static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

/// What both sides are asked.
pub const QUESTION: &str = "医保滞纳金按多少算?单位欠缴本金1000元,晚了100天";
pub const AT: &str = "2026-11-23";
/// The article whose text the sides differ in.
const ARTICLE: &str = "000000/late-fee-rate";

/// One of the two.
pub struct Side {
    pub corpus: PathBuf,
    fee: &'static str,
    mark: &'static str,
    /// The end of the names of its generations.
    hash: String,
}

/// The two corpora.
pub struct Sides(pub [Side; 2]);

pub static SIDES: LazyLock<Sides> = LazyLock::new(|| {
    let side = |name: &str, rate: &str, fee, mark: &'static str| {
        let corpus = FOLDER.path().join(name);
        small(&corpus);
        change(&corpus.join("parameters/late_fee.toml"), "value = \"0.0005\"", &format!("value = \"{rate}\""));
        change(&corpus.join(format!("articles/{ARTICLE}.md")), "不利滚利。", &format!("不利滚利,{mark}。"));
        let hash = load::hash(&corpus).expect("a hash")[..12].to_owned();
        Side { corpus, fee, mark, hash }
    };
    Sides([side("first", "0.0005", "50.00", "这是甲版"), side("second", "0.0006", "60.00", "这是乙版")])
});

/// The shipped corpus with a few articles of the nation alone: quick to build, and every rule and word is there.
fn small(to: &Path) {
    common::copy(&common::corpus(), to);
    for region in fs::read_dir(to.join("articles")).expect("articles").flatten() {
        if region.file_name() != "000000" {
            fs::remove_dir_all(region.path()).expect("removed");
            continue;
        }
        for article in fs::read_dir(region.path()).expect("articles").flatten() {
            let name = article.file_name().to_string_lossy().into_owned();
            if !["late-fee-", "newborn", "family-"].iter().any(|kept| name.starts_with(kept)) {
                fs::remove_file(article.path()).expect("removed");
            }
        }
    }
}

/// Puts one text for another in a file, once.
pub fn change(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert!(text.contains(from), "{} does not hold {from:?}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

/// The body that asks.
pub fn body() -> String {
    json!({"question": QUESTION, "at": AT}).to_string()
}

impl Sides {
    /// Which side an answer is of, 0 or 1; `Err` where it is of none or of both.
    pub fn of(&self, answer: &Value) -> Result<usize, String> {
        let fee = answer["computed"][0]["results"]["late_fee"].as_str().unwrap_or("no fee");
        let generation = answer["index"]["generation"].as_str().unwrap_or("no generation");
        let passages = answer["passages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text: String =
            passages.iter().filter(|p| p["article"] == ARTICLE).filter_map(|p| p["text"].as_str()).collect();
        let fits =
            |side: &Side| [fee == side.fee, text.contains(side.mark), generation.split('-').nth(1) == Some(&side.hash)];
        match self.0.iter().map(fits).collect::<Vec<_>>().as_slice() {
            [[true, true, true], [false, false, false]] => Ok(0),
            [[false, false, false], [true, true, true]] => Ok(1),
            other => Err(format!("an answer of neither side or of both: {other:?} {fee} {generation} {text}")),
        }
    }
}

/// What was left of builds that were killed.
pub fn leftovers(index: &Path) -> Vec<String> {
    let names =
        fs::read_dir(index).into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.contains(".tmp-")).collect()
}

/// A number that the environment may set: how long or how often.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
