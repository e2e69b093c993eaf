//! The queue in front of the processor cores: as many requests compute as there are cores, some wait, the rest go.
//!
//! How many may wait depends on whether the queue is a burst or a state. A burst drains by itself, so it is let in. A queue
//! in which for a whole window nobody was served quickly only makes everyone wait: then no more may wait than can be served
//! next, and whoever is served is served about as fast as without load. (The idea is that of CoDel: look at the *least*
//! wait of an interval, not at the length.) Once nearly nobody has to be refused, bursts are let in again.
//!
//! A thread that has computed takes the next request itself: between two of them no core waits for another thread to wake
//! up. A request that finds all cores free computes where it came in, so that no thread need wake up at all.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

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
    manner: Manner,
    queue: Mutex<Queue>,
}

/// How a gate treats those who come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// Refuses nobody.
    pub patient: bool,
    /// Nobody computes where connections are accepted: who computes may wait for somebody else.
    pub apart: bool,
}

#[derive(Debug)]
struct Queue {
    /// Requests at a core.
    computing: usize,
    /// In the order of their numbers.
    waiting: VecDeque<Waiting>,
    /// The number of the next one that comes.
    number: u64,
    window: Window,
}

struct Waiting {
    number: u64,
    since: Instant,
    work: Work,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.number)
    }
}

type Work = Box<dyn FnOnce() + Send>;

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

    /// How many may wait for each core.
    fn most_waiting(&mut self, now: Instant) -> usize {
        self.turn(now);
        if self.overloaded { NEXT } else { BURST }
    }

    /// Notes how long one waited, or that it was refused.
    fn note(&mut self, now: Instant, waited: Option<Duration>) {
        self.turn(now);
        self.offered += 1;
        match waited {
            Some(waited) => self.least_wait = Some(self.least_wait.map_or(waited, |least| least.min(waited))),
            None => self.refused += 1,
        }
    }
}

/// Processor cores of this machine, as far as they are ours.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The place of one that computes where it came in; when dropped it goes to whoever waits longest.
pub struct Place(Arc<Gate>);

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(work) = self.0.next()
            // A service that has ended computes nothing more.
            && Handle::try_current().is_ok()
        {
            self.0.start(work);
        }
    }
}

/// Leaves the queue when dropped before its turn.
struct Turn<'g> {
    gate: &'g Gate,
    number: u64,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut queue = self.gate.queue();
        let place = queue.waiting.binary_search_by_key(&self.number, |waiting| waiting.number);
        let left = place.ok().and_then(|place| queue.waiting.remove(place));
        drop(queue);
        // What it holds may be large.
        drop(left);
    }
}

/// Why something was not computed.
#[derive(Debug)]
pub enum Left {
    /// Too many wait already.
    Refused,
    /// It panicked, with this.
    Panicked(Box<dyn std::any::Any + Send>),
    /// The service stops.
    Stopped,
}

impl Gate {
    /// For so many requests at a time.
    pub fn new(cores: usize, manner: Manner) -> Gate {
        let window = Window::new(Instant::now());
        let queue = Queue { computing: 0, waiting: VecDeque::new(), number: 0, window };
        Gate { cores, manner, queue: Mutex::new(queue) }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests that compute, and that wait to.
    pub fn load(&self) -> (usize, usize) {
        let queue = self.queue();
        (queue.computing, queue.waiting.len())
    }

    /// A place to compute right here, where nobody else computes and another thread is left to accept connections.
    pub fn alone(self: &Arc<Gate>) -> Option<Place> {
        if self.manner.apart || self.cores < 2 {
            return None;
        }
        let mut queue = self.queue();
        if queue.computing > 0 {
            return None;
        }
        queue.computing = 1;
        queue.window.note(Instant::now(), Some(Duration::ZERO));
        Some(Place(self.clone()))
    }

    /// Computes on a thread of its own when it is its turn; `Refused` at once where too many wait already. Whoever
    /// no longer wants the result leaves the queue.
    pub async fn compute<R: Send + 'static>(
        self: &Arc<Gate>,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Left> {
        let (tell, told) = oneshot::channel();
        let work = Box::new(move || {
            if !tell.is_closed() {
                let _ = tell.send(catch_unwind(AssertUnwindSafe(work)));
            }
        });
        let _turn = self.offer(work).ok_or(Left::Refused)?;
        let done: thread::Result<R> = told.await.map_err(|_| Left::Stopped)?;
        done.map_err(Left::Panicked)
    }

    /// Starts this where a core is free, else lets it wait; `None` where too many do.
    fn offer(self: &Arc<Gate>, work: Work) -> Option<Turn<'_>> {
        let now = Instant::now();
        let mut queue = self.queue();
        let number = queue.number;
        queue.number += 1;
        if queue.computing < self.cores {
            queue.computing += 1;
            queue.window.note(now, Some(Duration::ZERO));
            drop(queue);
            self.start(work);
        } else if self.manner.patient || queue.waiting.len() < self.cores * queue.window.most_waiting(now) {
            queue.waiting.push_back(Waiting { number, since: now, work });
        } else {
            queue.window.note(now, None);
            return None;
        }
        Some(Turn { gate: self, number })
    }

