//! Every reader of what others write, driven by bytes: it must not panic, its offsets must point into the text, what it
//! gives must be bounded. Used by the tests beside this file and by the targets of `tests/fuzz`.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use jiff::civil::{Date, date};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use yiwen::config::WeChat;
use yiwen::corpus::load::TOPICS;
use yiwen::corpus::{article, import, parameters};
use yiwen::http::{self, App, Live, Options};
use yiwen::keys::Keys;
use yiwen::text::{Folded, dates, numbers, segment};
use yiwen::{index, understand};

/// One reader.
pub struct Parser {
    pub name: &'static str,
    /// What it is usually given.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// `Err` says what did not hold.
    pub drive: fn(&[u8]) -> Result<(), String>,
}

/// Every reader.
pub static PARSERS: &[Parser] = &[
    Parser { name: "question", seeds: questions, drive: question },
    Parser { name: "numbers and dates", seeds: questions, drive: numbers_and_dates },
    Parser { name: "front matter", seeds: articles, drive: front_matter },
    Parser { name: "parameters", seeds: parameter_files, drive: parameter_file },
    Parser { name: "raw page", seeds: pages, drive: |bytes| imported("txt", bytes) },
    Parser { name: "markdown", seeds: articles, drive: |bytes| imported("md", bytes) },
    Parser { name: "csv", seeds: || tables("csv"), drive: |bytes| imported("csv", bytes) },
    Parser { name: "jsonl", seeds: || tables("jsonl"), drive: |bytes| imported("jsonl", bytes) },
    Parser { name: "wechat", seeds: || bodies("wechat", "/wechat"), drive: |bytes| posted(WECHAT, bytes) },
    Parser { name: "dify", seeds: || bodies("dify", "/dify"), drive: |bytes| posted("/dify/retrieval", bytes) },
    Parser {
        name: "openai",
        seeds: || bodies("openai", "/v1/chat"),
        drive: |bytes| posted("/v1/chat/completions", bytes),
    },
    Parser {
        name: "fastgpt",
        seeds: || bodies("fastgpt", "/fastgpt"),
        drive: |bytes| posted("/fastgpt/v1/file/list", bytes),
    },
    Parser { name: "mcp", seeds: || bodies("mcp", "/mcp"), drive: |bytes| posted("/mcp", bytes) },
    Parser { name: "answer", seeds: || bodies("answer", "/v1/answer"), drive: |bytes| posted("/v1/answer", bytes) },
    Parser { name: "chat", seeds: || bodies("chat", "/v1/chat"), drive: |bytes| posted("/v1/chat", bytes) },
    Parser {
        name: "compute",
        seeds: || bodies("rules", "/v1/rules"),
        drive: |bytes| posted("/v1/rules/back_payment/compute", bytes),
    },
    Parser { name: "query string", seeds: queries, drive: query },
];

/// The signature of `timestamp` and `nonce` by the token below; the message is not signed in the plain mode.
const WECHAT: &str =
    "/wechat?signature=7a65e425b65deeec06f4bec0962110844c6c12ed&timestamp=1795392000&nonce=358234&openid=oABCD1234";
const TOKEN: &str = "contractToken";
const TODAY: Date = date(2026, 11, 23);
/// No answer is longer, in bytes.
const ANSWER_BYTES: usize = 1024 * 1024;

/// The project's folder; the targets of `tests/fuzz` are a package of their own.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().find(|folder| folder.join("corpus").is_dir()).expect("the project's folder").to_owned()
}

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    // In memory where there is such a folder: each imported file is written first.
    let memory = tempfile::tempdir_in("/dev/shm");
    memory.or_else(|_| tempfile::tempdir()).expect("a folder")
});
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static LIVE: LazyLock<(std::sync::Arc<http::App>, Router)> = LazyLock::new(|| {
    let path = FOLDER.path().join("index");
    index::rebuild(&root().join("corpus"), &path, "2026-11-23T00:00:00Z", &|_, _| {})
        .expect("the shipped corpus builds");
    let app = App::new(Options {
        gaps: None,
        log_questions: false,
        access: Default::default(),
        answer_cache: 0,
        corpus: root().join("corpus"),
        index: path.clone(),
        keys: Keys::default(),
        public_url: Some("https://ybj.example".to_owned()),
        wechat: Some(WeChat { token: TOKEN.to_owned(), aes_key: None, app_id: None }),
        request_timeout: Duration::from_secs(30),
        limits: http::limits::Settings::default(),
    });
    app.put_in_use(Live::new(index::open(&path).expect("the index opens")));
    (app.clone(), http::router(app))
});

fn live() -> std::sync::Arc<Live> {
    LIVE.0.current().expect("a snapshot")
}

fn inside(what: &str, span: (usize, usize), length: usize) -> Result<(), String> {
    if span.0 <= span.1 && span.1 <= length { Ok(()) } else { Err(format!("{what}: {span:?} of {length} characters")) }
}

