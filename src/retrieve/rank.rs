//! Orders the articles that were found and shows the best passage of each.
//!
//! Evidence of the whole article, a share of its best passage's own evidence, the likeness of its title or a curated
//! question to what was asked, nearness in meaning where there is a model, and gentle factors for nearness, topic,
//! authority and age make one figure. The order is: region
//! class (asked region, its province and the nation; places inside the asked region; others, which are shown only if
//! nothing else is found), then in force, then a curated question that is the question asked, then the figure.
//!
//! `score` is `1 - exp(-certainty × figure / ideal)`, where the ideal is every term of the question found once in a text
//! of middling length; a curated question asked in its own words is 0.97 at least. A hit is never given more than the
//! one before it.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::evidence::{Evidence, Weighed, gather, weigh};
use super::semantic::{Meaning, Mode, Near, Semantic};
use super::shard::Shard;
use super::terms::Terms;
use super::{Facets, Found, Query, Retriever, Weights, passage};
use crate::index::build::date_number;
use crate::region::RegionCode;

/// So many of the best are compared with the question as a whole, even where fewer are asked for.
const LOOKED_AT: usize = 20;

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
    /// Likeness of title or curated question to the question asked, 0–1.
    pub likeness: f32,
    /// Nearness, topic, authority and age.
    pub factor: f32,
    /// The evidence of its words.
    pub figure: f32,
    /// Cosine to the question; 0 where the semantic stage was not used.
    pub nearness: f32,
    /// What nearness adds to the evidence; takes away where it is below that of unrelated texts.
    pub meaning: f32,
    pub twins: u64,
}

impl Candidate {
    fn order(&self, other: &Candidate) -> Ordering {
        self.tier(other).then(other.evidence().total_cmp(&self.evidence())).then(self.number.cmp(&other.number))
    }

    /// What the order within a tier goes by.
    pub(super) fn evidence(&self) -> f32 {
        self.figure + self.meaning
    }

    /// What comes before all evidence.
    fn tier(&self, other: &Candidate) -> Ordering {
        self.class
            .cmp(&other.class)
            .then(other.in_force.cmp(&self.in_force))
            .then(other.same_question.cmp(&self.same_question))
    }
}

/// The articles found for a query, best first as far as they were asked for.
#[derive(Default)]
pub(super) struct Ranked<'r> {
    pub terms: Terms,
    /// Where the semantic stage was used.
    pub meaning: Option<Meaning<'r>>,
    /// The nearest articles, nearest first.
    pub near: Vec<Near>,
    pub candidates: Vec<Candidate>,
    pub evidence: Vec<Evidence>,
    /// Value of all terms found once.
    pub ideal: f32,
    pub total: usize,
    pub facets: Facets,
    pub elsewhere: bool,
    pub fuzzy: bool,
    /// Articles folded into the one with this number.
    pub twins: HashMap<u64, Vec<Candidate>>,
}

pub(super) fn search(retriever: &Retriever, query: &Query<'_>) -> Found {
    let ranked = rank(retriever, query);
    let mut hits = vec![];
    let mut ceiling = 1.0f32;
    for (place, candidate) in ranked.candidates.iter().enumerate() {
        ceiling = ceiling.min(score(candidate, ranked.ideal, &retriever.weights));
        if place >= query.offset {
            let mut hit = passage::show(retriever, candidate, &ranked);
            hit.score = ceiling;
            let twins = ranked.twins.get(&candidate.number);
            hit.twins = twins.into_iter().flatten().map(|c| passage::card(retriever, c).id).collect();
            hits.push(hit);
        }
    }
    Found {
        hits,
        total: ranked.total,
        facets: ranked.facets,
        elsewhere: ranked.elsewhere,
        fuzzy: ranked.fuzzy,
        synonyms: ranked.terms.synonyms,
    }
}

/// Ranks as far as `offset + limit`.
pub(super) fn rank<'r>(retriever: &'r Retriever, query: &Query<'_>) -> Ranked<'r> {
    rank_by(retriever, query, retriever.semantic.as_ref())
}

/// The same with or without the semantic stage.
pub(super) fn rank_by<'r>(retriever: &'r Retriever, query: &Query<'_>, semantic: Option<&'r Semantic>) -> Ranked<'r> {
    let weights = &retriever.weights;
    let terms = Terms::new(query.text, &retriever.analyzer, weights);
    let mut ranked = find(retriever, query, terms, weights.minimum, |w| w.value);
    if ranked.candidates.is_empty() {
        let loosened = std::mem::take(&mut ranked.terms).by_characters();
        // Characters are counted, not weighed: a rare wrong one must not forbid all others.
        ranked = find(retriever, query, loosened, weights.fuzzy_minimum, |_| 1.0);
        ranked.fuzzy = !ranked.candidates.is_empty();
    }
    if let Some(semantic) = semantic.filter(|s| wants_meaning(retriever, s, query, &ranked)) {
        ranked.add_meaning(retriever, query, semantic.compare(query.text));
    }
    let candidates = &mut ranked.candidates;
    if candidates.iter().any(|c| c.class < 2) {
        candidates.retain(|c| c.class < 2);
    } else {
        ranked.elsewhere = !candidates.is_empty();
    }
    ranked.twins = fold_twins(retriever, candidates);
    ranked.total = candidates.len();
    ranked.facets = facets(retriever, candidates);
    let end = query.offset.saturating_add(query.limit);
    best_first(candidates, end.max(LOOKED_AT));
    passage::compare(retriever, query.text, &mut candidates[..]);
    candidates.sort_by(Candidate::order);
    candidates.truncate(end);
    ranked
}

