//! Figures for Prometheus, kept by hand: few series, route templates as labels, nothing of any question.
//!
//! [`METRICS`] is the one table: a figure is declared there and nowhere else.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use super::cache::{AnswerCache, Lookup};
use super::observe::Note;
use super::problem::Kind;
use super::state::App;

/// One figure as it is declared.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// Names of its labels, in the order in which a value's labels are given.
    pub labels: &'static [&'static str],
    /// In English, as Prometheus shows it.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($id:ident = $kind:ident $name:literal [$($label:literal)*] $help:literal;)*) => {
        $(const $id: Metric = Metric {
            name: $name, kind: stringify!($kind), labels: &[$($label),*], help: $help,
        };)*
        /// Every figure, in the order of the page.
        pub static METRICS: &[Metric] = &[$($id),*];
    };
}

metrics! {
    REQUESTS = counter "http_requests_total" ["method" "route" "status"] "Requests by method, route template and status.";
    DURATION = histogram "http_request_duration_seconds" ["route"] "Time from the request's head to the response's.";
    REFUSED = counter "http_requests_refused_total" ["reason"]
        "Requests refused unread: too-many-requests is a caller's allowance, overloaded the queue or the memory.";
    COMPUTING = gauge "http_requests_computing" [] "Requests at a processor core now.";
    WAITING = gauge "http_requests_waiting" [] "Requests waiting for a processor core now.";
    CONNECTIONS = gauge "http_connections" [] "Open connections now.";
    ANSWERS = counter "answers_total" ["status" "topic"] "Answers by status and main topic.";
    NO_MATCH = counter "no_match_total" [] "Questions that nothing on file answers.";
    ANSWER_DURATION = histogram "answer_duration_seconds" [] "Time to understand, retrieve, compute and compose.";
    LOOKUPS = counter "answer_cache_lookups_total" ["result"] "Answers looked up in the answer cache: hit or miss.";
    KEPT = gauge "answer_cache_answers" [] "Answers in the answer cache now.";
    FEEDBACK = counter "feedback_total" ["useful"] "Posts of feedback kept, by verdict.";
    REBUILDS = counter "index_rebuilds_total" ["result"] "Rebuilds and reloads by result: done or failed.";
    PANICS = counter "panics_total" [] "Requests that hit a programming error.";
    GAPS_DROPPED = counter "gaps_dropped_total" [] "Open questions not written down because too many waited.";
    READY = gauge "ready" [] "1 when the service takes questions.";
    GENERATION = gauge "index_generation_info" ["generation"] "The generation in use.";
    BUILT = gauge "index_built_timestamp_seconds" [] "When the generation in use was built, in Unix time.";
    FAILED = gauge "index_last_rebuild_failed" [] "1 when the last rebuild failed and an older index answers.";
    ARTICLES = gauge "index_articles" [] "Articles in the index in use.";
    PASSAGES = gauge "index_passages" [] "Passages in the index in use.";
}

/// Upper bounds of the duration buckets, in seconds.
const BUCKETS: [f64; 10] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0];

#[derive(Clone, Debug, Default)]
struct Histogram {
    counts: [u64; BUCKETS.len()],
    sum: f64,
    count: u64,
}

impl Histogram {
    fn add(&mut self, seconds: f64) {
        for (count, bound) in self.counts.iter_mut().zip(BUCKETS) {
            *count += u64::from(seconds <= bound);
        }
        self.sum += seconds;
        self.count += 1;
    }
}

#[derive(Debug, Default)]
struct Figures {
    requests: BTreeMap<(&'static str, String, u16), u64>,
    durations: BTreeMap<String, Histogram>,
    answers: BTreeMap<(String, String), u64>,
    answer_duration: Histogram,
    /// Hits, misses.
    lookups: [u64; 2],
    refused: BTreeMap<&'static str, u64>,
    rebuilds: [u64; 2],
    panics: u64,
    /// Not useful, useful.
    feedback: [u64; 2],
}

/// The registry.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<Figures>);

impl Metrics {
    fn figures(&self) -> std::sync::MutexGuard<'_, Figures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One request that ended.
    pub fn request(&self, method: &'static str, route: &str, status: u16, seconds: f64) {
        let mut figures = self.figures();
        *figures.requests.entry((method, route.to_owned(), status)).or_default() += 1;
        figures.durations.entry(route.to_owned()).or_default().add(seconds);
    }

    /// One request refused by a limit.
    pub fn refused(&self, kind: Kind) {
        *self.figures().refused.entry(kind.slug()).or_default() += 1;
    }

    /// The question of a request, where one was answered.
    pub fn note(&self, note: &Note) {
        let Some((status, topic, seconds)) = &note.answer else { return };
        let mut figures = self.figures();
        *figures.answers.entry((status.clone(), topic.clone())).or_default() += 1;
        figures.answer_duration.add(*seconds);
        if let Some(lookup) = note.lookup {
            figures.lookups[usize::from(lookup == Lookup::Miss)] += 1;
        }
    }

