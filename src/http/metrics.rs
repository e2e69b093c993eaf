//! Figures for Prometheus, kept by hand: few series, route templates as labels, nothing of any question.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use super::observe::Note;
use super::state::App;

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

    /// The question of a request, where one was answered.
    pub fn note(&self, note: &Note) {
        let Some((status, topic, seconds)) = &note.answer else { return };
        let mut figures = self.figures();
        *figures.answers.entry((status.clone(), topic.clone())).or_default() += 1;
        figures.answer_duration.add(*seconds);
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
    page.head("http_requests_total", "counter", "Requests by method, route template and status.");
    for ((method, route, status), count) in &figures.requests {
        let labels = format!(r#"method="{method}",route="{route}",status="{status}""#);
        page.line("http_requests_total", &labels, *count as f64);
    }
    page.head("http_request_duration_seconds", "histogram", "Time from the request's head to the response's.");
    for (route, histogram) in &figures.durations {
        page.histogram("http_request_duration_seconds", &format!(r#"route="{route}""#), histogram);
    }
    page.head("answers_total", "counter", "Answers by status and main topic.");
    let mut no_match = 0;
    for ((status, topic), count) in &figures.answers {
        page.line("answers_total", &format!(r#"status="{status}",topic="{topic}""#), *count as f64);
        no_match += if status == "no_match" { *count } else { 0 };
    }
    page.head("no_match_total", "counter", "Questions that nothing on file answers.");
    page.line("no_match_total", "", no_match as f64);
    page.head("answer_duration_seconds", "histogram", "Time to understand, retrieve, compute and compose.");
    page.histogram("answer_duration_seconds", "", &figures.answer_duration);
    page.head("index_rebuilds_total", "counter", "Rebuilds by result.");
    page.line("index_rebuilds_total", r#"result="done""#, figures.rebuilds[0] as f64);
    page.line("index_rebuilds_total", r#"result="failed""#, figures.rebuilds[1] as f64);
    page.head("panics_total", "counter", "Requests that hit a programming error.");
    page.line("panics_total", "", figures.panics as f64);
    page.head("feedback_total", "counter", "Posts of feedback kept, by verdict.");
    page.line("feedback_total", r#"useful="false""#, figures.feedback[0] as f64);
    page.line("feedback_total", r#"useful="true""#, figures.feedback[1] as f64);
    drop(figures);
    if let Some(gaps) = &app.gaps {
        page.head("gaps_dropped_total", "counter", "Open questions not written down because too many waited.");
        page.line("gaps_dropped_total", "", gaps.dropped() as f64);
    }
    let live = app.current();
    page.head("ready", "gauge", "1 when the service takes questions.");
    page.line("ready", "", f64::from(u8::from(live.is_some() && !app.is_stopping())));
    if let Some(live) = live {
        let generation = &live.engine.snapshot.generation;
        page.head("index_generation_info", "gauge", "The generation in use.");
        page.line("index_generation_info", &format!(r#"generation="{}""#, generation.name), 1.0);
        page.head("index_articles", "gauge", "Articles in the index in use.");
        page.line("index_articles", "", generation.articles as f64);
        page.head("index_passages", "gauge", "Passages in the index in use.");
        page.line("index_passages", "", generation.passages as f64);
    }
    page.0
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: f64) {
        let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn histogram(&mut self, name: &str, labels: &str, histogram: &Histogram) {
        let comma = if labels.is_empty() { "" } else { "," };
        for (count, bound) in histogram.counts.iter().zip(BUCKETS) {
            self.line(&format!("{name}_bucket"), &format!(r#"{labels}{comma}le="{bound}""#), *count as f64);
        }
        self.line(&format!("{name}_bucket"), &format!(r#"{labels}{comma}le="+Inf""#), histogram.count as f64);
        self.line(&format!("{name}_sum"), labels, histogram.sum);
        self.line(&format!("{name}_count"), labels, histogram.count as f64);
    }
}