/// Whether the words leave the question open, or the semantic stage is wanted whatever they say.
fn wants_meaning(retriever: &Retriever, semantic: &Semantic, query: &Query<'_>, ranked: &Ranked<'_>) -> bool {
    if semantic.mode != Mode::Auto {
        return semantic.mode == Mode::Always;
    }
    let mut all: Vec<&Candidate> = ranked.candidates.iter().collect();
    if all.len() > LOOKED_AT {
        all.select_nth_unstable_by(LOOKED_AT, |a, b| a.order(b));
    }
    let mut first: Vec<Candidate> = all.into_iter().take(LOOKED_AT).copied().collect();
    passage::compare(retriever, query.text, &mut first);
    first.sort_by(Candidate::order);
    let decisive = retriever.weights.fusion.decisive;
    !first.first().is_some_and(|c| c.same_question || score(c, ranked.ideal, &retriever.weights) >= decisive)
}

impl<'r> Ranked<'r> {
    /// Adds nearness to what words found, and what is near without a word in common.
    fn add_meaning(&mut self, retriever: &Retriever, query: &Query<'_>, meaning: Meaning<'r>) {
        let fusion = &retriever.weights.fusion;
        let filter = Filter::new(retriever, query);
        let elsewhere = !self.candidates.is_empty() && self.candidates.iter().all(|c| c.class == 2);
        self.near = meaning.nearest(fusion.depth, |shard, article| {
            filter.admits(shard, article) && (elsewhere || filter.class(shard, article) < 2)
        });
        let known: HashSet<u64> = self.candidates.iter().map(|c| c.number).collect();
        let new = self.near.iter().filter(|near| near.nearness >= fusion.least && !known.contains(&near.number));
        self.candidates.extend(new.map(|near| filter.candidate(near.shard, near.article, 0.0)));
        if self.evidence.is_empty() {
            self.evidence = retriever.shards.iter().map(Evidence::none).collect();
        }
        // Without a word that counts, the question itself is the measure.
        self.ideal = if self.ideal > 0.0 { self.ideal } else { 1.0 };
        for candidate in &mut self.candidates {
            candidate.nearness = meaning.article(candidate.number);
            let more = fusion.dense * (candidate.nearness - fusion.unrelated) * self.ideal;
            // What speaks against an article does so less in the asked place.
            candidate.meaning = if more > 0.0 { more * candidate.factor } else { more / candidate.factor };
        }
        self.meaning = Some(meaning);
    }
}

/// Every article that holds at least `minimum` of what the decisive terms are worth.
fn find(
    retriever: &Retriever,
    query: &Query<'_>,
    terms: Terms,
    minimum: f32,
    worth: fn(&Weighed<'_>) -> f32,
) -> Ranked<'static> {
    let mut weighed = weigh(retriever, &terms.all);
    let ideal: f32 = weighed.iter().map(|w| w.value).sum();
    for term in weighed.iter_mut().filter(|w| w.term.decisive) {
        term.worth = worth(term);
    }
    let wanted: f32 = weighed.iter().map(|w| w.worth).sum();
    if wanted <= 0.0 {
        return Ranked { terms, ..Ranked::default() };
    }
    let evidence: Vec<Evidence> = retriever
        .shards
        .iter()
        .enumerate()
        .map(|(i, shard)| gather(shard, i, &mut weighed, &retriever.norms, &retriever.weights))
        .collect();
    let candidates = candidates(retriever, query, &evidence, wanted * minimum);
    drop(weighed);
    Ranked { terms, candidates, evidence, ideal, ..Ranked::default() }
}

/// What is found has a score, however little speaks for it.
const LEAST_SHARE: f32 = 1e-3;

/// The documented 0–1 figure.
pub(super) fn score(candidate: &Candidate, ideal: f32, weights: &Weights) -> f32 {
    let share = candidate.evidence() * (1.0 + weights.saturation[0]) / ideal.max(f32::MIN_POSITIVE);
    let share = share.max(LEAST_SHARE);
    let score = 1.0 - (-weights.certainty * share).exp();
    if candidate.same_question { score.max(0.97) } else { score }
}

