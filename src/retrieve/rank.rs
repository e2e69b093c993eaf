//! Ranks whole articles and picks the passage of each to show.
//!
//! An article's evidence is BM25F: for each term, occurrences in title, questions, headings and body are weighted and
//! set against the part's length, added, saturated once and multiplied by the term's rarity; words and grams add up.
//! Its best passage, scored alike by itself, adds a share, so that a question answered in one place outranks one
//! whose words are scattered.
//!
//! Order: region class (asked region, its province and the nation; places inside the asked region; others, which are
//! shown only if nothing else is found), then in force, then a curated question that is the question asked, then
//! evidence. `score` is `1 - exp(-certainty × evidence / ideal)`, where the ideal is every term found once; a hit is
//! never given more than the one before it.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::{DocSet, TERMINATED};

use super::shard::{KINDS, Shard, Totals};
use super::terms::{Term, Terms};
use super::{Found, Query, Retriever, Weights, passage};
use crate::index::build::date_number;
use crate::index::schema::HEADINGS;
use crate::region::RegionCode;

/// So many of the best are looked at for a curated question, even where fewer are asked for.
const LOOKED_AT: usize = 20;
/// Tantivy's one-byte scale of lengths.
const LENGTHS: usize = 256;

/// A term with its postings in one shard.
pub(super) struct Weighed<'t> {
    pub term: &'t Term,
    /// Weight times rarity.
    pub value: f32,
    /// By shard: part and postings.
    pub postings: Vec<Vec<(usize, SegmentPostings)>>,
}

/// What each length costs, by kind and part: occurrences are multiplied by it.
pub(super) struct Norms {
    pub article: [[[f32; LENGTHS]; 4]; KINDS],
    pub passage: [[[f32; LENGTHS]; 4]; KINDS],
}

impl Norms {
    pub fn new(totals: &Totals, weights: &Weights) -> Norms {
        let table = |kind: usize, part: usize, count: u64| {
            let average = (totals.tokens[kind][part] as f32 / count.max(1) as f32).max(1.0);
            let b = weights.lengths[part];
            std::array::from_fn(|id| {
                let length = tantivy::fieldnorm::FieldNormReader::id_to_fieldnorm(id as u8) as f32;
                weights.parts[part] / (1.0 - b + b * length / average)
            })
        };
        let tables = |count: u64| std::array::from_fn(|kind| std::array::from_fn(|part| table(kind, part, count)));
        Norms { article: tables(totals.articles), passage: tables(totals.passages) }
    }
}

/// Evidence gathered in one shard.
struct Evidence {
    article: Vec<f32>,
    passage: Vec<f32>,
    /// Rarity of the decisive terms found in each article.
    covered: Vec<f32>,
}

/// An article that was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub shard: u32,
    pub article: u32,
    /// Number of the article in the order of building: the last tie-break.
    pub number: u64,
    /// 0: asked region, its province, the nation; 1: inside the asked region; 2: elsewhere.
    pub class: u8,
    pub in_force: bool,
    pub same_question: bool,
    pub evidence: f32,
    pub twins: u64,
}

impl Candidate {
    fn order(&self, other: &Candidate) -> Ordering {
        self.class
            .cmp(&other.class)
            .then(other.in_force.cmp(&self.in_force))
            .then(other.same_question.cmp(&self.same_question))
            .then(other.evidence.total_cmp(&self.evidence))
            .then(self.number.cmp(&other.number))
    }
}

pub(super) fn ranked(retriever: &Retriever, query: &Query<'_>) -> Vec<String> {
    let terms = Terms::new(query.text, &retriever.analyzer, &retriever.weights);
    let mut weighed = weigh(retriever, &terms.all);
    let wanted: f32 = weighed.iter().filter(|w| w.term.decisive).map(|w| w.value).sum();
    let gathered: Vec<Evidence> = retriever
        .shards
        .iter()
        .enumerate()
        .map(|(i, shard)| gather(shard, i, &mut weighed, &retriever.norms, &retriever.weights))
        .collect();
    let least = wanted * retriever.weights.minimum;
    let mut candidates = candidates(retriever, query, &gathered, least, wanted);
    let c = retriever.weights.like;
    if c[0] > 0.0 {
        best_first(&mut candidates, c[2] as usize);
        rescore(retriever, query.text, &mut candidates);
    }
    best_first(&mut candidates, query.limit);
    candidates.iter().map(|c| passage::id(retriever, c)).collect()
}

