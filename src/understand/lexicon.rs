//! The words that understanding works with, as plain data read from `corpus/vocabulary/`.

use std::collections::BTreeMap;

/// A class of cue words: any of them in a question speaks for the class.
#[derive(Clone, Debug, Default)]
pub struct CueClass {
    pub name: String,
    pub words: Vec<String>,
    /// A word of this class hides shorter words inside it (养老保险 hides 保险).
    pub shield: bool,
    /// A word of this class counts only where it cuts through no word of the dictionary: not 保单 in 医保单位.
    pub whole: bool,
}

/// Words that say a value of a fact: 爷爷 says `relation = grandfather`.
#[derive(Clone, Debug)]
pub struct ValueClass {
    /// What is said: relation, sex, reason, group …
    pub about: String,
    pub value: String,
    pub words: Vec<String>,
}

/// A condition over classes: all of `all`, at least one of `any` and of `any2` (where given), none of `none`.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    pub all: Vec<String>,
    pub any: Vec<String>,
    pub any2: Vec<String>,
    pub none: Vec<String>,
    /// Points a topic gets when the condition holds; not used for rules.
    pub weight: f32,
    /// Line of the file, for `explain`.
    pub line: usize,
}

impl Condition {
    /// Whether a class speaks for it.
    pub fn names(&self, class: &str) -> bool {
        [&self.all, &self.any, &self.any2].into_iter().flatten().any(|name| name == class)
    }

    /// Whether it holds, given which classes are present.
    pub fn holds(&self, present: &dyn Fn(&str) -> bool) -> bool {
        let any_of = |names: &[String]| names.is_empty() || names.iter().any(|n| present(n));
        self.all.iter().all(|n| present(n))
            && any_of(&self.any)
            && any_of(&self.any2)
            && !self.none.iter().any(|n| present(n))
    }
}

/// A topic, what speaks for it, and when its rules are asked for.
#[derive(Clone, Debug, Default)]
pub struct Topic {
    pub id: String,
    pub label: String,
    /// Questions to show people who do not know how to ask.
    pub examples: Vec<String>,
    pub when: Vec<Condition>,
    /// Rule id → conditions, one of which must hold.
    pub rules: Vec<(String, Vec<Condition>)>,
}

/// How a fact is shown and asked for.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    pub label: String,
    pub ask: String,
    /// Value → label, in file order, where there are few.
    pub choices: Vec<(String, String)>,
}

/// A contradiction on file: when a question brings it up, and who says what.
#[derive(Clone, Debug, Default)]
pub struct Conflict {
    pub id: String,
    pub about: String,
    pub topics: Vec<String>,
    pub rules: Vec<String>,
    pub region: crate::region::RegionCode,
    /// Ways to bring it up: each a list of groups, of each of which one word must be in the question.
    pub ask: Vec<Vec<Vec<String>>>,
    pub positions: Vec<Position>,
}

/// One side of a contradiction.
#[derive(Clone, Debug, Default)]
pub struct Position {
    pub says: String,
    pub who: String,
    pub source: String,
    pub since: Option<jiff::civil::Date>,
    pub preferred: bool,
    pub why: Option<String>,
}

/// Everything together.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    pub cues: Vec<CueClass>,
    pub values: Vec<ValueClass>,
    pub topics: Vec<Topic>,
    pub prompts: BTreeMap<String, Prompt>,
    pub conflicts: Vec<Conflict>,
    /// Characters that are mistaken for one another by shape, in groups.
    pub shapes: Vec<Vec<char>>,
    /// English phrases and dialect words with their plain Chinese.
    pub glossary: Vec<(String, String)>,
}
