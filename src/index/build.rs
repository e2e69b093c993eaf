//! Writes documents into an index: one entry a passage, the passages of an article next to one another.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use aho_corasick::AhoCorasick;
use jiff::civil::Date;
use rayon::prelude::*;
use tantivy::indexer::NoMergePolicy;
use tantivy::{Index, IndexSettings, IndexWriter, TantivyDocument};

use super::record::Keys;
use super::schema::{Fields, PARTS, register};
use super::table::{self, KINDS, Row, Table};
use super::{Analyzer, IndexDocument, IndexError, frozen, passages, record};
use crate::text::Folded;
use crate::text::segment::is_han;

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

/// Articles between two reports of progress.
const REPORTED: u64 = 512;
/// Memory of the posting lists that are being written, by all threads together.
const ARENA: usize = 1_600_000_000;
/// So many articles are worth a thread of their own, and posting lists of their own: few have few.
const WORTH_A_THREAD: usize = 20_000;
/// Bytes of stored text that are compressed together: a hit unpacks one such block.
const BLOCK: usize = 4_096;
/// Bodies shorter than this are never taken for copies of one another.
const SHORTEST_TWIN: usize = 40;

/// Builds the index in a folder that exists and is empty.
///
/// Each thread takes a stretch of neighbouring articles and writes posting lists of its own, in a folder named by its
/// number: nothing is merged afterwards, and a passage's number is its place in the order of the documents.
pub fn build(dir: &Path, mut documents: Vec<IndexDocument>, plan: &Plan<'_>) -> Result<Counts, IndexError> {
    let places = AhoCorasick::new(plan.place_names.iter().filter(|n| n.chars().count() >= 2)).ok();
    let maker = Maker { fields: Fields::new(), plan, places: places.filter(|p| p.patterns_len() > 0) };
    let threads = (documents.len() / WORTH_A_THREAD).clamp(1, rayon::current_num_threads().clamp(1, 8));
    let stretch = documents.len().div_ceil(threads).max(1);
    let done = AtomicU64::new(0);
    let stretches: Vec<Vec<IndexDocument>> =
        (0..threads).map(|_| documents.drain(..stretch.min(documents.len())).collect()).collect();
    let built: Vec<(table::Writer, Counts)> = stretches
        .into_par_iter()
        .enumerate()
        .map(|(number, documents)| maker.stretch(dir, number, documents, &done))
        .collect::<Result<_, _>>()?;
    let mut counts = Counts::default();
    let mut tables = vec![];
    for (table, own) in built {
        counts.articles += own.articles;
        counts.passages += own.passages;
        tables.push(table);
    }
    table::finish(dir, tables).map_err(IndexError::io(dir))?;
    (plan.progress)(counts.articles);
    Ok(counts)
}

/// Whether every file of an index has the bytes that were written.
pub fn is_intact(dir: &Path) -> Result<bool, IndexError> {
    let wrong = || IndexError::tantivy(dir);
    for part in frozen::parts(dir) {
        let index = frozen::open(&part).map_err(wrong())?;
        if !index.validate_checksum().map_err(wrong())?.is_empty() {
            return Ok(false);
        }
    }
    let table = Table::open(dir).map_err(wrong())?;
    Ok(table.is_some_and(|table| table.is_intact()))
}

/// A date as a number that sorts: 2025-01-31 → 20250131.
pub fn date_number(date: Date) -> u32 {
    u32::from(date.year().unsigned_abs()) * 10_000
        + u32::from(date.month().unsigned_abs()) * 100
        + u32::from(date.day().unsigned_abs())
}

/// A first sentence is a heading up to this many characters.
const LONGEST_LEAD: usize = 80;

struct Maker<'a> {
    fields: Fields,
    plan: &'a Plan<'a>,
    places: Option<AhoCorasick>,
}

/// An article ready to be written.
struct Prepared {
    row: Row,
    records: Vec<u8>,
    tokens: [[u32; PARTS.len()]; KINDS],
    /// One a passage.
    entries: Vec<TantivyDocument>,
}

