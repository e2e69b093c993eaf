//! The question as weighted terms.

use std::collections::HashMap;

use crate::index::Analyzer;
use crate::index::analyzer::CONCEPT;
use crate::text::answer_kind::AnswerKind;
use crate::text::segment::is_han;
use crate::text::{Folded, Token};

use super::Weights;

/// Which of a part's two fields a term is looked up in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Words = 0,
    Grams = 1,
}

/// One term of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub text: String,
    pub kind: Kind,
    /// Weight besides rarity.
    pub weight: f32,
    /// Whether it can be the reason for which an article is found: a single character or a word of asking cannot.
    pub decisive: bool,
    /// Where it stands in the folded question, characters.
    pub span: (usize, usize),
}

/// A question made ready for the index.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    pub all: Vec<Term>,
    /// As asked, and the canonical word.
    pub synonyms: Vec<(String, String)>,
}

impl Terms {
    /// Analyses a question as the index analysed its articles.
    pub fn new(question: &str, analyzer: &Analyzer, weights: &Weights) -> Terms {
        let folded = Folded::new(question);
        let chatter = chatter(&folded, analyzer);
        let letters = folded.chars().iter().filter(|c| c.is_alphanumeric()).count();
        let mut terms = Terms::default();
        let mut places: HashMap<(String, Kind), usize> = HashMap::new();
        let words = analyzer.words(folded.text());
        let mut inside = vec![false; folded.chars().len()];
        for w in words.iter().filter(|w| !w.text.starts_with(CONCEPT)) { for i in w.start..w.end.saturating_sub(1) { inside[i] = true; } }
        let concepts: Vec<(usize, usize)> =
            words.iter().filter(|w| w.text.starts_with(CONCEPT)).map(|w| (w.start, w.end)).collect();
        let words = words.into_iter().map(|t| (t, Kind::Words));
        let grams = analyzer.grams(folded.text()).into_iter().map(|t| (t, Kind::Grams));
        for (token, kind) in words.chain(grams) {
            if let Some(canonical) = token.text.strip_prefix(CONCEPT) {
                let said: String = folded.chars()[token.start..token.end].iter().collect();
                if said != canonical && !terms.synonyms.iter().any(|(s, _)| *s == said) {
                    terms.synonyms.push((said, canonical.to_owned()));
                }
            }
            let asking = chatter[token.start..token.end].iter().all(|c| *c);
            let alone = is_single(&token);
            let weight = match kind {
                Kind::Words if token.text.starts_with(CONCEPT) => weights.concept,
                Kind::Words if alone => weights.single,
                // A saying and its concept share one weight: a word does not count more for having synonyms.
                Kind::Words if concepts.contains(&(token.start, token.end)) => 1.0 - weights.concept,
                Kind::Words => 1.0,
                Kind::Grams if alone => weights.character,
                Kind::Grams if inside[token.start] => weights.inside,
                Kind::Grams => weights.pair,
            };
            let is_code = token.text.starts_with(|c: char| c.is_alphanumeric() && !is_han(c));
            let weight = if is_code { weight * weights.code } else { weight };
            let term = Term {
                weight: if asking { weight * weights.chatter } else { weight },
                // 花 by itself is a question; 花 beside other words is not a reason.
                decisive: (!alone || letters == 1) && !asking,
                span: (token.start, token.end),
                text: token.text.into_owned(),
                kind,
            };
            if term.weight <= 0.0 {
                continue;
            }
            match places.get(&(term.text.clone(), kind)) {
                Some(place) => terms.all[*place].weight = terms.all[*place].weight.max(term.weight),
                None => {
                    places.insert((term.text.clone(), kind), terms.all.len());
                    terms.all.push(term);
                }
            }
        }
        if weights.kinds > 0.0 {
            terms.all.extend(AnswerKind::asked(folded.text()).into_iter().map(|kind| Term {
                text: kind.term().to_owned(),
                kind: Kind::Words,
                weight: weights.kinds,
                decisive: false,
                span: (0, 0),
            }));
        }
        if !terms.all.iter().any(|t| t.decisive) {
            // Nothing but words of asking: then they are what is asked for.
            for term in terms.all.iter_mut().filter(|t| t.text.chars().count() > 1) {
                term.decisive = true;
            }
        }
        terms
    }
}

/// One Chinese character.
fn is_single(token: &Token<'_>) -> bool {
    let mut characters = token.text.chars();
    characters.next().is_some_and(is_han) && characters.next().is_none()
}

/// For each character of the question, whether it belongs to a word of asking.
fn chatter(folded: &Folded, analyzer: &Analyzer) -> Vec<bool> {
    let mut marks = vec![false; folded.chars().len()];
    let pieces = analyzer.segmenter().cut(folded.text());
    for (i, first) in pieces.iter().enumerate() {
        // A saying of asking may be cut into several pieces: 怎么|办理.
        let mut saying = String::new();
        for piece in pieces[i..].iter().take(4) {
            saying.push_str(&piece.text);
            if analyzer.is_chatter(&saying) {
                marks[first.start..piece.end].fill(true);
            }
        }
    }
    marks
}
