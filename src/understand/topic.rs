//! Which topics a question is about, and which rules it really asks for.

use super::lexicon::{Lexicon, Topic};
use super::reading::Reading;

/// A topic with what speaks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    pub id: String,
    /// 0–1: 1 − 2^(−points/2); two points are even odds, eight are near certainty.
    pub score: f64,
    pub points: f32,
    /// Lines of `topics.toml` whose conditions hold.
    pub because: Vec<usize>,
}

/// Points a topic gets when one of its rules is asked for.
const ASKED: f32 = 2.0;

/// The topic of questions that are none of ours.
pub const OUT_OF_SCOPE: &str = "out_of_scope";

/// Topics by falling score, and the rules asked for. A question that is about something else, or about nothing on file,
/// is `out_of_scope` and asks for no rule.
pub fn judge(lexicon: &Lexicon, reading: &Reading<'_>) -> (Vec<Scored>, Vec<String>) {
    let present = |class: &str| reading.has(class);
    let mut scored: Vec<Scored> = vec![];
    let mut rules: Vec<(usize, String)> = vec![];
    for topic in &lexicon.topics {
        let asked = asked(topic, &present);
        let held: Vec<_> = topic.when.iter().filter(|c| c.holds(&present)).collect();
        let points: f32 = held.iter().map(|c| c.weight).sum::<f32>() + if asked.is_empty() { 0.0 } else { ASKED };
        if points > 0.0 {
            let score = 1.0 - (-f64::from(points) / 2.0).exp2();
            let because = held.iter().map(|c| c.line).collect();
            scored.push(Scored { id: topic.id.clone(), score: (score * 100.0).round() / 100.0, points, because });
            rules.extend(asked.into_iter().map(|r| (scored.len() - 1, r.to_owned())));
        }
    }
    let best = scored.iter().map(|s| s.points).fold(0.0, f32::max);
    let beyond = scored.iter().any(|s| s.id == OUT_OF_SCOPE && s.points >= best);
    let rules = if beyond {
        vec![]
    } else {
        // A rule of a topic that is only touched in passing is not asked for.
        rules.into_iter().filter(|(i, _)| scored[*i].points >= best * 0.45).map(|(_, r)| r).collect()
    };
    scored.sort_by(|a, b| b.points.total_cmp(&a.points));
    if scored.is_empty() {
        scored.push(Scored { id: OUT_OF_SCOPE.to_owned(), score: 0.5, points: 0.0, because: vec![] });
    }
    (scored, rules)
}

fn asked<'t>(topic: &'t Topic, present: &dyn Fn(&str) -> bool) -> Vec<&'t str> {
    topic.rules.iter().filter(|(_, when)| when.iter().any(|c| c.holds(present))).map(|(r, _)| r.as_str()).collect()
}