impl Maker<'_> {
    /// Indexes neighbouring articles; what belongs into the one table of all is given back.
    fn stretch(
        &self,
        dir: &Path,
        number: usize,
        documents: Vec<IndexDocument>,
        done: &AtomicU64,
    ) -> Result<(table::Writer, Counts), IndexError> {
        let folder = frozen::part(dir, number);
        fs::create_dir(&folder).map_err(IndexError::io(&folder))?;
        let wrong = || IndexError::tantivy(&folder);
        let settings = IndexSettings { docstore_blocksize: BLOCK, ..IndexSettings::default() };
        let index = Index::builder().schema(self.fields.schema.clone()).settings(settings);
        let index = index.create_in_dir(&folder).map_err(wrong())?;
        register(&index);
        let arena = ARENA / rayon::current_num_threads().clamp(1, 8);
        let mut writer: IndexWriter = index.writer_with_num_threads(1, arena).map_err(wrong())?;
        // A generation never changes, so its segments need no policy: they are as few as the memory allows.
        writer.set_merge_policy(Box::new(NoMergePolicy));
        let mut table = table::Writer::create(folder.join("records")).map_err(IndexError::io(&folder))?;
        let mut keys = Keys::default();
        let mut counts = Counts::default();
        for document in documents {
            let article = self.prepare(&document, &mut keys);
            let passages = article.entries.len() as u32;
            table.add(article.row, &article.records, passages, &article.tokens).map_err(IndexError::io(&folder))?;
            for mut entry in article.entries {
                entry.add_u64(self.fields.passage, counts.passages);
                writer.add_document(entry).map_err(wrong())?;
                counts.passages += 1;
            }
            counts.articles += 1;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(REPORTED) {
                (self.plan.progress)(done);
            }
        }
        writer.commit().map_err(wrong())?;
        writer.wait_merging_threads().map_err(wrong())?;
        Ok((table, counts))
    }

    fn prepare(&self, document: &IndexDocument, keys: &mut Keys) -> Prepared {
        let topics = document
            .topics
            .iter()
            .filter_map(|t| self.plan.topics.iter().position(|known| known == t))
            .fold(0u64, |bits, place| bits | 1 << (place % 64));
        let mut records = record::Writer::new(self.plan.analyzer, keys);
        let mut entries = vec![];
        for (i, span) in passages::split(&document.text).into_iter().enumerate() {
            entries.push(self.entry(document, i, span, &mut records));
        }
        let row = Row {
            region: region_number(document.region),
            topics,
            published: document.published.map_or(0, date_number),
            effective_from: document.effective_from.map_or(0, date_number),
            effective_to: document.effective_to.map_or(0, date_number),
            twins: self.twins(&document.title, &document.text),
            authority: document.level as u8 * 2 + u8::from(document.truncated),
            ..Row::default()
        };
        Prepared { row, tokens: records.tokens, records: records.bytes, entries }
    }

    fn entry(
        &self,
        document: &IndexDocument,
        place: usize,
        span: passages::Span,
        records: &mut record::Writer<'_>,
    ) -> TantivyDocument {
        let f = &self.fields;
        let text = &document.text[span.range];
        let body = Folded::new(text);
        let mut entry = TantivyDocument::new();
        let keys = if place == 0 {
            entry.add_text(f.card, serde_json::to_string(&document.source).unwrap_or_default());
            // Where no heading says what a text is about, its first sentence does.
            let lead = body.length_of(lead(text).chars().count());
            records.add(&document.title, &document.questions, &span.heading, &body, lead)
        } else {
            records.add("", &[], &span.heading, &body, 0)
        };
        entry.add_text(f.terms, keys);
        if !span.heading.is_empty() {
            entry.add_text(f.heading, span.heading);
        }
        entry.add_text(f.text, text);
        entry
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

/// The first sentence of a text, as far as it is short.
fn lead(text: &str) -> &str {
    let longest = text.char_indices().nth(LONGEST_LEAD).map_or(text.len(), |(at, _)| at);
    let text = &text[..longest];
    &text[..text.find(['。', '！', '？', '!', '?', '\n']).unwrap_or(text.len())]
}

/// A region's code as a number.
fn region_number(region: crate::region::RegionCode) -> u32 {
    region.to_string().parse().unwrap_or(0)
}
