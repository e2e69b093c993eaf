//! The one boundary between ranking and the engine that holds the passages.
//!
//! Ranking asks an engine three things: how many passages hold a key, which articles may come first for weighted keys
//! under filters, and what is kept of these. Everything before (text, understanding) and after (exact evidence, fusion,
//! marks, answers) is the same code whichever engine it is; another engine is another implementation of [`Backend`].

use std::fmt;
use std::ops::Deref;

use super::Weights;
use super::rank::Filter;
use crate::index::table::{Profile, Row, Totals};

/// An engine with one immutable index.
pub trait Backend: Send + Sync {
    /// What is known of all articles together.
    fn totals(&self) -> &Totals;

    /// Begins to look keys up, for one question.
    fn look_up(&self) -> Box<dyn Lookup<'_> + '_>;

    /// The articles as far as they can be read without a search; none of an engine that is elsewhere.
    fn articles(&self) -> &dyn Articles;

    /// Whether it answers at present. Does not wait long.
    ///
    /// # Errors
    /// Why it does not.
    fn check(&self) -> Result<(), Unavailable>;
}

/// The keys of one question.
pub trait Lookup<'b> {
    /// Looks one key up and remembers it under the next number, from 0.
    fn add(&mut self, key: &str);

    /// How many passages hold the key with this number.
    fn holders(&self, key: usize) -> u64;

    /// The articles that may come first.
    ///
    /// # Errors
    /// The engine cannot be asked, or did not answer in time.
    fn find(self: Box<Self>, leads: Vec<Lead>, wanted: &Wanted<'_>) -> Result<Found<'b>, Unavailable>;
}

/// A key that speaks for articles.
#[derive(Clone, Copy, Debug)]
pub struct Lead {
    /// Its number in the [`Lookup`].
    pub key: usize,
    /// What its terms are worth together.
    pub worth: f32,
    /// Whether it is of a word: pairs that are no words are rare, but say little.
    pub is_word: bool,
}

/// What a search wants of the candidates.
pub struct Wanted<'w> {
    pub filter: &'w Filter<'w>,
    pub weights: &'w Weights,
    /// What one occurrence in a body of each length gives; see [`crate::index::table::Table::body`].
    pub damping: &'w [f32],
    /// What an article must hold, in worth.
    pub least: f32,
    /// Articles asked for.
    pub count: usize,
    /// Whether what is found is counted by its kinds as well.
    pub counted: bool,
}

/// What was found.
pub struct Found<'b> {
    /// Best first, as many as are scored or counted.
    pub articles: Vec<u32>,
    /// So many of them are worth scoring.
    pub scored: usize,
    /// Articles found in all, as far as the engine looked.
    pub total: usize,
    pub read: Reader<'b>,
    /// Whether a passage of an article may hold a term of the question, by its place. One that does not need not be read.
    pub touched: Box<dyn Fn(u32, usize) -> bool + 'b>,
}

/// To read articles that were found.
pub enum Reader<'b> {
    /// Of all that the engine keeps.
    Kept(&'b dyn Articles),
    /// Of those that came with what was found.
    Fetched(Box<dyn Articles + 'b>),
}

impl<'b> Deref for Reader<'b> {
    type Target = dyn Articles + 'b;

    fn deref(&self) -> &Self::Target {
        match self {
            Reader::Kept(articles) => *articles,
            Reader::Fetched(articles) => &**articles,
        }
    }
}

/// What an engine keeps of articles. Articles are numbered in the order of building.
pub trait Articles {
    /// Filters, lengths and standing.
    fn row(&self, article: u32) -> Row;

    /// Its filters and standing alone.
    fn profile(&self, article: u32) -> Profile {
        self.row(article).profile
    }

    /// How many passages it has.
    fn passages(&self, article: u32) -> usize;

    /// The records of its passages one after the other; more may follow. See [`crate::index::record`].
    fn records(&self, article: u32) -> &[u8];

    /// Says which articles are read next, so that they can be brought near all at once.
    fn expect(&self, _articles: &[u32]) {}

    /// What is shown of a passage; what cannot be read is as if nothing were kept.
    fn stored(&self, article: u32, place: usize) -> Stored;
}

/// What is kept of a passage to be shown.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// JSON of the article's card, with its first passage only.
    pub card: String,
    pub heading: String,
    pub text: String,
}

/// Why an engine cannot be asked, in Chinese, for whoever runs the service: without addresses and secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable(pub String);

impl std::error::Error for Unavailable {}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