    /// Takes a thread that does this and then what waits, until nothing does.
    fn start(self: &Arc<Gate>, first: Work) {
        let gate = self.clone();
        spawn_blocking(move || {
            let mut next = Some(first);
            while let Some(work) = next {
                work();
                next = gate.next();
            }
        });
    }

    /// What a place that is free now does next; the place is given back where nothing waits.
    fn next(&self) -> Option<Work> {
        let now = Instant::now();
        let mut queue = self.queue();
        let Some(Waiting { since, work, .. }) = queue.waiting.pop_front() else {
            queue.computing -= 1;
            return None;
        };
        queue.window.note(now, Some(now.duration_since(since)));
        Some(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::task::JoinHandle;

    fn gate(cores: usize, patient: bool) -> Arc<Gate> {
        Arc::new(Gate::new(cores, Manner { patient, apart: false }))
    }

    /// So many that wait behind what is computed until the sender is dropped.
    async fn queued(gate: &Arc<Gate>, count: usize) -> (std::sync::mpsc::Sender<()>, Vec<JoinHandle<bool>>) {
        let (release, released) = std::sync::mpsc::channel::<()>();
        let mut asked = vec![ask(gate, move || assert!(released.recv().is_err()))];
        while gate.load().0 < 1 {
            tokio::task::yield_now().await;
        }
        asked.extend((0..count).map(|_| ask(gate, || ())));
        while gate.load().1 < count {
            tokio::task::yield_now().await;
        }
        (release, asked)
    }

    fn ask(gate: &Arc<Gate>, work: impl FnOnce() + Send + 'static) -> JoinHandle<bool> {
        let gate = gate.clone();
        tokio::spawn(async move { gate.compute(work).await.is_ok() })
    }

    async fn all_served(gate: &Arc<Gate>, asked: Vec<JoinHandle<bool>>) {
        for one in asked {
            assert!(one.await.unwrap());
        }
        while gate.load() != (0, 0) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_burst_waits_and_more_than_a_burst_goes() {
        let gate = gate(1, false);
        let (release, asked) = queued(&gate, BURST).await;
        assert!(matches!(gate.compute(|| ()).await, Err(Left::Refused)), "one more than a burst");
        assert_eq!(gate.load(), (1, BURST));
        drop(release);
        all_served(&gate, asked).await;
    }

    #[tokio::test]
    async fn a_patient_gate_refuses_nobody() {
        let gate = gate(1, true);
        let (release, asked) = queued(&gate, BURST * 2).await;
        drop(release);
        all_served(&gate, asked).await;
    }

    #[tokio::test]
    async fn one_that_gives_up_waits_no_longer() {
        let gate = gate(1, false);
        let (release, asked) = queued(&gate, 0).await;
        let never = gate.compute(|| panic!("nobody waits for it"));
        assert!(tokio::time::timeout(Duration::from_millis(1), never).await.is_err());
        assert_eq!(gate.load(), (1, 0));
        drop(release);
        all_served(&gate, asked).await;
    }

    #[tokio::test]
    async fn who_computes_alone_hands_the_place_on() {
        let gate = gate(2, false);
        let place = gate.alone().expect("nobody computes");
        assert!(gate.alone().is_none(), "now somebody does");
        let (release, asked) = queued(&gate, 0).await;
        let waits = ask(&gate, || ());
        while gate.load() != (2, 1) {
            tokio::task::yield_now().await;
        }
        drop(place);
        assert!(waits.await.unwrap());
        drop(release);
        all_served(&gate, asked).await;
        assert!(Arc::new(Gate::new(1, Manner::default())).alone().is_none(), "no thread is left to accept");
        assert!(Arc::new(Gate::new(9, Manner { apart: true, patient: false })).alone().is_none());
    }

    #[tokio::test]
    async fn a_panic_is_told_and_costs_no_place() {
        let gate = gate(1, false);
        for _ in 0..3 {
            assert!(matches!(gate.compute(|| panic!("as told")).await, Err(Left::Panicked(_))));
        }
        all_served(&gate, vec![ask(&gate, || ())]).await;
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
