//! How fast and how small: one table over one index, measured as it serves.
//!
//! A [`Subject`] is a folder of documents indexed in a temporary place, or the index in use. [`run`] starts the program
//! again for each part, so that none weighs on another's figures (`worker`): one that only starts and answers once, the
//! `service` (the router and the connection loop of `serve`, beside them a bare echo), and the `load` that asks both.
//! What is built in this process is not in the memory that is measured. The documents, the questions and their order are
//! the same in every run; the times are the machine's.

pub mod figures;
mod load;
pub mod questions;
mod service;
pub mod subject;
mod worker;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::eval::retrieval::Scratch;
pub use figures::{Figures, Throughput};
use load::{Load, Request};
use service::{Serve, Serving};
pub use subject::Subject;
use subject::Target;
pub use worker::{COMMAND, work};
use worker::{Task, Worker};

/// Connections at a time, each asking as soon as it is answered.
const CONNECTIONS: [usize; 2] = [1, 16];
/// Starts of the program; the middle one counts.
const STARTS: usize = 5;

/// How a run is done, apart from what is measured.
pub struct Plan<'p> {
    /// How long each part is measured; a quarter of it goes before to warm up.
    pub time: Duration,
    /// Answers that the service keeps in figures apart; 0 for no such figures.
    pub answer_cache: usize,
    /// The flags of this process that say where corpus and index are, for those it starts.
    pub flags: &'p [OsString],
    /// Called with the parts done, and in all.
    pub progress: &'p dyn Fn(u64, u64),
}

/// Measures everything.
///
/// # Errors
/// A part that cannot be started, and an answer that is not 200: figures of refusals are none.
pub fn run(subject: &Subject, plan: &Plan<'_>) -> Result<Figures> {
    // Searches are not kept.
    let answers_kept = if subject.target == Target::InUse { plan.answer_cache } else { 0 };
    let cached_parts = if answers_kept > 0 { 1 + CONNECTIONS.len() } else { 0 };
    let parts = (STARTS + 1 + 2 * CONNECTIONS.len() + cached_parts) as u64;
    let done = Cell::new(0);
    let step = || {
        done.set(done.get() + 1);
        (plan.progress)(done.get(), parts);
    };
    let mut starts = vec![];
    for _ in 0..STARTS {
        starts.push(first_answer(subject, plan)?);
        step();
    }
    starts.sort();
    let scratch = Scratch::new()?;
    let mut serve = Serve {
        target: subject.target.clone(),
        questions: subject.questions.clone(),
        time: plan.time,
        answer_cache: 0,
        gaps: scratch.path().join("gaps.sqlite"),
    };
    let mut service = Worker::start(plan.flags, &Task::Serve(serve.clone()))?;
    let serving: Serving = service.told()?;
    step();
    let over = |address: SocketAddr, request: &dyn Fn(&str) -> Request| {
        let requests: Vec<Request> = subject.questions.iter().map(|question| request(question)).collect();
        let mut figures = vec![];
        for connections in CONNECTIONS {
            let load = Load { address, requests: requests.clone(), connections, time: plan.time };
            let measured: Throughput = Worker::start(plan.flags, &Task::Load(load))?.told()?;
            figures.push((connections, measured));
            step();
        }
        Ok::<BTreeMap<usize, Throughput>, anyhow::Error>(figures.into_iter().collect())
    };
    let http = over(serving.service, &|question: &str| subject.target.request(question))?;
    let rss_bytes = service.resident();
    let echo = over(serving.echo, &service::echoed)?;
    drop(service);
    let http_cached = if answers_kept > 0 {
        serve.answer_cache = answers_kept;
        let mut service = Worker::start(plan.flags, &Task::Serve(serve))?;
        let serving: Serving = service.told()?;
        step();
        Some(over(serving.service, &|question: &str| subject.target.request(question))?)
    } else {
        None
    };
    Ok(Figures {
        passages: subject.passages,
        raw_bytes: subject.raw_bytes,
        build_seconds: subject.build_seconds,
        disk_bytes: subject.disk_bytes,
        rss_bytes,
        start_to_first_answer_ms: starts[STARTS / 2].as_secs_f64() * 1e3,
        in_process_us: serving.in_process_us,
        http,
        echo,
        http_cached,
    })
}

/// From the start of a process to its answer to one question.
fn first_answer(subject: &Subject, plan: &Plan<'_>) -> Result<Duration> {
    let question = subject.questions[0].clone();
    let started = Instant::now();
    let mut worker = Worker::start(plan.flags, &Task::First(subject.target.clone(), question))?;
    worker.told::<()>()?;
    Ok(started.elapsed())
}
