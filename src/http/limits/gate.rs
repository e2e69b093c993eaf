//! The queue in front of the processor cores: as many requests compute as there are cores, some wait, the rest go.
//!
//! How many may wait depends on whether the queue is a burst or a state. A burst drains by itself, so it is let in. A queue
//! in which for a whole window nobody was served quickly only makes everyone wait: then no more may wait than can be served
//! next, and whoever is served is served about as fast as without load. (The idea is that of CoDel: look at the *least*
//! wait of an interval, not at the length.) Once nearly nobody has to be refused, bursts are let in again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many may wait for each core while the queue is a burst.
const BURST: usize = 128;
/// How many may wait for each core while the service is overloaded.
const NEXT: usize = 1;
/// A window in which even the luckiest waited so long is overload.
const TARGET: Duration = Duration::from_millis(50);
/// Long enough that a machine which stands still for a moment is not taken for one that has too much to do.
const WINDOW: Duration = Duration::from_millis(500);
/// Overload ends with a window in which fewer than one in so many was refused.
const FEW: u32 = 5;

/// The queue.
#[derive(Debug)]
pub struct Gate {
    cores: usize,
    /// Refuses nobody.
    patient: bool,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    window: Mutex<Window>,
}

/// What happened lately.
#[derive(Debug)]
struct Window {
    since: Instant,
    offered: u32,
    refused: u32,
    least_wait: Option<Duration>,
    overloaded: bool,
}

impl Window {
    fn new(since: Instant) -> Window {
        Window { since, offered: 0, refused: 0, least_wait: None, overloaded: false }
    }

    /// Draws the conclusion of a window that is over, and begins the next.
    fn turn(&mut self, now: Instant) {
        if now.duration_since(self.since) < WINDOW {
            return;
        }
        let overloaded = if self.overloaded {
            self.refused * FEW >= self.offered && self.offered > 0
        } else {
            self.least_wait.is_some_and(|least| least >= TARGET)
        };
        *self = Window { overloaded, ..Window::new(now) };
    }
}

/// A place at a core; free again when dropped.
pub type Place = OwnedSemaphorePermit;

/// Counts one that waits, as long as it does.
struct Waiting<'g>(&'g AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Processor cores of this machine, as far as they are ours.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl Gate {
    /// For so many cores; a patient one lets everybody wait, however many they are.
    pub fn new(cores: usize, patient: bool) -> Gate {
        Gate {
            cores,
            patient,
            places: Arc::new(Semaphore::new(cores)),
            waiting: AtomicUsize::new(0),
            window: Mutex::new(Window::new(Instant::now())),
        }
    }

    /// Requests that compute, and that wait to.
    pub fn load(&self) -> (usize, usize) {
        (self.cores - self.places.available_permits().min(self.cores), self.waiting.load(Ordering::SeqCst))
    }

    /// Whether one request computes and none waits.
    pub fn has_only_one(&self) -> bool {
        self.load() == (1, 0)
    }

    /// A place, soon; `None` at once where too many wait already.
    pub async fn enter(&self) -> Option<Place> {
        let began = Instant::now();
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            self.note(began, Some(Duration::ZERO));
            return Some(place);
        }
        let ahead = self.waiting.fetch_add(1, Ordering::SeqCst);
        let waiting = Waiting(&self.waiting);
        if !self.patient && ahead >= self.most_waiting(began) {
            drop(waiting);
            self.note(began, None);
            return None;
        }
        // The semaphore is never closed.
        let place = self.places.clone().acquire_owned().await.ok()?;
        drop(waiting);
        self.note(Instant::now(), Some(began.elapsed()));
        Some(place)
    }

    fn most_waiting(&self, now: Instant) -> usize {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.turn(now);
        self.cores * if window.overloaded { NEXT } else { BURST }
    }

    /// Notes how long one waited, or that it was refused.
    fn note(&self, now: Instant, waited: Option<Duration>) {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.turn(now);
        window.offered += 1;
        match waited {
            Some(waited) => window.least_wait = Some(window.least_wait.map_or(waited, |least| least.min(waited))),
            None => window.refused += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_burst_waits_and_more_than_a_burst_goes() {
        let gate = Arc::new(Gate::new(1, false));
        let held = gate.enter().await.unwrap();
        let waiters: Vec<_> = (0..BURST)
            .map(|_| {
                let gate = gate.clone();
                tokio::spawn(async move { gate.enter().await.is_some() })
            })
            .collect();
        while gate.load().1 < BURST {
            tokio::task::yield_now().await;
        }
        assert!(gate.enter().await.is_none(), "one more than a burst");
        assert_eq!(gate.load(), (1, BURST));
        drop(held);
        for waiter in waiters {
            assert!(waiter.await.unwrap());
        }
        assert_eq!(gate.load(), (0, 0));
    }

    #[tokio::test]
    async fn a_patient_gate_refuses_nobody() {
        let gate = Arc::new(Gate::new(1, true));
        let held = gate.enter().await.unwrap();
        let waiters: Vec<_> = (0..BURST * 2)
            .map(|_| {
                let gate = gate.clone();
                tokio::spawn(async move { gate.enter().await.is_some() })
            })
            .collect();
        while gate.load().1 < waiters.len() {
            tokio::task::yield_now().await;
        }
        drop(held);
        for waiter in waiters {
            assert!(waiter.await.unwrap());
        }
    }

    #[tokio::test]
    async fn one_that_gives_up_waits_no_longer() {
        let gate = Gate::new(1, false);
        let _held = gate.enter().await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(1), gate.enter()).await.is_err());
        assert_eq!(gate.load(), (1, 0));
    }

    #[test]
    fn a_queue_that_never_drains_is_overload_until_nearly_all_are_served() {
        let start = Instant::now();
        let mut window = Window { offered: 9, least_wait: Some(TARGET), ..Window::new(start) };
        window.turn(start + WINDOW / 2);
        assert!(!window.overloaded, "the window is not over");
        window.turn(start + WINDOW);
        assert!(window.overloaded && window.offered == 0);
        (window.offered, window.refused) = (10, 5);
        window.turn(start + WINDOW * 2);
        assert!(window.overloaded, "half of them are refused");
        (window.offered, window.refused) = (10, 1);
        window.turn(start + WINDOW * 3);
        assert!(!window.overloaded);
        (window.offered, window.least_wait) = (9, Some(TARGET / 2));
        window.turn(start + WINDOW * 4);
        assert!(!window.overloaded, "someone was served quickly");
    }
}
