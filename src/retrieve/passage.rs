//! What is shown of a hit: the passage as written, where it matches, and where it comes from.

use std::collections::HashSet;
use std::ops::Range;

use jiff::civil::Date;
use serde::Serialize;
use tantivy::schema::{Field, Value};
use tantivy::{DocAddress, TantivyDocument};

use super::Retriever;
use super::rank::{Candidate, Ranked};
use super::terms::{Kind, Terms};
use crate::index::Analyzer;
use crate::index::document::Card;
use crate::region::RegionCode;
use crate::text::Folded;

/// A region as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    pub code: RegionCode,
    pub name: String,
}

/// Where a passage comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Origin {
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

/// A ranked passage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Passage {
    /// `<article>#<n>`, counted from 1.
    pub id: String,
    pub article: String,
    pub title: String,
    pub heading: String,
    /// Byte for byte as written.
    pub text: String,
    /// The text escaped for HTML, matches in `<em>`.
    pub highlight: String,
    /// Matches as character offsets into `text`, end excluded.
    pub ranges: Vec<(usize, usize)>,
    /// 0–1, the same figure behind every door; never above that of the hit before.
    pub score: f32,
    pub region: Place,
    pub topics: Vec<String>,
    #[serde(serialize_with = "day")]
    pub published: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "day")]
    pub effective_from: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "day")]
    pub effective_to: Option<Date>,
    pub source: Origin,
    /// The article is in force on the day asked for (true where none was).
    #[serde(skip)]
    pub in_force: bool,
    /// One of the article's curated questions is the question asked.
    #[serde(skip)]
    pub same_question: bool,
    /// The article is of the asked region, its province or the nation (true where no region was asked).
    #[serde(skip)]
    pub in_region: bool,
    /// Articles with the same body that were folded into this one.
    #[serde(skip)]
    pub twins: Vec<String>,
}

/// A date as ISO text.
fn day<S: serde::Serializer>(date: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
    match date {
        Some(date) => serializer.collect_str(date),
        None => serializer.serialize_none(),
    }
}

/// The passage of an article that has the most evidence.
pub(super) fn show(retriever: &Retriever, candidate: &Candidate, ranked: &Ranked<'_>) -> Passage {
    let shard = &retriever.shards[candidate.shard as usize];
    let range = shard.starts[candidate.article as usize]..shard.starts[candidate.article as usize + 1];
    let evidence = &ranked.evidence[candidate.shard as usize].passage[range.start as usize..range.end as usize];
    let best = range.start + best_of(retriever, candidate, ranked, evidence) as u32;
    let stored = stored(retriever, candidate.shard, best);
    let text = string(&stored, retriever.fields.text);
    let card = card(retriever, candidate);
    let ranges = matches(&text, &ranked.terms, &retriever.analyzer);
    let figure = |column| shard.figure(column, candidate.article);
    let code = RegionCode::parse(&format!("{:06}", figure(&shard.region))).unwrap_or(RegionCode::NATION);
    let topics = figure(&shard.topics);
    Passage {
        id: format!("{}#{}", card.id, best - range.start + 1),
        article: card.id,
        title: card.title,
        heading: string(&stored, retriever.fields.heading),
        highlight: highlight(&text, &ranges),
        ranges,
        text,
        score: 0.0,
        region: Place { code, name: retriever.regions.name(code) },
        topics: topics_of(&retriever.topics, topics),
        published: date(figure(&shard.published)),
        effective_from: date(figure(&shard.effective_from)),
        effective_to: date(figure(&shard.effective_to)),
        source: Origin { title: card.source, url: card.url, document: card.document },
        in_force: candidate.in_force,
        same_question: candidate.same_question,
        in_region: candidate.class < 2,
        twins: vec![],
    }
}

/// Which of an article's passages has the most evidence, by words and, where it was asked for, by meaning; the first of
/// equals.
fn best_of(retriever: &Retriever, candidate: &Candidate, ranked: &Ranked<'_>, evidence: &[f32]) -> usize {
    let near = ranked.meaning.as_ref().map(|m| m.passages(candidate.number, evidence.len())).unwrap_or_default();
    let most = evidence.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let value =
        |i: &usize| evidence[*i] / most + retriever.weights.fusion.passage * near.get(*i).copied().unwrap_or_default();
    // `max_by` would take the last of equals.
    (0..evidence.len()).rev().max_by(|a, b| value(a).total_cmp(&value(b))).unwrap_or(0)
}

