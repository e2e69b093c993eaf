//! Evidence: BM25F over the postings of a question's terms, for whole articles and for single passages.
//!
//! For each term, occurrences in title, questions, headings and body are weighted and set against the part's length,
//! added, saturated once and multiplied by the term's rarity; words and grams add up. An article's parts are summed over
//! its passages, so that a question whose words are spread over several passages still finds it whole.

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::{DocSet, TERMINATED};

use super::shard::{KINDS, Shard, Totals};
use super::terms::Term;
use super::{Retriever, Weights};
use crate::index::schema::HEADINGS;

/// Tantivy's one-byte scale of lengths.
const LENGTHS: usize = 256;

/// A term with its postings.
pub(super) struct Weighed<'t> {
    pub term: &'t Term,
    /// How few passages hold it.
    pub rarity: f32,
    /// Weight times rarity.
    pub value: f32,
    /// What it counts as a reason to find an article; 0 for a term that is none.
    pub worth: f32,
    /// By shard: part and postings.
    pub postings: Vec<Vec<(usize, SegmentPostings)>>,
}

/// What each length costs, by kind and part: occurrences are multiplied by it.
pub(super) struct Norms {
    pub article: Box<[[[f32; LENGTHS]; 4]; KINDS]>,
    pub passage: Box<[[[f32; LENGTHS]; 4]; KINDS]>,
}

impl Norms {
    pub fn new(totals: &Totals, weights: &Weights) -> Norms {
        let table = |kind: usize, part: usize, count: u64| {
            let average = (totals.tokens[kind][part] as f32 / count.max(1) as f32).max(1.0);
            let b = weights.lengths[part];
            std::array::from_fn(|id| {
                let length = FieldNormReader::id_to_fieldnorm(id as u8) as f32;
                weights.parts[part] / (1.0 - b + b * length / average)
            })
        };
        let tables =
            |count: u64| Box::new(std::array::from_fn(|kind| std::array::from_fn(|part| table(kind, part, count))));
        Norms { article: tables(totals.articles), passage: tables(totals.passages) }
    }
}

/// Evidence gathered in one shard.
pub(super) struct Evidence {
    /// By article.
    pub article: Vec<f32>,
    /// By passage.
    pub passage: Vec<f32>,
    /// By article: worth of the decisive terms found.
    pub covered: Vec<f32>,
}

impl Evidence {
    /// That of no word at all.
    pub fn none(shard: &Shard) -> Evidence {
        Evidence {
            article: vec![0.0; shard.articles()],
            passage: vec![0.0; shard.passages as usize],
            covered: vec![0.0; shard.articles()],
        }
    }
}

/// Looks every term up; a term that no article holds keeps its rarity, because the question asked for it.
pub(super) fn weigh<'t>(retriever: &Retriever, terms: &'t [Term]) -> Vec<Weighed<'t>> {
    let all = retriever.totals.passages as f32;
    terms
        .iter()
        .map(|term| {
            let kind = term.kind as usize;
            let postings: Vec<_> = retriever.shards.iter().map(|s| s.postings(kind, &term.text)).collect();
            let mut holders = [0u64; 4];
            for (part, found) in postings.iter().flatten() {
                holders[*part] += u64::from(found.doc_freq());
            }
            let holders = holders.into_iter().max().unwrap_or(0) as f32;
            let rarity = (1.0 + (all - holders + 0.5).max(0.0) / (holders + 0.5)).ln();
            let value = term.weight * rarity.powf(retriever.weights.rarity[kind]);
            Weighed { term, rarity, value, worth: 0.0, postings }
        })
        .collect()
}

/// One pass over the postings of every term in one shard.
pub(super) fn gather(
    shard: &Shard,
    place: usize,
    terms: &mut [Weighed<'_>],
    norms: &Norms,
    weights: &Weights,
) -> Evidence {
    let mut evidence = Evidence::none(shard);
    for weighed in terms {
        let kind = weighed.term.kind as usize;
        let saturation = weights.saturation[kind];
        let cursors = &mut weighed.postings[place];
        let mut doc = next(cursors);
        while doc != TERMINATED {
            let article = shard.owner[doc as usize] as usize;
            let end = shard.starts[article + 1];
            let mut in_article = 0.0f32;
            while doc < end {
                let mut in_passage = 0.0f32;
                for (part, cursor) in cursors.iter_mut().filter(|(_, c)| c.doc() == doc) {
                    let times = cursor.term_freq() as f32;
                    let length = shard.article_norms[kind][*part][article];
                    in_article += times * norms.article[kind][*part][length as usize];
                    if *part >= HEADINGS {
                        let length = shard.passage_norms[kind][*part].fieldnorm_id(doc);
                        in_passage += times * norms.passage[kind][*part][length as usize];
                    }
                    cursor.advance();
                }
                evidence.passage[doc as usize] += weighed.value * in_passage / (saturation + in_passage);
                doc = next(cursors);
            }
            evidence.article[article] += weighed.value * in_article / (saturation + in_article);
            evidence.covered[article] += weighed.worth;
        }
    }
    evidence
}

/// The next passage that any part's postings stand on.
fn next(cursors: &[(usize, SegmentPostings)]) -> u32 {
    cursors.iter().map(|(_, cursor)| cursor.doc()).min().unwrap_or(TERMINATED)
}
