//! What one caller may take, and what happens when all ask at once.

use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use tower::ServiceExt;
use yiwen::http::limits::{self, address::Peer, address::networks};
use yiwen::http::{self, Options, Shared};
use yiwen::keys::Keys;
use yiwen::keys::Scope;

use crate::service::{KEY, RUNTIME, caller, opened, options, shipped_index};

fn limited(per_address: u32, per_key: u32, proxies: &str, keys: Keys) -> (Shared, Router) {
    let limits = limits::Settings {
        rate_per_address: per_address,
        rate_per_key: per_key,
        proxies: networks(proxies).expect("networks"),
        patient: false,
        elsewhere: false,
    };
    let app = opened(Options { limits, keys, ..options(shipped_index(), None) });
    (app.clone(), http::router(app))
}

/// Status and `Retry-After` of a request from an address.
async fn asked(router: &Router, from: &str, path: &str, headers: &[(&str, &str)]) -> (u16, Option<u64>) {
    let mut request = Request::get(path).header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).expect("a request");
    let peer: SocketAddr = format!("{from}:40000").parse().expect("an address");
    request.extensions_mut().insert(Peer(peer));
    let response = router.clone().oneshot(request).await.expect("an answer");
    let after = response.headers().get("retry-after").and_then(|v| v.to_str().ok()?.parse().ok());
    (response.status().as_u16(), after)
}

const SUGGEST: &str = "/v1/suggest?q=yb";

fn want(what: &str, want: (u16, bool), got: (u16, Option<u64>)) -> Result<(), String> {
    let fits = got.0 == want.0 && got.1.is_some_and(|seconds| seconds > 0) == want.1;
    if fits { Ok(()) } else { Err(format!("{what}: want {want:?}, got {got:?}")) }
}

/// Ten a minute is one at once.
pub fn by_address() -> Result<(), String> {
    RUNTIME.block_on(async {
        let (app, router) = limited(10, 0, "10.0.0.0/8", Keys::default());
        want("the first", (200, false), asked(&router, "203.0.113.9", SUGGEST, &[]).await)?;
        want("the second", (429, true), asked(&router, "203.0.113.9", SUGGEST, &[]).await)?;
        let lie = [("x-forwarded-for", "198.51.100.7")];
        want("another name, the same address", (429, true), asked(&router, "203.0.113.9", SUGGEST, &lie).await)?;
        want("another address", (200, false), asked(&router, "203.0.113.10", SUGGEST, &[]).await)?;
        want("through our proxy", (200, false), asked(&router, "10.0.0.1", SUGGEST, &lie).await)?;
        want("through our proxy again", (429, true), asked(&router, "10.0.0.2", SUGGEST, &lie).await)?;
        let other = [("x-forwarded-for", "198.51.100.8")];
        want("someone else through our proxy", (200, false), asked(&router, "10.0.0.1", SUGGEST, &other).await)?;
        for path in ["/livez", "/readyz", "/metrics", "/openapi.json"] {
            want(path, (200, false), asked(&router, "203.0.113.9", path, &[]).await)?;
        }
        for _ in 0..5 {
            want("this machine", (200, false), asked(&router, "127.0.0.1", SUGGEST, &[]).await)?;
        }
        let page = http::metrics::render(&app);
        let counted = page.contains("http_requests_refused_total{reason=\"too-many-requests\"} 3");
        counted.then_some(()).ok_or(page)
    })
}

pub fn by_key() -> Result<(), String> {
    RUNTIME.block_on(async {
        let (one, two) = ("test-read-key-one-0123", "test-read-key-two-0123");
        let keys = vec![caller("one", one, Scope::Read), caller("two", two, Scope::Read)];
        let (_, router) = limited(10, 20, "", Keys::new(keys));
        let bearer = |key: &str| format!("Bearer {key}");
        let (one, two, wrong) = (bearer(one), bearer(two), bearer(KEY));
        let one = [("authorization", one.as_str())];
        want("a key", (200, false), asked(&router, "203.0.113.1", SUGGEST, &one).await)?;
        want("the same elsewhere", (200, false), asked(&router, "203.0.113.2", SUGGEST, &one).await)?;
        want("once too often", (429, true), asked(&router, "203.0.113.3", SUGGEST, &one).await)?;
        let two = [("authorization", two.as_str())];
        want("another key", (200, false), asked(&router, "203.0.113.1", SUGGEST, &two).await)?;
        let wrong = [("authorization", wrong.as_str())];
        want("a wrong key", (401, false), asked(&router, "203.0.113.4", SUGGEST, &wrong).await)?;
        want("trying keys out", (429, true), asked(&router, "203.0.113.4", SUGGEST, &wrong).await)?;
        want("a right key from there", (200, false), asked(&router, "203.0.113.4", SUGGEST, &two).await)
    })
}

/// All cores are taken and as many wait as may: the next one is told so at once, and probes answer.
pub fn overloaded() -> Result<(), String> {
    RUNTIME.block_on(async {
        let (app, router) = limited(0, 0, "", Keys::default());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // Those at the cores stay until the sender goes.
        let (holding, held) = channel::<()>();
        let held = Arc::new(Mutex::new(held));
        let inside: Vec<_> = (0..cores * 129)
            .map(|_| {
                let (gate, held) = (app.limits.gate.clone(), held.clone());
                tokio::spawn(
                    async move { gate.compute(move || held.lock().is_ok_and(|held| held.recv().is_ok())).await },
                )
            })
            .collect();
        while app.limits.gate.load() != (cores, cores * 128) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        want("one too many", (503, true), asked(&router, "127.0.0.1", SUGGEST, &[]).await)?;
        want("ready", (200, false), asked(&router, "127.0.0.1", "/readyz", &[]).await)?;
        drop(holding);
        for waited in inside {
            waited.await.map_err(|e| e.to_string())?.map_err(|left| format!("one that waited: {left:?}"))?;
        }
        want("afterwards", (200, false), asked(&router, "127.0.0.1", SUGGEST, &[]).await)?;
        let page = http::metrics::render(&app);
        let counted = page.contains("http_requests_refused_total{reason=\"overloaded\"} 1");
        counted.then_some(()).ok_or(page)
    })
}

/// Every figure that is declared is on the page, and nothing else is.
pub fn figures() -> Result<(), String> {
    let (app, router) = limited(0, 0, "", Keys::default());
    RUNTIME.block_on(asked(&router, "127.0.0.1", "/v1/search?q=断缴怎么补", &[]));
    RUNTIME.block_on(asked(&router, "127.0.0.1", "/?q=%E6%96%AD%E7%BC%B4", &[]));
    let page = http::metrics::render(&app);
    let told: Vec<&str> = page.lines().filter_map(|l| l.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let declared: Vec<&str> = http::metrics::METRICS.iter().map(|m| m.name).collect();
    if told != declared {
        return Err(format!("on the page {told:?}\nbut declared {declared:?}"));
    }
    let of = |line: &str| declared.iter().any(|name| line.starts_with(name));
    match page.lines().find(|line| !line.starts_with('#') && !of(line) || line.contains("%E6") || line.contains('断'))
    {
        Some(line) => Err(format!("what is this: {line}")),
        None => Ok(()),
    }
}