/// Compares the question as a whole with each candidate's title, curated questions and, where it is but a line, text:
/// likeness raises the figure, and beyond a threshold makes it the same question.
pub(super) fn compare(retriever: &Retriever, question: &str, candidates: &mut [Candidate]) {
    let weights = &retriever.weights;
    let asked = letters(question);
    if asked.is_empty() {
        return;
    }
    for candidate in candidates {
        let shard = &retriever.shards[candidate.shard as usize];
        let range = shard.starts[candidate.article as usize]..shard.starts[candidate.article as usize + 1];
        let first = stored(retriever, candidate.shard, range.start);
        let card = card_of(retriever, &first);
        let mut sayings: Vec<String> = card.questions;
        if range.len() == 1 && card.title.is_empty() {
            let text = string(&first, retriever.fields.text);
            if text.chars().count() <= LONGEST_LINE {
                sayings.push(text);
            }
        }
        candidate.likeness = sayings.iter().map(|s| dice(&asked, &letters(s))).fold(0.0, f32::max);
        // A title is a name: equal to the question it decides, merely similar it says nothing.
        let title = dice(&asked, &letters(&card.title));
        candidate.same_question = candidate.likeness.max(title) >= weights.same_question;
        candidate.figure *= 1.0 + weights.likeness * candidate.likeness;
    }
}

/// A text of up to this many characters is itself a question or a title.
const LONGEST_LINE: usize = 40;

/// Letters and pairs of neighbouring letters, sorted.
fn letters(text: &str) -> Vec<(char, char)> {
    let folded = Folded::new(text);
    let letters: Vec<char> = folded.chars().iter().copied().filter(|c| c.is_alphanumeric()).collect();
    let mut pairs: Vec<(char, char)> = letters.windows(2).map(|w| (w[0], w[1])).collect();
    pairs.extend(letters.iter().map(|c| (*c, *c)));
    pairs.sort_unstable();
    pairs
}

/// Dice's coefficient of two sorted lists.
fn dice(a: &[(char, char)], b: &[(char, char)]) -> f32 {
    let (mut i, mut j, mut shared) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                shared += 1;
                i += 1;
                j += 1;
            }
        }
    }
    2.0 * shared as f32 / (a.len() + b.len()).max(1) as f32
}

fn stored(retriever: &Retriever, shard: u32, doc: u32) -> TantivyDocument {
    retriever.searcher.doc(DocAddress::new(shard, doc)).unwrap_or_default()
}

/// What is stored of an article.
pub(super) fn card(retriever: &Retriever, candidate: &Candidate) -> Card {
    let shard = &retriever.shards[candidate.shard as usize];
    card_of(retriever, &stored(retriever, candidate.shard, shard.starts[candidate.article as usize]))
}

fn card_of(retriever: &Retriever, first: &TantivyDocument) -> Card {
    serde_json::from_str(&string(first, retriever.fields.card)).unwrap_or_default()
}

fn string(document: &TantivyDocument, field: Field) -> String {
    document.get_first(field).and_then(|v| v.as_str()).unwrap_or_default().to_owned()
}

fn date(number: u64) -> Option<Date> {
    let part = |n: u64| i8::try_from(n % 100).ok();
    Date::new(i16::try_from(number / 10_000).ok()?, part(number / 100)?, part(number)?).ok().filter(|_| number > 0)
}

/// The topics of a set of bits.
pub(super) fn topics_of(all: &[String], bits: u64) -> Vec<String> {
    all.iter().enumerate().filter(|(place, _)| bits >> (place % 64) & 1 == 1).map(|(_, topic)| topic.clone()).collect()
}

/// Where the decisive terms of a question stand in a text: character offsets into the text as written.
pub fn matches(text: &str, terms: &Terms, analyzer: &Analyzer) -> Vec<(usize, usize)> {
    let wanted: HashSet<(&str, Kind)> =
        terms.all.iter().filter(|t| t.decisive).map(|t| (t.text.as_str(), t.kind)).collect();
    let folded = Folded::new(text);
    let words = analyzer.words(folded.text()).into_iter().map(|t| (t, Kind::Words));
    let grams = analyzer.grams(folded.text()).into_iter().map(|t| (t, Kind::Grams));
    let mut hits: Vec<Range<usize>> = words
        .chain(grams)
        .filter(|(token, kind)| wanted.contains(&(token.text.as_ref(), *kind)))
        .map(|(token, _)| token.start..token.end)
        .collect();
    hits.sort_by_key(|r| (r.start, r.end));
    let mut merged: Vec<Range<usize>> = vec![];
    for hit in hits {
        match merged.last_mut() {
            Some(last) if hit.start <= last.end => last.end = last.end.max(hit.end),
            _ => merged.push(hit),
        }
    }
    merged.into_iter().map(|range| folded.origin(range)).collect()
}

/// The text escaped for HTML with `<em>` around the ranges.
pub fn highlight(text: &str, ranges: &[(usize, usize)]) -> String {
    let mut html = String::with_capacity(text.len() + ranges.len() * 9);
    let mut next = ranges.iter().peekable();
    for (at, c) in text.chars().enumerate() {
        if next.peek().is_some_and(|r| r.1 == at) {
            html.push_str("</em>");
            next.next();
        }
        if next.peek().is_some_and(|r| r.0 == at) {
            html.push_str("<em>");
        }
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
    if next.peek().is_some() {
        html.push_str("</em>");
    }
    html
}
