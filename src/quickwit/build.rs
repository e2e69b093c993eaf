//! Fills an index in Quickwit, and does not leave it before every article can be found.
//!
//! Articles go in batches of bounded size, several at once. An accepted batch is not yet a kept one: a server that dies may
//! lose what it took. So each time a batch is sent it has a number of its own, its articles carry it, and when all was
//! sent the articles of each number are counted. What is short is sent again under a new number; an article that is
//! there twice is found once.

use std::collections::HashMap;
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use backon::{BlockingRetryable, ExponentialBuilder};
use flate2::Compression;
use flate2::write::GzEncoder;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::client::{Client, Failure};
use super::frequencies::Counter;
use super::place::{Place, name_of};
use super::{Settings, document};
use crate::index::build::Plan;
use crate::index::prepare::Preparer;
use crate::index::record::Keys;
use crate::index::table::Totals;
use crate::index::{Counts, IndexDocument, IndexError};

/// So many articles are prepared by one thread at a time.
const STRETCH: usize = 2_000;
/// A batch is sent once it is so long, before packing. Quickwit takes 10 MiB packed.
const BATCH: usize = 4 << 20;
/// The first request of a build is tried for so long.
const FIRST: Duration = Duration::from_secs(5);
/// What is lost is sent again so often.
const ROUNDS: usize = 5;
/// So many batches are counted at once.
const COUNTED: usize = 10_000;

/// How long a build waits.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a server that does not answer: for each batch, and for each count.
    pub answer: Duration,
    /// Between two counts.
    pub pause: Duration,
    /// Where the count has not grown for so long, what is missing is taken for lost.
    pub stall: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { answer: Duration::from_secs(120), pause: Duration::from_millis(500), stall: Duration::from_secs(30) }
    }
}

impl Patience {
    /// Tries until the server answers, or for as long as it is waited for.
    fn until<T>(&self, attempt: impl FnMut() -> Result<T, Failure>) -> Result<T, IndexError> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(self.pause / 2)
            .with_max_delay(self.pause * 10)
            .without_max_times()
            .with_total_delay(Some(self.answer))
            .with_jitter();
        let said = |failure: &Failure, _| tracing::debug!(?failure, "quickwit is asked again");
        attempt.retry(pauses).when(Failure::is_passing).notify(said).call().map_err(IndexError::from)
    }
}

/// Builds the index of a generation; `dir` is its folder, which exists and is empty. Where this fails, what there is in
/// Quickwit is named by the folder, see [`remove`].
///
/// # Errors
/// The server does not answer for longer than is waited, or refuses; files that cannot be written.
pub fn build(
    dir: &Path,
    generation: &str,
    documents: &[IndexDocument],
    plan: &Plan<'_>,
    settings: &Settings,
    patience: Patience,
) -> Result<Counts, IndexError> {
    let client = Client::new(settings)?;
    let index = name_of(&settings.prefix, generation);
    // Written first: whatever happens from here on, it is known what to delete.
    Place { index: index.clone(), ..Place::default() }.write(dir)?;
    // A wrong address should not cost two minutes.
    Patience { answer: patience.answer.min(FIRST), ..patience }.until(|| client.create(&document::mapping(&index)))?;
    let delivery = Delivery {
        client: &client,
        index: &index,
        documents,
        preparer: Preparer::new(plan),
        patience,
        progress: plan.progress,
        next: AtomicU64::new(1),
        done: AtomicU64::new(0),
        counted: Mutex::default(),
    };
    let everything = 0..documents.len();
    let mut missing = vec![everything];
    for round in 0..ROUNDS {
        let batches = delivery.send(&missing, round == 0)?;
        missing = delivery.wait(&batches)?.into_iter().map(|batch| batch.articles).collect();
        if missing.is_empty() {
            let Counted { totals, keys } = delivery.counted.into_inner().unwrap_or_else(PoisonError::into_inner);
            let frequencies = keys.write(dir).map_err(IndexError::io(dir))?;
            Place { index, totals: Some(totals), frequencies }.write(dir)?;
            return Ok(Counts { articles: totals.articles, passages: totals.passages });
        }
        tracing::warn!(batches = missing.len(), "quickwit lost batches, they are sent again");
    }
    Err(Failure::Passing("收下的文章总不齐,请检查 Quickwit 的日志".to_owned()).into())
}

/// Deletes the index that a folder names.
pub fn remove(dir: &Path, settings: &Settings) -> Result<(), IndexError> {
    Ok(Client::new(settings)?.delete(&Place::read(dir)?.index)?)
}

/// What is counted while articles are prepared.
#[derive(Default)]
struct Counted {
    totals: Totals,
    keys: Counter,
}

/// Articles that were sent together.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Batch {
    /// The number that its articles carry.
    number: u64,
    articles: Range<usize>,
}

