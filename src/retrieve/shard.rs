//! One segment of the index as the ranking reads it: postings by part, lengths of articles and of passages, filters.

use std::collections::HashSet;
use std::sync::Arc;

use tantivy::columnar::Column;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::SegmentPostings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, InvertedIndexReader, SegmentReader};

use crate::index::schema::{Fields, PARTS};

/// Number of kinds of terms: words and grams.
pub const KINDS: usize = 2;

/// One segment.
pub struct Shard {
    pub passages: u32,
    /// First passage of each article, and the end.
    pub starts: Vec<u32>,
    /// The article of each passage, counted within the segment.
    pub owner: Vec<u32>,
    /// By kind and part.
    inverted: [[Arc<InvertedIndexReader>; 4]; KINDS],
    fields: [[tantivy::schema::Field; 4]; KINDS],
    /// Lengths of passages, by kind and part.
    pub passage_norms: [[FieldNormReader; 4]; KINDS],
    /// Lengths of whole articles in tantivy's one-byte scale, by kind and part.
    pub article_norms: [[Vec<u8>; 4]; KINDS],
    pub article: Column<u64>,
    pub region: Column<u64>,
    pub topics: Column<u64>,
    pub published: Column<u64>,
    pub effective_from: Column<u64>,
    pub effective_to: Column<u64>,
    pub authority: Column<u64>,
    pub twins: Column<u64>,
}

impl Shard {
    /// Maps a segment and adds up the lengths of its articles.
    pub fn open(segment: &SegmentReader, fields: &Fields) -> tantivy::Result<Shard> {
        let by_kind = [fields.words, fields.grams];
        let column = |field| segment.fast_fields().u64(fields.schema.get_field_name(field));
        let inverted = |kind: usize, part: usize| segment.inverted_index(by_kind[kind][part]);
        let norms = |kind: usize, part: usize| segment.get_fieldnorms_reader(by_kind[kind][part]);
        let article = column(fields.article)?;
        let passages = segment.max_doc();
        let mut starts: Vec<u32> = vec![];
        let mut owner = Vec::with_capacity(passages as usize);
        let mut last = None;
        for doc in 0..passages {
            let number = article.first(doc);
            if number != last || starts.is_empty() {
                starts.push(doc);
                last = number;
            }
            owner.push(starts.len() as u32 - 1);
        }
        starts.push(passages);
        let passage_norms = [
            [norms(0, 0)?, norms(0, 1)?, norms(0, 2)?, norms(0, 3)?],
            [norms(1, 0)?, norms(1, 1)?, norms(1, 2)?, norms(1, 3)?],
        ];
        let article_norms = passage_norms.each_ref().map(|kind| kind.each_ref().map(|norms| whole(norms, &starts)));
        Ok(Shard {
            passages,
            inverted: [
                [inverted(0, 0)?, inverted(0, 1)?, inverted(0, 2)?, inverted(0, 3)?],
                [inverted(1, 0)?, inverted(1, 1)?, inverted(1, 2)?, inverted(1, 3)?],
            ],
            fields: by_kind,
            passage_norms,
            article_norms,
            starts,
            owner,
            region: column(fields.region)?,
            topics: column(fields.topics)?,
            published: column(fields.published)?,
            effective_from: column(fields.effective_from)?,
            effective_to: column(fields.effective_to)?,
            authority: column(fields.authority)?,
            twins: column(fields.twins)?,
            article,
        })
    }

    /// Number of articles.
    pub fn articles(&self) -> usize {
        self.starts.len() - 1
    }

    /// The postings of a term in each part that has it. What cannot be read is as if it were not there.
    pub fn postings(&self, kind: usize, text: &str) -> Vec<(usize, SegmentPostings)> {
        (0..PARTS.len())
            .filter_map(|part| {
                let term = tantivy::Term::from_field_text(self.fields[kind][part], text);
                let found = self.inverted[kind][part].read_postings(&term, IndexRecordOption::WithFreqs);
                Some((part, found.ok()??))
            })
            .collect()
    }

    /// A figure of an article, kept with its first passage; 0 if it has none.
    pub fn figure(&self, column: &Column<u64>, article: u32) -> u64 {
        column.first(self.starts[article as usize]).unwrap_or(0)
    }
}

/// Numbers of bodies that more than one article has.
pub fn twins(shards: &[Shard]) -> HashSet<u64> {
    let bodies = shards.iter().flat_map(|s| (0..s.articles() as u32).map(|article| s.figure(&s.twins, article)));
    let mut bodies: Vec<u64> = bodies.filter(|body| *body != 0).collect();
    bodies.sort_unstable();
    bodies.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect()
}

/// Lengths of articles: the sum over their passages.
fn whole(norms: &FieldNormReader, starts: &[u32]) -> Vec<u8> {
    let sum = |range: std::ops::Range<DocId>| range.map(|doc| norms.fieldnorm(doc)).sum();
    starts
        .windows(2)
        .map(|pair| match pair[1] - pair[0] {
            1 => norms.fieldnorm_id(pair[0]),
            _ => FieldNormReader::fieldnorm_to_id(sum(pair[0]..pair[1])),
        })
        .collect()
}

/// Sums over all segments.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    pub passages: u64,
    pub articles: u64,
    /// Tokens by kind and part.
    pub tokens: [[u64; 4]; KINDS],
}

impl Totals {
    pub fn of(shards: &[Shard]) -> Totals {
        let mut totals = Totals::default();
        for shard in shards {
            totals.passages += u64::from(shard.passages);
            totals.articles += shard.articles() as u64;
            for (kind, parts) in shard.inverted.iter().enumerate() {
                for (part, inverted) in parts.iter().enumerate() {
                    totals.tokens[kind][part] += inverted.total_num_tokens();
                }
            }
        }
        totals
    }
}