    /// One rebuild that ended.
    pub fn rebuilt(&self, well: bool) {
        self.figures().rebuilds[usize::from(!well)] += 1;
    }

    /// One post of feedback that was kept.
    pub fn feedback(&self, useful: bool) {
        self.figures().feedback[usize::from(useful)] += 1;
    }

    /// One request that hit a programming error.
    pub fn panic(&self) {
        self.figures().panics += 1;
    }
}

/// The exposition text.
pub fn render(app: &App) -> String {
    let mut page = Page(String::with_capacity(4096));
    let figures = app.metrics.figures();
    page.head(&REQUESTS);
    for ((method, route, status), count) in &figures.requests {
        page.line(&REQUESTS, &[method, route, &status.to_string()], *count as f64);
    }
    page.head(&DURATION);
    for (route, histogram) in &figures.durations {
        page.histogram(&DURATION, &[route], histogram);
    }
    page.head(&REFUSED);
    for reason in [Kind::TooManyRequests, Kind::Overloaded].map(Kind::slug) {
        page.line(&REFUSED, &[reason], figures.refused.get(reason).copied().unwrap_or_default() as f64);
    }
    let (computing, waiting) = app.limits.gate.load();
    page.single(&COMPUTING, computing as f64);
    page.single(&WAITING, waiting as f64);
    page.single(&CONNECTIONS, app.limits.connections.open() as f64);
    page.head(&ANSWERS);
    let mut no_match = 0;
    for ((status, topic), count) in &figures.answers {
        page.line(&ANSWERS, &[status, topic], *count as f64);
        no_match += if status == "no_match" { *count } else { 0 };
    }
    page.single(&NO_MATCH, no_match as f64);
    page.head(&ANSWER_DURATION);
    page.histogram(&ANSWER_DURATION, &[], &figures.answer_duration);
    page.head(&LOOKUPS);
    for (result, count) in ["hit", "miss"].into_iter().zip(figures.lookups) {
        page.line(&LOOKUPS, &[result], count as f64);
    }
    let live = app.current();
    page.single(&KEPT, live.as_ref().and_then(|live| live.answers.as_ref()).map_or(0, AnswerCache::len) as f64);
    page.head(&FEEDBACK);
    for (useful, count) in ["false", "true"].into_iter().zip(figures.feedback) {
        page.line(&FEEDBACK, &[useful], count as f64);
    }
    page.head(&REBUILDS);
    for (result, count) in ["done", "failed"].into_iter().zip(figures.rebuilds) {
        page.line(&REBUILDS, &[result], count as f64);
    }
    page.single(&PANICS, figures.panics as f64);
    drop(figures);
    page.single(&GAPS_DROPPED, app.gaps.as_ref().map_or(0, |gaps| gaps.dropped()) as f64);
    page.single(&READY, f64::from(u8::from(live.is_some() && !app.is_stopping())));
    page.head(&GENERATION);
    let generation = live.as_ref().map(|live| &live.engine.snapshot.generation);
    if let Some(generation) = generation {
        page.line(&GENERATION, &[&generation.name], 1.0);
    }
    let built = generation.and_then(|g| g.built_at.parse::<jiff::Timestamp>().ok());
    page.single(&BUILT, built.map_or(0.0, |at| at.as_second() as f64));
    page.single(&FAILED, f64::from(u8::from(app.rebuild.failure().is_some())));
    page.single(&ARTICLES, generation.map_or(0.0, |g| g.articles as f64));
    page.single(&PASSAGES, generation.map_or(0.0, |g| g.passages as f64));
    page.0
}

struct Page(String);

impl Page {
    fn head(&mut self, metric: &Metric) {
        let Metric { name, kind, help, .. } = metric;
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, metric: &Metric, labels: &[&str], value: f64) {
        self.value(metric, "", labels, None, value);
    }

    /// A figure without labels.
    fn single(&mut self, metric: &Metric, value: f64) {
        self.head(metric);
        self.line(metric, &[], value);
    }

    fn histogram(&mut self, metric: &Metric, labels: &[&str], histogram: &Histogram) {
        for (count, bound) in histogram.counts.iter().zip(BUCKETS) {
            self.value(metric, "_bucket", labels, Some(&bound.to_string()), *count as f64);
        }
        self.value(metric, "_bucket", labels, Some("+Inf"), histogram.count as f64);
        self.value(metric, "_sum", labels, None, histogram.sum);
        self.value(metric, "_count", labels, None, histogram.count as f64);
    }

    fn value(&mut self, metric: &Metric, suffix: &str, labels: &[&str], le: Option<&str>, value: f64) {
        debug_assert_eq!(metric.labels.len(), labels.len(), "{}", metric.name);
        let pairs = metric.labels.iter().copied().zip(labels.iter().copied()).chain(le.map(|le| ("le", le)));
        let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let labels = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
        let _ = writeln!(self.0, "{}{suffix}{labels} {value}", metric.name);
    }
}
