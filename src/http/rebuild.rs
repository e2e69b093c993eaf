//! Rebuilding under service: in a thread of its own, swapped in only when it is whole.
//!
//! A broken corpus, a failed verification or a full disk leaves the snapshot in use as it is; what was wrong is kept for
//! `/v1/index` and `/readyz`, and logged.

use std::panic::{AssertUnwindSafe, catch_unwind};
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

impl Fault {
    /// One for which no file of the corpus is to blame.
    pub fn of(message: String) -> Fault {
        Fault { path: String::new(), line: 0, message }
    }

    /// `path:line: message`, or the message alone.
    pub fn text(&self) -> String {
        if self.path.is_empty() {
            self.message.clone()
        } else {
            format!("{}:{}: {}", self.path, self.line, self.message)
        }
    }
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
    /// Asked for while one was running, which may have read the corpus before it changed.
    again: AtomicBool,
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

    /// Says that a rebuild runs; false when one did already.
    pub fn begin(&self) -> bool {
        !self.running.swap(true, Ordering::SeqCst)
    }

    /// Says that none runs any more.
    pub fn end(&self) {
        self.running.store(false, Ordering::SeqCst);
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
    if !app.rebuild.begin() {
        return false;
    }
    app.rebuild.again.store(false, Ordering::SeqCst);
    app.rebuild.reset();
    let building = app.clone();
    let started = std::thread::Builder::new().name("rebuild".to_owned()).spawn(move || {
        let built = catch_unwind(AssertUnwindSafe(|| behind_requests(|| build(&building, &|_, _| {}))));
        let outcome = match built {
            Ok(Ok(live)) => {
                let generation = &live.engine.snapshot.generation;
                tracing::info!(
                    generation = generation.name,
                    articles = generation.articles,
                    "index rebuilt and in use"
                );
                building.put_in_use(live);
                None
            }
            Ok(Err(error)) => Some(faults(&error)),
            Err(_) => Some(vec![Fault::of("重建时程序出错,详见日志".to_owned())]),
        };
        finish(&building, outcome);
        resume(&building);
    });
    if let Err(error) = started {
        finish(app, Some(vec![Fault::of(format!("起不了重建的线程:{error}"))]));
    }
    true
}

/// Starts a rebuild now, or once the one that runs has ended: for those who know that the corpus has changed. Tells
/// whether it was now.
pub fn start_or_queue(app: &Shared) -> bool {
    app.rebuild.again.store(true, Ordering::SeqCst);
    start(app)
}

/// Starts the rebuild that was asked for meanwhile, if one was.
pub fn resume(app: &Shared) {
    if app.rebuild.again.load(Ordering::SeqCst) {
        start(app);
    }
}

/// Runs work on threads that the system gives what questions leave over.
fn behind_requests<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    lower_priority();
    match rayon::ThreadPoolBuilder::new().build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

/// Gives this thread, and those that it starts, a low priority: about a tenth of a question's share where both want the
/// processor, so that under full load a rebuild goes slowly but goes on. Only Linux keeps one for each thread; elsewhere, and
/// where it cannot be had, the work is done all the same.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 10);
}

/// Builds and opens a generation. `progress` gets articles done and in all.
pub fn build(app: &App, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Live, IndexError> {
    app.rebuild.reset();
    let both = |done, total| {
        app.rebuild.done.store(done, Ordering::Relaxed);
        app.rebuild.total.store(total, Ordering::Relaxed);
        progress(done, total);
    };
    let built = index::rebuild_in(&app.access.engine, &app.corpus, &app.index, &now(), &both)?;
    for miss in &built.report.behind {
        tracing::debug!("{miss}");
    }
    Live::open(&app.index, &app.access)
}

/// Records how a rebuild ended and lets the next one start.
pub fn finish(app: &App, faults: Option<Vec<Fault>>) {
    app.metrics.rebuilt(faults.is_none());
    if let Some(faults) = &faults {
        tracing::error!(problems = faults.len(), "rebuild failed, the index in use stays");
        for fault in faults {
            tracing::error!(path = fault.path, line = fault.line, "{}", fault.text());
        }
    }
    app.rebuild.note(faults.map(|faults| Failure { at: now(), faults }));
    app.rebuild.end();
}

/// What an error tells callers: places in the corpus in full, the machine's own troubles without their paths.
pub fn faults(error: &IndexError) -> Vec<Fault> {
    match error {
        IndexError::Corpus(problems) => {
            problems.iter().map(|p| Fault { path: p.path.clone(), line: p.line, message: p.message.clone() }).collect()
        }
        IndexError::Unverified(lost) => lost.iter().map(|miss| Fault::of(miss.to_string())).collect(),
        other => {
            tracing::error!("{other}");
            vec![Fault::of(other.told())]
        }
    }
}
