//! Settings: flag > environment (`YIWEN_…`) > file (`yiwen.toml`) > default.
//!
//! [`SETTINGS`] is the one table: a row there is a key of the file, an environment variable and a line of `yiwen config`.
//! Callers' keys are a list, `[[keys]]`, and stand in the file alone. Values are text until [`Config::resolve`] has checked them all; every mistake is reported, not only the first.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use crate::corpus::TomlFile;
use crate::gaps::Limits;
use crate::http::limits::{self, address::networks};
use crate::index::{Access, SearchEngine, engine};
use crate::keys::{Key, Keys, Scope, hash, parse_hash};
use crate::quickwit;
use crate::retrieve::Mode;

/// One setting.
pub struct Setting {
    /// The key in the file, after a dot one of a table; `YIWEN_` and this in capitals is the environment variable.
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
        format!("YIWEN_{}", self.name.to_ascii_uppercase().replace('.', "_"))
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
    setting("insecure", "false", "没有密钥也可在本机以外的地址上服务", "true 或 false", is_flag),
    setting("public_url", "", "用户访问本服务的网址,写进回复里的链接", "http:// 或 https:// 开头的网址,不带 ?", is_url),
    Setting {
        secret: true,
        ..setting("wechat_token", "", "公众号或企业微信的令牌(Token)", "3 至 32 个字母或数字", is_token)
    },
    Setting {
        secret: true,
        ..setting("wechat_aes_key", "", "公众号或企业微信的消息密钥(EncodingAESKey)", "43 个字母或数字", is_aes_key)
    },
    setting("wechat_app_id", "", "公众号的 AppID 或企业微信的 CorpID", "字母、数字或下划线", is_word),
    setting("gaps", "true", "记录没有答好的问题和用户的评价(遮盖个人信息后)", "true 或 false", is_flag),
    setting("gaps_file", "", "缺口记录的文件;不写就是索引文件夹旁的 gaps.sqlite", "文件路径", |_| true),
    setting("gaps_rows", "10000", "缺口、评价各最多留多少条", "1 至 1000000 的整数", |t| {
        is_within(t, 1, 1_000_000)
    }),
    setting("gaps_days", "180", "缺口、评价各最多留多少天", "1 至 3650 的整数", |t| {
        is_within(t, 1, 3_650)
    }),
    setting("request_timeout", "10", "一次请求最多几秒", "1 至 600 的整数", is_seconds),
    setting("shutdown_timeout", "10", "停止服务时最多等几秒", "1 至 600 的整数", is_seconds),
    setting("semantic", "auto", "语义检索;装了模型才有", "auto、always 或 never", is_mode),
    setting(
        "answer_cache",
        "0",
        "留下多少个回答,同一个问题再问时直接给出;0 为不留",
        "0 至 100000 的整数",
        |t| is_within(t, 0, 100_000),
    ),
    setting("engine", engine::EMBEDDED, "段落存在哪里、由谁检索", "embedded 或 quickwit", is_engine),
    setting(
        "quickwit.url",
        "http://127.0.0.1:7280",
        "Quickwit 的 REST 网址",
        "http:// 或 https:// 开头的网址",
        |t| !t.is_empty() && is_url(t),
    ),
    setting("quickwit.prefix", "yiwen", "Quickwit 里索引名的开头", "字母开头,2 至 100 个字母、数字、- 或 _", is_prefix),
    setting(
        "quickwit.timeout_ms",
        "2000",
        "一问最多等 Quickwit 几毫秒,连重试在内",
        "10 至 60000 的整数",
        |t| is_within(t, 10, 60_000),
    ),
    setting("quickwit.authorities", "", "Quickwit 的证书由谁签发;不写就信公共的", "PEM 文件的路径", |_| true),
    Setting {
        secret: true,
        ..setting(
            "quickwit.authorization",
            "",
            "每个请求的 Authorization 头,给 Quickwit 前面的代理",
            "可见字符",
            |t| t.chars().all(|c| c == ' ' || c.is_ascii_graphic()),
        )
    },
    setting("shutdown_delay", "0", "停止前还接新请求几秒,让负载均衡看到 /readyz 已是 503", "0 至 600 的整数", is_delay),
    setting("watch", "false", "语料文件存盘后自动重建索引", "true 或 false", is_flag),
    setting(
        "rate_per_address",
        "600",
        "没有密钥时,一个地址每分钟最多几次请求;0 为不限,本机不限",
        "0 至 1000000 的整数",
        is_rate,
    ),
    setting("rate_per_key", "6000", "一个密钥每分钟最多几次请求;0 为不限,本机不限", "0 至 1000000 的整数", is_rate),
    setting(
        "proxies",
        "",
        "前面的反向代理;只认它们写的 X-Forwarded-For",
        "地址或网段,以逗号相隔,形如 10.0.0.0/8,::1",
        is_networks,
    ),
    setting("log_questions", "false", "日志里写出遮盖个人信息后的问题", "true 或 false", is_flag),
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

fn is_flag(text: &str) -> bool {
    text == "true" || text == "false"
}

fn is_url(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    text.is_empty()
        || host.is_some_and(|h| !h.is_empty() && !h.contains(['?', '#']) && !h.contains(char::is_whitespace))
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn is_token(text: &str) -> bool {
    text.is_empty() || (3..=32).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric())
}

fn is_aes_key(text: &str) -> bool {
    text.is_empty() || text.len() == 43 && text.chars().all(|c| c.is_ascii_alphanumeric())
}

fn is_seconds(text: &str) -> bool {
    text.parse::<u64>().is_ok_and(|n| (1..=600).contains(&n))
}

fn is_mode(text: &str) -> bool {
    text.parse::<Mode>().is_ok()
}

fn is_engine(text: &str) -> bool {
    text == engine::EMBEDDED || text == engine::QUICKWIT
}

fn is_prefix(text: &str) -> bool {
    (2..=100).contains(&text.len()) && text.starts_with(|c: char| c.is_ascii_alphabetic()) && is_word(text)
}

fn is_delay(text: &str) -> bool {
    text == "0" || is_seconds(text)
}

fn is_rate(text: &str) -> bool {
    is_within(text, 0, 1_000_000)
}

fn is_networks(text: &str) -> bool {
    networks(text).is_some()
}

fn is_within(text: &str, low: u32, high: u32) -> bool {
    text.parse::<u32>().is_ok_and(|n| (low..=high).contains(&n))
}

fn is_level(text: &str) -> bool {
    ["error", "warn", "info", "debug", "trace"].contains(&text)
}

/// What each setting is, in English, for the README's table.
pub static IN_ENGLISH: &[(&str, &str)] = &[
    ("corpus", "corpus folder"),
    ("index", "index folder"),
    ("semantic", "semantic search: `auto`, `always` or `never`; it takes an installed model"),
    ("listen", "address and port"),
    (
        "admin_key",
        "key for rebuilding and reading gaps over HTTP, 16 characters or more; without it (or a key with the scope `admin`) those routes answer 403; never printed",
    ),
    ("insecure", "serve elsewhere than on loopback without keys"),
    (
        "public_url",
        "where people reach the service, for links in replies; the one other origin from which pages may call `/mcp`",
    ),
    ("wechat_token", "token of the WeChat or WeCom callback; without it `/wechat` answers 403; never printed"),
    ("wechat_aes_key", "its EncodingAESKey, 43 characters, for encrypted messages; never printed"),
    ("wechat_app_id", "AppID or CorpID; messages sealed for another are refused"),
    ("gaps", "keep questions without a good answer, masked, and feedback; `false` switches both off"),
    ("gaps_file", "the file they are kept in; by default `gaps.sqlite` beside the index folder"),
    ("gaps_rows", "open questions kept at most, and as many posts of feedback; 1–1,000,000"),
    ("gaps_days", "days they are kept at most; 1–3,650"),
    ("request_timeout", "seconds for one request, 1–600"),
    ("shutdown_timeout", "seconds to let requests end, 1–600"),
    ("answer_cache", "answers kept for those who ask the same again, to the byte, 0–100,000; 0 keeps none"),
    ("engine", "where passages are kept and searched: `embedded`, or `quickwit`"),
    ("quickwit.url", "Quickwit's REST address; `[quickwit]` with `url` in the file"),
    ("quickwit.prefix", "its indexes are named by this and the generation; one prefix belongs to one index folder"),
    ("quickwit.timeout_ms", "milliseconds that a question waits for it, retries included; 10–60,000"),
    ("quickwit.authorities", "PEM file of the authorities that are believed instead of the public ones"),
    (
        "quickwit.authorization",
        "`Authorization` header for a proxy before it; set it in the environment; never printed",
    ),
    ("shutdown_delay", "seconds to go on taking requests after `/readyz` says 503, 0–600"),
    ("watch", "rebuild when a file of the corpus is saved"),
    ("rate_per_address", "requests a minute from one address without a key; 0 is without limit, loopback has none"),
    ("rate_per_key", "requests a minute with one key; 0 is without limit, loopback has none"),
    ("proxies", "addresses or networks of reverse proxies, whose `X-Forwarded-For` is believed"),
    ("log_questions", "log questions too, masked as gaps are; without it a line has their length and hash alone"),
    ("log", "`error`, `warn`, `info`, `debug` or `trace`"),
];

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
    /// `[[keys]]`, and the admin key where one is set.
    pub keys: Keys,
    /// Serve elsewhere than on loopback without keys.
    pub insecure: bool,
    /// Without a slash at its end.
    pub public_url: Option<String>,
    pub wechat: Option<WeChat>,
    /// Whether gaps and feedback are kept.
    pub gaps: bool,
    pub gaps_file: PathBuf,
    pub gaps_limits: Limits,
    pub request_timeout: Duration,
    pub shutdown_timeout: Duration,
    pub access: Access,
    /// Answers kept for those who ask the same again; 0 for none.
    pub answer_cache: usize,
    /// The service goes on for so long after it said that it is not ready.
    pub shutdown_delay: Duration,
    /// Rebuild when a file of the corpus is saved.
    pub watch: bool,
    pub limits: limits::Settings,
    pub log_questions: bool,
    pub log: String,
    /// By name: each value as text and where it came from.
    pub effective: BTreeMap<&'static str, Effective>,
}

