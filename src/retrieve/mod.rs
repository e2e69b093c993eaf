//! Retrieval: a question → ranked passages of an opened index.
//!
//! `terms` turns the question into weighted terms; `postings` says which passages hold each, `candidates` which articles
//! may therefore come first; `evidence` scores these whole (BM25F over title, curated questions, headings and body, words
//! and grams together), `known` compares what they say of themselves; `semantic` joins the list by meaning where there is a model; `rank` orders all and picks each
//! article's best passage, `passage` makes what is shown, `facets` counts, `suggest` completes what is being typed,
//! `explain` says why. All weights stand in `weights`. Nothing here knows a file, a clock or the environment, besides the postings that the index maps.

mod candidates;
mod evidence;
pub mod explain;
pub mod facets;
mod known;
pub mod passage;
mod postings;
mod rank;
pub mod semantic;
pub mod suggest;
pub mod terms;
pub mod weights;

use std::path::Path;

use jiff::civil::Date;
use tantivy::{IndexReader, ReloadPolicy};

pub use explain::Explanation;
pub use facets::Facets;
pub use passage::Passage;
pub use semantic::{Mode, Semantic};
pub use suggest::Suggester;
pub use weights::{Pruning, Weights};

use crate::dense::{Encoder, Vectors};
use crate::index::schema::Fields;
use crate::index::table::Table;
use crate::index::{Analyzer, IndexError, frozen};
use crate::region::{RegionCode, Regions};
use candidates::Pool;
use evidence::Norms;
use known::Shelf;
use postings::Postings;

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
    postings: Postings,
    table: Table,
    norms: Norms,
    pool: Pool,
    shelf: Shelf,
    topics: Vec<String>,
    regions: Regions,
    weights: Weights,
    semantic: Option<Semantic>,
}

impl Retriever {
    /// Opens the index in a folder. `topics` are those it was built with.
    pub fn open(dir: &Path, analyzer: Analyzer, topics: &[String], regions: &Regions) -> Result<Retriever, IndexError> {
        let wrong = |source| IndexError::Tantivy { path: dir.to_owned(), source };
        let damaged = |message: &str| IndexError::Damaged { path: dir.to_owned(), message: message.to_owned() };
        let fields = Fields::new();
        let mut searchers = vec![];
        for part in frozen::parts(dir) {
            let index = frozen::open(&part).map_err(wrong)?;
            if index.schema() != fields.schema {
                return Err(damaged("索引的字段与程序不符"));
            }
            let reader: IndexReader =
                index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(wrong)?;
            searchers.push(reader.searcher());
        }
        let postings = Postings::open(searchers, fields).map_err(wrong)?;
        let Some(table) = Table::open(dir).map_err(wrong)? else {
            return Err(damaged("文章表不完整"));
        };
        let weights = Weights::default();
        Ok(Retriever {
            norms: Norms::new(&table, &weights),
            pool: Pool::default(),
            shelf: Shelf::new(table.articles()),
            analyzer,
            postings,
            topics: topics.to_vec(),
            regions: regions.clone(),
            weights,
            semantic: None,
            table,
        })
    }

    /// The same index with the semantic stage. The vectors must be of this index and this encoder.
    pub fn with_semantic(mut self, encoder: Encoder, vectors: Vectors, mode: Mode) -> Retriever {
        self.semantic = Some(Semantic::new(encoder, vectors, mode, self.table.articles()));
        self
    }

    /// The same index under other weights.
    pub fn with_weights(mut self, weights: Weights) -> Retriever {
        self.norms = Norms::new(&self.table, &weights);
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
        u64::from(self.table.passages)
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
        ranked.candidates.iter().skip(query.offset).map(|c| self.shelf.get(self, c.article).card.id.clone()).collect()
    }
}
