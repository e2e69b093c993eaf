//! Posting lists: which passages hold a term. Passages are numbered through all segments, in the order of building.

use std::sync::Arc;

use tantivy::postings::TermInfo;
use tantivy::schema::{Field, IndexRecordOption, Value};
use tantivy::{DocAddress, InvertedIndexReader, Searcher, TantivyDocument, Term};

use super::backend::Stored;
use crate::index::schema::Fields;

/// The posting lists of an index.
pub(super) struct Postings {
    fields: Fields,
    segments: Vec<Segment>,
}

struct Segment {
    /// Number of its first passage.
    base: u32,
    searcher: Searcher,
    /// Its place among the searcher's segments.
    place: u32,
    inverted: Arc<InvertedIndexReader>,
}

/// Where the posting list of a term stands.
#[derive(Default)]
pub(super) struct List {
    /// Passages that hold the term.
    pub holders: u64,
    /// Segment and place in it.
    parts: Vec<(usize, TermInfo)>,
}

impl Postings {
    /// Takes the searchers of an index's parts, in order.
    pub fn open(searchers: Vec<Searcher>, fields: Fields) -> tantivy::Result<Postings> {
        let mut segments: Vec<Segment> = vec![];
        let mut passages = 0;
        for searcher in searchers {
            let mut own = vec![];
            for (place, segment) in searcher.segment_readers().iter().enumerate() {
                let numbers = segment.fast_fields().u64(fields.schema.get_field_name(fields.passage))?;
                let base = passages + numbers.first(0).unwrap_or(0) as u32;
                let inverted = segment.inverted_index(fields.terms)?;
                own.push(Segment { base, searcher: searcher.clone(), place: place as u32, inverted });
            }
            own.sort_by_key(|segment| segment.base);
            segments.extend(own);
            passages += searcher.num_docs() as u32;
        }
        Ok(Postings { fields, segments })
    }

    /// Looks a key up. What cannot be read is as if it were not there.
    pub fn find(&self, key: &str) -> List {
        let term = Term::from_field_text(self.fields.terms, key);
        let mut list = List::default();
        for (i, segment) in self.segments.iter().enumerate() {
            if let Ok(Some(info)) = segment.inverted.get_term_info(&term) {
                list.holders += u64::from(info.doc_freq);
                list.parts.push((i, info));
            }
        }
        list
    }

    /// Gives every passage of a list, in order.
    pub fn visit(&self, list: &List, mut take: impl FnMut(u32)) {
        for (i, info) in &list.parts {
            let segment = &self.segments[*i];
            let opened = segment.inverted.read_block_postings_from_terminfo(info, IndexRecordOption::Basic);
            let Ok(mut block) = opened else { continue };
            while block.block_len() > 0 {
                for doc in block.docs() {
                    take(segment.base + doc);
                }
                block.advance();
            }
        }
    }

    /// What is stored with a passage; what cannot be read is as if nothing were.
    pub fn stored(&self, passage: u32) -> Stored {
        let at = self.segments.partition_point(|segment| segment.base <= passage);
        let segment = at.checked_sub(1).map(|at| &self.segments[at]);
        let read = |s: &Segment| s.searcher.doc(DocAddress::new(s.place, passage - s.base)).ok();
        let document: TantivyDocument = segment.and_then(read).unwrap_or_default();
        let string = |field: Field| document.get_first(field).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        let Fields { card, heading, text, .. } = self.fields;
        Stored { card: string(card), heading: string(heading), text: string(text) }
    }
}
