//! From a question to what it is about: topics, place, the rules it asks for and their facts, each with its span.
//!
//! All words are data (`corpus/vocabulary/`); the order of steps is here. Wrong confidence is worse than a question back,
//! so nothing is filled in that the question does not say.

mod bare;
mod correct;
pub mod dialogue;
mod fill;
pub mod lexicon;
pub mod matcher;
pub mod place;
pub mod reading;
mod romanised;
mod sound;
pub mod topic;

use std::sync::Arc;

use jiff::civil::Date;

use crate::corpus::Corpus;
use crate::facts::Facts;
use crate::region::RegionCode;
use crate::text::{Folded, Segmenter, dates, numbers};
use correct::Corrector;
pub use fill::Unclear;
use lexicon::Lexicon;
use matcher::{Matcher, Sense};
use place::{Part, Place, Places};
use reading::Reading;
pub use topic::{OUT_OF_SCOPE, Scored};

/// A reading put in place of what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    pub from: String,
    pub to: String,
    /// Character offsets into the question.
    pub span: (usize, usize),
}

/// The place a question is about.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedPlace {
    pub code: RegionCode,
    /// Character offsets into the question; `None` when it came from beside it.
    pub span: Option<(usize, usize)>,
    /// The name fits several places and this is the usual one.
    pub ambiguous: bool,
}

/// One cue found, for `explain`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    pub word: String,
    pub class: String,
    pub span: (usize, usize),
    pub negated: bool,
}

/// What a question says.
#[derive(Clone, Debug, Default)]
pub struct Understanding {
    /// The question as understood: folded, corrected.
    pub reading: Folded,
    pub topics: Vec<Scored>,
    pub place: Option<AskedPlace>,
    /// Every place named, with its part.
    pub places: Vec<(RegionCode, Part)>,
    /// Rules asked for.
    pub rules: Vec<String>,
    pub facts: Facts,
    /// Facts said twice, differently.
    pub unclear: Vec<Unclear>,
    pub corrections: Vec<Correction>,
    pub cues: Vec<Cue>,
    /// Contradictions on file that the question itself brings up.
    pub conflicts: Vec<String>,
    /// Classes present, negated ones left out.
    pub present: std::collections::BTreeSet<String>,
}

impl Understanding {
    /// The main topic.
    pub fn topic(&self) -> &str {
        self.topics.first().map_or(OUT_OF_SCOPE, |t| t.id.as_str())
    }
}

/// What an [`Understander`] is made of that no dictionary is needed for: it can be made while that is unpacked.
pub struct Groundwork {
    lexicon: Lexicon,
    matcher: Matcher,
    places: Places,
}

impl Groundwork {
    /// The one of a corpus.
    pub fn of(corpus: &Corpus) -> Groundwork {
        let lexicon = corpus.lexicon.clone();
        Groundwork { matcher: Matcher::new(&lexicon), places: Places::new(&corpus.law.regions), lexicon }
    }
}

/// Understands questions; built once from the words of the corpus.
pub struct Understander {
    lexicon: Lexicon,
    matcher: Matcher,
    places: Places,
    corrector: Corrector,
    segmenter: Arc<Segmenter>,
}

impl Understander {
    /// The one of a corpus.
    pub fn of(corpus: &Corpus, segmenter: Arc<Segmenter>) -> Understander {
        Understander::with(Groundwork::of(corpus), corpus, segmenter)
    }

    /// The same over the groundwork of that corpus.
    pub fn with(groundwork: Groundwork, corpus: &Corpus, segmenter: Arc<Segmenter>) -> Understander {
        let Groundwork { lexicon, matcher, places } = groundwork;
        let asked = corpus.articles.iter().flat_map(|a| std::iter::once(&a.title).chain(&a.questions));
        let terms = corpus.vocabulary.words.iter().map(|w| w.text.as_str());
        let regions = &corpus.law.regions;
        let corrector = Corrector::new(&lexicon, terms, regions, segmenter.clone(), asked.map(String::as_str));
        Understander { lexicon, matcher, places, corrector, segmenter }
    }

    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// Reads a question asked on the day `at`. `rules` names the rules to fill facts for whatever the question itself asks
    /// (a caller that answers a follow-up); else those the question asks for are filled.
    pub fn understand(&self, question: &str, at: Date, rules: Option<&[String]>) -> Understanding {
        let (folded, corrections) = self.corrector.correct(Folded::new(question), &|text| self.covered(text));
        let reading = self.read(&folded, at);
        let (topics, asked) = topic::judge(&self.lexicon, &reading);
        let lenient = rules.is_some();
        let rules = rules.map_or(asked, <[String]>::to_vec);
        let fill::Filled { facts, unclear } = fill::fill(&reading, &rules, lenient);
        let place = asked_place(&reading, &topics, &rules);
        let conflicts = self.conflicts(folded.text());
        let cues = cues(&reading);
        let present = reading.present().clone();
        let places = reading.places.iter().map(|p| (p.code, p.part)).collect();
        Understanding {
            topics,
            place,
            places,
            rules,
            facts,
            unclear,
            corrections,
            cues,
            conflicts,
            present,
            reading: folded,
        }
    }

