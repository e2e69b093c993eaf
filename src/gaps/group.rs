//! Near-identical questions put together, so that a clerk reads each need once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::entry::{Found, Lacking};
use super::store::Recorded;
use super::{Entry, Reason};
use crate::text::Folded;

/// Questions that say nearly the same of the same place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// As it was asked most.
    pub question: String,
    /// How often it was asked without a good answer, posts of feedback included.
    pub count: i64,
    /// How many called the answer useless.
    pub not_useful: i64,
    /// How often for each reason.
    pub reasons: BTreeMap<&'static str, i64>,
    pub topic: String,
    pub region: Option<Place>,
    /// The best passage that any of them was shown.
    pub passage: Option<Found>,
    /// Rules that lacked a fact or a value.
    pub lacking: Vec<Lacking>,
    /// Days, ISO.
    pub first: String,
    pub last: String,
    /// The other ways in which it was asked, most asked first.
    pub variants: Vec<String>,
    /// What people wrote.
    pub words: Vec<String>,
}

/// Where it was asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    pub code: String,
    pub name: String,
}

/// Two questions with so large a share of pairs of characters in common say the same.
const ALIKE: f64 = 0.75;
/// Ways of asking, and words of feedback, shown with one group.
const SHOWN: usize = 8;

/// Groups what was recorded; what was asked most comes first.
pub fn group(recorded: &[Recorded]) -> Vec<Group> {
    let mut asked: Vec<(&Recorded, BTreeSet<Pair>)> = recorded.iter().map(|r| (r, pairs(&r.entry.question))).collect();
    // The most asked of a group is its leader.
    asked.sort_by(|(a, _), (b, _)| b.count.cmp(&a.count).then(a.first.cmp(&b.first)));
    let mut leaders: Vec<BTreeSet<Pair>> = vec![];
    let mut members: Vec<Vec<&Recorded>> = vec![];
    let mut holders: HashMap<(Option<&str>, Pair), Vec<usize>> = HashMap::new();
    for (record, pairs) in asked {
        let place = record.entry.region.as_ref().map(|(code, _)| code.as_str());
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for pair in &pairs {
            for leader in holders.get(&(place, *pair)).into_iter().flatten() {
                *shared.entry(*leader).or_default() += 1;
            }
        }
        let likeness = |(leader, common): (&usize, &usize)| {
            (2.0 * *common as f64 / (leaders[*leader].len() + pairs.len()) as f64, *leader)
        };
        let nearest = shared.iter().map(likeness).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        match nearest.filter(|(likeness, _)| *likeness >= ALIKE) {
            Some((_, leader)) => members[leader].push(record),
            None => {
                for pair in &pairs {
                    holders.entry((place, *pair)).or_default().push(leaders.len());
                }
                leaders.push(pairs);
                members.push(vec![record]);
            }
        }
    }
    let mut groups: Vec<Group> = members.iter().map(|m| one(m)).collect();
    groups.sort_by(|a, b| {
        b.count.cmp(&a.count).then_with(|| b.last.cmp(&a.last)).then_with(|| a.question.cmp(&b.question))
    });
    groups
}

type Pair = (char, char);

/// Pairs of neighbouring characters, marks and white space aside; the ends count too, so that short questions have some.
fn pairs(question: &str) -> BTreeSet<Pair> {
    let folded = Folded::new(question);
    let letters = folded.chars().iter().copied().filter(|c| c.is_alphanumeric());
    let chars: Vec<char> = std::iter::once('^').chain(letters).chain(['$']).collect();
    chars.windows(2).map(|w| (w[0], w[1])).collect()
}

fn one(members: &[&Recorded]) -> Group {
    let leader = &members[0].entry;
    let mut reasons: BTreeMap<&'static str, i64> = BTreeMap::new();
    for member in members {
        *reasons.entry(member.reason.word()).or_default() += member.count;
    }
    let entries = || members.iter().map(|m| &m.entry);
    let best = entries().filter_map(|e| e.passage.as_ref()).max_by(|a, b| a.score.total_cmp(&b.score));
    let lacking: BTreeSet<&Lacking> = entries().flat_map(|e| &e.lacking).collect();
    let mut seen = BTreeSet::from([leader.question.as_str()]);
    let variants = entries().map(|e| e.question.as_str()).filter(|q| seen.insert(q));
    Group {
        question: leader.question.clone(),
        count: members.iter().map(|m| m.count).sum(),
        not_useful: reasons.get(Reason::NotUseful.word()).copied().unwrap_or(0),
        topic: entries().map(|e: &Entry| e.topic.as_str()).find(|t| !t.is_empty()).unwrap_or_default().to_owned(),
        region: leader.region.clone().map(|(code, name)| Place { code, name }),
        passage: best.cloned(),
        lacking: lacking.into_iter().cloned().collect(),
        first: day(members.iter().map(|m| m.first).min()),
        last: day(members.iter().map(|m| m.last).max()),
        variants: variants.take(SHOWN).map(str::to_owned).collect(),
        words: members.iter().flat_map(|m| &m.words).take(SHOWN).cloned().collect(),
        reasons,
    }
}

/// The day of Unix seconds, in UTC.
fn day(seconds: Option<i64>) -> String {
    let stamp = jiff::Timestamp::from_second(seconds.unwrap_or(0)).unwrap_or_default();
    stamp.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: &str, region: Option<&str>, count: i64) -> Recorded {
        let region = region.map(|code| (code.to_owned(), code.to_owned()));
        let entry = Entry { question: question.to_owned(), region, ..Entry::default() };
        Recorded { entry, reason: Reason::NoMatch, count, first: 0, last: 0, words: vec![] }
    }

    #[test]
    fn questions_that_say_the_same_of_one_place_are_one() {
        let groups = group(&[
            asked("深圳生育津贴怎么领?", Some("440300"), 3),
            asked("深圳的生育津贴怎么领", Some("440300"), 5),
            asked("深圳生育津貼怎麼領", Some("440300"), 1),
            asked("广州生育津贴怎么领", Some("440100"), 4),
            asked("牙", None, 1),
            asked("齿", None, 1),
        ]);
        let shown: Vec<(&str, i64, usize)> =
            groups.iter().map(|g| (g.question.as_str(), g.count, g.variants.len())).collect();
        assert_eq!(shown, [("深圳的生育津贴怎么领", 9, 2), ("广州生育津贴怎么领", 4, 0), ("牙", 1, 0), ("齿", 1, 0)]);
    }
}
