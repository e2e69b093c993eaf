//! Evidence: BM25F over a question's terms, for whole articles and for single passages.
//!
//! For each term, occurrences in title, questions, headings and body are weighted and set against the part's length,
//! added, saturated once and multiplied by the term's rarity; words and grams add up. An article's parts are summed over
//! its passages, so that a question whose words are spread over several passages still finds it whole. Occurrences are
//! counted in the passages' records.

use std::collections::HashMap;
use std::ops::Range;

use tantivy::fieldnorm::FieldNormReader;

use super::backend::{Articles, Lookup};
use super::terms::{Kind, Term};
use super::{Retriever, Weights};
use crate::index::record::{self, Record, START};
use crate::index::schema::{BODY, HEADINGS, PARTS};
use crate::index::table::{KINDS, Row, Totals};
use crate::text::segment::{SUB_WORDS, is_han};

/// Tantivy's one-byte scale of lengths.
const LENGTHS: usize = 256;
/// Words of 64 bits, one bit for each character that a record can hold.
const WORDS: usize = START as usize / 64;

/// A term with what it counts.
pub(super) struct Weighed<'t> {
    pub term: &'t Term,
    /// How few passages hold it.
    pub rarity: f32,
    /// Weight times rarity.
    pub value: f32,
    /// What it counts as a reason to find an article; 0 for a term that is none.
    pub worth: f32,
    /// Its key's number in the look-up.
    pub key: usize,
}

/// What each length costs, by kind and part: occurrences are multiplied by it.
pub(super) struct Norms {
    article: Box<[[[f32; LENGTHS]; PARTS.len()]; KINDS]>,
    passage: Box<[[[f32; LENGTHS]; PARTS.len()]; KINDS]>,
    /// What one occurrence in the body of an article gives, by the body's length in words.
    pub damping: Box<[f32; LENGTHS]>,
}

impl Norms {
    pub fn new(totals: &Totals, weights: &Weights) -> Norms {
        let norms = |kind: usize, part: usize, count: usize| {
            let average = (totals.tokens[kind][part] as f32 / count.max(1) as f32).max(1.0);
            let b = weights.lengths[part];
            std::array::from_fn(|id| {
                let length = FieldNormReader::id_to_fieldnorm(id as u8) as f32;
                weights.parts[part] / (1.0 - b + b * length / average)
            })
        };
        let tables =
            |count: usize| Box::new(std::array::from_fn(|kind| std::array::from_fn(|part| norms(kind, part, count))));
        let article: Box<[[[f32; LENGTHS]; 4]; KINDS]> = tables(totals.articles as usize);
        let damping = Box::new(article[0][BODY].map(|once| once / (weights.saturation[0] + once)));
        Norms { article, passage: tables(totals.passages as usize), damping }
    }
}

/// Looks every term up; a term that no article holds keeps its rarity, because the question asked for it. The keys are
/// numbered by [`Weighed::key`].
pub(super) fn weigh<'r, 't>(
    retriever: &'r Retriever,
    terms: &'t [Term],
) -> (Vec<Weighed<'t>>, Box<dyn Lookup<'r> + 'r>) {
    let all = retriever.totals().passages as f32;
    let mut numbers = HashMap::new();
    let mut lookup = retriever.backend.look_up();
    let mut weighed = Vec::with_capacity(terms.len());
    for term in terms {
        let next = numbers.len();
        let key = *numbers.entry(record::key(term.kind, &term.text)).or_insert_with_key(|key| {
            lookup.add(key);
            next
        });
        let holders = lookup.holders(key) as f32;
        let rarity = (1.0 + (all - holders + 0.5).max(0.0) / (holders + 0.5)).ln();
        let value = term.weight * rarity.powf(retriever.weights.rarity[term.kind as usize]);
        weighed.push(Weighed { term, rarity, value, worth: 0.0, key });
    }
    (weighed, lookup)
}

/// A question's terms of Chinese characters, by the first. A text is looked through for them a character at a time, and
/// of most characters one bit tells that no term begins with it.
struct Patterns {
    /// By code: whether a term begins with it.
    begins: Box<[u64; WORDS]>,
    /// Characters that terms begin with, before those of each word of `begins`.
    before: Box<[u16; WORDS]>,
    /// By such character, in the order of codes: where its patterns begin; at the end, where all end.
    places: Vec<usize>,
    all: Vec<Pattern>,
    /// The characters of all patterns.
    rests: Vec<u16>,
}

/// A term of which the first character is known.
struct Pattern {
    term: usize,
    /// A word is found where words start and end, or inside one word; a gram anywhere.
    is_word: bool,
    /// The characters after the first, among all.
    rest: Range<usize>,
}

