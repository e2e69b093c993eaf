//! What is shown of a hit: the passage as written, where it matches, and where it comes from.

use std::collections::HashMap;
use std::ops::Range;

use jiff::civil::Date;
use serde::Serialize;

use super::Retriever;
use super::backend::{Articles, Stored};
use super::known::Letters;
use super::rank::{Candidate, Ranked};
use super::terms::{Kind, Terms};
use crate::index::Analyzer;
use crate::index::record::{self, Record};
use crate::region::RegionCode;
use crate::text::segment::is_han;
use crate::text::{Folded, Token};

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
pub(super) fn show(retriever: &Retriever, candidate: &Candidate, ranked: &mut Ranked<'_>) -> Passage {
    let place = best_of(retriever, candidate, ranked);
    let Ranked { read, marker, terms, .. } = ranked;
    let profile = read.profile(candidate.article);
    let known = retriever.shelf.get(&**read, candidate.article);
    let card = &known.card;
    let Stored { heading, text, .. } = read.stored(candidate.article, place);
    let record = record::all(read.records(candidate.article)).nth(place);
    let ranges = marker.get_or_insert_with(|| Marker::new(terms)).mark(&text, record, &retriever.analyzer);
    Passage {
        id: format!("{}#{}", card.id, place + 1),
        article: card.id.clone(),
        title: card.title.clone(),
        heading,
        highlight: highlight(&text, &ranges),
        ranges,
        text,
        score: 0.0,
        region: Place { code: profile.region, name: retriever.regions.name(profile.region) },
        topics: topics_of(&retriever.topics, profile.topics),
        published: date(profile.published),
        effective_from: date(profile.effective_from),
        effective_to: date(profile.effective_to),
        source: Origin { title: card.source.clone(), url: card.url.clone(), document: card.document.clone() },
        in_force: candidate.in_force,
        same_question: candidate.same_question,
        in_region: candidate.class < 2,
        twins: vec![],
    }
}

/// Which of an article's passages has the most evidence, by words and, where it was asked for, by meaning; the first of
/// equals.
fn best_of(retriever: &Retriever, candidate: &Candidate, ranked: &Ranked<'_>) -> usize {
    let count = ranked.read.passages(candidate.article);
    let evidence = &ranked.passages[candidate.passages..candidate.passages + count];
    let near = ranked.meaning.as_ref().map(|m| m.passages(candidate.article, count)).unwrap_or_default();
    let most = evidence.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let value =
        |i: &usize| evidence[*i] / most + retriever.weights.fusion.passage * near.get(*i).copied().unwrap_or_default();
    // `max_by` would take the last of equals.
    (0..count).rev().max_by(|a, b| value(a).total_cmp(&value(b))).unwrap_or(0)
}

/// Compares the question as a whole with each candidate's title, curated questions and, where it is but a line, text:
/// likeness raises the figure, and beyond a threshold makes it the same question.
pub(super) fn compare(retriever: &Retriever, read: &dyn Articles, question: &str, candidates: &mut [Candidate]) {
    let weights = &retriever.weights;
    let asked = Letters::new(question);
    if asked.is_empty() {
        return;
    }
    for candidate in candidates {
        let (likeness, title) = retriever.shelf.get(read, candidate.article).likeness(&asked);
        candidate.likeness = likeness;
        // A title is a name: equal to the question it decides, merely similar it says nothing.
        candidate.same_question = likeness.max(title) >= weights.same_question;
        candidate.figure *= 1.0 + weights.likeness * likeness;
    }
}

fn date(number: u32) -> Option<Date> {
    let part = |n: u32| i8::try_from(n % 100).ok();
    Date::new(i16::try_from(number / 10_000).ok()?, part(number / 100)?, part(number)?).ok().filter(|_| number > 0)
}

/// The topics of a set of bits.
pub(super) fn topics_of(all: &[String], bits: u64) -> Vec<String> {
    all.iter().enumerate().filter(|(place, _)| bits >> (place % 64) & 1 == 1).map(|(_, topic)| topic.clone()).collect()
}

/// Finds the decisive terms of one question in texts.
#[derive(Default)]
pub(super) struct Marker {
    /// Terms of Chinese characters by the first, found wherever they stand; as their pairs are terms too, where words
    /// begin and end makes no difference.
    plain: HashMap<char, Vec<Vec<char>>>,
    /// Codes, numbers and lines of the synonym list, with their hashes in records.
    others: Vec<(String, Kind, u32)>,
}

impl Marker {
    pub fn new(terms: &Terms) -> Marker {
        let mut marker = Marker::default();
        for term in terms.all.iter().filter(|term| term.decisive) {
            let mut characters = term.text.chars();
            if term.text.chars().all(is_han)
                && let Some(first) = characters.next()
            {
                marker.plain.entry(first).or_default().push(characters.collect());
            } else {
                marker.others.push((term.text.clone(), term.kind, record::hash(term.kind, &term.text)));
            }
        }
        marker
    }

    /// Where they stand: character offsets into the text as written. Only a text whose record holds one of the terms that
    /// are not of Chinese characters is cut into words.
    fn mark(&self, text: &str, record: Option<Record<'_>>, analyzer: &Analyzer) -> Vec<(usize, usize)> {
        let folded = Folded::new(text);
        let chars = folded.chars();
        let mut hits: Vec<Range<usize>> = vec![];
        for (at, first) in chars.iter().enumerate() {
            let found = self.plain.get(first).into_iter().flatten().filter(|rest| chars[at + 1..].starts_with(rest));
            hits.extend(found.map(|rest| at..at + 1 + rest.len()));
        }
        let may_hold = |record: Record<'_>| self.others.iter().any(|(.., hash)| record.holds(*hash));
        if !self.others.is_empty() && record.is_none_or(may_hold) {
            let words = analyzer.words(folded.text()).into_iter().map(|t| (t, Kind::Words));
            let grams = analyzer.grams(folded.text()).into_iter().map(|t| (t, Kind::Grams));
            let wanted = |(token, kind): &(Token<'_>, Kind)| {
                self.others.iter().any(|(text, other, _)| *text == token.text && other == kind)
            };
            hits.extend(words.chain(grams).filter(wanted).map(|(token, _)| token.start..token.end));
        }
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
