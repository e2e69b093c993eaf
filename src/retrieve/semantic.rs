//! The optional second kind of evidence: nearness in meaning.
//!
//! The question becomes one vector; the nearness of an article is the cosine to its nearest passage or curated question.
//! Two questions are nearer to one another than a question and its answer, so that of a curated question something is
//! taken off: else titles in the form of questions would outdo the passages that answer. What nearness exceeds that of
//! unrelated texts by is added to the evidence of the words, and the nearest articles that no word speaks for join the
//! list. Region, force and the same question stay above that. The sum goes by how sure the words are, which places in
//! two lists (reciprocal rank) do not know.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::str::FromStr;

use crate::dense::{Encoder, Role, Vectors};
use crate::text::Folded;

/// When the semantic stage is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Where there is a model, for questions that words do not decide.
    #[default]
    Auto,
    /// For every question; without a model the index is not opened.
    Always,
    Never,
}

/// The modes by name, for settings and flags.
pub const MODES: [(&str, Mode); 3] = [("auto", Mode::Auto), ("always", Mode::Always), ("never", Mode::Never)];

impl FromStr for Mode {
    type Err = ();

    fn from_str(text: &str) -> Result<Mode, ()> {
        MODES.iter().find(|(name, _)| *name == text).map(|(_, mode)| *mode).ok_or(())
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MODES.iter().find(|(_, mode)| mode == self).map_or("", |(name, _)| name))
    }
}

/// The stage: an encoder and the vectors of the index.
pub struct Semantic {
    encoder: Encoder,
    vectors: Vectors,
    pub(super) mode: Mode,
    articles: u32,
}

/// How near everything is to one question.
pub(super) struct Meaning<'s> {
    semantic: &'s Semantic,
    rows: Vec<f32>,
}

/// An article in the list by meaning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near {
    pub article: u32,
    pub nearness: f32,
}

impl Semantic {
    /// Puts the parts together.
    pub(super) fn new(encoder: Encoder, vectors: Vectors, mode: Mode, articles: usize) -> Semantic {
        Semantic { encoder, vectors, mode, articles: articles as u32 }
    }

    /// Compares a question with everything; curated questions are `less` near than their cosine.
    pub(super) fn compare(&self, question: &str, less: f32) -> Meaning<'_> {
        let vector = self.encoder.encode(Role::Question, Folded::new(question).text());
        let mut rows = self.vectors.nearness(&vector);
        let curated = rows.iter_mut().zip(self.vectors.is_question()).filter(|(_, is_question)| **is_question);
        curated.for_each(|(nearness, _)| *nearness -= less);
        Meaning { semantic: self, rows }
    }
}

impl Meaning<'_> {
    /// The articles nearest to the question among those that fit, nearest first.
    pub fn nearest(&self, count: usize, mut fits: impl FnMut(u32) -> bool) -> Vec<Near> {
        // Nothing is ordered beyond what is taken. Of equals, the first in the order of building.
        let mut heap: BinaryHeap<(u32, Reverse<u32>)> = (0..self.semantic.articles)
            .map(|article| {
                // The bits of figures above 0 are in their order.
                (self.article(article).to_bits(), Reverse(article))
            })
            .collect();
        let mut found = vec![];
        while found.len() < count {
            let Some((bits, Reverse(article))) = heap.pop().filter(|(bits, _)| *bits > 0) else { break };
            if fits(article) {
                found.push(Near { article, nearness: f32::from_bits(bits) });
            }
        }
        found
    }

    /// How near an article is.
    pub fn article(&self, article: u32) -> f32 {
        self.rows[self.semantic.vectors.of(article as usize)].iter().copied().fold(0.0, f32::max)
    }

    /// How near each passage of an article is.
    pub fn passages(&self, article: u32, count: usize) -> &[f32] {
        let own = self.semantic.vectors.of(article as usize);
        self.rows.get(own.start..own.end.min(own.start + count)).unwrap_or_default()
    }
}