pub(super) fn search(retriever: &Retriever, query: &Query<'_>) -> Found {
    let terms = Terms::new(query.text, &retriever.analyzer, &retriever.weights);
    let mut weighed = weigh(retriever, &terms.all);
    let ideal: f32 = weighed.iter().map(|w| w.value).sum();
    let wanted: f32 = weighed.iter().filter(|w| w.term.decisive).map(|w| w.value).sum();
    let mut found = Found { synonyms: terms.synonyms.clone(), ..Found::default() };
    if wanted <= 0.0 {
        return found;
    }
    let gathered: Vec<Evidence> = retriever
        .shards
        .iter()
        .enumerate()
        .map(|(i, shard)| gather(shard, i, &mut weighed, &retriever.norms, &retriever.weights))
        .collect();
    let least = wanted * retriever.weights.minimum;
    let mut candidates = candidates(retriever, query, &gathered, least, wanted);
    if candidates.iter().any(|c| c.class < 2) {
        candidates.retain(|c| c.class < 2);
    } else {
        found.elsewhere = !candidates.is_empty();
    }
    let twins = fold_twins(retriever, &mut candidates);
    found.total = candidates.len();
    count_facets(retriever, &candidates, &mut found);

    let end = query.offset.saturating_add(query.limit);
    best_first(&mut candidates, end.max(LOOKED_AT));
    passage::mark_same_question(retriever, query.text, &mut candidates);
    candidates.sort_by(Candidate::order);
    let mut ceiling = 1.0f32;
    for (place, candidate) in candidates.iter().take(end).enumerate() {
        ceiling = ceiling.min(score(candidate, ideal, &retriever.weights));
        if place >= query.offset {
            let passages = &gathered[candidate.shard as usize].passage;
            let mut hit = passage::show(retriever, candidate, passages, &terms);
            hit.score = ceiling;
            hit.twins = twins.get(&candidate.number).into_iter().flatten().map(|c| passage::id(retriever, c)).collect();
            found.hits.push(hit);
        }
    }
    found
}

fn rescore(retriever: &Retriever, text: &str, candidates: &mut [Candidate]) {
    let c = retriever.weights.like;
    let grams = |t: &str| -> Vec<String> {
        let f = crate::text::Folded::new(t);
        let mut v: Vec<String> = retriever.analyzer.grams(f.text()).into_iter().map(|t| t.text.into_owned()).collect();
        v.sort();
        v
    };
    let asked = grams(text);
    for candidate in candidates {
        let text = passage::article_text(retriever, candidate);
        if text.chars().count() > c[1] as usize { continue; }
        let own = grams(&text);
        let (mut i, mut j, mut n) = (0, 0, 0);
        while i < asked.len() && j < own.len() {
            match asked[i].cmp(&own[j]) { Ordering::Less => i += 1, Ordering::Greater => j += 1, _ => { n += 1; i += 1; j += 1; } }
        }
        let l = 2.0 * n as f32 / (asked.len() + own.len()) as f32;
        candidate.evidence *= 1.0 + c[0] * l;
    }
}

/// The documented 0–1 figure.
fn score(candidate: &Candidate, ideal: f32, weights: &Weights) -> f32 {
    let share = candidate.evidence * (1.0 + weights.saturation[0]) / ideal.max(f32::MIN_POSITIVE);
    let score = 1.0 - (-weights.certainty * share).exp();
    if candidate.same_question { score.max(0.97) } else { score }
}

/// Looks every term up; a term that no article holds keeps its rarity, because the question asked for it.
pub(super) fn weigh<'t>(retriever: &Retriever, terms: &'t [Term]) -> Vec<Weighed<'t>> {
    terms
        .iter()
        .map(|term| {
            let postings: Vec<_> =
                retriever.shards.iter().map(|s| s.postings(term.kind as usize, &term.text)).collect();
            let mut holders = [0u64; 4];
            for (part, found) in postings.iter().flatten() {
                holders[*part] += u64::from(found.doc_freq());
            }
            let holders = holders.into_iter().max().unwrap_or(0) as f32;
            let all = retriever.totals.passages as f32;
            let rarity = (1.0 + (all - holders + 0.5).max(0.0) / (holders + 0.5)).ln();
            Weighed { term, value: term.weight * rarity.powf(retriever.weights.rarity[term.kind as usize]), postings }
        })
        .collect()
}

fn gather(shard: &Shard, place: usize, terms: &mut [Weighed<'_>], norms: &Norms, weights: &Weights) -> Evidence {
    let mut evidence = Evidence {
        article: vec![0.0; shard.articles()],
        passage: vec![0.0; shard.passages as usize],
        covered: vec![0.0; shard.articles()],
    };
    for weighed in terms {
        let kind = weighed.term.kind as usize;
        let saturation = weights.saturation[kind];
        let cursors = &mut weighed.postings[place];
        let next = |cursors: &[(usize, SegmentPostings)]| cursors.iter().map(|(_, c)| c.doc()).min();
        let mut doc = next(cursors).unwrap_or(TERMINATED);
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
                doc = next(cursors).unwrap_or(TERMINATED);
            }
            evidence.article[article] += weighed.value * in_article / (saturation + in_article);
            if weighed.term.decisive {
                evidence.covered[article] += weighed.value;
            }
        }
    }
    evidence
}

