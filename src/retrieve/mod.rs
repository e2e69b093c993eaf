//! Retrieval: a question → ranked passages of an opened index.
//!
//! `terms` turns the question into weighted terms; `postings` says which passages hold each, `candidates` which articles
//! may therefore come first; `evidence` scores these whole (BM25F over title, curated questions, headings and body, words
//! and grams together), `known` compares what they say of themselves; `semantic` joins the list by meaning where there is a model; `rank` orders all and picks each
//! article's best passage, `passage` makes what is shown, `facets` counts, `suggest` completes what is being typed,
//! `explain` says why. All weights stand in `weights`. Nothing here knows a file, a clock or the environment, besides the postings that the index maps.

pub mod backend;
pub(crate) mod candidates;
mod embedded;
mod evidence;
pub mod explain;
pub mod facets;
mod known;
pub mod passage;
mod postings;
pub(crate) mod rank;
pub mod semantic;
pub mod suggest;
pub mod terms;
pub mod weights;

use std::path::Path;

use jiff::civil::Date;

pub use backend::{Backend, Unavailable};
pub use embedded::Embedded;
pub use explain::Explanation;
pub use facets::Facets;
pub use passage::Passage;
pub use semantic::{Mode, Semantic};
pub use suggest::Suggester;
pub use weights::{Pruning, Weights};

use crate::dense::{Encoder, Vectors};
use crate::index::table::Totals;
use crate::index::{Analyzer, IndexError};
use crate::region::{RegionCode, Regions};
use evidence::Norms;
use known::Shelf;

/// What is searched for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<'q> {
    pub text: &'q str,
    /// Only articles of this region, its province and the nation; see [`Found::elsewhere`].
    pub region: Option<RegionCode>,
    /// Only articles of this topic.
    pub topic: Option<&'q str>,
    /// Only articles published in this year.
    pub year: Option<i16>,
    /// What the question was understood to be about: articles of other topics count for less. Empty where that is not
    /// known.
    pub about: &'q [&'q str],
    /// Articles not in force on this day rank below those that are.
    pub at: Option<Date>,
    pub limit: usize,
    pub offset: usize,
    /// Whether what is found is counted by region, topic and year.
    pub facets: bool,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Best first, from `offset` on, at most `limit`; one passage an article.
    pub hits: Vec<Passage>,
    /// Articles found in all. Where common terms were not read to their end there may be more; paging on finds them.
    pub total: usize,
    /// Where they were asked for; of very many, the best are counted.
    pub facets: Facets,
    /// A region was asked for, nothing was found in it, its province or the nation, and the hits are of other regions.
    pub elsewhere: bool,
    /// Nothing holds a word of the question, and the hits only share characters with it.
    pub fuzzy: bool,
    /// Sayings of the question that were also looked up by the synonym list: as asked, canonical.
    pub synonyms: Vec<(String, String)>,
}

/// Answers queries over one immutable index; shared by all threads.
pub struct Retriever {
    analyzer: Analyzer,
    backend: Box<dyn Backend>,
    norms: Norms,
    shelf: Shelf,
    topics: Vec<String>,
    regions: Regions,
    weights: Weights,
    semantic: Option<Semantic>,
}

impl Retriever {
    /// Opens the embedded index in a folder. `topics` are those it was built with.
    pub fn open(dir: &Path, analyzer: Analyzer, topics: &[String], regions: &Regions) -> Result<Retriever, IndexError> {
        Ok(Retriever::new(Box::new(Embedded::open(dir)?), analyzer, topics, regions))
    }

    /// Ranks what an engine holds. `topics` are those its index was built with.
    pub fn new(backend: Box<dyn Backend>, analyzer: Analyzer, topics: &[String], regions: &Regions) -> Retriever {
        let weights = Weights::default();
        Retriever {
            norms: Norms::new(backend.totals(), &weights),
            shelf: Shelf::new(backend.totals().articles as usize),
            analyzer,
            backend,
            topics: topics.to_vec(),
            regions: regions.clone(),
            weights,
            semantic: None,
        }
    }

    /// The same index with the semantic stage. The vectors must be of this index and this encoder.
    pub fn with_semantic(mut self, encoder: Encoder, vectors: Vectors, mode: Mode) -> Retriever {
        self.semantic = Some(Semantic::new(encoder, vectors, mode, self.totals().articles as usize));
        self
    }

    /// The same index under other weights.
    pub fn with_weights(mut self, weights: Weights) -> Retriever {
        self.norms = Norms::new(self.totals(), &weights);
        self.weights = weights;
        self
    }

    /// The weights in use.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The shared text path.
    pub fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// Passages in the index.
    pub fn passages(&self) -> u64 {
        self.totals().passages
    }

    fn totals(&self) -> &Totals {
        self.backend.totals()
    }

    /// Ranked passages for a query; what cannot be found is an empty result.
    ///
    /// # Errors
    /// The engine is elsewhere and does not answer; the embedded one always does.
    pub fn search(&self, query: &Query<'_>) -> Result<Found, Unavailable> {
        rank::search(self, query)
    }

    /// Why each hit that [`Retriever::search`] gives stands where it does.
    ///
    /// # Errors
    /// As [`Retriever::search`].
    pub fn explain(&self, query: &Query<'_>) -> Result<Vec<Explanation>, Unavailable> {
        explain::explain(self, query)
    }

    /// Ids of the articles that [`Retriever::search`] gives, without what is shown of them.
    ///
    /// # Errors
    /// As [`Retriever::search`].
    pub fn ranked(&self, query: &Query<'_>) -> Result<Vec<String>, Unavailable> {
        let ranked = rank::rank(self, query)?;
        let shown = ranked.candidates.iter().skip(query.offset);
        Ok(shown.map(|c| self.shelf.get(&*ranked.read, c.article).card.id.clone()).collect())
    }

    /// Whether the engine answers at present.
    ///
    /// # Errors
    /// Why it does not.
    pub fn check(&self) -> Result<(), Unavailable> {
        self.backend.check()
    }
}
