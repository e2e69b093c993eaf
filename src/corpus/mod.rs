//! The corpus: what the service knows, read from the files that policy staff edit.
//!
//! Reading never stops at the first mistake: every [`Problem`] is collected with its path and line, in Chinese, because
//! clerks read it. Nothing here decides what a value means; that is the rules' business.

pub mod article;
pub mod audit;
pub mod calendar;
pub mod check;
pub mod freshness;
pub mod import;
pub mod law;
pub mod lexicon;
pub mod load;
pub mod mend;
pub mod parameters;
pub mod regions;
pub mod sections;
mod toml_file;
pub mod vocabulary;

use std::fmt;

pub use load::{Corpus, load};
pub use toml_file::TomlFile;

/// One mistake in the corpus: where it is and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Path relative to the corpus folder.
    pub path: String,
    /// Line, counted from 1; 0 where the whole file is meant.
    pub line: usize,
    /// Chinese: what is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