impl Patterns {
    /// Of terms, by their codes.
    fn new(mut terms: Vec<(Vec<u16>, usize, bool)>) -> Patterns {
        terms.sort_by_key(|(codes, ..)| codes[0]);
        let (mut begins, mut before) = (Box::new([0; WORDS]), Box::new([0; WORDS]));
        let (mut places, mut all, mut rests) = (vec![], vec![], vec![]);
        for (codes, term, is_word) in terms {
            let word = &mut begins[codes[0] as usize / 64];
            let bit = 1u64 << (codes[0] % 64);
            if *word & bit == 0 {
                *word |= bit;
                places.push(all.len());
            }
            let from = rests.len();
            rests.extend(&codes[1..]);
            all.push(Pattern { term, is_word, rest: from..rests.len() });
        }
        places.push(all.len());
        let mut sum = 0;
        for (before, begins) in before.iter_mut().zip(begins.iter()) {
            *before = sum;
            sum += begins.count_ones() as u16;
        }
        Patterns { begins, before, places, all, rests }
    }

    /// Those that begin with this character.
    fn beginning(&self, code: u16) -> &[Pattern] {
        let code = (code & !START) as usize;
        let (word, bit) = (self.begins[code / 64], 1u64 << (code % 64));
        if word & bit == 0 {
            return &[];
        }
        let place = self.before[code / 64] as usize + (word & (bit - 1)).count_ones() as usize;
        &self.all[self.places[place]..self.places[place + 1]]
    }
}

/// Counts a question's terms in records and adds up what they are evidence of.
pub(super) struct Scorer<'r, 't> {
    pub retriever: &'r Retriever,
    articles: &'r dyn Articles,
    pub terms: &'r [Weighed<'t>],
    /// Whether some term is a reason to find an article.
    has_worth: bool,
    patterns: Patterns,
    /// Terms that are not of Chinese characters alone, sorted by hash.
    hashes: Vec<(u32, usize)>,
    /// Occurrences in the passage at hand, by term and part.
    times: Vec<[u16; PARTS.len()]>,
    /// Terms with an occurrence in it.
    met: Vec<usize>,
    /// Weighted occurrences in the article at hand, by term.
    sums: Vec<f32>,
    /// Terms with a sum.
    summed: Vec<usize>,
}

/// The evidence of one article.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evidence {
    pub article: f32,
    /// That of its best passage.
    pub best: f32,
    /// What it holds of the worth of the terms.
    pub held: f32,
}

