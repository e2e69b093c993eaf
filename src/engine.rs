//! The whole question path: understand → retrieve → compute → compose.
//!
//! An [`Engine`] holds one immutable snapshot and answers from it alone: no file, no clock, no environment. The day is an
//! argument, so the same question on the same day over the same corpus gives the same answer.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use crate::answer::compose::{self, Words};
use crate::answer::{Answer, AnswerStatus, IndexInfo, RegionJson, UnderstandingJson};
use crate::corpus::article::Article;
use crate::facts::Facts;
use crate::index::Snapshot;
use crate::region::RegionCode;
use crate::retrieve::{Explanation, Found, Passage, Query, Unavailable};
use crate::rules::{self, Case, Outcome, Status};
use crate::understand::{AskedPlace, Cue, Groundwork, OUT_OF_SCOPE, Understander, Understanding};

/// A question with what was given beside it.
#[derive(Clone, Debug)]
pub struct Question<'q> {
    pub text: &'q str,
    /// The caller's region; a place named in the question wins over it.
    pub region: Option<RegionCode>,
    /// The day whose law counts.
    pub at: Date,
    /// Facts given by the caller; they win over what the question says.
    pub facts: Facts,
    /// Ask for every step.
    pub explain: bool,
}

/// The longest question taken, in characters.
pub const QUESTION_CHARS: usize = 1_000;
/// The years in which a day may be asked about; law outside them is not on file, and date arithmetic stays in range.
pub const FIRST_YEAR: i16 = 1950;
pub const LAST_YEAR: i16 = 2199;

/// Passages shown with an answer.
const PASSAGES: usize = 5;
/// Suggestions shown with an answer.
const SUGGESTIONS: usize = 3;
/// A topic with at least so many points is what the question is about.
const SURE: f32 = 1.5;
/// A passage scored at least so high speaks to a question that no topic claims.
pub const CLEAR_HIT: f32 = 0.6;

/// See the module.
pub struct Engine {
    pub snapshot: Snapshot,
    pub understander: Understander,
    /// Contradiction → articles that speak of it.
    speaks: BTreeMap<String, Vec<String>>,
    /// Id → place in the corpus.
    articles: HashMap<String, usize>,
}

impl Engine {
    pub fn new(snapshot: Snapshot) -> Engine {
        let groundwork = Groundwork::of(&snapshot.corpus);
        Engine::with(snapshot, groundwork)
    }

    /// The same over groundwork that was made of the snapshot's corpus.
    pub fn with(snapshot: Snapshot, groundwork: Groundwork) -> Engine {
        let corpus = &snapshot.corpus;
        let understander = Understander::with(groundwork, corpus, snapshot.analyzer.segmenter().clone());
        let mut speaks: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for article in &corpus.articles {
            for conflict in &article.conflicts {
                speaks.entry(conflict.clone()).or_default().push(article.id.clone());
            }
        }
        let articles = corpus.articles.iter().enumerate().map(|(place, a)| (a.id.clone(), place)).collect();
        Engine { snapshot, understander, speaks, articles }
    }

    /// The article with this id.
    pub fn article(&self, id: &str) -> Option<&Article> {
        self.articles.get(id).and_then(|place| self.snapshot.corpus.articles.get(*place))
    }

    /// Which generation answers.
    pub fn info(&self) -> IndexInfo {
        let generation = &self.snapshot.generation;
        IndexInfo { generation: generation.name.clone(), built_at: generation.built_at.clone() }
    }

    /// Answers one question. Never fails: what is missing or unknown is a status, and where passages could not be looked
    /// for, [`Answer::unsearched`] and a caveat say so.
    pub fn answer(&self, question: &Question<'_>) -> Answer {
        let understood = self.understander.understand(question.text, question.at, None);
        self.answer_understood(question, understood)
    }