    /// What a turn says of the person, whichever rules it asks for.
    fn person(&self, text: &str, at: Date) -> Facts {
        const READ_BY: [&str; 3] = ["retirement_years", "contribution", "transfer"];
        let folded = Folded::new(text);
        fill::fill(&self.read(&folded, at), &READ_BY.map(str::to_owned), false).facts
    }

    /// Which characters belong to words or places of ours already: a correction may not change them.
    fn covered(&self, text: &Folded) -> Vec<bool> {
        let mut covered = vec![false; text.chars().len()];
        let words = self.matcher.find(text.text(), &self.lexicon).into_iter().map(|m| (m.start, m.end));
        let places = self.places.find(text.text(), text.chars()).into_iter().map(|p| (p.start, p.end));
        for (start, end) in words.chain(places).filter(|(start, end)| end - start >= 2) {
            covered[start..end.min(text.chars().len())].fill(true);
        }
        covered
    }

    fn read<'a>(&'a self, folded: &'a Folded, at: Date) -> Reading<'a> {
        let chars = folded.chars();
        let dates = dates::dates(chars, at);
        let in_date = |i: usize| dates.iter().any(|d| d.start <= i && i < d.end);
        let measures = numbers::measures(chars, &in_date);
        let places = self.places.find(folded.text(), chars);
        let mut matches = self.uncut(folded.text(), self.matcher.find(folded.text(), &self.lexicon));
        // 宿迁 is no word of moving.
        let named = |m: &matcher::Match| places.iter().any(|p| p.start < m.start && m.end <= p.end);
        matches.retain(|m| !named(m));
        Reading::new(folded, &self.lexicon, at, matches, measures, dates, places)
    }

    /// Without the words that may only stand whole and cut through a word of the dictionary.
    fn uncut(&self, text: &str, mut matches: Vec<matcher::Match>) -> Vec<matcher::Match> {
        let whole = |m: &matcher::Match| matches!(m.sense, Sense::Cue(i) if self.lexicon.cues[i].whole);
        if matches.iter().any(whole) {
            let tokens = self.segmenter.cut(text);
            let cuts = |m: &matcher::Match| {
                tokens.iter().any(|t| t.start < m.start && m.start < t.end && t.end < m.end)
                    || tokens.iter().any(|t| m.start < t.start && t.start < m.end && m.end < t.end)
            };
            matches.retain(|m| !whole(m) || !cuts(m));
        }
        matches
    }

    /// Contradictions one of whose ways of asking the text matches.
    fn conflicts(&self, text: &str) -> Vec<String> {
        let said = |way: &Vec<Vec<String>>| {
            !way.is_empty() && way.iter().all(|group| group.iter().any(|w| text.contains(w.as_str())))
        };
        self.lexicon.conflicts.iter().filter(|c| c.ask.iter().any(said)).map(|c| c.id.clone()).collect()
    }
}

/// Whose law is asked about: where the insurance was for a transfer, where the person is now for everything else.
fn asked_place(reading: &Reading<'_>, topics: &[Scored], rules: &[String]) -> Option<AskedPlace> {
    let from_origin = rules.iter().any(|r| r == "transfer" || r == "transfer_deadline" || r == "withdrawal")
        || topics.first().is_some_and(|t| t.id == "balance_transfer" || t.id == "withdrawal");
    let wanted = if from_origin { Part::Origin } else { Part::Destination };
    // Where the insurance is, when a word says so beside the place: 保定参保,去北京看病.
    let insured = |p: &&Place| {
        let chars = reading.folded.chars();
        let words = ["医保", "的医保", "社保", "职工医保", "居民医保", "参保", "个人账户", "人去", "的医疗", "单位"];
        words.iter().any(|w| numbers::starts_with(chars, p.end, w))
    };
    let moves = rules.iter().any(|r| r == "transfer" || r == "transfer_deadline");
    if let Some(place) = reading.places.iter().find(insured).filter(|_| !moves) {
        let span = Some(reading.folded.origin(place.start..place.end));
        return Some(AskedPlace { code: place.code, span, ambiguous: place.ambiguous });
    }
    // 我在四川,爸妈在贵州: the person's own place.
    let own = |p: &&Place| p.start >= 2 && numbers::starts_with(reading.folded.chars(), p.start - 2, "我在");
    let chosen: &Place = match reading.two_places() {
        Some((_, to)) if !from_origin && to.part == Part::Plain && reading.places.iter().any(|p| own(&p)) => {
            reading.places.iter().find(own)?
        }
        Some((from, to)) => {
            if from_origin {
                from
            } else {
                reading.places.iter().find(|p| p.part == wanted).unwrap_or(to)
            }
        }
        None => reading.places.first()?,
    };
    Some(AskedPlace {
        code: chosen.code,
        span: Some(reading.folded.origin(chosen.start..chosen.end)),
        ambiguous: chosen.ambiguous,
    })
}

fn cues(reading: &Reading<'_>) -> Vec<Cue> {
    let lexicon = reading.lexicon;
    let name = |sense: &Sense| match sense {
        Sense::Cue(i) => lexicon.cues[*i].name.clone(),
        Sense::Value(i) => format!("{}={}", lexicon.values[*i].about, lexicon.values[*i].value),
    };
    reading
        .matches
        .iter()
        .map(|m| Cue {
            word: m.word.clone(),
            class: name(&m.sense),
            span: reading.folded.origin(m.start..m.end),
            negated: m.negated,
        })
        .collect()
}