fn candidates(retriever: &Retriever, query: &Query<'_>, gathered: &[Evidence], least: f32, wanted: f32) -> Vec<Candidate> {
    let weights = &retriever.weights;
    let topic = query.topic.map(|asked| match retriever.topics.iter().position(|t| t == asked) {
        Some(place) => 1u64 << (place % 64),
        None => 0,
    });
    let at = query.at.map(date_number);
    let now = at.unwrap_or(retriever.newest) / 10_000;
    let mut found = vec![];
    for (place, (shard, evidence)) in retriever.shards.iter().zip(gathered).enumerate() {
        for (article, covered) in evidence.covered.iter().enumerate() {
            if *covered < least || *covered <= 0.0 {
                continue;
            }
            let id = article as u32;
            if topic.is_some_and(|bit| shard.figure(&shard.topics, id) & bit == 0) {
                continue;
            }
            let (class, nearness) = nearness(shard.figure(&shard.region, id), query.region, weights);
            let range = shard.starts[article] as usize..shard.starts[article + 1] as usize;
            let best = evidence.passage[range].iter().copied().fold(0.0, f32::max);
            let authority = shard.figure(&shard.authority, id);
            let mut factor = (covered / wanted).powf(weights.coverage) * nearness * weights.authority[(authority / 2).min(3) as usize];
            if authority % 2 == 1 {
                factor *= weights.truncated;
            }
            let published = shard.figure(&shard.published, id) / 10_000;
            if published > 0 {
                factor *= 1.0 - weights.age * now.saturating_sub(published).min(10) as f32;
            }
            found.push(Candidate {
                shard: place as u32,
                article: id,
                number: shard.figure(&shard.article, id),
                class,
                in_force: at.is_none_or(|at| in_force(shard, id, at)),
                same_question: false,
                evidence: (evidence.article[article] + weights.passage * best) * factor,
                twins: shard.figure(&shard.twins, id),
            });
        }
    }
    found
}

fn in_force(shard: &Shard, article: u32, at: u64) -> bool {
    let from = shard.figure(&shard.effective_from, article);
    let to = shard.figure(&shard.effective_to, article);
    from <= at && (to == 0 || at <= to)
}

/// Class and factor of an article's region, seen from the region asked for.
fn nearness(region: u64, asked: Option<RegionCode>, weights: &Weights) -> (u8, f32) {
    let Some(region) = RegionCode::parse(&format!("{region:06}")) else { return (2, 1.0) };
    let nation = region == RegionCode::NATION;
    let Some(asked) = asked else {
        return (0, if nation { weights.nation } else { 1.0 });
    };
    if asked == RegionCode::NATION {
        return if nation { (0, 1.0) } else { (1, 1.0) };
    }
    if region == asked || (!nation && !asked.is_province() && region == asked.prefecture()) {
        (0, weights.region)
    } else if nation {
        (0, 1.0)
    } else if region == asked.province() {
        (0, weights.province)
    } else if (asked.is_province() && region.province() == asked) || region.prefecture() == asked {
        (1, 1.0)
    } else {
        (2, 1.0)
    }
}

/// Leaves the best of each group of articles with the same body; gives the others by the number of the one left.
fn fold_twins(retriever: &Retriever, candidates: &mut Vec<Candidate>) -> HashMap<u64, Vec<Candidate>> {
    if retriever.twins.is_empty() {
        return HashMap::new();
    }
    let mut groups: HashMap<u64, Vec<Candidate>> = HashMap::new();
    for candidate in candidates.iter().filter(|c| retriever.twins.contains(&c.twins)) {
        groups.entry(candidate.twins).or_default().push(*candidate);
    }
    let mut folded = HashSet::new();
    let mut others = HashMap::new();
    for group in groups.values_mut().filter(|g| g.len() > 1) {
        group.sort_by(Candidate::order);
        let rest = group.split_off(1);
        folded.extend(rest.iter().map(|c| c.number));
        others.insert(group[0].number, rest);
    }
    candidates.retain(|c| !folded.contains(&c.number));
    others
}

/// Brings the best `count` to the front, in order, and drops the rest.
fn best_first(candidates: &mut Vec<Candidate>, count: usize) {
    if candidates.len() > count {
        candidates.select_nth_unstable_by(count, Candidate::order);
        candidates.truncate(count);
    }
    candidates.sort_by(Candidate::order);
}

fn count_facets(retriever: &Retriever, candidates: &[Candidate], found: &mut Found) {
    let mut regions: HashMap<u64, usize> = HashMap::new();
    let mut years: HashMap<u64, usize> = HashMap::new();
    let mut topics: HashMap<u64, usize> = HashMap::new();
    for candidate in candidates {
        let shard = &retriever.shards[candidate.shard as usize];
        *regions.entry(shard.figure(&shard.region, candidate.article)).or_default() += 1;
        *years.entry(shard.figure(&shard.published, candidate.article) / 10_000).or_default() += 1;
        *topics.entry(shard.figure(&shard.topics, candidate.article)).or_default() += 1;
    }
    found.facets.region = regions.into_iter().map(|(code, n)| (format!("{code:06}"), n)).collect();
    found.facets.year = years.into_iter().filter(|(y, _)| *y > 0).map(|(y, n)| (y.to_string(), n)).collect();
    for (bits, count) in topics {
        for (place, topic) in retriever.topics.iter().enumerate().filter(|(place, _)| bits >> (place % 64) & 1 == 1) {
            let _ = place;
            *found.facets.topic.entry(topic.clone()).or_default() += count;
        }
    }
}
