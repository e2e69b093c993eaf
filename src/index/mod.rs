//! The index: passages of articles in tantivy, built aside, verified, swapped in whole.
//!
//! `document` says what is indexed, `passages` cuts its text, `analyzer` turns text into terms (the same for articles and
//! questions), `schema` names the fields of the posting lists, `record` and `table` hold what passages and articles are
//! scored by, `build` writes all, `frozen` reads it, `generations` keeps immutable builds and the one in use in a
//! `folder` that outlives what happens to its disk and its processes.
//! Text is stored byte for byte; folding, synonyms and grams live in derived fields only.

pub mod analyzer;
pub mod build;
pub mod document;
pub mod engine;
mod folder;
pub mod frozen;
pub mod generations;
pub mod meaning;
pub mod passages;
pub mod prepare;
pub mod record;
pub mod schema;
pub mod table;
pub mod verify;

use std::io;
use std::path::PathBuf;

pub use analyzer::Analyzer;
pub use build::{Counts, build};
pub use document::IndexDocument;
pub use engine::SearchEngine;
pub use generations::{Access, Built, Generation, Snapshot, current, open, rebuild, rebuild_in};

/// Why an index could not be built or opened; each names the place and the mend.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("{}:{}", path.display(), trouble(source))]
    Io { path: PathBuf, source: io::Error },
    #[error("{}:{}", path.display(), search_trouble(source))]
    Tantivy { path: PathBuf, source: tantivy::TantivyError },
    #[error("{}:还没有索引;请运行 yiwen index", .0.display())]
    Missing(PathBuf),
    #[error("{}:索引的{what}是 {found},现在是 {wanted};请运行 yiwen index 重建", path.display())]
    Foreign { path: PathBuf, what: &'static str, found: String, wanted: String },
    #[error("{}:{message};请运行 yiwen index 重建", path.display())]
    Damaged { path: PathBuf, message: String },
    #[error("{}:另一个进程正在重建索引;请等它结束再试", .0.display())]
    Locked(PathBuf),
    #[error("{}:语料一直在变,没有读到一份完整的;请等文件存完再试", .0.display())]
    Unsteady(PathBuf),
    #[error("语料有 {} 处问题,索引没有重建;第一处:{}", .0.len(), .0[0])]
    Corpus(Vec<crate::corpus::Problem>),
    #[error("检索引擎用不了:{0}")]
    Engine(#[from] crate::retrieve::Unavailable),
    #[error(transparent)]
    Model(#[from] crate::dense::ModelError),
    #[error("校验不通过,沿用原来的索引;前十条里找不到自己文章的问题有 {} 个,第一个:{}", .0.len(), .0[0])]
    Unverified(Vec<verify::Miss>),
}

/// What happened to a file, and the mend.
fn trouble(error: &io::Error) -> String {
    use io::ErrorKind::{FileTooLarge, NotFound, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let told = match error.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => "磁盘写满了,或超出了配额;请腾出空间再试",
        ReadOnlyFilesystem => "所在的磁盘是只读的;请换一个可写的文件夹(--index)",
        PermissionDenied => "没有读写的权限;请检查文件夹的权限和运行本程序的用户",
        NotFound => "文件不见了;请放回,或等它存完再试",
        _ => return format!("读写失败:{error}"),
    };
    format!("{told}({error})")
}

/// The same for what the search library met.
fn search_trouble(error: &tantivy::TantivyError) -> String {
    use tantivy::TantivyError::{ErrorInThread, InternalError, IoError, OpenWriteError};
    use tantivy::directory::error::OpenWriteError::IoError as WriteIo;
    match error {
        IoError(error) | OpenWriteError(WriteIo { io_error: error, .. }) => trouble(error),
        // The thread that stores texts hands the system's error on as text.
        InternalError(text) if text.contains("os error 28") => trouble(&io::ErrorKind::StorageFull.into()),
        // Its other writing threads tell no more than that they died.
        ErrorInThread(_) => format!("索引写不下去,多半是磁盘写满了;请腾出空间,再运行 yiwen index({error})"),
        _ => format!("索引读写失败:{error};请运行 yiwen index 重建"),
    }
}

impl IndexError {
    /// The error without the machine's own places, as far as callers may know it.
    pub fn told(&self) -> String {
        match self {
            IndexError::Io { source, .. } => trouble(source),
            IndexError::Tantivy { source, .. } => search_trouble(source),
            IndexError::Locked(_) => "另一个进程正在重建索引,请等它结束再试".to_owned(),
            IndexError::Unsteady(_) => "语料一直在变,没有读到一份完整的;请等文件存完再试".to_owned(),
            IndexError::Missing(_) | IndexError::Foreign { .. } | IndexError::Damaged { .. } => {
                "索引读不了,详见服务的日志".to_owned()
            }
            IndexError::Model(_) => "语义模型读不了,详见服务的日志".to_owned(),
            IndexError::Corpus(_) | IndexError::Unverified(_) | IndexError::Engine(_) => self.to_string(),
        }
    }

    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> IndexError {
        let path = path.into();
        move |source| IndexError::Io { path, source }
    }

    pub(crate) fn tantivy(path: impl Into<PathBuf>) -> impl FnOnce(tantivy::TantivyError) -> IndexError {
        let path = path.into();
        move |source| IndexError::Tantivy { path, source }
    }
}
