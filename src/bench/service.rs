//! The serving process: the index asked in process, then the router and the connection loop of `serve` on a free port of
//! this machine, and beside them a bare echo.
//!
//! It serves as `serve` does by default, logging each request and keeping gaps, with nobody refused: all callers are ours.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::load::Request;
use super::subject::Target;
use crate::config::Config;
use crate::engine::Engine;
use crate::eval::retrieval::{self, Latency};
use crate::gaps::Recorder;
use crate::http::{self, App, Options, limits, serve};
use crate::keys::Keys;

/// What is served, and how long it is asked in process.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Serve {
    pub target: Target,
    pub questions: Vec<String>,
    pub time: Duration,
    /// Answers kept; 0 in every figure but those of the cache itself.
    pub answer_cache: usize,
    /// Where gaps are kept: not among those of real people.
    pub gaps: PathBuf,
}

/// What a service tells once it can be asked.
#[derive(Serialize, Deserialize)]
pub(super) struct Serving {
    pub service: SocketAddr,
    pub echo: SocketAddr,
    pub in_process_us: Latency,
}

/// A running service; stopped when dropped.
pub(super) struct Running {
    _runtime: Runtime,
    _stop: watch::Sender<bool>,
}

/// Asks in process, then serves.
pub(super) fn start(config: &Config, serve: Serve) -> Result<(Serving, Running)> {
    let live = serve.target.open(config)?;
    let in_process_us = replay(&live.engine, &serve);
    let app = App::new(Options {
        corpus: config.corpus.clone(),
        index: config.index.clone(),
        keys: Keys::default(),
        public_url: None,
        wechat: None,
        request_timeout: config.request_timeout,
        access: config.access.clone(),
        answer_cache: serve.answer_cache,
        limits: limits::Settings { patient: true, ..limits::Settings::default() },
        gaps: Some(Recorder::open(&serve.gaps, config.gaps_limits)?),
        log_questions: config.log_questions,
    });
    app.put_in_use(live);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("起不了异步运行时")?;
    let (stop, stopped) = watch::channel(false);
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = runtime.block_on(serve::bind(free)).context("没有空闲的端口")?;
    let echo = runtime.block_on(serve::bind(free)).context("没有空闲的端口")?;
    let serving = Serving { service: listener.local_addr()?, echo: echo.local_addr()?, in_process_us };
    runtime.spawn(serve::accept(listener, app.clone(), http::router(app), stopped, config.shutdown_timeout));
    let echoing = Router::new().route("/", post(async |Json(body): Json<serde_json::Value>| Json(body)));
    runtime.spawn(async move { axum::serve(echo.tap_io(|stream| drop(stream.set_nodelay(true))), echoing).await });
    Ok((serving, Running { _runtime: runtime, _stop: stop }))
}

/// A question as the echo gets it.
pub(super) fn echoed(question: &str) -> Request {
    Request { target: "/".to_owned(), body: Some(serde_json::json!({"question": question}).to_string()) }
}

/// All questions one after another: once to warm up, then again and again for the time, each as often as any other.
fn replay(engine: &Engine, serve: &Serve) -> Latency {
    let round = |times: &mut Vec<f64>| {
        for question in &serve.questions {
            let started = Instant::now();
            serve.target.ask(engine, question);
            times.push(started.elapsed().as_secs_f64() * 1e6);
        }
    };
    round(&mut vec![]);
    let (started, mut times) = (Instant::now(), vec![]);
    while times.is_empty() || started.elapsed() < serve.time {
        round(&mut times);
    }
    retrieval::percentiles(times)
}
