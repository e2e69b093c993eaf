//! Writes documents into an index: one entry a passage, the passages of an article next to one another.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use tantivy::indexer::NoMergePolicy;
use tantivy::{Index, IndexSettings, IndexWriter, TantivyDocument};

use super::prepare::{Passage, Preparer};
use super::record::Keys;
use super::schema::{Fields, register};
use super::table::{self, Table, Totals};
use super::{Analyzer, IndexDocument, IndexError, frozen};

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

/// Builds the index in a folder that exists and is empty.
///
/// Each thread takes a stretch of neighbouring articles and writes posting lists of its own, in a folder named by its
/// number: nothing is merged afterwards, and a passage's number is its place in the order of the documents.
pub fn build(dir: &Path, mut documents: Vec<IndexDocument>, plan: &Plan<'_>) -> Result<Counts, IndexError> {
    let writer = Writer { fields: Fields::new(), preparer: Preparer::new(plan), progress: plan.progress };
    let threads = (documents.len() / WORTH_A_THREAD).clamp(1, rayon::current_num_threads().clamp(1, 8));
    let stretch = documents.len().div_ceil(threads).max(1);
    let done = AtomicU64::new(0);
    let stretches: Vec<Vec<IndexDocument>> =
        (0..threads).map(|_| documents.drain(..stretch.min(documents.len())).collect()).collect();
    let tables: Vec<table::Writer> = stretches
        .into_par_iter()
        .enumerate()
        .map(|(number, documents)| writer.stretch(dir, number, documents, &done))
        .collect::<Result<_, _>>()?;
    let Totals { articles, passages, .. } = table::finish(dir, tables).map_err(IndexError::io(dir))?;
    (plan.progress)(articles);
    Ok(Counts { articles, passages })
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

/// Writes for one build.
struct Writer<'p> {
    fields: Fields,
    preparer: Preparer<'p>,
    progress: &'p (dyn Fn(u64) + Sync),
}

impl Writer<'_> {
    /// Indexes neighbouring articles; their share of the one table of all is given back.
    fn stretch(
        &self,
        dir: &Path,
        number: usize,
        documents: Vec<IndexDocument>,
        done: &AtomicU64,
    ) -> Result<table::Writer, IndexError> {
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
        for document in documents {
            let article = self.preparer.prepare(&document, &mut keys);
            let first = table.totals().passages;
            let count = article.passages.len();
            table.add(article.row, &article.records, count, &article.tokens).map_err(IndexError::io(&folder))?;
            let cards = std::iter::once(article.card).chain(std::iter::repeat(String::new()));
            for ((number, passage), card) in (first..).zip(article.passages).zip(cards) {
                writer.add_document(self.entry(number, passage, &card)).map_err(wrong())?;
            }
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(REPORTED) {
                (self.progress)(done);
            }
        }
        writer.commit().map_err(wrong())?;
        writer.wait_merging_threads().map_err(wrong())?;
        Ok(table)
    }

    /// A passage as tantivy takes it. `card` is empty for all but an article's first.
    fn entry(&self, number: u64, passage: Passage, card: &str) -> TantivyDocument {
        let mut entry = TantivyDocument::new();
        entry.add_u64(self.fields.passage, number);
        entry.add_text(self.fields.terms, passage.keys);
        for (field, text) in
            [(self.fields.card, card), (self.fields.heading, &passage.heading), (self.fields.text, &passage.text)]
        {
            if !text.is_empty() {
                entry.add_text(field, text);
            }
        }
        entry
    }
}