struct Delivery<'d> {
    client: &'d Client,
    index: &'d str,
    documents: &'d [IndexDocument],
    preparer: Preparer<'d>,
    patience: Patience,
    progress: &'d (dyn Fn(u64) + Sync),
    /// The number of the next batch.
    next: AtomicU64,
    /// Articles sent for the first time.
    done: AtomicU64,
    counted: Mutex<Counted>,
}

impl Delivery<'_> {
    /// Sends articles; gives the batches in which they went. `first` is the first time: then they are counted.
    fn send(&self, ranges: &[Range<usize>], first: bool) -> Result<Vec<Batch>, IndexError> {
        let stretches: Vec<Range<usize>> = ranges
            .iter()
            .flat_map(|range| range.clone().step_by(STRETCH).map(|start| start..range.end.min(start + STRETCH)))
            .collect();
        let sent: Result<Vec<Vec<Batch>>, IndexError> =
            stretches.into_par_iter().map(|stretch| self.stretch(stretch, first)).collect();
        Ok(sent?.into_iter().flatten().collect())
    }

    fn stretch(&self, articles: Range<usize>, first: bool) -> Result<Vec<Batch>, IndexError> {
        let mut keys = Keys::default();
        let mut own = Counted::default();
        let mut batches = vec![];
        let (mut waiting, mut length, mut start) = (vec![], 0, articles.start);
        for number in articles.clone() {
            let article = self.preparer.prepare(&self.documents[number], &mut keys);
            if first {
                own.totals.add(&Totals::of(&article.row, article.passages.len(), &article.tokens));
                article.passages.iter().for_each(|passage| own.keys.add(&passage.keys));
            }
            let document = document::sent(number, &article);
            length += document.len();
            waiting.push(document);
            if length >= BATCH || number + 1 == articles.end {
                batches.push(self.batch(start..number + 1, &waiting)?);
                (length, start) = (0, number + 1);
                waiting.clear();
            }
        }
        if first {
            let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
            counted.totals.add(&own.totals);
            counted.keys.merge(own.keys);
            let done = self.done.fetch_add(articles.len() as u64, Ordering::Relaxed) + articles.len() as u64;
            (self.progress)(done);
        }
        Ok(batches)
    }

    /// Sends one batch until it is taken. A try whose end is not known may have been taken: the next has another number.
    fn batch(&self, articles: Range<usize>, documents: &[String]) -> Result<Batch, IndexError> {
        self.patience.until(|| {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let packed = pack(number, documents).map_err(|error| Failure::Refused(400, error.to_string()))?;
            self.client.bulk(self.index, &packed)?;
            Ok(Batch { number, articles: articles.clone() })
        })
    }

    /// Waits until all articles of these batches are found; gives the batches of which some never were.
    fn wait(&self, batches: &[Batch]) -> Result<Vec<Batch>, IndexError> {
        let mut best = 0;
        let mut grew = Instant::now();
        loop {
            let mut missing = vec![];
            let mut found = 0;
            for some in batches.chunks(COUNTED) {
                let counts = self.patience.until(|| self.client.figures(self.index, &counting(some)))?;
                let counts = counts_of(&counts);
                for batch in some {
                    let count = counts.get(&batch.number).copied().unwrap_or(0);
                    found += count;
                    if count < batch.articles.len() as u64 {
                        missing.push(batch.clone());
                    }
                }
            }
            if found > best {
                (best, grew) = (found, Instant::now());
            }
            if missing.is_empty() || grew.elapsed() > self.patience.stall {
                return Ok(missing);
            }
            thread::sleep(self.patience.pause);
        }
    }
}

/// NDJSON of documents under a batch's number, packed.
fn pack(number: u64, documents: &[String]) -> std::io::Result<Vec<u8>> {
    let mut packed = GzEncoder::new(vec![], Compression::fast());
    for document in documents {
        // The document is a JSON object with members.
        writeln!(packed, "{{\"create\":{{}}}}\n{{\"send\":{number},{}", &document[1..])?;
    }
    packed.finish()
}

/// Asks how many articles carry each number of these batches.
fn counting(batches: &[Batch]) -> Value {
    let (first, last) = (batches.iter().map(|b| b.number).min(), batches.iter().map(|b| b.number).max());
    json!({
        "size": 0,
        "query": {"range": {"send": {"gte": first, "lte": last}}},
        "aggs": {"sends": {"terms": {"field": "send", "size": last.unwrap_or(0) - first.unwrap_or(0) + 1}}},
    })
}

/// The counts by number. Whole numbers may come as decimals.
fn counts_of(answer: &Value) -> HashMap<u64, u64> {
    let buckets = answer["aggregations"]["sends"]["buckets"].as_array();
    let count = |bucket: &Value| Some((bucket["key"].as_f64()? as u64, bucket["doc_count"].as_u64()?));
    buckets.into_iter().flatten().filter_map(count).collect()
}
