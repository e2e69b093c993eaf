//! Writes documents into a tantivy index: one entry a passage, the passages of an article next to one another.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use aho_corasick::AhoCorasick;
use jiff::civil::Date;
use rayon::prelude::*;
use tantivy::indexer::{NoMergePolicy, UserOperation};
use tantivy::{Index, IndexWriter, TantivyDocument};

use super::schema::{BODY, Fields, HEADINGS, QUESTIONS, TITLE, register};
use super::{Analyzer, IndexDocument, IndexError, frozen, passages};
use crate::text::Folded;

/// What a build wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub articles: u64,
    pub passages: u64,
}

/// How a build is done, apart from what is indexed.
pub struct Plan<'a> {
    pub analyzer: &'a Analyzer,
    /// Topic ids; an article's topics are kept as bits of their places here.
    pub topics: &'a [&'a str],
    /// Names that are left out when bodies are compared: one text under many cities' names is one text.
    pub place_names: &'a [String],
    /// Called with the number of articles written so far.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

/// Articles prepared at a time, in parallel.
const BATCH: usize = 1_024;
/// Memory of one writing thread.
const ARENA: usize = 200_000_000;
/// Few articles are written by one thread, so that small corpora get one segment.
const SINGLE_THREADED: usize = 20_000;
/// Bodies shorter than this are never taken for copies of one another.
const SHORTEST_TWIN: usize = 40;

/// Builds the index in a folder that exists and is empty.
pub fn build(
    dir: &Path,
    documents: impl ExactSizeIterator<Item = IndexDocument>,
    plan: &Plan<'_>,
) -> Result<Counts, IndexError> {
    let fields = Fields::new();
    let wrong = || IndexError::tantivy(dir);
    let index = Index::create_in_dir(dir, fields.schema.clone()).map_err(wrong())?;
    register(&index, plan.analyzer);
    let threads = if documents.len() < SINGLE_THREADED { 1 } else { rayon::current_num_threads().clamp(1, 8) };
    let mut writer: IndexWriter = index.writer_with_num_threads(threads, ARENA * threads).map_err(wrong())?;
    // A generation never changes, so its segments need no policy: they are as few as the memory allows.
    writer.set_merge_policy(Box::new(NoMergePolicy));
    let places = AhoCorasick::new(plan.place_names.iter().filter(|n| n.chars().count() >= 2)).ok();
    let maker = Maker { fields: &fields, plan, places };
    let mut counts = Counts::default();
    let mut documents = documents.enumerate();
    loop {
        let batch: Vec<(usize, IndexDocument)> = documents.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        let prepared: Vec<Vec<TantivyDocument>> = batch.par_iter().map(|(n, d)| maker.entries(*n, d)).collect();
        for entries in prepared {
            counts.articles += 1;
            counts.passages += entries.len() as u64;
            // One batch goes to one segment as a whole: an article's passages stay together.
            writer.run(entries.into_iter().map(UserOperation::Add)).map_err(wrong())?;
        }
        (plan.progress)(counts.articles);
    }
    writer.commit().map_err(wrong())?;
    writer.wait_merging_threads().map_err(wrong())?;
    Ok(counts)
}

/// Whether every file of an index has the bytes that were written.
pub fn is_intact(dir: &Path) -> Result<bool, IndexError> {
    let index = frozen::open(dir).map_err(IndexError::tantivy(dir))?;
    index.validate_checksum().map(|damaged| damaged.is_empty()).map_err(IndexError::tantivy(dir))
}

/// A date as a number that sorts: 2025-01-31 → 20250131.
pub fn date_number(date: Date) -> u64 {
    date.year().unsigned_abs() as u64 * 10_000
        + date.month().unsigned_abs() as u64 * 100
        + date.day().unsigned_abs() as u64
}

/// A first sentence is a heading up to this many characters.
const LONGEST_LEAD: usize = 80;

struct Maker<'a> {
    fields: &'a Fields,
    plan: &'a Plan<'a>,
    places: Option<AhoCorasick>,
}

impl Maker<'_> {
    fn entries(&self, number: usize, document: &IndexDocument) -> Vec<TantivyDocument> {
        let f = self.fields;
        let topics = document
            .topics
            .iter()
            .filter_map(|t| self.plan.topics.iter().position(|known| known == t))
            .fold(0u64, |bits, place| bits | 1 << (place % 64));
        let twins = self.twins(&document.title, &document.text);
        passages::split(&document.text)
            .into_iter()
            .enumerate()
            .map(|(i, span)| {
                let text = &document.text[span.range];
                let mut entry = TantivyDocument::new();
                if i == 0 {
                    self.add(&mut entry, TITLE, &document.title);
                    for question in &document.questions {
                        self.add(&mut entry, QUESTIONS, question);
                    }
                    let card = serde_json::to_string(&document.source).unwrap_or_default();
                    entry.add_text(f.card, card);
                }
                match (i, span.heading.as_str()) {
                    // Where no heading says what a text is about, its first sentence does.
                    (0, "") => self.add(&mut entry, HEADINGS, lead(text)),
                    (_, heading) => self.add(&mut entry, HEADINGS, heading),
                }
                self.add(&mut entry, BODY, text);
                entry.add_u64(f.article, number as u64);
                entry.add_u64(f.region, region_number(document.region));
                entry.add_u64(f.topics, topics);
                entry.add_u64(f.published, document.published.map_or(0, date_number));
                entry.add_u64(f.effective_from, document.effective_from.map_or(0, date_number));
                entry.add_u64(f.effective_to, document.effective_to.map_or(0, date_number));
                entry.add_u64(f.authority, document.level as u64 * 2 + u64::from(document.truncated));
                entry.add_u64(f.twins, twins);
                if !span.heading.is_empty() {
                    entry.add_text(f.heading, span.heading);
                }
                entry.add_text(f.text, text);
                entry
            })
            .collect()
    }

    fn add(&self, entry: &mut TantivyDocument, part: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        let folded = Folded::new(text);
        entry.add_text(self.fields.words[part], folded.text());
        entry.add_text(self.fields.grams[part], folded.text());
    }

    /// A number that articles with the same title and body share, place names, marks and white space aside.
    fn twins(&self, title: &str, text: &str) -> u64 {
        let bare = |text: &str| -> String {
            let folded = Folded::new(text);
            let nameless = match &self.places {
                Some(places) => places.replace_all(folded.text(), &vec![""; places.patterns_len()]),
                None => folded.text().to_owned(),
            };
            nameless.chars().filter(|c| c.is_alphanumeric()).collect()
        };
        let body = bare(text);
        if body.chars().count() < SHORTEST_TWIN {
            return 0;
        }
        let letters = (bare(title), body);
        let mut hasher = DefaultHasher::new();
        letters.hash(&mut hasher);
        hasher.finish() >> 32
    }
}

/// The first sentence of a text, as far as it is short.
fn lead(text: &str) -> &str {
    let longest = text.char_indices().nth(LONGEST_LEAD).map_or(text.len(), |(at, _)| at);
    let text = &text[..longest];
    &text[..text.find(['。', '！', '？', '!', '?', '\n']).unwrap_or(text.len())]
}

/// A region's code as a number.
fn region_number(region: crate::region::RegionCode) -> u64 {
    region.to_string().parse().unwrap_or(0)
}
