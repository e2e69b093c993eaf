//! One question as it was answered: what a gap, or a word of feedback, is told with.

use serde::{Deserialize, Serialize};

use super::mask;
use crate::answer::{Answer, AnswerStatus};
use crate::engine::CLEAR_HIT;
use crate::understand::OUT_OF_SCOPE;

/// Why a question is a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing on file answers it.
    NoMatch,
    /// A rule was asked for and the value for that place and day is not on file.
    NoParameter,
    /// Only passages were found, and the best does not clearly speak to it.
    LowScore,
    /// A single question whose rules all lacked facts; within a conversation the next turn brings them.
    NeedsFacts,
    /// Somebody said that the answer was of no use.
    NotUseful,
}

impl Reason {
    /// Every reason with its word and its name in Chinese.
    pub const ALL: [(Reason, &'static str, &'static str); 5] = [
        (Reason::NoMatch, "no_match", "没有答案"),
        (Reason::NoParameter, "no_parameter", "缺数值"),
        (Reason::LowScore, "low_score", "资料不贴切"),
        (Reason::NeedsFacts, "needs_facts", "缺条件"),
        (Reason::NotUseful, "not_useful", "被评为没用"),
    ];

    /// The word in the file and in JSON.
    pub fn word(self) -> &'static str {
        Reason::ALL[self as usize].1
    }

    /// The name shown to clerks.
    pub fn label(self) -> &'static str {
        Reason::ALL[self as usize].2
    }

    /// Reads [`Reason::word`].
    pub fn parse(word: &str) -> Option<Reason> {
        Reason::ALL.iter().find(|(_, w, _)| *w == word).map(|(reason, _, _)| *reason)
    }
}

/// A rule that could not end, and what it lacked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lacking {
    pub rule: String,
    /// The rule's name in Chinese.
    pub label: String,
    /// Facts that nobody said; empty where a value is not on file.
    pub facts: Vec<String>,
    /// Where a value is not on file: the rule's own words for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parameter: Option<String>,
}

/// The best passage that was shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    pub article: String,
    pub title: String,
    /// 0–1, as shown.
    pub score: f64,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Masked.
    pub question: String,
    /// The main topic.
    pub topic: String,
    /// Code and name of the place asked about.
    pub region: Option<(String, String)>,
    pub passage: Option<Found>,
    pub lacking: Vec<Lacking>,
    /// Why the question is a gap by itself; `None` where it was answered.
    #[serde(skip)]
    pub reason: Option<Reason>,
}

impl Entry {
    /// What is kept of an answer to the question `asked`, masked.
    pub fn of(asked: &str, answer: &Answer) -> Entry {
        let understanding = &answer.understanding;
        let lacking = answer.computed.iter().filter(|c| matches!(c.status, "needs_facts" | "no_parameter"));
        Entry {
            question: mask(asked),
            topic: understanding.topics.first().map_or(OUT_OF_SCOPE, |t| t.id.as_str()).to_owned(),
            region: understanding.region.as_ref().map(|r| (r.code.clone(), r.name.clone())),
            passage: answer.passages.first().map(|p| Found {
                article: p.article.clone(),
                title: p.title.clone(),
                score: (f64::from(p.score) * 100.0).round() / 100.0,
            }),
            lacking: lacking
                .map(|c| Lacking {
                    rule: c.rule.to_owned(),
                    label: c.label.to_owned(),
                    facts: c.missing.iter().map(|m| m.label.clone()).collect(),
                    parameter: (c.status == "no_parameter").then(|| mask(&c.headline)),
                })
                .collect(),
            reason: reason(answer),
        }
    }
}

fn reason(answer: &Answer) -> Option<Reason> {
    let unclear = || answer.passages.first().is_none_or(|p| p.score < CLEAR_HIT);
    match answer.status {
        // Nobody looked.
        _ if answer.unsearched => None,
        AnswerStatus::NoMatch => Some(Reason::NoMatch),
        _ if answer.computed.iter().any(|c| c.status == "no_parameter") => Some(Reason::NoParameter),
        AnswerStatus::NeedsFacts => Some(Reason::NeedsFacts),
        AnswerStatus::PassagesOnly if unclear() => Some(Reason::LowScore),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_word() {
        for (reason, word, _) in Reason::ALL {
            assert_eq!((reason.word(), Reason::parse(word)), (word, Some(reason)));
        }
        assert_eq!(Reason::parse("else"), None);
    }
}