    /// Answers a question that was understood elsewhere: a turn of a conversation.
    pub fn answer_understood(&self, question: &Question<'_>, mut understood: Understanding) -> Answer {
        if let Some(given) = question.region.filter(|_| understood.place.is_none()) {
            understood.place = Some(AskedPlace { code: given, span: None, ambiguous: false });
        }
        for (name, fact) in &question.facts.0 {
            understood.facts.insert(name, fact.clone());
        }
        let region = understood.place.as_ref().map(|p| p.code);
        let outcomes = self.compute(&understood, region, question.at);
        let retrieved = self.retrieve(&understood, region, question.at, question.explain);
        let unsearched = retrieved.is_err();
        let (mut passages, explanations) = retrieved.unwrap_or_default();
        adopt_topic(&mut understood, &mut passages);

        let words = Words { regions: &self.snapshot.corpus.law.regions, lexicon: self.understander.lexicon() };
        let raised: Vec<String> =
            understood.conflicts.iter().chain(outcomes.iter().flat_map(|o| &o.conflicts)).cloned().collect();
        let conflicts = compose::conflicts(words, &raised, region, &passages, &self.speaks);
        let mut answer = Answer {
            question: question.text.to_owned(),
            at: question.at.to_string(),
            status: status(&outcomes, &passages),
            understanding: UnderstandingJson {
                topics: compose::topics_json(words, &understood.topics),
                region: understood.place.as_ref().map(|p| RegionJson {
                    code: p.code.to_string(),
                    name: words.regions.name(p.code),
                    span: p.span,
                    assumed: p.ambiguous,
                }),
                facts: compose::facts_json(&understood.facts),
                corrections: compose::corrections_json(&understood.corrections),
            },
            computed: compose::asking_which(
                outcomes.iter().map(|o| compose::computed(words, o, region)).collect(),
                &understood.unclear,
            ),
            conflicts,
            caveats: self.caveats(&outcomes, &passages, question.at, unsearched),
            suggestions: self.suggestions(&understood, &passages),
            passages,
            took_ms: 0.0,
            index: self.info(),
            id: String::new(),
            unsearched,
            explain: question.explain.then(|| self.explain(&understood, region, question.at, &explanations)),
        };
        answer.id = answer.identity();
        answer
    }

    /// The fact that the answer to this would ask for first, if it asked for one.
    pub fn next_fact(&self, question: &Question<'_>, understood: &Understanding) -> Option<&'static str> {
        let region = understood.place.as_ref().map(|p| p.code).or(question.region);
        let outcomes = self.compute(understood, region, question.at);
        outcomes.iter().find_map(|o| o.missing.first().copied())
    }

    fn compute(&self, understood: &Understanding, region: Option<RegionCode>, at: Date) -> Vec<Outcome> {
        let law = &self.snapshot.corpus.law;
        let case = Case { facts: &understood.facts, region, at, law };
        rules::RULES.iter().filter(|r| understood.rules.iter().any(|id| id == r.id)).map(|r| r.compute(case)).collect()
    }

    /// The passages of an answer, and on demand how each came to its place.
    fn retrieve(
        &self,
        understood: &Understanding,
        region: Option<RegionCode>,
        at: Date,
        explain: bool,
    ) -> Result<(Vec<Passage>, Vec<Explanation>), Unavailable> {
        // What is plainly about something else gets no passages of ours.
        if understood.topic() == OUT_OF_SCOPE && understood.topics.iter().any(|t| t.points > 0.0) {
            return Ok((vec![], vec![]));
        }
        let about = about(understood);
        let query = Query {
            text: understood.reading.text(),
            region,
            about: &about,
            at: Some(at),
            limit: PASSAGES,
            ..Query::default()
        };
        let retriever = &self.snapshot.retriever;
        let explanations = if explain { retriever.explain(&query)? } else { vec![] };
        Ok((retriever.search(&query)?.hits, explanations))
    }

    /// Ranked passages, as an answer would show them: the words are understood first. A region given by the
    /// caller wins over one that the words name.
    ///
    /// # Errors
    /// The engine that holds the passages is elsewhere and does not answer.
    pub fn search(&self, query: &Query<'_>, at: Date) -> Result<Found, Unavailable> {
        self.with_understanding(query, at, |query| self.snapshot.retriever.search(query))
    }

    /// How each hit that [`Engine::search`] gives came to its place.
    ///
    /// # Errors
    /// As [`Engine::search`].
    pub fn explain_search(&self, query: &Query<'_>, at: Date) -> Result<Vec<Explanation>, Unavailable> {
        self.with_understanding(query, at, |query| self.snapshot.retriever.explain(query))
    }

    fn with_understanding<T>(&self, query: &Query<'_>, at: Date, then: impl FnOnce(&Query<'_>) -> T) -> T {
        let understood = self.understander.understand(query.text, at, None);
        let about = about(&understood);
        let region = query.region.or(understood.place.as_ref().map(|p| p.code));
        let text = understood.reading.text();
        then(&Query { text, region, about: &about, at: Some(at), ..*query })
    }