/// What the WeChat or WeCom console shows of a callback.
#[derive(Clone, Debug)]
pub struct WeChat {
    pub token: String,
    /// EncodingAESKey: 43 characters; needed for encrypted messages.
    pub aes_key: Option<String>,
    /// AppID or CorpID; checked in encrypted messages.
    pub app_id: Option<String>,
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
        let InFile { values: in_file, mut keys } =
            file.map(|(path, text)| read_file(path, text, &mut wrong)).unwrap_or_default();
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
        let number = |name: &str| text(name).parse().unwrap_or(0);
        let listen = text("listen").parse().map_err(|_| ConfigError(vec!["listen: 应为地址:端口".to_owned()]))?;
        let some = |name: &str| Some(text(name)).filter(|value| !value.is_empty());
        let admin = |key: String| Key { name: "admin_key".to_owned(), sha256: hash(&key), scopes: vec![Scope::Admin] };
        keys.extend(some("admin_key").map(admin));
        let engine = match text("engine").as_str() {
            engine::QUICKWIT => SearchEngine::Quickwit(quickwit::Settings {
                url: text("quickwit.url").trim_end_matches('/').to_owned(),
                prefix: text("quickwit.prefix"),
                timeout: Duration::from_millis(text("quickwit.timeout_ms").parse().unwrap_or(2_000)),
                authorization: some("quickwit.authorization"),
                authorities: some("quickwit.authorities").map(PathBuf::from),
            }),
            _ => SearchEngine::Embedded,
        };
        let access = Access { engine, semantic: text("semantic").parse().unwrap_or_default() };
        if access.semantic == Mode::Always && access.engine != SearchEngine::Embedded {
            return Err(ConfigError(vec!["semantic: always 要 engine = embedded;Quickwit 里没有向量".to_owned()]));
        }
        let elsewhere = access.engine != SearchEngine::Embedded;
        Ok(Config {
            corpus: text("corpus").into(),
            index: text("index").into(),
            listen,
            keys: Keys::new(keys),
            insecure: text("insecure") == "true",
            public_url: some("public_url").map(|url| url.trim_end_matches('/').to_owned()),
            wechat: some("wechat_token").map(|token| WeChat {
                token,
                aes_key: some("wechat_aes_key"),
                app_id: some("wechat_app_id"),
            }),
            gaps: text("gaps") == "true",
            gaps_file: some("gaps_file").map_or_else(|| beside(&text("index")), PathBuf::from),
            gaps_limits: Limits { rows: number("gaps_rows"), days: number("gaps_days") },
            request_timeout: seconds("request_timeout"),
            shutdown_timeout: seconds("shutdown_timeout"),
            access,
            answer_cache: text("answer_cache").parse().unwrap_or_default(),
            shutdown_delay: seconds("shutdown_delay"),
            watch: text("watch") == "true",
            limits: limits::Settings {
                rate_per_address: text("rate_per_address").parse().unwrap_or_default(),
                rate_per_key: text("rate_per_key").parse().unwrap_or_default(),
                proxies: networks(&text("proxies")).unwrap_or_default(),
                patient: false,
                elsewhere,
            },
            log_questions: text("log_questions") == "true",
            log: text("log"),
            effective,
        })
    }
}

