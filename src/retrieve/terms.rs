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
        let asking = chatter(&folded, analyzer);
        let letters = folded.chars().iter().filter(|c| c.is_alphanumeric()).count();
        let words = analyzer.words(folded.text());
        let weigher = Weigher::new(&words, weights);
        let synonyms = synonyms(&words, &folded);
        let grams = analyzer.grams(folded.text()).into_iter().map(|t| (t, Kind::Grams));
        let tokens = words.into_iter().map(|t| (t, Kind::Words)).chain(grams);

        let mut all: Vec<Term> = vec![];
        let mut places: HashMap<(String, Kind), usize> = HashMap::new();
        for (token, kind) in tokens {
            let weight = weigher.weight(&token, kind);
            let chatter = asking[token.start..token.end].iter().all(|c| *c);
            let term = Term {
                weight: if chatter { weight * weights.chatter } else { weight },
                // 花 by itself is a question; 花 beside other words is not a reason.
                decisive: (!is_single(&token) || letters == 1) && !chatter && !weigher.is_number_of_code(&token),
                span: (token.start, token.end),
                text: token.text.into_owned(),
                kind,
            };
            match places.get(&(term.text.clone(), kind)) {
                Some(place) => all[*place].weight = all[*place].weight.max(term.weight),
                None => {
                    places.insert((term.text.clone(), kind), all.len());
                    all.push(term);
                }
            }
        }
        if !all.iter().any(|t| t.decisive) {
            // Nothing but words of asking: then they are what is asked for.
            for term in all.iter_mut().filter(|t| t.text.chars().count() > 1) {
                term.decisive = true;
            }
        }
        all.extend(AnswerKind::asked(folded.text()).into_iter().map(|kind| Term {
            text: kind.term().to_owned(),
            kind: Kind::Words,
            weight: weights.answer_kind,
            decisive: false,
            span: (0, 0),
        }));
        Terms { all, synonyms }
    }
}

/// What a token weighs for what it is and where it stands.
struct Weigher<'w> {
    weights: &'w Weights,
    /// Spans of sayings that have a line in the synonym list, and whether they are its canonical word.
    concepts: Vec<(usize, usize, bool)>,
    /// Spans of words of more than two characters.
    longer: Vec<(usize, usize)>,
    /// Spans of codes.
    codes: Vec<(usize, usize)>,
}

impl Weigher<'_> {
    fn new<'w>(words: &[Token<'_>], weights: &'w Weights) -> Weigher<'w> {
        let mut concepts = vec![];
        let mut longer = vec![];
        let mut codes = vec![];
        for word in words {
            if let Some(canonical) = word.text.strip_prefix(CONCEPT) {
                let said = words.iter().find(|w| (w.start, w.end) == (word.start, word.end));
                concepts.push((word.start, word.end, said.is_some_and(|w| w.text == canonical)));
            } else {
                if is_code(&word.text) {
                    codes.push((word.start, word.end));
                }
                if word.end - word.start > 2 {
                    longer.push((word.start, word.end));
                }
            }
        }
        Weigher { weights, concepts, longer, codes }
    }

    fn weight(&self, token: &Token<'_>, kind: Kind) -> f32 {
        let alone = is_single(token);
        let weight = match kind {
            Kind::Words if token.text.starts_with(CONCEPT) => self.concept(token).unwrap_or(0.0),
            Kind::Words if alone => self.weights.single,
            // A saying and its concept share one weight: a word does not count more for having synonyms.
            Kind::Words if let Some(concept) = self.concept(token) => (1.0 - concept) * self.weights.word,
            Kind::Words
                if self.longer.iter().any(|(start, end)| {
                    *start <= token.start && token.end <= *end && end - start > token.end - token.start
                }) =>
            {
                self.weights.sub_word
            }
            Kind::Words => self.weights.word,
            Kind::Grams if alone => self.weights.character,
            Kind::Grams => self.weights.pair,
        };
        if is_code(&token.text) { weight * self.weights.code } else { weight }
    }

    /// The weight of the concept that a saying stands for.
    fn concept(&self, token: &Token<'_>) -> Option<f32> {
        let (.., canonical) =
            self.concepts.iter().find(|(start, end, _)| (*start, *end) == (token.start, token.end))?;
        Some(if *canonical { self.weights.concept } else { self.weights.variant })
    }

    /// The 24 of TH01-24: the same number stands in many other codes.
    fn is_number_of_code(&self, token: &Token<'_>) -> bool {
        let digits = token.text.chars().all(|c| c.is_ascii_digit());
        digits
            && self
                .codes
                .iter()
                .any(|(start, end)| *start <= token.start && token.end <= *end && end - start > token.end - token.start)
    }
}

/// Sayings that are looked up under another word as well: as asked, canonical.
fn synonyms(words: &[Token<'_>], folded: &Folded) -> Vec<(String, String)> {
    let mut found = vec![];
    for word in words {
        let Some(canonical) = word.text.strip_prefix(CONCEPT) else { continue };
        let said: String = folded.chars()[word.start..word.end].iter().collect();
        let pair = (said, canonical.to_owned());
        if pair.0 != pair.1 && !found.contains(&pair) {
            found.push(pair);
        }
    }
    found
}

impl Terms {
    /// The same question with every character decisive, for when no word of it is found (夸省 → 跨省).
    pub(super) fn by_characters(mut self) -> Terms {
        let several = self.all.iter().filter(|t| t.kind == Kind::Grams && t.text.chars().count() == 1).count() > 1;
        for term in &mut self.all {
            term.decisive = several && term.kind == Kind::Grams && term.text.chars().count() == 1;
        }
        self
    }
}

/// Begins with a letter or a digit.
fn is_code(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphanumeric() && !is_han(c))
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