impl<'r, 't> Scorer<'r, 't> {
    pub fn new(retriever: &'r Retriever, articles: &'r dyn Articles, terms: &'r [Weighed<'t>]) -> Scorer<'r, 't> {
        let (mut patterns, mut hashes) = (vec![], vec![]);
        for (i, weighed) in terms.iter().enumerate() {
            let Term { text, kind, .. } = weighed.term;
            if !text.is_empty() && text.chars().all(is_han) {
                patterns.push((text.chars().map(record::code).collect(), i, *kind == Kind::Words));
            } else {
                hashes.push((record::hash(*kind, text), i));
            }
        }
        hashes.sort_unstable();
        let count = terms.len();
        Scorer {
            retriever,
            articles,
            terms,
            has_worth: terms.iter().any(|term| term.worth > 0.0),
            patterns: Patterns::new(patterns),
            hashes,
            times: vec![[0; PARTS.len()]; count],
            met: Vec::with_capacity(count),
            sums: vec![0.0; count],
            summed: Vec::with_capacity(count),
        }
    }

    /// Adds up the evidence of an article. `reads` says by their place which of its passages are read, besides the first;
    /// the evidence of each is appended to `passages`.
    pub fn score(
        &mut self,
        article: u32,
        row: &Row,
        reads: impl Fn(usize) -> bool,
        passages: &mut Vec<f32>,
    ) -> Evidence {
        let Scorer { retriever, articles, .. } = *self;
        let mut evidence = Evidence::default();
        for (place, record) in record::all(articles.records(article)).take(articles.passages(article)).enumerate() {
            let mut value = 0.0;
            if place == 0 || reads(place) {
                self.count(&record);
                if place == 0 || self.is_worthwhile() {
                    value = self.settle(row, &record);
                } else {
                    self.forget();
                }
            }
            evidence.best = evidence.best.max(value);
            passages.push(value);
        }
        for term in self.summed.drain(..) {
            let sum = std::mem::take(&mut self.sums[term]);
            let Weighed { term, value, worth, .. } = &self.terms[term];
            evidence.held += worth;
            evidence.article += value * sum / (retriever.weights.saturation[term.kind as usize] + sum);
        }
        evidence
    }

    /// Gives each term's occurrences in an article, by part, with what one occurrence weighs there.
    pub fn explain(&mut self, article: u32) -> Vec<[(u32, f32); PARTS.len()]> {
        let Scorer { retriever, articles, .. } = *self;
        let row = articles.row(article);
        let mut counts = vec![[(0, 0.0); PARTS.len()]; self.terms.len()];
        for record in record::all(articles.records(article)).take(articles.passages(article)) {
            self.count(&record);
            for term in self.met.drain(..) {
                let kind = self.terms[term].term.kind as usize;
                for (part, times) in std::mem::take(&mut self.times[term]).into_iter().enumerate() {
                    let norm = retriever.norms.article[kind][part][row.norms[kind][part] as usize];
                    counts[term][part] = (counts[term][part].0 + u32::from(times), norm);
                }
            }
        }
        counts
    }

    /// Whether the passage at hand holds a term that is a reason to find an article; where none of the question's is, any
    /// will do.
    fn is_worthwhile(&self) -> bool {
        !self.has_worth || self.met.iter().any(|term| self.terms[*term].worth > 0.0)
    }

    /// Leaves the passage at hand out.
    fn forget(&mut self) {
        for term in self.met.drain(..) {
            self.times[term] = [0; PARTS.len()];
        }
    }

    /// Moves the occurrences of a passage to the sums of its article; gives the passage's own evidence.
    fn settle(&mut self, row: &Row, record: &Record<'_>) -> f32 {
        let Retriever { norms, weights, .. } = self.retriever;
        let mut evidence = 0.0;
        for term in self.met.drain(..) {
            let times = std::mem::take(&mut self.times[term]);
            let Weighed { term: asked, value, .. } = &self.terms[term];
            let kind = asked.kind as usize;
            let (mut in_article, mut in_passage) = (0.0, 0.0);
            for (part, times) in times.into_iter().enumerate().filter(|(_, times)| *times > 0) {
                let times = f32::from(times);
                in_article += times * norms.article[kind][part][row.norms[kind][part] as usize];
                if part >= HEADINGS {
                    in_passage += times * norms.passage[kind][part][record.norm(kind, part) as usize];
                }
            }
            if self.sums[term] == 0.0 {
                self.summed.push(term);
            }
            self.sums[term] += in_article;
            evidence += value * in_passage / (weights.saturation[kind] + in_passage);
        }
        evidence
    }

    /// Counts every term in a record.
    fn count(&mut self, record: &Record<'_>) {
        let Scorer { patterns, hashes, times, met, .. } = self;
        let mut add = |term: usize, part: usize| {
            let times = &mut times[term];
            if *times == [0; PARTS.len()] {
                met.push(term);
            }
            times[part] = times[part].saturating_add(1);
        };
        for (part, codes) in record.codes.iter().enumerate() {
            count_part(patterns, codes.as_chunks().0, |term, end| {
                add(term, part);
                if part == BODY && end <= record.lead {
                    add(term, HEADINGS);
                }
            });
        }
        for bytes in record.hashes.as_chunks().0 {
            let found = u32::from_le_bytes(*bytes);
            let (hash, part) = (found & !3, (found & 3) as usize);
            let from = hashes.partition_point(|(known, _)| *known < hash);
            for (_, term) in hashes[from..].iter().take_while(|(known, _)| *known == hash) {
                add(*term, part);
            }
        }
    }
}

/// Gives every occurrence of a pattern: its term, and where it ends.
fn count_part(patterns: &Patterns, codes: &[[u8; 2]], mut found: impl FnMut(usize, usize)) {
    let code = |at: usize| codes.get(at).map_or(0, |bytes| u16::from_le_bytes(*bytes));
    for (at, here) in codes.iter().enumerate() {
        for Pattern { term, is_word, rest } in patterns.beginning(u16::from_le_bytes(*here)) {
            let end = at + 1 + rest.len();
            let follows = codes.get(at + 1..end).unwrap_or_default();
            let matches = follows.len() == rest.len()
                && follows
                    .iter()
                    .zip(&patterns.rests[rest.clone()])
                    .all(|(b, wanted)| u16::from_le_bytes(*b) & !START == *wanted);
            if matches && (!is_word || stands_as_word(at, end, &code)) {
                found(*term, end);
            }
        }
    }
}

/// Whether the characters from `at` to `end` are a word of the passage: a whole one, or inside a longer one and as short
/// as those that are looked up there.
fn stands_as_word(at: usize, end: usize, code: &impl Fn(usize) -> u16) -> bool {
    let starts = |at: usize| code(at) & START != 0;
    if (at + 1..end).any(starts) {
        return false;
    }
    let is_whole = starts(at) && (starts(end) || code(end) == 0);
    is_whole || SUB_WORDS.contains(&(end - at))
}
