//! The load: so many connections that stay open, each asking the next question as soon as the last one was answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;

use super::Throughput;

/// A service that is silent for so long beyond the time is taken for dead.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is asked, of whom, and for how long.
#[derive(Serialize, Deserialize)]
pub(super) struct Load {
    pub address: SocketAddr,
    /// In order, by all connections together, over and over.
    pub requests: Vec<Request>,
    pub connections: usize,
    /// How long is measured; a quarter of it goes before, unmeasured.
    pub time: Duration,
}

/// One request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Request {
    /// Path and query.
    pub target: String,
    /// JSON that is posted; without it the request is a GET.
    pub body: Option<String>,
}

/// Runs the load to its end.
///
/// # Errors
/// A connection that breaks, and the first answer that is not 200.
pub(super) fn run(load: &Load) -> Result<Throughput> {
    // One thread: on a machine of few cores the load must leave as much as it can to the service.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("起不了异步运行时")?;
    let warm_up = load.time / 4;
    runtime.block_on(async {
        tokio::time::timeout(warm_up + load.time + PATIENCE, all(load, warm_up)).await.context("服务不再答复")?
    })
}

/// Times of answers, in microseconds, and when the last one came.
struct Answers {
    times: Vec<f64>,
    last: Instant,
}

async fn all(load: &Load, warm_up: Duration) -> Result<Throughput> {
    let requests = load.requests.iter().map(|r| prepared(load.address, r)).collect::<Result<Vec<_>>>()?;
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let from = Instant::now() + warm_up;
    let callers: Vec<_> = (0..load.connections)
        .map(|_| tokio::spawn(caller(load.address, requests.clone(), next.clone(), from, from + load.time)))
        .collect();
    let (mut times, mut last) = (vec![], from);
    for caller in callers {
        let answers = caller.await.context("测量用的连接出错")??;
        times.extend(answers.times);
        last = last.max(answers.last);
    }
    if times.is_empty() {
        bail!("{:?} 之内没有答完一个问题;请加长 --seconds", load.time);
    }
    Ok(Throughput::of(times, (last - from).as_secs_f64()))
}

type Prepared = hyper::Request<Full<Bytes>>;

fn prepared(address: SocketAddr, request: &Request) -> Result<Prepared> {
    let builder = hyper::Request::builder().uri(&request.target).header(header::HOST, address.to_string());
    let built = match &request.body {
        None => builder.body(Full::default()),
        Some(body) => builder
            .method("POST")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.clone()))),
    };
    built.with_context(|| format!("“{}”不成请求", request.target))
}

/// One connection. What is asked before `from` is not counted.
async fn caller(
    address: SocketAddr,
    requests: Arc<Vec<Prepared>>,
    next: Arc<AtomicUsize>,
    from: Instant,
    until: Instant,
) -> Result<Answers> {
    let stream = TcpStream::connect(address).await.context("连不上服务")?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let mut answers = Answers { times: vec![], last: from };
    loop {
        let request = requests[next.fetch_add(1, Ordering::Relaxed) % requests.len()].clone();
        let asked = Instant::now();
        if asked >= until {
            break;
        }
        exchange(&mut sender, request).await?;
        if asked >= from {
            answers.last = Instant::now();
            answers.times.push((answers.last - asked).as_secs_f64() * 1e6);
        }
    }
    driver.abort();
    Ok(answers)
}

/// One request and its answer, read whole.
async fn exchange(sender: &mut SendRequest<Full<Bytes>>, request: Prepared) -> Result<()> {
    let target = request.uri().clone();
    sender.ready().await?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    if status != StatusCode::OK {
        bail!("{target} 答复 {status}");
    }
    Ok(())
}
