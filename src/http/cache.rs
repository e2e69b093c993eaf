//! Answers that were given, kept for those who ask the same again; off unless the setting `answer_cache` gives it room.
//!
//! A question is the same where its text, region and day are, byte for byte: an answer repeats the text and points into it,
//! so there is nothing to normalise away. Questions with facts beside them or with `explain` are computed each time, and
//! turns of a conversation never come here. A cache belongs to one [`Live`](super::state::Live) and goes with it: a new
//! generation begins with an empty one.

use std::sync::Arc;

use jiff::civil::Date;
use quick_cache::sync::Cache;

use crate::answer::Answer;
use crate::engine::{Engine, Question};
use crate::region::RegionCode;

/// Whether the answer to a question was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    Hit,
    Miss,
}

/// What makes two questions the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    text: String,
    region: Option<RegionCode>,
    at: Date,
}

/// See the module.
pub struct AnswerCache(Cache<Key, Arc<Answer>>);

impl AnswerCache {
    /// A cache for so many answers; none for 0. The number is spread evenly over the locks inside, and rounded up where
    /// that leaves a rest.
    pub fn new(answers: usize) -> Option<AnswerCache> {
        (answers > 0).then(|| AnswerCache(Cache::new(answers)))
    }

    /// Answers kept now.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is kept now.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The engine's answer, kept or made. `None` where questions like this are not looked up. Two who ask the same at once
    /// both compute it: nobody waits for another's answer.
    pub fn answer(&self, engine: &Engine, question: &Question<'_>) -> (Answer, Option<Lookup>) {
        if question.explain || !question.facts.0.is_empty() {
            return (engine.answer(question), None);
        }
        let key = Key { text: question.text.to_owned(), region: question.region, at: question.at };
        if let Some(kept) = self.0.get(&key) {
            return (Answer::clone(&kept), Some(Lookup::Hit));
        }
        let made = engine.answer(question);
        if !made.unsearched {
            self.0.insert(key, Arc::new(made.clone()));
        }
        (made, Some(Lookup::Miss))
    }
}
