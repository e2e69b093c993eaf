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

use super::backend::{Articles, Found as Candidates, Lead, Reader, Unavailable, Wanted};
use super::evidence::{Scorer, Weighed, weigh};
use super::passage::Marker;
use super::semantic::{Meaning, Mode, Near, Semantic};
use super::terms::{Kind, Terms};
use super::{Facets, Found, Query, Retriever, Weights, facets, passage};
use crate::index::prepare::date_number;
use crate::index::record;
use crate::index::table::Profile;
use crate::region::RegionCode;

/// So many of the best are compared with the question as a whole, even where fewer are asked for.
const LOOKED_AT: usize = 20;

/// So many articles are brought near at once.
const ROUND: usize = 32;

/// An article that was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// Number of the article in the order of building: the last tie-break.
    pub article: u32,
    /// Where the evidence of its passages begins in [`Ranked::passages`].
    pub passages: usize,
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
    /// What it holds of the worth of the terms.
    pub held: f32,
    /// Cosine to the question; 0 where the semantic stage was not used.
    pub nearness: f32,
    /// What nearness adds to the evidence; takes away where it is below that of unrelated texts.
    pub meaning: f32,
    pub twins: u64,
}

impl Candidate {
    fn order(&self, other: &Candidate) -> Ordering {
        self.tier(other).then(other.evidence().total_cmp(&self.evidence())).then(self.article.cmp(&other.article))
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
pub(super) struct Ranked<'r> {
    pub terms: Terms,
    /// To read them.
    pub read: Reader<'r>,
    /// Where the semantic stage was used.
    pub meaning: Option<Meaning<'r>>,
    /// The nearest articles, nearest first.
    pub near: Vec<Near>,
    pub candidates: Vec<Candidate>,
    /// The evidence of each passage of each candidate.
    pub passages: Vec<f32>,
    /// What is marked in what is shown.
    pub marker: Option<Marker>,
    /// Value of all terms found once.
    pub ideal: f32,
    pub total: usize,
    pub facets: Facets,
    pub elsewhere: bool,
    pub fuzzy: bool,
    /// Articles folded into another.
    pub twins: HashMap<u32, Vec<Candidate>>,
}

impl<'r> Ranked<'r> {
    /// Nothing found for these terms.
    fn nothing(retriever: &'r Retriever, terms: Terms) -> Ranked<'r> {
        Ranked {
            terms,
            read: Reader::Kept(retriever.backend.articles()),
            meaning: None,
            near: vec![],
            candidates: vec![],
            passages: vec![],
            marker: None,
            ideal: 0.0,
            total: 0,
            facets: Facets::default(),
            elsewhere: false,
            fuzzy: false,
            twins: HashMap::new(),
        }
    }
}

pub(super) fn search(retriever: &Retriever, query: &Query<'_>) -> Result<Found, Unavailable> {
    let mut ranked = rank(retriever, query)?;
    let candidates = std::mem::take(&mut ranked.candidates);
    let mut hits = vec![];
    let mut ceiling = 1.0f32;
    for (place, candidate) in candidates.iter().enumerate() {
        ceiling = ceiling.min(score(candidate, ranked.ideal, &retriever.weights));
        if place >= query.offset {
            let mut hit = passage::show(retriever, candidate, &mut ranked);
            hit.score = ceiling;
            let twins = ranked.twins.get(&candidate.article).into_iter().flatten();
            hit.twins = twins.map(|twin| retriever.shelf.get(&*ranked.read, twin.article).card.id.clone()).collect();
            hits.push(hit);
        }
    }
    Ok(Found {
        hits,
        total: ranked.total,
        facets: ranked.facets,
        elsewhere: ranked.elsewhere,
        fuzzy: ranked.fuzzy,
        synonyms: ranked.terms.synonyms,
    })
}

/// Ranks as far as `offset + limit`.
pub(super) fn rank<'r>(retriever: &'r Retriever, query: &Query<'_>) -> Result<Ranked<'r>, Unavailable> {
    rank_by(retriever, query, retriever.semantic.as_ref())
}

/// The same with or without the semantic stage.
pub(super) fn rank_by<'r>(
    retriever: &'r Retriever,
    query: &Query<'_>,
    semantic: Option<&'r Semantic>,
) -> Result<Ranked<'r>, Unavailable> {
    let weights = &retriever.weights;
    let terms = Terms::new(query.text, &retriever.analyzer, weights);
    let mut ranked = find(retriever, query, terms, weights.minimum, |w| w.value)?;
    if ranked.candidates.is_empty() {
        let loosened = std::mem::take(&mut ranked.terms).by_characters();
        // Characters are counted, not weighed: a rare wrong one must not forbid all others.
        ranked = find(retriever, query, loosened, weights.fuzzy_minimum, |_| 1.0)?;
        ranked.fuzzy = !ranked.candidates.is_empty();
    }
    if let Some(semantic) = semantic.filter(|s| wants_meaning(retriever, s, query, &ranked)) {
        ranked.add_meaning(retriever, query, semantic.compare(query.text, weights.fusion.questions));
    }
    let candidates = &mut ranked.candidates;
    if candidates.iter().any(|c| c.class < 2) {
        candidates.retain(|c| c.class < 2);
    } else {
        ranked.elsewhere = !candidates.is_empty();
    }
    let before = candidates.len();
    ranked.twins = fold_twins(candidates);
    // What was not scored was not compared with others either.
    ranked.total = candidates.len().max(ranked.total.saturating_sub(before - candidates.len()));
    if query.facets && ranked.total == candidates.len() {
        let articles: Vec<u32> = candidates.iter().map(|c| c.article).collect();
        ranked.facets = facets::count(&*ranked.read, &articles, &retriever.topics);
    }
    let end = query.offset.saturating_add(query.limit);
    best_first(candidates, end.max(LOOKED_AT));
    passage::compare(retriever, &*ranked.read, query.text, candidates);
    candidates.sort_by(Candidate::order);
    candidates.truncate(end);
    Ok(ranked)
}

