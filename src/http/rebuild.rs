//! Rebuilding under service: in a thread of its own, swapped in only when it is whole.
//!
//! A broken corpus, a failed verification or a full disk leaves the snapshot in use as it is; what was wrong is kept for
//! `/v1/index` and `/readyz`, and logged.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::state::{App, Live, Shared};
use crate::index::{self, IndexError};

/// What a rebuild found wrong, shown to callers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Relative to the corpus; empty where no file is to blame.
    pub path: String,
    pub line: usize,
    pub message: String,
}

/// How the last rebuild failed.
#[derive(Clone, Debug, Default)]
pub struct Failure {
    /// RFC 3339.
    pub at: String,
    pub faults: Vec<Fault>,
}

/// Progress and the last failure.
#[derive(Debug, Default)]
pub struct Rebuild {
    running: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    failure: Mutex<Option<Failure>>,
}

impl Rebuild {
    /// `idle`, `building` or `failed`.
    pub fn state(&self) -> &'static str {
        if self.running.load(Ordering::SeqCst) {
            "building"
        } else if self.failure().is_some() {
            "failed"
        } else {
            "idle"
        }
    }

    /// Articles done and in all, of the rebuild that runs.
    pub fn progress(&self) -> Option<(u64, u64)> {
        let running = self.running.load(Ordering::SeqCst);
        running.then(|| (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed)))
    }

    /// How the last rebuild failed, if it did.
    pub fn failure(&self) -> Option<Failure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn reset(&self) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(0, Ordering::Relaxed);
    }

    fn note(&self, failure: Option<Failure>) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }
}

/// Now, as generations record it.
pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Starts a rebuild; false when one is running.
pub fn start(app: &Shared) -> bool {
    if app.rebuild.running.swap(true, Ordering::SeqCst) {
        return false;
    }
    app.rebuild.reset();
    let app = app.clone();
    tokio::task::spawn_blocking(move || {
        let built = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| build(&app, &|_, _| {})));
        let outcome = match built {
            Ok(Ok(live)) => {
                let generation = &live.engine.snapshot.generation;
                tracing::info!(
                    generation = generation.name,
                    articles = generation.articles,
                    "index rebuilt and in use"
                );
                app.put_in_use(live);
                None
            }
            Ok(Err(error)) => Some(faults(&error)),
            Err(_) => Some(vec![Fault {
                path: String::new(), line: 0, message: "重建时程序出错,详见日志".to_owned()
            }]),
        };
        finish(&app, outcome);
    });
    true
}

/// Builds and opens a generation. `progress` gets articles done and in all.
pub fn build(app: &App, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Live, IndexError> {
    app.rebuild.reset();
    let both = |done, total| {
        app.rebuild.done.store(done, Ordering::Relaxed);
        app.rebuild.total.store(total, Ordering::Relaxed);
        progress(done, total);
    };
    let built = index::rebuild(&app.corpus, &app.index, &now(), &both)?;
    for miss in &built.report.behind {
        tracing::debug!("{miss}");
    }
    index::generations::open_as(&app.index, app.semantic).map(Live::new)
}

/// Records how a rebuild ended and lets the next one start.
pub fn finish(app: &App, faults: Option<Vec<Fault>>) {
    app.metrics.rebuilt(faults.is_none());
    if let Some(faults) = &faults {
        tracing::error!(problems = faults.len(), "rebuild failed, the index in use stays");
        for fault in faults {
            tracing::error!(path = fault.path, line = fault.line, "{}:{}: {}", fault.path, fault.line, fault.message);
        }
    }
    app.rebuild.note(faults.map(|faults| Failure { at: now(), faults }));
    app.rebuild.running.store(false, Ordering::SeqCst);
}

/// What an error tells callers: places in the corpus in full, the machine's own troubles without their paths.
pub fn faults(error: &IndexError) -> Vec<Fault> {
    let whole = |message: String| vec![Fault { path: String::new(), line: 0, message }];
    match error {
        IndexError::Corpus(problems) => {
            problems.iter().map(|p| Fault { path: p.path.clone(), line: p.line, message: p.message.clone() }).collect()
        }
        IndexError::Unverified(lost) => {
            let fault = |message| Fault { path: String::new(), line: 0, message };
            lost.iter().map(|miss| fault(miss.to_string())).collect()
        }
        IndexError::Locked(_) => whole("另一个进程正在重建索引,请等它结束再试".to_owned()),
        other => {
            tracing::error!("{other}");
            whole("索引读写失败,详见服务的日志".to_owned())
        }
    }
}
