//! Token buckets, one a caller: so many requests a minute, a tenth of them at once.
//!
//! A bucket is kept as the moment at which it will be full again (the generic cell rate algorithm), so a caller costs one
//! entry, and none once it is full.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Callers kept apart; those beyond share one bucket, so that made-up addresses cost no memory.
const CALLERS: usize = 10_000;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    Key(String),
    Address(IpAddr),
    /// One too many to be kept apart.
    Other,
}

/// What each caller may still ask.
#[derive(Debug)]
pub struct Allowance {
    /// What one request costs; `None` without limit.
    cost: Option<Duration>,
    /// What may be owed.
    depth: Duration,
    full_at: Mutex<HashMap<Caller, Instant>>,
}

impl Allowance {
    /// So many requests a minute; 0 is without limit.
    pub fn new(per_minute: u32) -> Allowance {
        let cost = (per_minute > 0).then(|| Duration::from_secs(60) / per_minute.max(1));
        let burst = (per_minute / 10).max(1);
        Allowance { cost, depth: cost.unwrap_or_default() * burst, full_at: Mutex::default() }
    }

    /// Takes one request off; `Err` says in how long one would be left.
    pub fn take(&self, caller: Caller, now: Instant) -> Result<(), Duration> {
        let Some(cost) = self.cost else { return Ok(()) };
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let caller = if full_at.contains_key(&caller) || room(&mut full_at, now) { caller } else { Caller::Other };
        let full = full_at.entry(caller).or_insert(now);
        let after = (*full).max(now) + cost;
        let owed = after - now;
        if owed > self.depth {
            return Err(owed - self.depth);
        }
        *full = after;
        Ok(())
    }
}

/// Whether one caller more can be kept apart; forgets those whose buckets are full when it gets tight.
fn room(full_at: &mut HashMap<Caller, Instant>, now: Instant) -> bool {
    if full_at.len() >= CALLERS {
        full_at.retain(|_, full| *full > now);
    }
    full_at.len() < CALLERS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(n: u32) -> Caller {
        Caller::Address(IpAddr::from(n.to_be_bytes()))
    }

    #[test]
    fn a_burst_then_a_steady_rate() {
        let allowance = Allowance::new(60);
        let start = Instant::now();
        for n in 0..6 {
            assert_eq!(allowance.take(caller(1), start), Ok(()), "{n}");
        }
        assert_eq!(allowance.take(caller(1), start), Err(Duration::from_secs(1)));
        assert_eq!(allowance.take(caller(2), start), Ok(()), "another caller has an allowance of its own");
        let later = start + Duration::from_secs(1);
        assert_eq!(allowance.take(caller(1), later), Ok(()));
        assert!(allowance.take(caller(1), later).is_err());
        // A refusal costs nothing: who keeps asking is not shut out for ever.
        let much_later = start + Duration::from_secs(600);
        assert!((0..6).all(|_| allowance.take(caller(1), much_later).is_ok()));
    }

    #[test]
    fn no_limit_is_no_limit() {
        let allowance = Allowance::new(0);
        assert!((0..10_000).all(|_| allowance.take(caller(1), Instant::now()).is_ok()));
    }

    #[test]
    fn callers_without_number_cost_no_memory() {
        let allowance = Allowance::new(60);
        let now = Instant::now();
        let passed = (0..50_000).filter(|n| allowance.take(caller(*n), now).is_ok()).count();
        assert_eq!(passed, CALLERS + 6, "those beyond share one bucket");
        assert!(allowance.full_at.lock().unwrap().len() <= CALLERS + 1);
        let later = now + Duration::from_secs(60);
        assert_eq!(allowance.take(caller(60_000), later), Ok(()));
        assert!(allowance.full_at.lock().unwrap().len() < 10, "full buckets are forgotten");
    }
}
