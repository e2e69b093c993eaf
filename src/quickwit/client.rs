//! Requests to a Quickwit server: one pool of connections, a time limit, retries with jitter, a circuit breaker.
//!
//! What a server says of a failure is told without its address and without credentials; the query is never logged.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{BlockingRetryable, ExponentialBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Method;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::Settings;
use super::breaker::Breaker;
use crate::index::IndexError;
use crate::retrieve::Unavailable;

/// A connection is made within this, or not at all.
const CONNECT: Duration = Duration::from_secs(2);
/// Whether the server answers is found out within this.
const CHECK: Duration = Duration::from_secs(1);
/// A request that writes, or counts, takes no longer.
const ADMINISTER: Duration = Duration::from_secs(60);
/// A question is asked again so often, as far as its time allows.
const RETRIES: usize = 2;
/// No answer is longer.
const LONGEST: u64 = 256 << 20;

/// See the module.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    settings: Settings,
    breaker: Breaker,
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Asking again may help: no connection, no answer in time, too busy, just started.
    Passing(String),
    /// It will not: the status and what the server says.
    Refused(u16, String),
}

impl Failure {
    /// Whether asking again may help.
    pub fn is_passing(&self) -> bool {
        matches!(self, Failure::Passing(_))
    }
}

impl From<Failure> for Unavailable {
    fn from(failure: Failure) -> Unavailable {
        match failure {
            Failure::Passing(reason) => Unavailable(format!("Quickwit 没有回应({reason})")),
            Failure::Refused(404, _) => Unavailable("Quickwit 里没有这份索引;请运行 yiwen index 重建".to_owned()),
            Failure::Refused(401 | 403, _) => {
                Unavailable("Quickwit 不让访问;请检查环境变量 YIWEN_QUICKWIT_AUTHORIZATION".to_owned())
            }
            Failure::Refused(status, reason) => Unavailable(format!("Quickwit 拒绝了请求({status}:{reason})")),
        }
    }
}

impl From<Failure> for IndexError {
    fn from(failure: Failure) -> IndexError {
        Unavailable::from(failure).into()
    }
}

/// What `_bulk` says of each document.
#[derive(Deserialize)]
struct Bulk {
    errors: bool,
    #[serde(default)]
    items: Vec<std::collections::HashMap<String, Item>>,
}

#[derive(Deserialize)]
struct Item {
    status: u16,
    error: Option<Value>,
}

