//! Asks Quickwit for candidates: weighted keys under filters, with all that ranking wants to know of each.
//!
//! Quickwit scores by the BM25 of each of its parts. A key's weight is divided by the rarity that is known here of the
//! whole index, so that the order is nearly ours; the exact evidence is counted afterwards from the records that come
//! along, by the same code as for the embedded index.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Settings;
use super::client::{Client, Failure, parse};
use super::document::{Received, word};
use super::frequencies::Frequencies;
use super::place::Place;
use crate::index::table::{Row, Totals};
use crate::index::{IndexError, record};
use crate::region::RegionCode;
use crate::retrieve::backend::{Articles, Backend, Found, Lead, Lookup, Reader, Stored, Unavailable, Wanted};
use crate::retrieve::candidates::Queue;
use crate::retrieve::rank::Filter;

/// Quickwit gives no more hits than this.
const MOST: usize = 10_000;

/// A generation's index in Quickwit.
pub struct Quickwit {
    client: Client,
    index: String,
    totals: Totals,
    frequencies: Frequencies,
}

impl Quickwit {
    /// Opens what a generation's folder has. The server is not asked: it may come later.
    ///
    /// # Errors
    /// Files that cannot be read or are not those that were written.
    pub fn open(dir: &Path, settings: &Settings) -> Result<Quickwit, IndexError> {
        let damaged = || IndexError::Damaged { path: dir.to_owned(), message: "索引文件损坏".to_owned() };
        let place = Place::read(dir)?;
        let frequencies = Frequencies::open(dir, &place.frequencies).map_err(IndexError::tantivy(dir))?;
        Ok(Quickwit {
            client: Client::new(settings)?,
            index: place.index,
            totals: place.totals.ok_or_else(damaged)?,
            frequencies: frequencies.ok_or_else(damaged)?,
        })
    }
}

impl Backend for Quickwit {
    fn totals(&self) -> &Totals {
        &self.totals
    }

    fn look_up(&self) -> Box<dyn Lookup<'_> + '_> {
        Box::new(Keys { quickwit: self, keys: vec![] })
    }

    fn articles(&self) -> &dyn Articles {
        const NONE: &Fetched = &Fetched::none();
        NONE
    }

    fn check(&self) -> Result<(), Unavailable> {
        Ok(self.client.check(&self.index)?)
    }
}

/// The keys of one question, and how many passages hold each.
struct Keys<'q> {
    quickwit: &'q Quickwit,
    keys: Vec<(String, u64)>,
}

impl<'q> Lookup<'q> for Keys<'q> {
    fn add(&mut self, key: &str) {
        self.keys.push((word(key).into_owned(), self.quickwit.frequencies.of(key)));
    }

    fn holders(&self, key: usize) -> u64 {
        self.keys[key].1
    }

    fn find(self: Box<Self>, leads: Vec<Lead>, wanted: &Wanted<'_>) -> Result<Found<'q>, Unavailable> {
        let mut queue = Queue::new(leads, |key| self.keys[key].1, &wanted.weights.pruning);
        let mut leads = queue.next();
        let hard = hard_filters(wanted.filter);
        let in_force = in_force(wanted.filter);
        let near = near(wanted.filter.region);
        let mut fetched = Fetched::none();
        let strict: Vec<&Value> = hard.iter().chain(&in_force).chain(&near).collect();
        let mut total = self.ask(&leads, &strict, wanted, &mut fetched)?;
        if total < wanted.count && !(queue.is_empty() && in_force.is_none()) {
            // Few: the common keys as well, and what is not in force.
            while !queue.is_empty() {
                leads.extend(queue.next());
            }
            total = self.ask(&leads, &hard.iter().chain(&near).collect::<Vec<_>>(), wanted, &mut fetched)?;
        }
        if total == 0 && near.is_some() {
            total = self.ask(&leads, &hard.iter().collect::<Vec<_>>(), wanted, &mut fetched)?;
        }
        let articles = fetched.order.clone();
        Ok(Found {
            scored: articles.len(),
            total: total.max(articles.len()),
            articles,
            read: Reader::Fetched(Box::new(fetched)),
            touched: Box::new(|_, _| true),
        })
    }
}

impl Keys<'_> {
    /// Adds what is found to what was found before; gives how many there are.
    fn ask(
        &self,
        leads: &[Lead],
        filters: &[&Value],
        wanted: &Wanted<'_>,
        fetched: &mut Fetched,
    ) -> Result<usize, Unavailable> {
        if leads.is_empty() {
            return Ok(0);
        }
        let Quickwit { client, index, totals, .. } = self.quickwit;
        let all = totals.passages as f32;
        let clauses: Vec<Value> = leads
            .iter()
            .map(|lead| {
                let (key, holders) = &self.keys[lead.key];
                let rarity = (1.0 + (all - *holders as f32 + 0.5).max(0.0) / (*holders as f32 + 0.5)).ln();
                json!({"term": {"terms": {"value": key, "boost": lead.worth / rarity}}})
            })
            .collect();
        let size = wanted.weights.pruning.fetched.max(wanted.count * 2).min(MOST);
        let body = json!({
            "size": size,
            "query": {"bool": {"should": clauses, "minimum_should_match": 1, "filter": filters}},
            // The number as the second key makes the order the same each time.
            "sort": [{"_score": {"order": "desc"}}, {"number": {"order": "asc"}}],
        });
        let answer = client.search(index, &body)?;
        Ok(fetched.take(answer)?)
    }
}