/// As every door does: at most so many characters are understood.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(yiwen::engine::QUESTION_CHARS).collect()
}

fn question(bytes: &[u8]) -> Result<(), String> {
    let text = text(bytes);
    let length = text.chars().count();
    let live = live();
    let understood: understand::Understanding = live.engine.understander.understand(&text, TODAY, None);
    for (name, fact) in &understood.facts.0 {
        fact.span.map_or(Ok(()), |span| inside(name, span, length))?;
    }
    understood.place.and_then(|place| place.span).map_or(Ok(()), |span| inside("place", span, length))?;
    for cue in &understood.cues {
        inside(&cue.word, cue.span, length)?;
    }
    for query in [understood.reading.text(), &text] {
        let suggested = live.suggester.suggest(query, 8);
        if suggested.len() > 8 {
            return Err(format!("{} suggestions", suggested.len()));
        }
    }
    Ok(())
}

fn numbers_and_dates(bytes: &[u8]) -> Result<(), String> {
    let text = text(bytes);
    let length = text.chars().count();
    let folded = Folded::new(&text);
    if Folded::new(folded.text()).text() != folded.text() {
        return Err("folding twice is not folding once".to_owned());
    }
    let chars = folded.chars();
    let spans = |start: usize, end: usize| {
        inside("a mention", (start, end), chars.len())?;
        inside("its origin", folded.origin(start..end), length)
    };
    let days = dates::dates(chars, TODAY);
    days.iter().try_for_each(|day| {
        let _ = (day.date(), day.year_month());
        spans(day.start, day.end)
    })?;
    let taken = |at: usize| days.iter().any(|day| (day.start..day.end).contains(&at));
    numbers::measures(chars, &taken).iter().try_for_each(|measure| spans(measure.start, measure.end))?;
    for at in 0..chars.len() {
        let _ = numbers::number(chars, at);
    }
    let live = live();
    let segmenter = live.engine.snapshot.analyzer.segmenter();
    let tokens = segmenter
        .cut(folded.text())
        .into_iter()
        .chain(segmenter.words(folded.text()))
        .chain(segment::grams(folded.text()));
    tokens.into_iter().try_for_each(|token| inside(&token.text, (token.start, token.end), chars.len()))
}

fn lines(text: &str) -> usize {
    text.lines().count() + 1
}

fn front_matter(bytes: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    let live = live();
    let regions = &live.engine.snapshot.corpus.law.regions;
    let (article, problems) = article::read("articles/440300/fuzz.md", &text, regions, TOPICS);
    if article.is_some() != problems.is_empty() {
        return Err(format!("an article: {}, and problems: {problems:?}", article.is_some()));
    }
    let kept = article.is_none_or(|article| text.ends_with(&article.text) && article.id == "440300/fuzz");
    let placed = problems.iter().all(|problem| (1..=lines(&text)).contains(&problem.line));
    if kept && placed { Ok(()) } else { Err(format!("kept {kept}: {problems:?}")) }
}

fn parameter_file(bytes: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    let live = live();
    let (_, problems) = parameters::read("parameters/late_fee.toml", &text, &live.engine.snapshot.corpus.law.regions);
    match problems.iter().find(|problem| problem.line > lines(&text)) {
        Some(problem) => Err(problem.to_string()),
        None => Ok(()),
    }
}

fn imported(ending: &str, bytes: &[u8]) -> Result<(), String> {
    thread_local! {
        static NAME: PathBuf = FOLDER.path().join(format!("{:?}", std::thread::current().id()));
    }
    let path = NAME.with(|name| name.with_extension(ending));
    std::fs::write(&path, bytes).map_err(|e| e.to_string())?;
    let live = live();
    let options = import::Options {
        regions: &live.engine.snapshot.corpus.law.regions,
        today: TODAY,
        force: false,
        dry_run: true,
        progress: &|_, _| {},
    };
    let into = FOLDER.path().join("imported");
    let report = import::run(&[path], &into, &options);
    if into.exists() {
        return Err("a dry run wrote something".to_owned());
    }
    let given: usize = report.files.iter().map(|file| file.articles + file.teasers + file.questions).sum();
    // Nothing comes of nothing: each article and each question has characters of its own.
    if given <= bytes.len() + 1 { Ok(()) } else { Err(format!("{given} articles from {} bytes", bytes.len())) }
}

fn posted(path: &str, bytes: &[u8]) -> Result<(), String> {
    let request = Request::post(path)
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-06-18");
    let json = asked(request.body(Body::from(bytes.to_vec())).map_err(|e| e.to_string())?)?;
    let length = json["question"].as_str().map_or(0, |text| text.chars().count());
    spans(&json["understanding"], length)?;
    passages(&json["passages"])
}

