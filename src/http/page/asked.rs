//! What is asked of the page: its query string, read and written in this one place.
//!
//! A conversation is a link. `q` is the first question, `q.2`, `q.3` … are what was said after it; `fact.NAME` and
//! `fact.2.NAME` are what was filled in beside the first and the second; `region` and `at` hold for all. The form without
//! a script, the script and a copied link all send this, and nothing is kept on the server.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use super::html::{encoded, put};
use crate::conversation::{Conversation, Given, Reply};
use crate::facts::{self, FactKind, Facts};
use crate::http::answer::note;
use crate::http::input::Input;
use crate::http::observe::Note;
use crate::http::problem::{Kind, Problem};
use crate::http::rules::words;
use crate::http::state::{Live, today};

/// The most turns of one conversation.
pub const TURNS: usize = 20;

/// One turn as it was sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    pub text: String,
    /// Name and value as typed, in the order of the names.
    pub facts: BTreeMap<String, String>,
}

/// A whole query string.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// In order; empty on the first visit.
    pub turns: Vec<Turn>,
    pub region: String,
    pub at: String,
}

/// One turn answered.
pub struct Answered {
    pub reply: Reply,
    /// The rules as the engine was asked, for pictures that vary a fact.
    pub facts: Facts,
}

/// What a field of a turn is called in the query string: `q`, `q.2`, `fact.wage`, `fact.2.wage`.
pub fn field(turn: usize, name: &str) -> String {
    let number = if turn == 0 { String::new() } else { format!(".{}", turn + 1) };
    if name.is_empty() { format!("q{number}") } else { format!("fact{number}.{name}") }
}

impl Asked {
    /// Reads the query string; members of other parts of the page are left for the caller.
    pub fn read(input: &mut Input) -> Asked {
        let mut turns: BTreeMap<usize, Turn> = BTreeMap::new();
        if let Some(text) = input.text("q") {
            turns.entry(1).or_default().text = text;
        }
        let said = |value: Value| value.as_str().unwrap_or_default().to_owned();
        for (number, text) in input.take_all("q.") {
            match number.parse() {
                Ok(n @ 2..=TURNS) => turns.entry(n).or_default().text = said(text),
                _ => too_long(input, &format!("q.{number}")),
            }
        }
        for (number, value) in input.take_all("fact.") {
            let (turn, name) = match number.split_once('.') {
                Some((turn, name)) => (turn.parse().unwrap_or(usize::MAX), name),
                None => (1, number.as_str()),
            };
            if (1..=TURNS).contains(&turn) {
                turns.entry(turn).or_default().facts.insert(name.to_owned(), said(value));
            } else {
                too_long(input, &format!("fact.{number}"));
            }
        }
        let region = input.text("region").unwrap_or_default();
        let at = input.text("at").unwrap_or_default();
        let turns = turns.into_values().filter(|turn| !turn.text.trim().is_empty()).collect();
        Asked { turns, region, at }
    }

    /// The same conversation up to a turn, that one included.
    pub fn until(&self, turn: usize) -> Asked {
        Asked { turns: self.turns.iter().take(turn + 1).cloned().collect(), ..self.clone() }
    }

    /// The members and their values, in the order in which they are written.
    pub fn members(&self) -> Vec<(String, &str)> {
        let mut members = vec![];
        for (i, turn) in self.turns.iter().enumerate() {
            members.push((field(i, ""), turn.text.as_str()));
            members.extend(turn.facts.iter().map(|(name, value)| (field(i, name), value.as_str())));
        }
        let rest = [("region", self.region.as_str()), ("at", self.at.as_str())];
        members.extend(rest.into_iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| (n.to_owned(), v)));
        members
    }

    /// The query string, without its question mark.
    pub fn query(&self) -> String {
        let mut out = String::new();
        for (name, value) in self.members() {
            put!(out, "{}{}={}", if out.is_empty() { "" } else { "&" }, encoded(&name), encoded(value));
        }
        out
    }

    /// The query string with a fact of the last turn changed.
    pub fn with_fact(&self, name: &str, value: &str) -> String {
        let mut changed = self.clone();
        if let Some(turn) = changed.turns.last_mut() {
            turn.facts.insert(name.to_owned(), value.to_owned());
        }
        changed.query()
    }

    /// Answers every turn in order, by the clock; the note is of the last.
    ///
    /// # Errors
    /// Every member that is wrong, in words for the person who filled it in.
    pub fn answer(&self, live: &Live, explain: bool) -> Result<(Vec<Answered>, Note), Problem> {
        let regions = &live.engine.snapshot.corpus.law.regions;
        let members = [("region", &self.region), ("at", &self.at)];
        let members = members.into_iter().filter(|(_, text)| !text.trim().is_empty());
        let mut input = Input::of(members.map(|(n, text)| (n.to_owned(), Value::String(text.clone()))).collect())?;
        let region = input.region("region", regions);
        let at = input.day("at").unwrap_or_else(today);
        let mut given = vec![];
        for turn in &self.turns {
            input.check_question("q", &turn.text);
            given.push(read_facts(&mut input, &turn.facts, at, live));
        }
        input.finish()?;

        let started = std::time::Instant::now();
        let mut conversation = Conversation::new(&live.engine, region, at);
        if explain {
            conversation = conversation.explained();
        }
        let mut answered = vec![];
        for (turn, given) in self.turns.iter().zip(&given) {
            let reply = conversation.say_with(&turn.text, given);
            let facts = reply.answer.as_ref().map(|a| known(&a.understanding.facts)).unwrap_or_default();
            answered.push(Answered { reply, facts });
        }
        let seconds = started.elapsed().as_secs_f64();
        let last = self.turns.last().map_or("", |turn| turn.text.as_str());
        let note = match answered.last_mut().and_then(|a| a.reply.answer.as_mut()) {
            Some(answer) => {
                answer.took_ms = seconds * 1e3;
                note(last, answer, seconds)
            }
            None => Note::of(last),
        };
        Ok((answered, note))
    }
}

