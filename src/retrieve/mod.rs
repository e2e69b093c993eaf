//! Retrieval: a question → ranked passages of an opened index.
//!
//! `terms` turns the question into weighted terms, `shard` reads their postings, `rank` scores whole articles (BM25F over
//! title, curated questions, headings and body, words and grams together) and picks each article's best passage,
//! `semantic` joins the list by meaning where there is a model, `passage` makes what is shown, `suggest` completes what is being typed, `explain` says why. All weights stand in
//! `weights`. Nothing here knows a file, a clock or the environment, besides the postings that the index maps.

mod evidence;
pub mod explain;
pub mod passage;
mod rank;
pub mod semantic;
mod shard;
pub mod suggest;
pub mod terms;
pub mod weights;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use jiff::civil::Date;
use serde::Serialize;
use tantivy::{ReloadPolicy, Searcher};

pub use explain::Explanation;
pub use passage::Passage;
pub use semantic::{Mode, Semantic};
pub use suggest::Suggester;
pub use weights::Weights;

use crate::dense::{Encoder, Vectors};
use crate::index::schema::Fields;
use crate::index::{Analyzer, IndexError, frozen};
use crate::region::{RegionCode, Regions};
use shard::Shard;

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
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Best first, from `offset` on, at most `limit`; one passage an article.
    pub hits: Vec<Passage>,
    /// Articles found in all: as many as can be had by paging on.
    pub total: usize,
    pub facets: Facets,
    /// A region was asked for, nothing was found in it, its province or the nation, and the hits are of other regions.
    pub elsewhere: bool,
    /// Nothing holds a word of the question, and the hits only share characters with it.
    pub fuzzy: bool,
    /// Sayings of the question that were also looked up by the synonym list: as asked, canonical.
    pub synonyms: Vec<(String, String)>,
}

/// How many articles were found by region, topic and year of publication.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facets {
    pub region: BTreeMap<String, usize>,
    pub topic: BTreeMap<String, usize>,
    pub year: BTreeMap<String, usize>,
}

/// Answers queries over one immutable index; shared by all threads.
pub struct Retriever {
    analyzer: Analyzer,
    fields: Fields,
    searcher: Searcher,
    shards: Vec<Shard>,
    totals: shard::Totals,
    norms: evidence::Norms,
    /// Numbers of bodies that several articles share.
    twins: HashSet<u64>,
    /// The newest day of publication on file, as a number.
    newest: u64,
    topics: Vec<String>,
    regions: Regions,
    weights: Weights,
    semantic: Option<Semantic>,
}

impl Retriever {
    /// Opens the index in a folder. `topics` are those it was built with.
    pub fn open(dir: &Path, analyzer: Analyzer, topics: &[String], regions: &Regions) -> Result<Retriever, IndexError> {
        let wrong = |source| IndexError::Tantivy { path: dir.to_owned(), source };
        let index = frozen::open(dir).map_err(wrong)?;
        let fields = Fields::new();
        if index.schema() != fields.schema {
            let message = "索引的字段与程序不符".to_owned();
            return Err(IndexError::Damaged { path: dir.to_owned(), message });
        }
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(wrong)?;
        let searcher = reader.searcher();
        let shards: Vec<Shard> = searcher
            .segment_readers()
            .iter()
            .map(|segment| Shard::open(segment, &fields))
            .collect::<tantivy::Result<_>>()
            .map_err(wrong)?;
        let totals = shard::Totals::of(&shards);
        let weights = Weights::default();
        Ok(Retriever {
            norms: evidence::Norms::new(&totals, &weights),
            twins: shard::twins(&shards),
            newest: shards.iter().flat_map(|s| s.published.values.iter()).max().unwrap_or(0),
            analyzer,
            fields,
            searcher,
            shards,
            totals,
            topics: topics.to_vec(),
            regions: regions.clone(),
            weights,
            semantic: None,
        })
    }

    /// The same index with the semantic stage. The vectors must be of this index and this encoder.
    pub fn with_semantic(mut self, encoder: Encoder, vectors: Vectors, mode: Mode) -> Retriever {
        self.semantic = Some(Semantic::new(encoder, vectors, mode, &self.shards));
        self
    }

    /// The same index under other weights.
    pub fn with_weights(mut self, weights: Weights) -> Retriever {
        self.norms = evidence::Norms::new(&self.totals, &weights);
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
        self.totals.passages
    }

    /// Ranked passages for a query. Never fails: what cannot be found is an empty result.
    pub fn search(&self, query: &Query<'_>) -> Found {
        rank::search(self, query)
    }

    /// Why each hit that [`Retriever::search`] gives stands where it does.
    pub fn explain(&self, query: &Query<'_>) -> Vec<Explanation> {
        explain::explain(self, query)
    }

    /// Ids of the articles that [`Retriever::search`] gives, without what is shown of them.
    pub fn ranked(&self, query: &Query<'_>) -> Vec<String> {
        let ranked = rank::rank(self, query);
        ranked.candidates.iter().skip(query.offset).map(|c| passage::card(self, c).id).collect()
    }
}