/// Whether the words leave the question open, or the semantic stage is wanted whatever they say.
fn wants_meaning(retriever: &Retriever, semantic: &Semantic, query: &Query<'_>, ranked: &Ranked<'_>) -> bool {
    if semantic.mode != Mode::Auto {
        return semantic.mode == Mode::Always;
    }
    let mut first = ranked.candidates.clone();
    best_first(&mut first, LOOKED_AT);
    passage::compare(retriever, &*ranked.read, query.text, &mut first);
    first.sort_by(Candidate::order);
    let decisive = retriever.weights.fusion.decisive;
    !first.first().is_some_and(|c| c.same_question || score(c, ranked.ideal, &retriever.weights) >= decisive)
}

impl<'r> Ranked<'r> {
    /// Adds nearness to what words found, and what is near without being found by them.
    fn add_meaning(&mut self, retriever: &Retriever, query: &Query<'_>, meaning: Meaning<'r>) {
        let fusion = &retriever.weights.fusion;
        let filter = Filter::new(retriever, query);
        let elsewhere = !self.candidates.is_empty() && self.candidates.iter().all(|c| c.class == 2);
        self.near = meaning.nearest(fusion.depth, |article| {
            let profile = self.read.profile(article);
            filter.admits(&profile) && (elsewhere || filter.judge(&profile).class < 2)
        });
        let known: HashSet<u32> = self.candidates.iter().map(|c| c.article).collect();
        let new: Vec<u32> = self
            .near
            .iter()
            .filter(|near| near.nearness >= fusion.least && !known.contains(&near.article))
            .map(|near| near.article)
            .collect();
        let (weighed, _) = weigh(retriever, &self.terms.all);
        let mut scorer = Scorer::new(retriever, &*self.read, &weighed);
        for article in new {
            let candidate = filter.candidate(article, &*self.read, &mut scorer, |_| true, &mut self.passages);
            self.candidates.push(candidate);
        }
        // Without a word that counts, the question itself is the measure.
        self.ideal = if self.ideal > 0.0 { self.ideal } else { 1.0 };
        for candidate in &mut self.candidates {
            candidate.nearness = meaning.article(candidate.article);
            let more = fusion.dense * (candidate.nearness - fusion.unrelated) * self.ideal;
            // What speaks against an article does so less in the asked place.
            candidate.meaning = if more > 0.0 { more * candidate.factor } else { more / candidate.factor };
        }
        self.meaning = Some(meaning);
    }
}

