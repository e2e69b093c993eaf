//! What a change of words changes: the same questions read with two vocabularies.
//!
//! A clerk who adds a cue, a synonym or a place sees which of the test questions are now understood otherwise, before
//! anything goes live.

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use crate::answer::compose::facts_json;
use crate::understand::{Understander, Understanding};

/// One thing that is understood otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shift {
    /// File and line of the row.
    pub place: String,
    pub question: String,
    /// `topics`, `rules`, `region`, `conflicts`, `corrections` or `facts.<name>`.
    pub what: String,
    pub before: Value,
    pub after: Value,
}

/// Reads the question of every row with both; `rows` are place and row. A conversation's turns are read one by one, each
/// for itself.
pub fn shifts(before: &Understander, after: &Understander, rows: &[(String, Value)], today: Date) -> Vec<Shift> {
    let mut found = vec![];
    for (place, row) in rows {
        let at = row["at"].as_str().and_then(|day| day.parse().ok()).unwrap_or(today);
        let turns = row["turns"].as_array().into_iter().flatten();
        let said = turns.map(|turn| turn.as_str().or_else(|| turn["content"].as_str()));
        let questions =
            [row["question"].as_str(), row["clean"].as_str(), row["noisy"].as_str()].into_iter().chain(said);
        for question in questions.flatten() {
            let (old, new) =
                (told(&before.understand(question, at, None)), told(&after.understand(question, at, None)));
            let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            let of = |side: &serde_json::Map<String, Value>, name: &String| side.get(name).cloned().unwrap_or_default();
            found.extend(names.into_iter().filter(|name| old.get(*name) != new.get(*name)).map(|name| Shift {
                place: place.clone(),
                question: question.to_owned(),
                what: name.clone(),
                before: of(&old, name),
                after: of(&new, name),
            }));
        }
    }
    found
}

/// What of an understanding decides the answer, by name.
fn told(understood: &Understanding) -> serde_json::Map<String, Value> {
    let topics: Vec<&str> = understood.topics.iter().map(|t| t.id.as_str()).collect();
    let corrections: Vec<String> = understood.corrections.iter().map(|c| format!("{}→{}", c.from, c.to)).collect();
    let mut told = serde_json::Map::from_iter([
        ("topics".to_owned(), topics.into()),
        ("rules".to_owned(), understood.rules.clone().into()),
        ("region".to_owned(), understood.place.as_ref().map(|p| p.code.to_string()).into()),
        ("conflicts".to_owned(), understood.conflicts.clone().into()),
        ("corrections".to_owned(), corrections.into()),
    ]);
    told.extend(facts_json(&understood.facts).into_iter().map(|(name, fact)| (format!("facts.{name}"), fact)));
    told
}