impl Client {
    /// Prepares; connects only when asked.
    ///
    /// # Errors
    /// The file of authorities cannot be read or holds none.
    pub fn new(settings: &Settings) -> Result<Client, Unavailable> {
        let mut tls = TlsConfig::builder();
        if let Some(path) = &settings.authorities {
            let wrong = |what: String| Unavailable(format!("{}:{what};应是 PEM 格式的证书", path.display()));
            let pem = fs::read(path).map_err(|error| wrong(error.to_string()))?;
            let certificates: Vec<_> = parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                return Err(wrong("里面没有证书".to_owned()));
            }
            tls = tls.root_certs(RootCerts::Specific(Arc::new(certificates)));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT))
            .max_idle_connections_per_host(64)
            .user_agent("yiwen")
            .tls_config(tls.build())
            .build();
        Ok(Client { agent: config.into(), settings: settings.clone(), breaker: Breaker::default() })
    }

    /// Searches an index; gives the answer's bytes.
    pub fn search(&self, index: &str, body: &Value) -> Result<Vec<u8>, Failure> {
        let until = Instant::now() + self.settings.timeout;
        // Without this a lost part of the index would look like few hits.
        let path = format!("/api/v1/_elastic/{index}/_search?allow_partial_search_results=false");
        let body = body.to_string().into_bytes();
        let attempt = || {
            let now = Instant::now();
            let left = until.saturating_duration_since(now);
            if left.is_zero() {
                return Err(Failure::Passing("超时".to_owned()));
            }
            if !self.breaker.lets_through(now) {
                return Err(Failure::Passing("刚才多次没有回应,稍后再试".to_owned()));
            }
            let answered = self.send(Method::POST, &path, Some(Body::Json(&body)), left);
            self.breaker.note(!matches!(answered, Err(Failure::Passing(_))), Instant::now());
            answered
        };
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(25))
            .with_max_times(RETRIES)
            .with_total_delay(Some(self.settings.timeout))
            .with_jitter();
        attempt.retry(pauses).when(Failure::is_passing).call()
    }

    /// Whether an index can be searched now.
    pub fn check(&self, index: &str) -> Result<(), Failure> {
        let path = format!("/api/v1/_elastic/{index}/_search?allow_partial_search_results=false");
        let body = json!({"size": 0, "query": {"match_all": {}}}).to_string().into_bytes();
        let answered = self.send(Method::POST, &path, Some(Body::Json(&body)), CHECK);
        self.breaker.note(!matches!(answered, Err(Failure::Passing(_))), Instant::now());
        answered.map(drop)
    }

    /// Creates an index.
    pub fn create(&self, config: &Value) -> Result<(), Failure> {
        let body = config.to_string().into_bytes();
        self.send(Method::POST, "/api/v1/indexes", Some(Body::Json(&body)), ADMINISTER).map(drop)
    }

    /// Deletes an index; one that is not there is as good as deleted.
    pub fn delete(&self, index: &str) -> Result<(), Failure> {
        match self.send(Method::DELETE, &format!("/api/v1/indexes/{index}"), None, ADMINISTER) {
            Err(Failure::Refused(404, _)) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Adds documents: NDJSON of actions and documents, packed by gzip. All are taken or, as far as can be known, none.
    pub fn bulk(&self, index: &str, packed: &[u8]) -> Result<(), Failure> {
        let path = format!("/api/v1/_elastic/{index}/_bulk");
        let answer = self.send(Method::POST, &path, Some(Body::Packed(packed)), ADMINISTER)?;
        let bulk: Bulk = parse(&answer)?;
        let failed = bulk.items.iter().flat_map(|item| item.values()).find(|item| item.status >= 300);
        match failed.filter(|_| bulk.errors) {
            None => Ok(()),
            Some(item) => Err(failure(item.status, item.error.as_ref().map(ToString::to_string).unwrap_or_default())),
        }
    }

    /// Asks an index for figures alone, with the patience of a build.
    pub fn figures(&self, index: &str, body: &Value) -> Result<Value, Failure> {
        let path = format!("/api/v1/_elastic/{index}/_search?allow_partial_search_results=false");
        let body = body.to_string().into_bytes();
        parse(&self.send(Method::POST, &path, Some(Body::Json(&body)), ADMINISTER)?)
    }

    fn send(&self, method: Method, path: &str, body: Option<Body<'_>>, limit: Duration) -> Result<Vec<u8>, Failure> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.settings.url));
        if let Some(authorization) = &self.settings.authorization {
            request = request.header("Authorization", authorization);
        }
        let bytes = match body {
            None => &[][..],
            Some(Body::Json(bytes)) => {
                request = request.header("Content-Type", "application/json");
                bytes
            }
            Some(Body::Packed(bytes)) => {
                request = request.header("Content-Type", "application/x-ndjson").header("Content-Encoding", "gzip");
                bytes
            }
        };
        let request = request.body(bytes).map_err(|error| Failure::Refused(400, error.to_string()))?;
        let request = self.agent.configure_request(request).timeout_global(Some(limit)).build();
        let mut response = self.agent.run(request).map_err(|error| passing(&error))?;
        let status = response.status().as_u16();
        let read = response.body_mut().with_config().limit(LONGEST).read_to_vec();
        let bytes = read.map_err(|error| passing(&error))?;
        if status < 300 { Ok(bytes) } else { Err(failure(status, reason(&bytes))) }
    }
}

/// What is sent.
enum Body<'b> {
    Json(&'b [u8]),
    /// NDJSON, packed by gzip.
    Packed(&'b [u8]),
}

/// Reads an answer of the server.
pub fn parse<'a, T: Deserialize<'a>>(answer: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(answer).map_err(|error| Failure::Refused(502, format!("回答读不懂:{error}")))
}

/// A server that is too busy, starts or stops may answer the next time.
fn failure(status: u16, reason: String) -> Failure {
    match status {
        408 | 429 | 500.. => Failure::Passing(format!("{status} {reason}")),
        _ => Failure::Refused(status, reason),
    }
}

/// What kind of trouble it was; the library's own words may hold the address.
fn passing(error: &ureq::Error) -> Failure {
    Failure::Passing(match error {
        ureq::Error::Timeout(_) => "超时".to_owned(),
        ureq::Error::Io(error) => error.kind().to_string(),
        ureq::Error::HostNotFound => "找不到主机".to_owned(),
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => "加密连接建不起来,请检查证书".to_owned(),
        _ => "连接中断".to_owned(),
    })
}

/// The longest that is repeated of what a server says.
const REASON: usize = 200;

/// What the server says of its failure: it has two forms for that.
fn reason(bytes: &[u8]) -> String {
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let text = body["error"]["reason"].as_str().or(body["message"].as_str()).unwrap_or_default();
    text.chars().take(REASON).collect()
}
