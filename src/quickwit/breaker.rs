//! Stops asking a server that does not answer, and tries again now and then: whoever asks meanwhile is told at once.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many failures in a row open it.
const FAILURES: u32 = 5;
/// For so long nobody is let through; then one is, to see.
const PAUSE: Duration = Duration::from_secs(1);

/// A circuit breaker.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// In a row.
    failures: u32,
    /// When the next may try, once there were enough.
    next: Option<Instant>,
}

impl Breaker {
    /// Whether one may ask now.
    pub fn lets_through(&self, now: Instant) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.next {
            Some(next) if now < next => false,
            Some(_) => {
                // This one tries; the others wait for what becomes of it.
                state.next = Some(now + PAUSE);
                true
            }
            None => true,
        }
    }

    /// Notes what became of asking.
    pub fn note(&self, answered: bool, now: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answered {
            *state = State::default();
            return;
        }
        state.failures += 1;
        if state.failures >= FAILURES {
            state.next = Some(now + PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_lets_one_try_and_closes_on_an_answer() {
        let breaker = Breaker::default();
        let start = Instant::now();
        for _ in 1..FAILURES {
            breaker.note(false, start);
        }
        assert!(breaker.lets_through(start), "not enough failures yet");
        breaker.note(true, start);
        for _ in 0..FAILURES {
            assert!(breaker.lets_through(start), "an answer forgets the failures before it");
            breaker.note(false, start);
        }
        assert!(!breaker.lets_through(start));
        let later = start + PAUSE;
        assert!(breaker.lets_through(later), "one tries");
        assert!(!breaker.lets_through(later), "one is enough");
        breaker.note(true, later);
        assert!(breaker.lets_through(later));
    }
}