/// The articles that hold at least `minimum` of what the decisive terms are worth, as many as may come first.
fn find<'r>(
    retriever: &'r Retriever,
    query: &Query<'_>,
    terms: Terms,
    minimum: f32,
    worth: fn(&Weighed<'_>) -> f32,
) -> Result<Ranked<'r>, Unavailable> {
    let weights = &retriever.weights;
    let (mut weighed, mut lookup) = weigh(retriever, &terms.all);
    let ideal: f32 = weighed.iter().map(|w| w.value).sum();
    let keys = weighed.iter().map(|w| w.key + 1).max().unwrap_or(0);
    let mut leads: Vec<Lead> = (0..keys).map(|key| Lead { key, worth: 0.0, is_word: false }).collect();
    for term in weighed.iter_mut().filter(|w| w.term.decisive) {
        term.worth = worth(term);
        let lead = &mut leads[term.key];
        lead.worth += term.worth;
        lead.is_word |= term.term.kind == Kind::Words;
    }
    for term in weighed.iter().filter(|w| w.worth > 0.0 && w.term.kind == Kind::Words) {
        lookup.add(&record::titled(&term.term.text));
        leads.push(Lead { key: leads.len(), worth: term.worth * weights.pruning.titled, is_word: true });
    }
    leads.retain(|lead| lead.worth > 0.0);
    let whole: f32 = weighed.iter().map(|term| term.worth).sum();
    if leads.is_empty() {
        drop(weighed);
        return Ok(Ranked::nothing(retriever, terms));
    }
    let filter = Filter::new(retriever, query);
    let wanted = Wanted {
        filter: &filter,
        weights,
        damping: &retriever.norms.damping[..],
        least: whole * minimum,
        count: query.offset.saturating_add(query.limit).max(LOOKED_AT),
        counted: query.facets,
    };
    let Candidates { articles, scored, total, read, touched } = lookup.find(leads, &wanted)?;
    let mut scorer = Scorer::new(retriever, &*read, &weighed);
    let mut passages = vec![];
    let mut candidates: Vec<Candidate> = Vec::with_capacity(scored);
    for round in articles[..scored].chunks(ROUND) {
        read.expect(round);
        candidates.extend(round.iter().map(|article| {
            filter.candidate(*article, &*read, &mut scorer, |place| touched(*article, place), &mut passages)
        }));
    }
    // An engine that does not count what an article holds gives those that hold anything; all after these hold less.
    candidates.retain(|candidate| candidate.held >= wanted.least * ROUNDING);
    let total = if candidates.len() < scored { candidates.len() } else { total };
    let facets = if total > scored && query.facets {
        facets::count(&*read, &articles, &retriever.topics)
    } else {
        Facets::default()
    };
    drop(scorer);
    drop(weighed);
    Ok(Ranked { read, candidates, passages, ideal, total, facets, ..Ranked::nothing(retriever, terms) })
}

/// Sums of the same figures in another order differ by less.
const ROUNDING: f32 = 0.999;

/// What is found has a score, however little speaks for it.
const LEAST_SHARE: f32 = 1e-3;

/// The documented 0–1 figure.
pub(super) fn score(candidate: &Candidate, ideal: f32, weights: &Weights) -> f32 {
    let share = candidate.evidence() * (1.0 + weights.saturation[0]) / ideal.max(f32::MIN_POSITIVE);
    let share = share.max(LEAST_SHARE);
    let score = 1.0 - (-weights.certainty * share).exp();
    if candidate.same_question { score.max(0.97) } else { score }
}

/// What a query asks of an article besides its words.
pub struct Filter<'q> {
    retriever: &'q Retriever,
    pub region: Option<RegionCode>,
    /// Bit of the topic asked for.
    pub topic: Option<u64>,
    /// The year of publication asked for.
    pub year: Option<u32>,
    /// Bits of the topics that the question was understood to be about.
    about: u64,
    /// The day asked for, as a number.
    pub at: Option<u32>,
    /// The year that ages are counted from.
    now: u32,
}

