//! The service's life: bind, load or build, answer, reload on SIGHUP, drain on SIGINT or SIGTERM.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tower::ServiceExt;

use super::limits::address::Peer;
use super::limits::stall::Stalling;
use super::rebuild::{self, Fault};
use super::state::{App, Live, Shared};
use crate::index::{self, IndexError};

/// A connection that has not sent its request's head by then is closed; so is one that idles.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// The head of a request may be as long as this.
const HEAD_BYTES: usize = 16 * 1024;
/// Header lines in a request.
const HEAD_LINES: usize = 64;
/// A connection that takes nothing of an answer for so long is closed.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);
/// To those of whom there are too many already, before anything of theirs is read.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// How loading ended.
#[derive(Debug)]
pub enum Loaded {
    /// The corpus as it is now answers.
    Fresh,
    /// The corpus as it is now is broken; the last good index answers.
    Old(Vec<Fault>),
    /// Nothing can answer.
    Nothing(Vec<Fault>),
}

/// Removes what dead builds left and opens the index, built anew where there is none or it is stale. Blocks.
pub fn load(app: &App, progress: &(dyn Fn(u64, u64) + Sync)) -> Loaded {
    app.rebuild.begin();
    if let Err(error) = index::generations::tidy(&app.index, &app.access.engine) {
        tracing::warn!("{error}");
    }
    let loaded = open_or_build(app, progress);
    app.rebuild.end();
    loaded
}

fn open_or_build(app: &App, progress: &(dyn Fn(u64, u64) + Sync)) -> Loaded {
    let stale = index::generations::is_stale(&app.index, &app.corpus, &app.access).unwrap_or(true);
    if !stale {
        match Live::open(&app.index, &app.access) {
            Ok(live) => {
                app.put_in_use(live);
                return Loaded::Fresh;
            }
            Err(error) => tracing::warn!("{error}"),
        }
    }
    tracing::info!("building the index");
    let error = match rebuild::build(app, progress) {
        Ok(live) => {
            app.put_in_use(live);
            rebuild::finish(app, None);
            return Loaded::Fresh;
        }
        Err(error) => error,
    };
    let mut faults = rebuild::faults(&error);
    if !matches!(error, IndexError::Corpus(_) | IndexError::Unverified(_)) {
        // On the operator's own terminal the place may be named.
        faults = vec![Fault::of(error.to_string())];
    }
    match Live::open(&app.index, &app.access) {
        Ok(live) => {
            app.put_in_use(live);
            rebuild::finish(app, Some(rebuild::faults(&error)));
            Loaded::Old(faults)
        }
        Err(other) => {
            if !matches!(other, IndexError::Missing(_)) {
                faults.push(Fault::of(other.to_string()));
            }
            Loaded::Nothing(faults)
        }
    }
}

/// Accepts connections until `stop` says so, then lets requests in flight end within `drain`.
pub async fn accept(
    listener: TcpListener,
    app: Shared,
    router: Router,
    mut stop: watch::Receiver<bool>,
    drain: Duration,
) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => break,
            accepted = async {
                let place = app.limits.connections.free().await;
                (listener.accept().await, place)
            } => accepted,
        };
        match accepted {
            (Ok((stream, peer)), Some(place)) => {
                let Some(counted) = app.limits.connections.count(place, peer.ip()) else {
                    let _ = stream.try_write(FULL);
                    continue;
                };
                let serving = graceful.watch(connection(stream, peer, router.clone()));
                tokio::spawn(async move {
                    if let Err(error) = serving.await {
                        tracing::debug!(peer_port = peer.port(), "connection ended: {error}");
                    }
                    drop(counted);
                });
            }
            (Err(error), _) => {
                // Too many open files and the like pass; a tight loop would not help.
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            (_, None) => break,
        }
    }
    drop(listener);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(seconds = drain.as_secs(), "requests still in flight were cut off");
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) -> impl GracefulConnection<Error = hyper::Error> + Send + 'static {
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEAD_LINES)
        .serve_connection(TokioIo::new(Stalling::new(stream, WRITE_TIMEOUT)), TowerToHyperService::new(service))
}

/// Turns SIGINT and SIGTERM into the end, SIGHUP into a rebuild. Returns when the service is to stop.
pub async fn signals(app: Shared) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    loop {
        let name = tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
            _ = hangup.recv() => "SIGHUP",
        };
        if name != "SIGHUP" {
            tracing::info!("{name}: stopping");
            return Ok(());
        }
        let started = rebuild::start_or_queue(&app);
        tracing::info!("{name}: {}", if started { "rebuilding" } else { "rebuilding once more after this one" });
    }
}

/// Binds the address.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Lets the process open as many files as it may: each connection is one, and a reload must never lack them.
pub fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, ..limit };
    if limit.current != limit.maximum && setrlimit(Resource::Nofile, wanted).is_err() {
        tracing::warn!("the limit of open files stays at {:?}", limit.current);
    }
}