/// Where gaps are kept unless told otherwise: the index itself is safe to delete, they are not.
fn beside(index: &str) -> PathBuf {
    Path::new(index).with_file_name("gaps.sqlite")
}

/// What the file says.
#[derive(Default)]
struct InFile {
    values: BTreeMap<&'static str, (String, Source)>,
    keys: Vec<Key>,
}

fn read_file(path: &Path, text: &str, wrong: &mut Vec<String>) -> InFile {
    let shown = path.display().to_string();
    let mut file = TomlFile::new(&shown, text, 1);
    let table = file.parse();
    let mut known: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::from([(None, vec!["keys"])]);
    for setting in SETTINGS {
        match setting.name.split_once('.') {
            Some((outer, inner)) => {
                known.entry(None).or_default().push(outer);
                known.entry(Some(outer)).or_default().push(inner);
            }
            None => known.entry(None).or_default().push(setting.name),
        }
    }
    let mut tables = BTreeMap::new();
    for (name, members) in &known {
        let found = name.map_or(Some(&table), |name| Some(file.table(&table, name)?.1));
        if let Some(found) = found {
            file.only(found, members);
            tables.insert(*name, found);
        }
    }
    let mut values = BTreeMap::new();
    for setting in SETTINGS {
        let (outer, inner) = match setting.name.split_once('.') {
            Some((outer, inner)) => (Some(outer), inner),
            None => (None, setting.name),
        };
        let Some((key, value)) = tables.get(&outer).and_then(|table| file.entry(table, inner)) else { continue };
        let line = file.line(key.span().start);
        let given = match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.to_string()),
            DeValue::Boolean(flag) => Some(flag.to_string()),
            _ => None,
        };
        match given {
            Some(given) => drop(values.insert(setting.name, (given, Source::File(path.to_owned(), line)))),
            None => file.problem(value.span().start, format!("“{}”应为{}", setting.name, setting.takes)),
        }
    }
    let mut keys: Vec<Key> = vec![];
    for (at, entry) in file.tables(&table, "keys") {
        let Some(key) = read_key(&mut file, at, entry) else { continue };
        if keys.iter().any(|other| other.name == key.name || other.sha256 == key.sha256) {
            file.problem(at, format!("密钥“{}”的名称或哈希和前面的重复", key.name));
        }
        keys.push(key);
    }
    wrong.extend(file.problems.iter().map(ToString::to_string));
    InFile { values, keys }
}

fn read_key<'t>(file: &mut TomlFile<'t>, at: usize, entry: &DeTable<'t>) -> Option<Key> {
    file.only(entry, &["name", "sha256", "scopes"]);
    for name in ["name", "sha256", "scopes"] {
        file.require(entry, name, at);
    }
    let name = file.string(entry, "name");
    let sha256 = file.string(entry, "sha256").and_then(|text| {
        let read = parse_hash(&text);
        if read.is_none() {
            // What stands there may be a key in the clear, so it is not repeated.
            let place = file.place(entry, "sha256");
            file.problem(place, "“sha256”应是密钥的 SHA-256,64 位十六进制:printf %s 密钥 | sha256sum");
        }
        read
    });
    let words = file.strings(entry, "scopes")?;
    let scope = |word: &String| Scope::ALL.iter().find(|(w, _)| w == word).map(|(_, scope)| *scope);
    let scopes: Vec<Scope> = words.iter().filter_map(scope).collect();
    if scopes.is_empty() || scopes.len() < words.len() {
        let place = file.place(entry, "scopes");
        file.problem(place, "“scopes”应列出 read、admin 之一或两者,形如 [\"read\"]");
    }
    Some(Key { name: name?, sha256: sha256?, scopes })
}