    /// Where nothing was computed the answer rests on its first passage, and says so if nobody could verify that, or if it
    /// is due for review. Where passages could not be looked for, that is said.
    fn caveats(&self, outcomes: &[Outcome], passages: &[Passage], at: Date, unsearched: bool) -> Vec<String> {
        if unsearched {
            return vec![compose::UNSEARCHED.to_owned()];
        }
        let first = passages.first().filter(|_| outcomes.is_empty());
        let Some(article) = first.and_then(|p| self.article(&p.article)) else {
            return vec![];
        };
        let unverified = compose::unverified_caveat(article);
        let stale = compose::stale_caveat(article, self.snapshot.corpus.review.due(article), at);
        unverified.into_iter().chain(stale).collect()
    }

    /// Curated questions of the passages found, the asked one left out.
    fn suggestions(&self, understood: &Understanding, passages: &[Passage]) -> Vec<String> {
        let asked = understood.reading.text();
        let near = passages.iter().filter_map(|p| self.article(&p.article));
        let questions = near.flat_map(|a| a.questions.first()).filter(|q| q.as_str() != asked);
        questions.take(SUGGESTIONS).cloned().collect()
    }

    /// The points that each topic got from conditions that a cue speaks for.
    fn weights(&self, understood: &Understanding, cue: &Cue) -> BTreeMap<String, f64> {
        let mut weights = BTreeMap::new();
        for scored in understood.topics.iter().filter(|_| !cue.negated) {
            let topic = self.understander.lexicon().topics.iter().find(|t| t.id == scored.id);
            let held = topic.into_iter().flat_map(|t| &t.when).filter(|c| scored.because.contains(&c.line));
            let class =
                cue.class.split_once('=').map_or(cue.class.clone(), |(about, value)| format!("@{about}:{value}"));
            let points: f32 = held.filter(|c| c.names(&class)).map(|c| c.weight).sum();
            if points != 0.0 {
                weights.insert(scored.id.clone(), hundredths(points));
            }
        }
        weights
    }

    fn explain(
        &self,
        understood: &Understanding,
        region: Option<RegionCode>,
        at: Date,
        passages: &[Explanation],
    ) -> serde_json::Value {
        let cues: Vec<serde_json::Value> = understood
            .cues
            .iter()
            .map(|c| {
                let weights = self.weights(understood, c);
                serde_json::json!({
                    "word": c.word, "class": c.class, "span": c.span, "negated": c.negated, "weights": weights,
                })
            })
            .collect();
        let topics: Vec<serde_json::Value> = understood
            .topics
            .iter()
            .map(|t| serde_json::json!({"id": t.id, "points": hundredths(t.points), "lines": t.because}))
            .collect();
        serde_json::json!({
            "reading": understood.reading.text(),
            "cues": cues,
            "classes": understood.present,
            "topics": topics,
            "rules": understood.rules,
            "region": region,
            "at": at.to_string(),
            "passages": passages,
        })
    }
}

/// The topics that a question is surely about.
fn about(understood: &Understanding) -> Vec<&str> {
    understood.topics.iter().filter(|t| t.points >= SURE).map(|t| t.id.as_str()).collect()
}

/// Two decimals, as people write weights: 0.2 and not 0.20000000298.
fn hundredths(points: f32) -> f64 {
    (f64::from(points) * 100.0).round() / 100.0
}

/// A question that no topic claims takes the topic of a passage that clearly answers it; without one it is none of ours.
fn adopt_topic(understood: &mut Understanding, passages: &mut Vec<Passage>) {
    let unclaimed = understood.topic() == OUT_OF_SCOPE;
    if !unclaimed {
        return;
    }
    match passages.first().filter(|p| p.score >= CLEAR_HIT) {
        Some(clear) => {
            let topic = clear.topics.first().cloned().unwrap_or_else(|| OUT_OF_SCOPE.to_owned());
            if let Some(first) = understood.topics.first_mut() {
                first.id = topic;
            }
        }
        None => passages.clear(),
    }
}

fn status(outcomes: &[Outcome], passages: &[Passage]) -> AnswerStatus {
    let told = |s: Status| matches!(s, Status::Computed | Status::DependsLocal | Status::ConditionUnmet);
    if outcomes.iter().any(|o| told(o.status)) {
        AnswerStatus::Answered
    } else if outcomes.iter().any(|o| o.status == Status::NeedsFacts) {
        AnswerStatus::NeedsFacts
    } else if !passages.is_empty() {
        AnswerStatus::PassagesOnly
    } else {
        AnswerStatus::NoMatch
    }
}
