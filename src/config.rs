//! Settings: flag > environment (`YIWEN_…`) > file (`yiwen.toml`) > default.
//!
//! [`SETTINGS`] is the one table: a row there is a key of the file, an environment variable and a line of `yiwen config`.
//! Values are text until [`Config::resolve`] has checked them all; every mistake is reported, not only the first.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeValue;

use crate::corpus::TomlFile;
use crate::retrieve::Mode;

/// One setting.
pub struct Setting {
    /// The key in the file; `YIWEN_` and this in capitals is the environment variable.
    pub name: &'static str,
    pub default: &'static str,
    /// In Chinese: what it is.
    pub about: &'static str,
    /// Never printed.
    pub secret: bool,
    /// What a value must be, in Chinese, and the check.
    takes: &'static str,
    check: fn(&str) -> bool,
}

impl Setting {
    /// The environment variable.
    pub fn variable(&self) -> String {
        format!("YIWEN_{}", self.name.to_ascii_uppercase())
    }
}

/// Every setting, in the order in which `yiwen config` shows them.
pub static SETTINGS: &[Setting] = &[
    setting("corpus", "corpus", "语料文件夹", "文件夹", is_text),
    setting("index", "index", "索引文件夹", "文件夹", is_text),
    setting("listen", "127.0.0.1:8080", "服务监听的地址和端口", "地址:端口,形如 127.0.0.1:8080", is_address),
    Setting {
        secret: true, ..setting("admin_key", "", "管理密钥;不设则不能经网络重建索引", "至少 16 个字符", is_key)
    },
    setting("request_timeout", "10", "一次请求最多几秒", "1 至 600 的整数", is_seconds),
    setting("shutdown_timeout", "10", "停止服务时最多等几秒", "1 至 600 的整数", is_seconds),
    setting("semantic", "auto", "语义检索;装了模型才有", "auto、always 或 never", is_mode),
    setting("log", "info", "日志级别", "error、warn、info、debug 或 trace", is_level),
];

const fn setting(
    name: &'static str,
    default: &'static str,
    about: &'static str,
    takes: &'static str,
    check: fn(&str) -> bool,
) -> Setting {
    Setting { name, default, about, secret: false, takes, check }
}

fn is_text(text: &str) -> bool {
    !text.trim().is_empty()
}

fn is_address(text: &str) -> bool {
    text.parse::<SocketAddr>().is_ok()
}

fn is_key(text: &str) -> bool {
    text.is_empty() || text.chars().count() >= 16
}

fn is_seconds(text: &str) -> bool {
    text.parse::<u64>().is_ok_and(|n| (1..=600).contains(&n))
}

fn is_mode(text: &str) -> bool {
    text.parse::<Mode>().is_ok()
}

fn is_level(text: &str) -> bool {
    ["error", "warn", "info", "debug", "trace"].contains(&text)
}

/// Where an effective value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Flag,
    Environment(String),
    /// The file and the line.
    File(PathBuf, usize),
    Default,
}

impl Source {
    /// The word used in JSON: `flag`, `environment`, `file`, `default`.
    pub fn name(&self) -> &'static str {
        match self {
            Source::Flag => "flag",
            Source::Environment(_) => "environment",
            Source::File(..) => "file",
            Source::Default => "default",
        }
    }

    /// In Chinese, with the variable or the place in the file.
    pub fn text(&self) -> String {
        match self {
            Source::Flag => "命令行".to_owned(),
            Source::Environment(variable) => format!("环境变量 {variable}"),
            Source::File(path, line) => format!("{}:{line}", path.display()),
            Source::Default => "默认".to_owned(),
        }
    }
}

/// An effective value as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    pub value: String,
    pub source: Source,
}

/// All settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    pub corpus: PathBuf,
    pub index: PathBuf,
    pub listen: SocketAddr,
    pub admin_key: Option<String>,
    pub request_timeout: Duration,
    pub shutdown_timeout: Duration,
    pub semantic: Mode,
    pub log: String,
    /// By name: each value as text and where it came from.
    pub effective: BTreeMap<&'static str, Effective>,
}

/// Settings that cannot be used, each named with its place, in Chinese.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Puts the layers together. `flags` are those given on the command line; `file` is the path and its text.
    pub fn resolve(
        flags: &[(&'static str, String)],
        environment: &dyn Fn(&str) -> Option<String>,
        file: Option<(&Path, &str)>,
    ) -> Result<Config, ConfigError> {
        let mut wrong = vec![];
        let in_file = file.map(|(path, text)| read_file(path, text, &mut wrong)).unwrap_or_default();
        let mut effective = BTreeMap::new();
        for setting in SETTINGS {
            let variable = setting.variable();
            let flag = flags.iter().find(|(name, _)| *name == setting.name).map(|(_, v)| (v.clone(), Source::Flag));
            let given = flag
                .or_else(|| environment(&variable).map(|v| (v, Source::Environment(variable))))
                .or_else(|| in_file.get(setting.name).cloned());
            let (value, source) = given.unwrap_or_else(|| (setting.default.to_owned(), Source::Default));
            if !(setting.check)(&value) {
                let shown = if setting.secret { "***" } else { &value };
                let (place, name, takes) = (source.text(), setting.name, setting.takes);
                wrong.push(format!("{place}: {name} 是“{shown}”,应为{takes}"));
            }
            effective.insert(setting.name, Effective { value, source });
        }
        if !wrong.is_empty() {
            return Err(ConfigError(wrong));
        }
        let text = |name: &str| effective.get(name).map(|e| e.value.clone()).unwrap_or_default();
        let seconds = |name: &str| Duration::from_secs(text(name).parse().unwrap_or(10));
        let listen = text("listen").parse().map_err(|_| ConfigError(vec!["listen: 应为地址:端口".to_owned()]))?;
        Ok(Config {
            corpus: text("corpus").into(),
            index: text("index").into(),
            listen,
            admin_key: Some(text("admin_key")).filter(|key| !key.is_empty()),
            request_timeout: seconds("request_timeout"),
            shutdown_timeout: seconds("shutdown_timeout"),
            semantic: text("semantic").parse().unwrap_or_default(),
            log: text("log"),
            effective,
        })
    }
}

fn read_file(path: &Path, text: &str, wrong: &mut Vec<String>) -> BTreeMap<&'static str, (String, Source)> {
    let shown = path.display().to_string();
    let mut file = TomlFile::new(&shown, text, 1);
    let table = file.parse();
    let known: Vec<&str> = SETTINGS.iter().map(|s| s.name).collect();
    file.only(&table, &known);
    let mut found = BTreeMap::new();
    for setting in SETTINGS {
        let Some((key, value)) = file.entry(&table, setting.name) else { continue };
        let line = file.line(key.span().start);
        let given = match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.to_string()),
            _ => None,
        };
        match given {
            Some(given) => drop(found.insert(setting.name, (given, Source::File(path.to_owned(), line)))),
            None => file.problem(value.span().start, format!("“{}”应为{}", setting.name, setting.takes)),
        }
    }
    wrong.extend(file.problems.iter().map(ToString::to_string));
    found
}