fn query(bytes: &[u8]) -> Result<(), String> {
    const PATHS: [&str; 6] =
        ["/v1/search", "/v1/suggest", "/v1/articles", "/v1/parameters", "/", "/fastgpt/v1/file/content"];
    let text = String::from_utf8_lossy(bytes);
    for path in PATHS {
        let target = format!("{path}?{text}");
        // What is no address is refused before it comes to us.
        let Ok(request) = Request::get(target).header("host", "localhost").body(Body::empty()) else { continue };
        let json = asked(request)?;
        passages(&json["hits"])?;
    }
    Ok(())
}

/// The answer as JSON, `null` where it is none.
fn asked(request: Request<Body>) -> Result<Value, String> {
    RUNTIME.block_on(async {
        let response = LIVE.1.clone().oneshot(request).await.map_err(|e| e.to_string())?;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), ANSWER_BYTES).await.map_err(|e| format!("the answer: {e}"))?;
        if status.as_u16() == 500 || status.as_u16() == 503 {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&bytes)));
        }
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    })
}

/// Every `span` below a value.
fn spans(value: &Value, length: usize) -> Result<(), String> {
    match value {
        Value::Object(members) => members.iter().try_for_each(|(name, member)| match (name.as_str(), pair(member)) {
            ("span", Some(span)) => inside("a span", span, length),
            _ => spans(member, length),
        }),
        Value::Array(items) => items.iter().try_for_each(|item| spans(item, length)),
        _ => Ok(()),
    }
}

fn pair(value: &Value) -> Option<(usize, usize)> {
    Some((value.get(0)?.as_u64()?.try_into().ok()?, value.get(1)?.as_u64()?.try_into().ok()?))
}

fn passages(list: &Value) -> Result<(), String> {
    for passage in list.as_array().into_iter().flatten() {
        let length = passage["text"].as_str().map_or(0, |text| text.chars().count());
        for range in passage["ranges"].as_array().into_iter().flatten().filter_map(pair) {
            inside("a highlight", range, length)?;
        }
    }
    Ok(())
}

/// The rows of a file of `tests/`.
fn rows(path: &str) -> Vec<Value> {
    let path = root().join("tests").join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn questions() -> Vec<Vec<u8>> {
    let asked = |row: &Value| Some(row["question"].as_str()?.as_bytes().to_vec());
    ["answers/routing.jsonl", "answers/vectors.jsonl"]
        .iter()
        .flat_map(|file| rows(file))
        .filter_map(|row| asked(&row))
        .collect()
}

/// Files of a folder of the project, none of them long.
fn files(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(root().join(folder)).expect("a folder").flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == ending)).collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

fn articles() -> Vec<Vec<u8>> {
    let rename = |bytes: Vec<u8>| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let id = text.lines().find(|line| line.starts_with("id = ")).unwrap_or_default().to_owned();
        text.replacen(&id, "id = \"440300/fuzz\"", 1).into_bytes()
    };
    files("corpus/articles/440300", "md").into_iter().map(rename).collect()
}

fn parameter_files() -> Vec<Vec<u8>> {
    files("corpus/parameters", "toml")
}

fn pages() -> Vec<Vec<u8>> {
    files("tests/import/seeds", "txt")
}

fn tables(ending: &str) -> Vec<Vec<u8>> {
    let fits = |row: &Value| row["file"].as_str().is_some_and(|name| name.ends_with(ending));
    let text = |row: Value| Some(row["text"].as_str()?.as_bytes().to_vec());
    rows("import/tables.jsonl").into_iter().filter(fits).filter_map(text).collect()
}

/// The bodies of recorded requests.
fn bodies(file: &str, path: &str) -> Vec<Vec<u8>> {
    let folder = if root().join(format!("tests/contracts/{file}.jsonl")).exists() { "contracts" } else { "http" };
    let fits = |row: &Value| row["path"].as_str().is_some_and(|p| p.starts_with(path)) && row["pad"].is_null();
    let body = |row: Value| match (&row["body"], &row["raw"]) {
        (Value::Null, Value::String(raw)) => Some(raw.clone().into_bytes()),
        (Value::Null, _) => None,
        (body, _) => Some(body.to_string().into_bytes()),
    };
    rows(&format!("{folder}/{file}.jsonl")).into_iter().filter(fits).filter_map(body).collect()
}

fn queries() -> Vec<Vec<u8>> {
    let of = |file: &str| {
        rows(file)
            .into_iter()
            .filter_map(|row| Some(row["path"].as_str()?.split_once('?')?.1.as_bytes().to_vec()))
            .collect()
    };
    let files = [
        "http/search.jsonl",
        "http/suggest.jsonl",
        "http/articles.jsonl",
        "http/parameters.jsonl",
        "http/service.jsonl",
    ];
    files.into_iter().flat_map(|file| -> Vec<Vec<u8>> { of(file) }).collect()
}
