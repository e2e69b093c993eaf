//! The index: passages of articles in tantivy, built aside, verified, swapped in whole.
//!
//! `document` says what is indexed, `passages` cuts its text, `analyzer` turns text into terms (the same for articles and
//! questions), `schema` names the fields, `build` writes them, `generations` keeps immutable builds and the one in use.
//! Text is stored byte for byte; folding, synonyms and grams live in derived fields only.

pub mod analyzer;
pub mod build;
pub mod document;
pub mod generations;
pub mod meaning;
pub mod passages;
pub mod schema;
pub mod verify;

use std::path::PathBuf;

pub use analyzer::Analyzer;
pub use build::{Counts, build};
pub use document::IndexDocument;
pub use generations::{Built, Generation, Snapshot, current, open, rebuild};

/// Why an index could not be built or opened; each names the place and the mend.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("{}:{source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{}:索引读写失败:{source};请运行 yiwen index 重建", path.display())]
    Tantivy { path: PathBuf, source: tantivy::TantivyError },
    #[error("{}:还没有索引;请运行 yiwen index", .0.display())]
    Missing(PathBuf),
    #[error("{}:索引的{what}是 {found},现在是 {wanted};请运行 yiwen index 重建", path.display())]
    Foreign { path: PathBuf, what: &'static str, found: String, wanted: String },
    #[error("{}:{message};请运行 yiwen index 重建", path.display())]
    Damaged { path: PathBuf, message: String },
    #[error("{}:另一个进程正在重建索引;请等它结束再试", .0.display())]
    Locked(PathBuf),
    #[error("语料有 {} 处问题,索引没有重建;第一处:{}", .0.len(), .0[0])]
    Corpus(Vec<crate::corpus::Problem>),
    #[error(transparent)]
    Model(#[from] crate::dense::ModelError),
    #[error("校验不通过,沿用原来的索引;前十条里找不到自己文章的问题有 {} 个,第一个:{}", .0.len(), .0[0])]
    Unverified(Vec<verify::Miss>),
}

impl IndexError {
    fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> IndexError {
        let path = path.into();
        move |source| IndexError::Io { path, source }
    }

    fn tantivy(path: impl Into<PathBuf>) -> impl FnOnce(tantivy::TantivyError) -> IndexError {
        let path = path.into();
        move |source| IndexError::Tantivy { path, source }
    }
}
