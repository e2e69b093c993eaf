//! How often a caller may do something: a bucket of tokens for each, filled again by the minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Callers told apart; beyond that, whoever has a full bucket is forgotten.
const CALLERS: usize = 10_000;

/// See the module.
#[derive(Debug)]
pub struct Allowance {
    per_minute: f64,
    buckets: Mutex<HashMap<String, (f64, Instant)>>,
}

impl Allowance {
    /// So many in a minute, and as many at once.
    pub fn new(per_minute: u32) -> Allowance {
        Allowance { per_minute: f64::from(per_minute), buckets: Mutex::default() }
    }

    /// Takes one token of the caller's; false where none is left.
    pub fn take(&self, caller: &str) -> bool {
        self.take_at(caller, Instant::now())
    }

    fn take_at(&self, caller: &str, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = |(tokens, since): (f64, Instant)| {
            let minutes = now.saturating_duration_since(since).as_secs_f64() / 60.0;
            (tokens + minutes * self.per_minute).min(self.per_minute)
        };
        if buckets.len() > CALLERS {
            buckets.retain(|_, bucket| filled(*bucket) < self.per_minute);
        }
        let left = buckets.get(caller).map_or(self.per_minute, |bucket| filled(*bucket));
        let taken = left >= 1.0;
        buckets.insert(caller.to_owned(), (if taken { left - 1.0 } else { left }, now));
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_caller_has_a_bucket_that_fills_again() {
        let allowance = Allowance::new(60);
        let start = Instant::now();
        let at = |caller: &str, seconds: u64| allowance.take_at(caller, start + Duration::from_secs(seconds));
        assert!((0..60).all(|_| at("a", 0)));
        assert!(!at("a", 0) && at("b", 0));
        assert!(at("a", 1) && !at("a", 1));
        assert!((0..60).all(|_| at("a", 1_000)) && !at("a", 1_000));
        assert!(!Allowance::new(0).take("a"));
    }
}
