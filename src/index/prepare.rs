//! An article made ready for an index, whichever engine keeps it: its row, its records, and what its passages are found
//! by and shown with.

use std::hash::{DefaultHasher, Hasher};

use aho_corasick::AhoCorasick;
use jiff::civil::Date;

use super::build::Plan;
use super::record::Keys;
use super::table::{Lengths, Profile, Row};
use super::{IndexDocument, passages, record};
use crate::text::Folded;
use crate::text::segment::is_han;

/// Bodies shorter than this are never taken for copies of one another.
const SHORTEST_TWIN: usize = 40;
/// A first sentence is a heading up to this many characters.
const LONGEST_LEAD: usize = 80;

/// Makes articles ready; shared by the threads of a build.
pub struct Preparer<'p> {
    plan: &'p Plan<'p>,
    places: Option<AhoCorasick>,
}

/// An article ready to be written.
pub struct Prepared {
    /// Without the places that depend on what was written before.
    pub row: Row,
    /// One after the other; see [`record`].
    pub records: Vec<u8>,
    pub tokens: Lengths,
    /// JSON of the article's card.
    pub card: String,
    pub passages: Vec<Passage>,
}

/// A passage ready to be written.
pub struct Passage {
    /// What it is found by, one key a line; see [`record::key`].
    pub keys: String,
    pub heading: String,
    /// Byte for byte.
    pub text: String,
}

impl<'p> Preparer<'p> {
    pub fn new(plan: &'p Plan<'p>) -> Preparer<'p> {
        let places = AhoCorasick::new(plan.place_names.iter().filter(|n| n.chars().count() >= 2)).ok();
        Preparer { plan, places: places.filter(|p| p.patterns_len() > 0) }
    }

    /// Cuts, analyses and hashes one article. `keys` is one thread's, and empty before and after.
    pub fn prepare(&self, document: &IndexDocument, keys: &mut Keys) -> Prepared {
        let topics = document
            .topics
            .iter()
            .filter_map(|t| self.plan.topics.iter().position(|known| known == t))
            .fold(0u64, |bits, place| bits | 1 << (place % 64));
        let mut records = record::Writer::new(self.plan.analyzer, keys);
        let mut ready = vec![];
        for (place, span) in passages::split(&document.text).into_iter().enumerate() {
            let text = &document.text[span.range];
            let body = Folded::new(text);
            let keys = if place == 0 {
                // Where no heading says what a text is about, its first sentence does.
                let lead = body.length_of(lead(text).chars().count());
                records.add(&document.title, &document.questions, &span.heading, &body, lead)
            } else {
                records.add("", &[], &span.heading, &body, 0)
            };
            ready.push(Passage { keys, heading: span.heading, text: text.to_owned() });
        }
        let profile = Profile {
            region: document.region,
            topics,
            published: document.published.map_or(0, date_number),
            effective_from: document.effective_from.map_or(0, date_number),
            effective_to: document.effective_to.map_or(0, date_number),
            authority: document.level as u8 * 2 + u8::from(document.truncated),
        };
        let row = Row { profile, twins: self.twins(&document.title, &document.text), ..Row::default() };
        Prepared {
            row: row.with_lengths(&records.tokens),
            tokens: records.tokens,
            records: records.bytes,
            card: serde_json::to_string(&document.source).unwrap_or_default(),
            passages: ready,
        }
    }

    /// A number that articles with the same title and body share, place names, marks and white space aside.
    fn twins(&self, title: &str, text: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.bare(title, &mut hasher);
        hasher.write_u8(0);
        if self.bare(text, &mut hasher) < SHORTEST_TWIN {
            return 0;
        }
        hasher.finish()
    }

    /// Hashes the letters of a text without the place names; gives how many they are.
    fn bare(&self, text: &str, hasher: &mut DefaultHasher) -> usize {
        let folded = Folded::new(text);
        let mut letters = 0;
        let mut take = |text: &str| {
            for c in text.chars().filter(|c| is_han(*c) || c.is_alphanumeric()) {
                hasher.write_u32(c as u32);
                letters += 1;
            }
        };
        let mut at = 0;
        for name in self.places.iter().flat_map(|places| places.find_iter(folded.text())) {
            take(&folded.text()[at..name.start()]);
            at = name.end();
        }
        take(&folded.text()[at..]);
        letters
    }
}

/// A date as a number that sorts: 2025-01-31 → 20250131.
pub fn date_number(date: Date) -> u32 {
    u32::from(date.year().unsigned_abs()) * 10_000
        + u32::from(date.month().unsigned_abs()) * 100
        + u32::from(date.day().unsigned_abs())
}

/// The first sentence of a text, as far as it is short.
fn lead(text: &str) -> &str {
    let longest = text.char_indices().nth(LONGEST_LEAD).map_or(text.len(), |(at, _)| at);
    let text = &text[..longest];
    &text[..text.find(['。', '！', '？', '!', '?', '\n']).unwrap_or(text.len())]
}