fn candidates(retriever: &Retriever, query: &Query<'_>, gathered: &[Evidence], least: f32) -> Vec<Candidate> {
    let weights = &retriever.weights;
    let filter = Filter::new(retriever, query);
    let mut found = vec![];
    for (place, (shard, evidence)) in retriever.shards.iter().zip(gathered).enumerate() {
        for (article, covered) in evidence.covered.iter().enumerate() {
            if *covered < least || *covered <= 0.0 || !filter.admits(place as u32, article as u32) {
                continue;
            }
            let range = shard.starts[article] as usize..shard.starts[article + 1] as usize;
            let best = evidence.passage[range].iter().copied().fold(0.0, f32::max);
            let figure = (evidence.article[article] + weights.passage * best) / (1.0 + weights.passage);
            found.push(filter.candidate(place as u32, article as u32, figure));
        }
    }
    found
}

/// What a query asks of an article besides its words.
struct Filter<'q> {
    retriever: &'q Retriever,
    region: Option<RegionCode>,
    /// Bit of the topic asked for.
    topic: Option<u64>,
    /// The year of publication asked for.
    year: Option<u64>,
    /// Bits of the topics that the question was understood to be about.
    about: u64,
    /// The day asked for, as a number.
    at: Option<u64>,
    /// The year that ages are counted from.
    now: u64,
}

impl Filter<'_> {
    fn new<'q>(retriever: &'q Retriever, query: &Query<'_>) -> Filter<'q> {
        let bit = |asked: &str| match retriever.topics.iter().position(|t| t == asked) {
            Some(place) => 1u64 << (place % 64),
            None => 0,
        };
        let at = query.at.map(date_number);
        Filter {
            retriever,
            region: query.region,
            topic: query.topic.map(bit),
            // No article is of a year before our era.
            year: query.year.map(|year| u64::try_from(year).unwrap_or(u64::MAX)),
            about: query.about.iter().fold(0, |bits, asked| bits | bit(asked)),
            at,
            now: at.unwrap_or(retriever.newest) / 10_000,
        }
    }

    fn admits(&self, shard: u32, article: u32) -> bool {
        let shard = &self.retriever.shards[shard as usize];
        let year = shard.figure(&shard.published, article) / 10_000;
        self.topic.is_none_or(|bit| shard.figure(&shard.topics, article) & bit != 0)
            && self.year.is_none_or(|wanted| wanted == year)
    }

    fn class(&self, shard: u32, article: u32) -> u8 {
        let shard = &self.retriever.shards[shard as usize];
        nearness(shard.figure(&shard.region, article), self.region, &self.retriever.weights).0
    }

    /// An article with the evidence of its words.
    fn candidate(&self, place: u32, article: u32, evidence: f32) -> Candidate {
        let (shard, weights) = (&self.retriever.shards[place as usize], &self.retriever.weights);
        let (class, nearness) = nearness(shard.figure(&shard.region, article), self.region, weights);
        let off_topic = self.about != 0 && shard.figure(&shard.topics, article) & self.about == 0;
        let off_topic = if off_topic { weights.off_topic } else { 1.0 };
        let factor = nearness * off_topic * standing(shard, article, self.now, weights);
        Candidate {
            shard: place,
            article,
            number: shard.figure(&shard.article, article),
            class,
            in_force: self.at.is_none_or(|at| in_force(shard, article, at)),
            same_question: false,
            likeness: 0.0,
            factor,
            figure: evidence * factor,
            nearness: 0.0,
            meaning: 0.0,
            twins: shard.figure(&shard.twins, article),
        }
    }
}

/// Authority, completeness and age of an article as one factor near 1.
fn standing(shard: &Shard, article: u32, now: u64, weights: &Weights) -> f32 {
    let authority = shard.figure(&shard.authority, article);
    let mut factor = weights.authority[(authority / 2).min(3) as usize];
    if authority % 2 == 1 {
        factor *= weights.truncated;
    }
    match shard.figure(&shard.published, article) / 10_000 {
        0 => factor,
        year => factor * (1.0 - weights.age * now.saturating_sub(year).min(10) as f32),
    }
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

fn facets(retriever: &Retriever, candidates: &[Candidate]) -> Facets {
    let mut regions: HashMap<u64, usize> = HashMap::new();
    let mut years: HashMap<u64, usize> = HashMap::new();
    let mut topics: HashMap<u64, usize> = HashMap::new();
    for candidate in candidates {
        let shard = &retriever.shards[candidate.shard as usize];
        *regions.entry(shard.figure(&shard.region, candidate.article)).or_default() += 1;
        *years.entry(shard.figure(&shard.published, candidate.article) / 10_000).or_default() += 1;
        *topics.entry(shard.figure(&shard.topics, candidate.article)).or_default() += 1;
    }
    let mut facets = Facets {
        region: regions.into_iter().map(|(code, n)| (format!("{code:06}"), n)).collect(),
        year: years.into_iter().filter(|(y, _)| *y > 0).map(|(y, n)| (y.to_string(), n)).collect(),
        ..Facets::default()
    };
    for (bits, count) in topics {
        for topic in passage::topics_of(&retriever.topics, bits) {
            *facets.topic.entry(topic).or_default() += count;
        }
    }
    facets
}
