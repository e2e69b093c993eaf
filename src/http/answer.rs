//! `POST /v1/answer`: one question, the whole answer.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::routing::post;
use axum::{Extension, Json};
use jiff::civil::Date;

use super::input::{FromBody, Input};
use super::observe::Note;
use super::problem::Problem;
use super::state::{Live, Shared, today};
use super::{JSON, Route};
use crate::answer::{Answer, AnswerStatus};
use crate::engine::Question;
use crate::facts::Facts;
use crate::gaps::{Entry, Reason};
use crate::region::RegionCode;
use crate::understand::OUT_OF_SCOPE;

pub const ROUTES: &[Route] = &[Route {
    method: "POST",
    path: "/v1/answer",
    id: "answer",
    summary: "回答一个问题:理解、计算、资料与出处",
    query: &[],
    body: Some("Question"),
    answer: (JSON, "Answer"),
    status: 200,
    handler: || post(answer),
}];

/// What was asked, in the engine's terms.
#[derive(Clone, Debug)]
pub struct Asked {
    pub text: String,
    pub region: Option<RegionCode>,
    pub at: Date,
    pub facts: Facts,
    pub explain: bool,
}

impl Asked {
    /// Reads the members of a body.
    pub fn read(mut input: Input, live: &Live) -> Result<Asked, Problem> {
        let regions = &live.engine.snapshot.corpus.law.regions;
        let text = input.question("question");
        let region = input.region("region", regions);
        let at = input.day("at");
        let given = input.facts_object("facts");
        let (facts, region_fact) = input.facts(&given, regions);
        let explain = input.flag("explain");
        input.finish()?;
        Ok(Asked { text, region: region.or(region_fact), at: at.unwrap_or_else(today), facts, explain })
    }

    /// Asks the engine, by the clock.
    pub fn answer(self, live: &Live) -> (Answer, Note) {
        let started = Instant::now();
        let Asked { text, region, at, facts, explain } = self;
        let question = Question { text: &text, region, at, facts, explain };
        let (mut answer, lookup) = match &live.answers {
            Some(kept) => kept.answer(&live.engine, &question),
            None => (live.engine.answer(&question), None),
        };
        let seconds = started.elapsed().as_secs_f64();
        answer.took_ms = seconds * 1e3;
        let note = Note { lookup, ..note(&text, &answer, seconds) };
        (answer, note)
    }
}

/// Turns of a conversation that are kept of a gap.
const TURNS: usize = 3;

/// What is logged, counted and, should it be a gap, kept of an answer.
pub fn note(text: &str, answer: &Answer, seconds: f64) -> Note {
    note_with(Entry::of(text, answer), text, answer, seconds)
}

/// As [`note`], of an answer within a conversation: its last turn alone says little, and a fact that is missing now is
/// asked for and comes with the next turn.
pub fn note_of_turns(turns: &[String], answer: &Answer, seconds: f64) -> Note {
    let mut entry = Entry::of(&turns[turns.len().saturating_sub(TURNS)..].join(" / "), answer);
    entry.reason = entry.reason.filter(|reason| *reason != Reason::NeedsFacts);
    note_with(entry, turns.last().map_or("", String::as_str), answer, seconds)
}

fn note_with(entry: Entry, text: &str, answer: &Answer, seconds: f64) -> Note {
    let topic = answer.understanding.topics.first().map_or(OUT_OF_SCOPE, |t| t.id.as_str());
    Note {
        answer: Some((status_word(answer.status).to_owned(), topic.to_owned(), seconds)),
        entry: Some((answer.id.clone(), Arc::new(entry))),
        ..Note::of(text)
    }
}

/// The word of the contract.
pub fn status_word(status: AnswerStatus) -> &'static str {
    match status {
        AnswerStatus::Answered => "answered",
        AnswerStatus::NeedsFacts => "needs_facts",
        AnswerStatus::PassagesOnly => "passages_only",
        AnswerStatus::NoMatch => "no_match",
    }
}

async fn answer(
    State(app): State<Shared>,
    FromBody(input): FromBody,
) -> Result<(Extension<Note>, Json<Answer>), Problem> {
    let live = app.live()?;
    let (answer, note) = Asked::read(input, &live)?.answer(&live);
    if answer.is_unavailable() {
        return Err(Problem::unsearched());
    }
    Ok((Extension(note), Json(answer)))
}
