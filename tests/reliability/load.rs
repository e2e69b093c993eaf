//! Many callers at once, at a rate of their own choosing: they do not wait for one another's answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep_until;

use crate::common;

/// What came of a load. Times are in microseconds, in order of size.
#[derive(Debug, Default)]
pub struct Outcome {
    pub served: Vec<u32>,
    /// Told 429 or 503.
    pub refused: Vec<u32>,
    /// Anything else.
    pub failed: Vec<String>,
    pub seconds: f64,
}

impl Outcome {
    /// Requests a second that were served.
    pub fn rate(&self) -> f64 {
        self.served.len() as f64 / self.seconds
    }

    /// Requests in all.
    pub fn sent(&self) -> usize {
        self.served.len() + self.refused.len() + self.failed.len()
    }
}

/// The time below which a part of them is, in milliseconds.
pub fn part(times: &[u32], part: f64) -> f64 {
    let at = (times.len() as f64 * part) as usize;
    times.get(at.min(times.len().saturating_sub(1))).map_or(0.0, |micros| f64::from(*micros) / 1e3)
}

/// The public questions of this project as requests, ready to be sent.
pub fn requests() -> Vec<Vec<u8>> {
    let rows = common::rows_of(&common::root().join("tests/answers/routing.jsonl"));
    let questions = rows.iter().filter_map(|row| row.json["question"].as_str());
    let body = |question| json!({"question": question, "at": "2026-11-23"}).to_string();
    let head = "POST /v1/answer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length:";
    questions.map(body).map(|body| format!("{head} {}\r\n\r\n{body}", body.len()).into_bytes()).collect()
}

/// Sends requests over so many connections for so long: `rate` a second, or each as soon as the one before is answered.
pub fn run(address: &str, requests: &[Vec<u8>], rate: Option<f64>, connections: usize, time: Duration) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (address, requests) = (Arc::new(address.to_owned()), Arc::new(requests.to_vec()));
        let (tickets, outcome) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Outcome::default())));
        let started = Instant::now();
        let callers: Vec<_> = (0..connections)
            .map(|_| {
                let (address, requests) = (address.clone(), requests.clone());
                let (tickets, outcome) = (tickets.clone(), outcome.clone());
                tokio::spawn(async move {
                    let mut stream = None;
                    loop {
                        let ticket = tickets.fetch_add(1, Ordering::Relaxed);
                        let due = rate.map_or(started.elapsed(), |rate| Duration::from_secs_f64(ticket as f64 / rate));
                        if due > time {
                            return;
                        }
                        sleep_until((started + due).into()).await;
                        let request = &requests[ticket as usize % requests.len()];
                        let began = Instant::now();
                        let answered = exchange(&mut stream, &address, request).await;
                        let micros = u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX);
                        let mut outcome = outcome.lock().expect("the outcome");
                        match answered {
                            Ok(200) => outcome.served.push(micros),
                            Ok(429 | 503) => outcome.refused.push(micros),
                            Ok(other) => outcome.failed.push(other.to_string()),
                            Err(error) => {
                                stream = None;
                                outcome.failed.push(error.to_string());
                            }
                        }
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.expect("a caller");
        }
        let mut outcome = std::mem::take(&mut *outcome.lock().expect("the outcome"));
        outcome.seconds = started.elapsed().as_secs_f64();
        outcome.served.sort_unstable();
        outcome.refused.sort_unstable();
        outcome
    })
}

/// One request over a connection that is kept; the status of its answer, which is read whole.
async fn exchange(kept: &mut Option<TcpStream>, address: &str, request: &[u8]) -> std::io::Result<u16> {
    let mut stream = match kept.take() {
        Some(stream) => stream,
        None => TcpStream::connect(address).await?,
    };
    stream.write_all(request).await?;
    let (mut read, mut bytes) = (vec![0; 64 * 1024], vec![]);
    loop {
        let n = stream.read(&mut read).await?;
        if n == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&read[..n]);
        let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        let length = length.ok_or(std::io::ErrorKind::InvalidData)?;
        if bytes.len() >= head + 4 + length {
            let status =
                text.get(9..12).and_then(|status| status.parse().ok()).ok_or(std::io::ErrorKind::InvalidData)?;
            if !text.contains("connection: close") {
                *kept = Some(stream);
            }
            return Ok(status);
        }
    }
}
