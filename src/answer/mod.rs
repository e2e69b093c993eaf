//! The answer: what was understood, what was computed, who disagrees, which passages say so, and what to do next.
//!
//! The JSON of architecture §6. Composing never fails and adds no figure of its own: every amount and date comes from an
//! [`Outcome`] with its trace.

pub mod compose;
pub mod markdown;
pub mod plain;

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::retrieve::Passage;

/// How a question was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerStatus {
    /// A rule that was asked for gave a result, a bound or a condition.
    Answered,
    /// Every rule asked for still needs facts.
    NeedsFacts,
    /// Nothing was computed; passages speak to the question.
    PassagesOnly,
    /// Nothing on file answers the question.
    NoMatch,
}

/// One answer.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    pub question: String,
    /// The day asked about, ISO.
    pub at: String,
    pub status: AnswerStatus,
    pub understanding: UnderstandingJson,
    pub computed: Vec<Computed>,
    pub conflicts: Vec<ConflictJson>,
    /// What holds for the whole answer; those of a rule are its own.
    pub caveats: Vec<String>,
    pub passages: Vec<Passage>,
    /// Curated questions near the one asked.
    pub suggestions: Vec<String>,
    /// Filled at the edge; the engine has no clock.
    pub took_ms: f64,
    pub index: IndexInfo,
    /// Names this answer in feedback; see [`Answer::identity`].
    pub id: String,
    /// Passages could not be looked for: that there are none says nothing.
    #[serde(skip)]
    pub unsearched: bool,
    /// Each step, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Value>,
}

impl Answer {
    /// 32 hexadecimal digits that the same question on the same day, understood the same, always has over one index; no
    /// clock and no chance is in it, so two people who ask the same get the same.
    pub fn identity(&self) -> String {
        let asked = serde_json::json!([self.question, self.at, self.understanding, self.index.generation]);
        Sha256::digest(asked.to_string()).iter().take(16).map(|b| format!("{b:02x}")).collect()
    }

    /// Whether there is nothing to say for now, because passages could not be looked for.
    pub fn is_unavailable(&self) -> bool {
        self.unsearched && self.status == AnswerStatus::NoMatch
    }

    /// What is said where nothing was computed and nothing found.
    pub fn nothing(&self) -> &'static str {
        match self.unsearched {
            true => "暂时查不到资料:检索服务没有回应,请过一会儿再问,或拨打医保服务热线 12393。",
            false => "没有查到能回答这个问题的资料,不作猜测。可以换个说法,或拨打医保服务热线 12393。",
        }
    }

    /// The fact to ask for next, where one is missing: one question at a time.
    pub fn next_question(&self) -> Option<&MissingJson> {
        self.computed.iter().find_map(|computed| computed.missing.first())
    }
}

/// Which generation answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct IndexInfo {
    pub generation: String,
    pub built_at: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct UnderstandingJson {
    pub topics: Vec<TopicJson>,
    /// `null` where nobody named a place: the answer is the nation's.
    pub region: Option<RegionJson>,
    pub facts: Map<String, Value>,
    pub corrections: Vec<CorrectionJson>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TopicJson {
    pub id: String,
    pub label: String,
    /// 0–1.
    pub score: f64,
}

#[derive(Clone, Debug, Serialize)]
pub struct RegionJson {
    pub code: String,
    pub name: String,
    /// Character offsets into the question, where it was said there.
    pub span: Option<(usize, usize)>,
    /// True where the name fits several places and the usual one was taken.
    pub assumed: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct CorrectionJson {
    pub from: String,
    pub to: String,
    pub span: (usize, usize),
}

/// What one rule came to.
#[derive(Clone, Debug, Serialize)]
pub struct Computed {
    pub rule: &'static str,
    /// The rule's name in Chinese.
    pub label: &'static str,
    /// computed | needs_facts | depends_local | condition_unmet | no_parameter
    pub status: &'static str,
    pub region: String,
    pub region_used: Option<String>,
    /// The day whose law was used.
    pub law_day: String,
    /// The next day on file at which a value used here changes.
    pub changes_on: Option<String>,
    pub results: Map<String, Value>,
    pub headline: String,
    pub steps: Vec<StepJson>,
    pub parameters: Vec<ParameterJson>,
    /// Defaults that stood in for what nobody said.
    pub assumed: Vec<AssumedJson>,
    pub missing: Vec<MissingJson>,
    pub caveats: Vec<String>,
    /// What to do next.
    pub next: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct StepJson {
    pub text: String,
    pub value: String,
    pub parameters: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ParameterJson {
    pub id: String,
    pub label: String,
    pub value: String,
    pub unit: &'static str,
    pub region: String,
    pub effective_from: Option<String>,
    pub effective_to: Option<String>,
    /// official | secondary | seed | unverified
    pub level: &'static str,
    pub reference: ReferenceJson,
}

#[derive(Clone, Debug, Serialize)]
pub struct ReferenceJson {
    pub title: String,
    pub document: Option<String>,
    pub url: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct AssumedJson {
    pub fact: &'static str,
    pub label: String,
    pub value: Value,
    /// The value in words.
    pub text: String,
}

/// A fact to ask for.
#[derive(Clone, Debug, Serialize)]
pub struct MissingJson {
    pub fact: &'static str,
    pub label: String,
    /// The question to put to the person.
    pub ask: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub unit: Option<&'static str>,
    /// Where few values are possible: value and label.
    pub choices: Option<Vec<ChoiceJson>>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ChoiceJson {
    pub value: String,
    pub label: String,
}

/// A contradiction among sources that touches the answer.
#[derive(Clone, Debug, Serialize)]
pub struct ConflictJson {
    pub id: String,
    pub about: String,
    pub positions: Vec<PositionJson>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PositionJson {
    pub says: String,
    /// Who says so.
    pub who: String,
    pub source: String,
    pub since: Option<String>,
    /// Passages of this answer whose article speaks of the contradiction.
    pub passages: Vec<String>,
    pub preferred: bool,
    pub why: Option<String>,
}
