//! The services that rows are asked of, each made once for the whole run.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use yiwen::config::WeChat;
use yiwen::gaps::{Limits, Recorder};
use yiwen::http::{self, App, Live, Options, Shared};
use yiwen::index::table::{Row, Totals};
use yiwen::index::{self, Snapshot};
use yiwen::keys::{Key, Keys, Scope, hash};
use yiwen::retrieve::Retriever;
use yiwen::retrieve::backend::{Articles, Backend, Found, Lead, Lookup, Stored, Unavailable, Wanted};

use crate::common;

pub const KEY: &str = "test-admin-key-0123456789";
/// The key that may read, of the service `locked`.
const READ_KEY: &str = "test-read-key-0123456789";

/// An answer, read whole.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }
}

pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
/// The shipped corpus, indexed once.
static INDEX: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = FOLDER.path().join("index");
    index::rebuild(&common::corpus(), &path, "2026-11-23T00:00:00Z", &|_, _| {}).expect("the shipped corpus builds");
    path
});
static DEFAULT: LazyLock<Router> = LazyLock::new(|| http::router(opened(options(&INDEX, Some(KEY)))));
static NO_KEY: LazyLock<Router> = LazyLock::new(|| http::router(opened(options(&INDEX, None))));
/// Every caller needs a key; the WeChat callback is set up.
static LOCKED: LazyLock<Router> = LazyLock::new(|| {
    let keys = vec![caller("hotline", READ_KEY, Scope::Read), caller("ops", KEY, Scope::Admin)];
    let wechat = WeChat {
        token: "contractToken".to_owned(),
        aes_key: Some("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".to_owned()),
        app_id: Some("wx0123456789abcdef".to_owned()),
    };
    http::router(opened(Options {
        keys: Keys::new(keys),
        public_url: Some("https://ybj.example".to_owned()),
        wechat: Some(wechat),
        ..options(&INDEX, None)
    }))
});
/// Keeps gaps and feedback; the index is the shipped one.
static RECORDING: LazyLock<Router> = LazyLock::new(|| http::router(recording(&FOLDER.path().join("gaps.sqlite"))));
/// The passages are in an engine that does not answer.
static SEARCHLESS: LazyLock<Router> = LazyLock::new(|| {
    let snapshot = index::open(&INDEX).expect("the index opens");
    let regions = &snapshot.corpus.law.regions;
    let down = Box::new(Down(Totals { articles: 1, passages: 1, ..Totals::default() }));
    let retriever = Retriever::new(down, snapshot.analyzer.clone(), &snapshot.generation.topics, regions);
    let app = App::new(Options { answer_cache: 8, ..options(&INDEX, None) });
    app.put_in_use(Live::new(Snapshot { retriever, ..snapshot }));
    http::router(app)
});
static STARTING: LazyLock<Router> = LazyLock::new(|| http::router(App::new(options(&INDEX, Some(KEY)))));

/// An engine that does not answer.
struct Down(Totals);

impl Down {
    fn why() -> Unavailable {
        Unavailable("没有回应".to_owned())
    }
}

impl Backend for Down {
    fn totals(&self) -> &Totals {
        &self.0
    }

    fn look_up(&self) -> Box<dyn Lookup<'_> + '_> {
        Box::new(Nowhere)
    }

    fn articles(&self) -> &dyn Articles {
        &Nowhere
    }

    fn check(&self) -> Result<(), Unavailable> {
        Err(Down::why())
    }
}

/// Its keys and articles.
struct Nowhere;

impl<'b> Lookup<'b> for Nowhere {
    fn add(&mut self, _: &str) {}

    fn holders(&self, _: usize) -> u64 {
        1
    }

    fn find(self: Box<Self>, _: Vec<Lead>, _: &Wanted<'_>) -> Result<Found<'b>, Unavailable> {
        Err(Down::why())
    }
}

impl Articles for Nowhere {
    fn row(&self, _: u32) -> Row {
        Row::default()
    }

    fn passages(&self, _: u32) -> usize {
        0
    }

    fn records(&self, _: u32) -> &[u8] {
        &[]
    }

    fn stored(&self, _: u32, _: usize) -> Stored {
        Stored::default()
    }
}

/// How the services are told to start.
pub fn options(index: &Path, key: Option<&str>) -> Options {
    Options {
        corpus: common::corpus(),
        index: index.to_owned(),
        access: Default::default(),
        answer_cache: 0,
        keys: Keys::new(key.map(|key| caller("admin_key", key, Scope::Admin)).into_iter().collect()),
        public_url: None,
        wechat: None,
        request_timeout: Duration::from_secs(30),
        limits: Default::default(),
        gaps: None,
        log_questions: false,
    }
}

pub fn caller(name: &str, key: &str, scope: Scope) -> Key {
    Key { name: name.to_owned(), sha256: hash(key), scopes: vec![scope] }
}

pub fn opened(options: Options) -> Shared {
    let app = App::new(options);
    app.put_in_use(Live::new(index::open(&INDEX).expect("the index opens")));
    app
}

fn recorder(path: &Path) -> Recorder {
    Recorder::open(path, Limits { rows: 100, days: 30 }).expect("a new file")
}

/// A service that keeps gaps and feedback in this file.
pub fn recording(path: &Path) -> Shared {
    recording_with(path, 0)
}

/// The same, with so many answers kept.
pub fn recording_with(path: &Path, answer_cache: usize) -> Shared {
    opened(Options { gaps: Some(recorder(path)), answer_cache, ..options(&INDEX, Some(KEY)) })
}

/// The index of the shipped corpus.
pub fn shipped_index() -> &'static Path {
    &INDEX
}

/// Asks one of the services.
pub fn ask(service: &str, method: &str, target: &str, headers: &[(String, String)], body: String) -> Reply {
    let router = match service {
        "default" => &*DEFAULT,
        "no_key" => &*NO_KEY,
        "locked" => &*LOCKED,
        "searchless" => &*SEARCHLESS,
        "starting" => &*STARTING,
        "recording" => &*RECORDING,
        other => panic!("no service {other}"),
    };
    ask_router(router, method, target, headers, body)
}

/// Asks a router.
pub fn ask_router(router: &Router, method: &str, target: &str, headers: &[(String, String)], body: String) -> Reply {
    let mut request = Request::builder().method(method).uri(target).header("host", "localhost:8080");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(body)).expect("a request");
    RUNTIME.block_on(async {
        let response = router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a whole body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Reply { status: parts.status.as_u16(), headers: parts.headers, text, json }
    })
}

/// Percent-encodes what a URL cannot hold as it is.
pub fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'#');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
