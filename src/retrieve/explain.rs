//! Why an article was found: what each term gave in each part, and what the whole was multiplied by.

use serde::Serialize;

use super::evidence::{Scorer, weigh};
use super::rank::{Candidate, Ranked, rank, rank_by, score};
use super::terms::Kind;
use super::{Query, Retriever, Unavailable};
use crate::index::schema::PARTS;

/// What one term gave to an article.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contribution {
    /// As looked up; `≈` marks a line of the synonym list, `?` a kind of answer.
    pub term: String,
    pub kind: Kind,
    /// title, questions, headings or body.
    pub part: &'static str,
    /// Occurrences in the article.
    pub times: u32,
    pub rarity: f32,
    pub weight: f32,
    /// The part's share of what the term gave.
    pub evidence: f32,
}

/// How a hit came to its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    pub article: String,
    pub score: f32,
    /// 0: asked region, its province, the nation; 1: inside the asked region; 2: elsewhere.
    pub region_class: u8,
    pub in_force: bool,
    /// A curated question that is the question asked: a tier of its own.
    pub same_question: bool,
    /// Likeness of title or curated question to the question, 0–1.
    pub likeness: f32,
    /// Nearness, topic, authority and age.
    pub factor: f32,
    /// The evidence of its words: what the order within a tier goes by where no meaning is added.
    pub figure: f32,
    /// Every term of the question found once.
    pub ideal: f32,
    /// How words and meaning were joined, where the semantic stage was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fusion: Option<Joined>,
    /// Strongest first.
    pub contributions: Vec<Contribution>,
}

/// What the semantic stage gave to an article.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Joined {
    /// Its place by words alone, from 1; none beyond those that are looked at.
    pub by_words: Option<usize>,
    /// Its place by nearness alone.
    pub by_meaning: Option<usize>,
    /// Cosine of the question and its nearest passage or curated question, of the latter less
    /// [`super::weights::Fusion::questions`].
    pub nearness: f32,
    /// What that adds to the figure.
    pub evidence: f32,
}

/// One explanation for each hit that [`Retriever::search`] gives.
pub(super) fn explain(retriever: &Retriever, query: &Query<'_>) -> Result<Vec<Explanation>, Unavailable> {
    let ranked = rank(retriever, query)?;
    let first = Query { limit: retriever.weights.fusion.depth, offset: 0, ..*query };
    let by_words = ranked.meaning.is_some().then(|| rank_by(retriever, &first, None)).transpose()?;
    let by_words: Option<Vec<u32>> =
        by_words.map(|ranked| ranked.candidates.iter().map(|candidate| candidate.article).collect());
    let (weighed, _) = weigh(retriever, &ranked.terms.all);
    let mut scorer = Scorer::new(retriever, &*ranked.read, &weighed);
    let hits = ranked.candidates.iter().skip(query.offset);
    Ok(hits.map(|candidate| of(&mut scorer, &ranked, candidate, by_words.as_deref())).collect())
}

fn of(
    scorer: &mut Scorer<'_, '_>,
    ranked: &Ranked<'_>,
    candidate: &Candidate,
    by_words: Option<&[u32]>,
) -> Explanation {
    let retriever = scorer.retriever;
    let mut contributions = vec![];
    for (weighed, counts) in scorer.terms.iter().zip(scorer.explain(candidate.article)) {
        let sum: f32 = counts.iter().map(|(times, norm)| *times as f32 * norm).sum();
        let whole = weighed.value / (retriever.weights.saturation[weighed.term.kind as usize] + sum);
        let found = counts.into_iter().enumerate().filter(|(_, (times, _))| *times > 0);
        contributions.extend(found.map(|(part, (times, norm))| Contribution {
            term: weighed.term.text.clone(),
            kind: weighed.term.kind,
            part: PARTS[part],
            times,
            rarity: weighed.rarity,
            weight: weighed.term.weight,
            evidence: whole * times as f32 * norm,
        }));
    }
    contributions.sort_by(|a, b| b.evidence.total_cmp(&a.evidence).then_with(|| a.term.cmp(&b.term)));
    Explanation {
        article: retriever.shelf.get(&*ranked.read, candidate.article).card.id.clone(),
        score: score(candidate, ranked.ideal, &retriever.weights),
        region_class: candidate.class,
        in_force: candidate.in_force,
        same_question: candidate.same_question,
        likeness: candidate.likeness,
        factor: candidate.factor,
        figure: candidate.figure,
        ideal: ranked.ideal,
        fusion: by_words.map(|words| Joined {
            by_words: words.iter().position(|article| *article == candidate.article).map(|i| i + 1),
            by_meaning: ranked.near.iter().position(|near| near.article == candidate.article).map(|i| i + 1),
            nearness: candidate.nearness,
            evidence: candidate.meaning,
        }),
        contributions,
    }
}
