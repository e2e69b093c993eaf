//! A conversation: the person's turns folded into one question, its answer, and one question back where a fact is missing.
//!
//! The one path behind every door that talks (`/v1/chat`, the OpenAI-compatible door, `ask` on a terminal) and behind
//! the evaluation. It keeps no state of its own between requests: whoever calls hands over all turns.

use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, compose, markdown};
use crate::engine::{Engine, Question};
use crate::facts::Facts;
use crate::region::RegionCode;
use crate::understand::Understanding;
use crate::understand::dialogue::{Dialogue, Turn};

/// Said when nothing was asked.
pub const SMALL_TALK: &str = "您好,我是医问,可以算医保断缴补缴、余额转移、提取、退休年限等,也可以查各地规定。请直接说您的情况,例如:深圳断缴4个月,工资8000,怎么补。";

/// The reply to a turn.
#[derive(Clone, Debug, Serialize)]
pub struct Reply {
    /// Markdown.
    pub reply: String,
    /// `null` where the turn was small talk.
    pub answer: Option<Answer>,
    /// Facts known so far, `region` among them: value, and the number of the person's turn (from 1) that said it.
    pub known: Map<String, Value>,
}

/// What a person gave beside a turn by a form, not in words.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pub facts: Facts,
    /// The place to reckon with from now on, whatever was named before.
    pub place: Option<RegionCode>,
}

/// A conversation so far.
pub struct Conversation<'e> {
    engine: &'e Engine,
    region: Option<RegionCode>,
    at: Date,
    dialogue: Dialogue,
    understood: Option<Understanding>,
    /// What was asked for after the last question.
    asked: Option<&'static str>,
    /// Each answer says how its question was understood.
    explain: bool,
}

impl<'e> Conversation<'e> {
    /// Nothing said yet. `region` counts where the person names none; `at` is the day whose law counts.
    pub fn new(engine: &'e Engine, region: Option<RegionCode>, at: Date) -> Conversation<'e> {
        Conversation {
            engine,
            region,
            at,
            dialogue: Dialogue::default(),
            understood: None,
            asked: None,
            explain: false,
        }
    }

    /// The same, each answer saying how its question was understood.
    pub fn explained(self) -> Conversation<'e> {
        Conversation { explain: true, ..self }
    }

    /// Takes the person's turns in order and replies to the last.
    pub fn reply(&mut self, turns: &[impl AsRef<str>]) -> Reply {
        let Some((last, earlier)) = turns.split_last() else { return self.small_talk() };
        for turn in earlier {
            self.hear(turn.as_ref());
        }
        self.say(last.as_ref())
    }

    /// Takes the next turn and replies to it.
    pub fn say(&mut self, text: &str) -> Reply {
        self.say_with(text, &Given::default())
    }

    /// The same with what was given beside it, which holds until a later turn says otherwise.
    pub fn say_with(&mut self, text: &str, given: &Given) -> Reply {
        if !self.hear(text) {
            return self.small_talk();
        }
        if let Some(understood) = self.dialogue.give(&given.facts, given.place) {
            self.asked = self.engine.next_fact(&self.question(text), &understood);
            self.understood = Some(understood);
        }
        let Some(understood) = self.understood.clone() else { return self.small_talk() };
        let answer = self.engine.answer_understood(&self.question(text), understood);
        Reply { reply: markdown::reply(&answer), answer: Some(answer), known: self.known() }
    }

    /// Takes a turn; false where it asks nothing.
    fn hear(&mut self, text: &str) -> bool {
        let Turn::Question(understood) = self.dialogue.turn(&self.engine.understander, text, self.at, self.asked)
        else {
            return false;
        };
        self.asked = self.engine.next_fact(&self.question(text), &understood);
        self.understood = Some(*understood);
        true
    }

    fn question<'q>(&self, text: &'q str) -> Question<'q> {
        Question { text, region: self.region, at: self.at, facts: Facts::default(), explain: self.explain }
    }

    fn small_talk(&self) -> Reply {
        Reply { reply: SMALL_TALK.to_owned(), answer: None, known: self.known() }
    }

    fn known(&self) -> Map<String, Value> {
        let Some(understood) = &self.understood else { return Map::new() };
        let turn = |name: &str| self.dialogue.known_since.get(name).map_or(Value::Null, |t| (t + 1).into());
        let mut known = compose::facts_json(&understood.facts);
        for (name, fact) in &mut known {
            if let Some(fact) = fact.as_object_mut() {
                // Offsets into an earlier message mean nothing beside the last one.
                fact.remove("span");
                fact.insert("turn".to_owned(), turn(name));
            }
        }
        let named = understood.place.as_ref().map(|p| (p.code, turn("region")));
        if let Some((code, turn)) = named.or(self.region.map(|code| (code, Value::Null))) {
            let name = self.engine.snapshot.corpus.law.regions.name(code);
            known.insert("region".to_owned(), json!({"value": code, "name": name, "turn": turn}));
        }
        known
    }
}
