//! The recorder of a running service: one thread writes, callers only hand over.
//!
//! What waits is written in one transaction, so that a hundred posts at a time cost one flush. Open questions wait for one
//! another a moment; a post of feedback waits for nothing but its flush, and is told of every failure. An open question
//! that finds the queue full is dropped and counted.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::entry::Entry;
use super::recent::Recent;
use super::store::{Feedback, Limits, Store, StoreError, Write};
use super::{Reason, mask};

/// Writes that may wait.
const QUEUE: usize = 4_096;
/// Writes in one transaction.
const BATCH: usize = 512;
/// So long the first open question of a transaction waits for others.
const GATHER: Duration = Duration::from_millis(100);
/// After so many writes it is looked whether there are too many rows.
const PRUNE_EVERY: usize = 200;

/// Why a post of feedback was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Too much waits already.
    Busy,
    /// The file cannot be written; the log says why.
    Failed,
}

struct Job {
    write: Write,
    /// Told when the write is on the disk: whether it repeats an earlier post.
    done: Option<oneshot::Sender<Result<bool, Refused>>>,
}

/// See the module. Clones share one writer.
#[derive(Clone)]
pub struct Recorder {
    /// `None` once it was closed.
    jobs: Arc<Mutex<Option<mpsc::SyncSender<Job>>>>,
    writer: Arc<Mutex<Option<JoinHandle<()>>>>,
    recent: Arc<Recent>,
    dropped: Arc<AtomicU64>,
    path: Arc<Path>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorder")
    }
}

impl Recorder {
    /// Opens the file and starts the writer.
    pub fn open(path: &Path, limits: Limits) -> Result<Recorder, StoreError> {
        let mut store = Store::open(path)?;
        store.prune(limits, now())?;
        let (sender, receiver) = mpsc::sync_channel(QUEUE);
        let thread =
            std::thread::Builder::new().name("gaps".to_owned()).spawn(move || write_all(store, receiver, limits));
        let writer = thread.map_err(|error| StoreError::Sqlite {
            path: path.to_owned(),
            cause: rusqlite::Error::ToSqlConversionFailure(Box::new(error)),
        })?;
        Ok(Recorder {
            jobs: Arc::new(Mutex::new(Some(sender))),
            writer: Arc::new(Mutex::new(Some(writer))),
            recent: Arc::default(),
            dropped: Arc::default(),
            path: path.into(),
        })
    }

    /// The file, for [`Store::read`].
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn sender(&self) -> Option<mpsc::SyncSender<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of an answer: remembers it for feedback, and writes it down if it left the question open. Never waits.
    pub fn answered(&self, id: &str, entry: &Arc<Entry>) {
        self.recent.put(id, entry.clone());
        let Some(reason) = entry.reason else { return };
        let write = Write::Gap(id.to_owned(), reason, entry.clone());
        let sent = self.sender().is_some_and(|jobs| jobs.try_send(Job { write, done: None }).is_ok());
        if !sent {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Keeps a post of feedback; when this returns `Ok` it is on the disk. `question` stands in where the answer is no
    /// longer remembered. `Ok(true)` where the sender had said just that before.
    pub async fn feedback(&self, mut feedback: Feedback, question: Option<&str>) -> Result<bool, Refused> {
        feedback.word = mask(&feedback.word);
        let entry = self.recent.get(&feedback.answer).or_else(|| {
            question.map(|q| Arc::new(Entry { question: mask(q), reason: Some(Reason::NotUseful), ..Entry::default() }))
        });
        // Of an answer that served, nothing but the verdict is kept.
        let entry = entry.filter(|_| !feedback.useful);
        let (done, told) = oneshot::channel();
        let job = Job { write: Write::Feedback(feedback, entry), done: Some(done) };
        let jobs = self.sender().ok_or(Refused::Failed)?;
        jobs.try_send(job).map_err(|_| Refused::Busy)?;
        told.await.unwrap_or(Err(Refused::Failed))
    }

    /// Open questions that were not written down because too much waited.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Writes what waits and ends the writer. Blocks.
    pub fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer
            && writer.join().is_err()
        {
            tracing::error!("the writer of gaps hit a programming error");
        }
    }
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// This one and those that come until somebody waits for the flush, the time is up or there are enough.
fn gather(first: Job, jobs: &mpsc::Receiver<Job>) -> Vec<Job> {
    let until = Instant::now() + GATHER;
    let (mut is_awaited, mut gathered) = (first.done.is_some(), vec![first]);
    while gathered.len() < BATCH {
        let patience = if is_awaited { Duration::ZERO } else { until.saturating_duration_since(Instant::now()) };
        let Ok(job) = jobs.recv_timeout(patience) else { break };
        is_awaited |= job.done.is_some();
        gathered.push(job);
    }
    gathered
}

fn write_all(mut store: Store, jobs: mpsc::Receiver<Job>, limits: Limits) {
    let mut since_pruned = 0;
    while let Ok(first) = jobs.recv() {
        let (writes, waiting): (Vec<_>, Vec<_>) =
            gather(first, &jobs).into_iter().map(|Job { write, done }| (write, done)).unzip();
        let written = store.write(&writes, now());
        if let Err(error) = &written {
            tracing::error!("{error}");
        }
        for (i, done) in waiting.into_iter().enumerate().filter_map(|(i, done)| Some((i, done?))) {
            let told = written.as_ref().map(|repeated| repeated[i]).map_err(|_| Refused::Failed);
            // Whoever asked may have gone.
            let _ = done.send(told);
        }
        since_pruned += writes.len();
        if since_pruned >= PRUNE_EVERY {
            since_pruned = 0;
            if let Err(error) = store.prune(limits, now()) {
                tracing::error!("{error}");
            }
        }
    }
}