fn too_long(input: &mut Input, name: &str) {
    input.wrong(name, Kind::OutOfBounds, format!("一次对话最多 {TURNS} 轮,请另起一问"));
}

/// Facts as people fill them in: a machine's value (`8000`, `true`, `2026-11-23`) or words (8千, 20年3个月, 有).
fn read_facts(input: &mut Input, typed: &BTreeMap<String, String>, at: Date, live: &Live) -> Given {
    let regions = &live.engine.snapshot.corpus.law.regions;
    let mut given = Given::default();
    for (name, text) in typed.iter().filter(|(_, text)| !text.trim().is_empty()) {
        let kind = facts::spec(name).map(|spec| spec.kind);
        if name == "region" {
            given.place = input.facts(&[(name.clone(), text.trim().into())], regions).1.or(given.place);
            continue;
        }
        let value = match kind {
            Some(FactKind::Words(_)) => text.split(',').map(str::trim).collect(),
            Some(FactKind::Region) => regions.resolve(text).map_or(text.trim().into(), |code| code.to_string().into()),
            _ => Value::from(text.trim()),
        };
        if given.facts.insert_json(name, &value).is_ok() {
            continue;
        }
        if named(live, name, kind, text).is_some_and(|value| given.facts.insert_json(name, &value).is_ok()) {
            continue;
        }
        match live.engine.understander.bare(text, at, name) {
            Some(fact) => given.facts.insert(name, facts::Fact::given(fact.value)),
            None => unreadable(input, name, kind, text, live),
        }
    }
    given
}

/// The value that a word of the vocabulary says: 丈母娘 is `mother_in_law`; several where the fact holds several.
fn named(live: &Live, name: &str, kind: Option<FactKind>, text: &str) -> Option<Value> {
    let values = &words(live).lexicon.values;
    let value = |about: &str, word: &str| {
        let class = values.iter().find(|class| class.about == about && class.words.iter().any(|w| w == word))?;
        Some(Value::from(class.value.clone()))
    };
    match kind? {
        FactKind::Word(_) => value(name, text.trim()),
        FactKind::Words(_) => text.split(['、', ',', ',', '和']).map(|word| value("group", word.trim())).collect(),
        _ => None,
    }
}

fn unreadable(input: &mut Input, name: &str, kind: Option<FactKind>, text: &str, live: &Live) {
    let shown: String = text.chars().take(20).collect();
    let prompt = words(live).lexicon.prompts.get(name);
    let detail = match (prompt, kind) {
        (Some(prompt), Some(kind)) => format!("“{}”里的“{shown}”读不懂;{}", prompt.label, example(kind)),
        _ => format!("没有叫“{}”的事实", name.chars().take(30).collect::<String>()),
    };
    input.wrong_at(&["facts", name], Kind::InvalidFact, detail);
}

/// How a value of the kind is written.
fn example(kind: FactKind) -> &'static str {
    match kind {
        FactKind::Money => "请写金额,例如 8000 或 8千",
        FactKind::Ratio => "请写比例,例如 10% 或 0.1",
        FactKind::Whole("month") => "请写月数,例如 4 或 2年3个月",
        FactKind::Whole("calendar_year") => "请写年份,例如 2026",
        FactKind::Whole(_) => "请写整数,例如 4",
        FactKind::Date => "请写日期,例如 2026-11-23",
        FactKind::Month => "请写年月,例如 2026-11",
        FactKind::Bool => "请选“是”或“否”",
        FactKind::Word(_) | FactKind::Words(_) => "请从列出的里面选",
        FactKind::Region => "请写城市或省的名称,例如 深圳",
    }
}

/// The facts of an answer as the rules take them.
fn known(json: &serde_json::Map<String, Value>) -> Facts {
    let mut facts = Facts::default();
    for (name, fact) in json {
        // What the engine wrote it can read.
        let _ = facts.insert_json(name, fact);
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::{Asked, Turn, field};
    use crate::http::input::Input;

    #[test]
    fn a_conversation_is_its_link() {
        let turn = |text: &str, facts: &[(&str, &str)]| Turn {
            text: text.to_owned(),
            facts: facts.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        };
        let asked = Asked {
            turns: vec![turn("断缴4个月", &[("wage", "8000")]), turn("换成广州呢", &[("payer", "flexible")])],
            region: "深圳市".to_owned(),
            at: "2026-11-23".to_owned(),
        };
        let members: serde_json::Map<_, _> = asked.members().into_iter().map(|(n, v)| (n, v.into())).collect();
        let mut input = Input::of(members.into()).unwrap();
        assert_eq!(Asked::read(&mut input), asked);
        input.finish().unwrap();
        assert_eq!((field(0, ""), field(1, "wage")), ("q".to_owned(), "fact.2.wage".to_owned()));
        assert!(asked.with_fact("months", "5").contains("fact.2.months=5"));
    }
}