/// What every article must be.
fn hard_filters(filter: &Filter<'_>) -> Vec<Value> {
    // No bit is a topic that no article has: then nothing is found.
    let topic = filter.topic.map(|bit| json!({"term": {"topics": {"value": bit.trailing_zeros()}}}));
    let year = filter.year.map(|year| json!({"term": {"year": {"value": year}}}));
    topic.into_iter().chain(year).collect()
}

/// What articles in force on the day asked for are.
fn in_force(filter: &Filter<'_>) -> Option<Value> {
    filter.at.map(|day| json!({"bool": {"must": [{"range": {"from": {"lte": day}}}, {"range": {"to": {"gte": day}}}]}}))
}

/// What articles of the asked region, its province and the nation, or inside it, are. See [`Filter::judge`].
fn near(region: Option<RegionCode>) -> Option<Value> {
    let asked = region.filter(|asked| *asked != RegionCode::NATION)?;
    let codes = [asked, asked.prefecture(), asked.province(), RegionCode::NATION].map(RegionCode::number);
    Some(json!({"bool": {
        "should": [{"terms": {"region": codes}}, {"term": {"within": {"value": asked.number()}}}],
        "minimum_should_match": 1,
    }}))
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    hits: Hits<'a>,
}

#[derive(Deserialize)]
struct Hits<'a> {
    total: Total,
    #[serde(borrow)]
    hits: Vec<Hit<'a>>,
}

#[derive(Deserialize)]
struct Total {
    value: usize,
}

#[derive(Deserialize)]
struct Hit<'a> {
    #[serde(borrow, rename = "_source")]
    source: Received<'a>,
}

/// An article that came.
struct Kept {
    row: Row,
    records: Vec<u8>,
    passages: usize,
    /// Which answer it came with, and where what is shown of it stands there, as JSON.
    answer: usize,
    card: Range<usize>,
    headings: Range<usize>,
    texts: Range<usize>,
}

/// The articles that came for one question.
struct Fetched {
    /// Best first.
    order: Vec<u32>,
    answers: Vec<Vec<u8>>,
    articles: Option<HashMap<u32, Kept>>,
}

impl Fetched {
    const fn none() -> Fetched {
        Fetched { order: vec![], answers: vec![], articles: None }
    }

    /// Takes an answer's hits, behind those that came before; gives how many it says there are.
    fn take(&mut self, answer: Vec<u8>) -> Result<usize, Failure> {
        let Hits { total, hits } = parse::<Answer<'_>>(&answer)?.hits;
        let place = |raw: &RawValue| {
            // Raw values are borrowed from the answer.
            let start = raw.get().as_ptr() as usize - answer.as_ptr() as usize;
            start..start + raw.get().len()
        };
        let articles = self.articles.get_or_insert_default();
        for Hit { source } in hits {
            // One that was sent twice is one.
            if articles.contains_key(&source.number) {
                continue;
            }
            let (row, records) = source.scored().ok_or(Failure::Refused(502, "文章的内容不是本程序写的".to_owned()))?;
            let Received { number, card, headings, texts, .. } = source;
            self.order.push(number);
            let kept = Kept {
                passages: record::all(&records).count(),
                row,
                records,
                answer: self.answers.len(),
                card: place(card),
                headings: place(headings),
                texts: place(texts),
            };
            articles.insert(number, kept);
        }
        let total = total.value;
        self.answers.push(answer);
        Ok(total)
    }

    fn get(&self, article: u32) -> Option<&Kept> {
        self.articles.as_ref()?.get(&article)
    }
}

impl Articles for Fetched {
    fn row(&self, article: u32) -> Row {
        self.get(article).map_or_else(Row::default, |kept| kept.row)
    }

    fn passages(&self, article: u32) -> usize {
        self.get(article).map_or(0, |kept| kept.passages)
    }

    fn records(&self, article: u32) -> &[u8] {
        self.get(article).map_or(&[], |kept| &kept.records)
    }

    fn stored(&self, article: u32, place: usize) -> Stored {
        let Some(kept) = self.get(article) else { return Stored::default() };
        let read = |at: &Range<usize>| &self.answers[kept.answer][at.clone()];
        let text = |at: &Range<usize>| {
            let texts: Vec<String> = serde_json::from_slice(read(at)).unwrap_or_default();
            texts.into_iter().nth(place).unwrap_or_default()
        };
        let card =
            if place == 0 { serde_json::from_slice(read(&kept.card)).unwrap_or_default() } else { String::new() };
        Stored { card, heading: text(&kept.headings), text: text(&kept.texts) }
    }
}