/// An article seen from a query, its words aside.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    /// 0: asked region, its province, the nation; 1: inside the asked region; 2: elsewhere.
    pub class: u8,
    pub in_force: bool,
    /// Nearness, topic, authority and age.
    pub factor: f32,
}

impl<'q> Filter<'q> {
    pub fn new(retriever: &'q Retriever, query: &Query<'_>) -> Filter<'q> {
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
            year: query.year.map(|year| u32::try_from(year).unwrap_or(u32::MAX)),
            about: query.about.iter().fold(0, |bits, asked| bits | bit(asked)),
            at,
            now: at.unwrap_or(retriever.totals().newest) / 10_000,
        }
    }

    /// Whether all articles are alike to the query, as far as tiers and topics go.
    pub fn is_plain(&self) -> bool {
        let totals = self.retriever.totals();
        self.topic.is_none()
            && self.year.is_none()
            && self.about == 0
            && (self.region.is_none() || !totals.is_placed)
            && (self.at.is_none() || !totals.is_dated)
    }

    pub fn admits(&self, profile: &Profile) -> bool {
        self.topic.is_none_or(|bit| profile.topics & bit != 0)
            && self.year.is_none_or(|wanted| wanted == profile.published / 10_000)
    }

    pub fn judge(&self, profile: &Profile) -> Judged {
        let weights = &self.retriever.weights;
        let (class, nearness) = nearness(profile.region, self.region, weights);
        let off_topic = self.about != 0 && profile.topics & self.about == 0;
        let off_topic = if off_topic { weights.off_topic } else { 1.0 };
        Judged {
            class,
            in_force: self.at.is_none_or(|at| in_force(profile, at)),
            factor: nearness * off_topic * standing(profile, self.now, weights),
        }
    }

    /// An article with the evidence of its words; see [`Scorer::score`].
    fn candidate(
        &self,
        article: u32,
        read: &dyn Articles,
        scorer: &mut Scorer<'_, '_>,
        reads: impl Fn(usize) -> bool,
        passages: &mut Vec<f32>,
    ) -> Candidate {
        let weights = &self.retriever.weights;
        let row = read.row(article);
        let Judged { class, in_force, factor } = self.judge(&row.profile);
        let place = passages.len();
        let evidence = scorer.score(article, &row, reads, passages);
        let figure = (evidence.article + weights.passage * evidence.best) / (1.0 + weights.passage);
        Candidate {
            article,
            passages: place,
            class,
            in_force,
            same_question: false,
            likeness: 0.0,
            factor,
            figure: figure * factor,
            held: evidence.held,
            nearness: 0.0,
            meaning: 0.0,
            twins: row.twins,
        }
    }
}

/// Authority, completeness and age of an article as one factor near 1.
fn standing(profile: &Profile, now: u32, weights: &Weights) -> f32 {
    let mut factor = weights.authority[(profile.authority / 2).min(3) as usize];
    if profile.authority % 2 == 1 {
        factor *= weights.truncated;
    }
    match profile.published / 10_000 {
        0 => factor,
        year => factor * (1.0 - weights.age * now.saturating_sub(year).min(10) as f32),
    }
}

fn in_force(profile: &Profile, at: u32) -> bool {
    profile.effective_from <= at && (profile.effective_to == 0 || at <= profile.effective_to)
}

/// Class and factor of an article's region, seen from the region asked for.
fn nearness(region: RegionCode, asked: Option<RegionCode>, weights: &Weights) -> (u8, f32) {
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

/// Leaves the best of each group of articles with the same body; gives the others by the one left.
fn fold_twins(candidates: &mut Vec<Candidate>) -> HashMap<u32, Vec<Candidate>> {
    let mut groups: HashMap<u64, Vec<Candidate>> = HashMap::new();
    for candidate in candidates.iter().filter(|c| c.twins != 0) {
        groups.entry(candidate.twins).or_default().push(*candidate);
    }
    let mut folded = HashSet::new();
    let mut others = HashMap::new();
    for group in groups.values_mut().filter(|g| g.len() > 1) {
        group.sort_by(Candidate::order);
        let rest = group.split_off(1);
        folded.extend(rest.iter().map(|c| c.article));
        others.insert(group[0].article, rest);
    }
    candidates.retain(|c| !folded.contains(&c.article));
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
