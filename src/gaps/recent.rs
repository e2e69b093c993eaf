//! The answers given lately, so that a post of feedback, which names only an answer, is kept with its question.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::Entry;

/// Answers remembered; about a kilobyte each at most.
const KEPT: usize = 4_096;

/// In memory alone: an answer that nobody comments leaves no trace.
#[derive(Debug, Default)]
pub struct Recent(Mutex<Answers>);

#[derive(Debug, Default)]
struct Answers {
    by_id: HashMap<String, Arc<Entry>>,
    order: VecDeque<String>,
}

impl Recent {
    /// Remembers an answer, forgetting the oldest.
    pub fn put(&self, id: &str, entry: Arc<Entry>) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.by_id.insert(id.to_owned(), entry).is_none() {
            answers.order.push_back(id.to_owned());
        }
        while answers.order.len() > KEPT {
            if let Some(oldest) = answers.order.pop_front() {
                answers.by_id.remove(&oldest);
            }
        }
    }

    /// The answer of this id, if it was given lately.
    pub fn get(&self, id: &str) -> Option<Arc<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_id.get(id).cloned()
    }
}
