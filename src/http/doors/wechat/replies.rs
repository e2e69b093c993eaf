//! WeChat sends a message again where it did not hear an answer in time.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// WeChat asks again for so long where it did not hear an answer.
const RETRIES: Duration = Duration::from_secs(30);
/// Replies kept for those who ask again.
const KEPT: usize = 1_000;

/// Replies of the last seconds by message id: a repeated message is answered as before, and counted once.
#[derive(Debug, Default)]
pub struct Replies(Mutex<VecDeque<(Instant, String, String)>>);

impl Replies {
    /// The reply to this message, if it came just now.
    pub fn get(&self, id: &str) -> Option<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(at, key, _)| key == id && at.elapsed() < RETRIES).map(|(_, _, reply)| reply.clone())
    }

    /// Keeps the reply to a message.
    pub fn put(&self, id: String, reply: String) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(at, _, _)| at.elapsed() < RETRIES);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((Instant::now(), id, reply));
    }
}
