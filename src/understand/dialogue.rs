//! A conversation: what earlier turns said carries over to the next, and nothing else does.
//!
//! Stateless for the caller: the state is folded anew from the user's turns. A turn that answers what was asked, corrects
//! it (不对,是5个月) or varies it (换成广州呢) continues the last question; a new question starts afresh and keeps only who
//! the person is.

use jiff::civil::Date;

use super::place::Part;
use super::topic::OUT_OF_SCOPE;
use super::{AskedPlace, Understander, Understanding};
use crate::facts::{Fact, FactValue, Facts, Origin};
use crate::region::RegionCode;

/// Facts about the person rather than the case: a new question keeps them.
const PERSON: &[&str] = &["sex", "scheme", "tier", "payer", "no_account", "retiree"];

/// Rules that read how long nothing was paid.
const GAP_RULES: &[&str] = &["employee_gap", "back_payment"];

/// What a turn was.
#[derive(Clone, Debug)]
pub enum Turn {
    /// A question, or something that continues one: what is now known in all.
    Question(Box<Understanding>),
    /// 你好, 谢谢: nothing asked, nothing lost.
    SmallTalk,
}

/// What is known so far, and from which turn.
#[derive(Clone, Debug, Default)]
pub struct Dialogue {
    /// The question in hand, as understood so far.
    question: Option<Understanding>,
    /// Origin and destination named so far.
    from: Option<RegionCode>,
    to: Option<RegionCode>,
    /// What the person said of themselves, whichever rule was asked for: fact and turn.
    person: std::collections::BTreeMap<&'static str, (Fact, usize)>,
    /// Fact name → turn, counted from 0; `region` included.
    pub known_since: std::collections::BTreeMap<String, usize>,
    turns: usize,
}

impl Dialogue {
    /// Takes the person's next turn. `asked` is the fact that was asked for after the turn before: a bare 8000 is that.
    pub fn turn(&mut self, understander: &Understander, text: &str, at: Date, asked: Option<&str>) -> Turn {
        let turn = self.turns;
        self.turns += 1;
        let fresh = understander.understand(text, at, None);
        for (name, fact) in understander.person(text, at).0 {
            if PERSON.contains(&name) && fact.origin == Origin::Stated && of_the_person(name, &fact, text) {
                self.person.insert(name, (Fact { origin: Origin::Given, span: None, ..fact }, turn));
            }
        }
        let chatter = fresh.present.contains("small_talk") && fresh.rules.is_empty() && fresh.facts.0.is_empty();
        // 对 where nothing was asked is a nod.
        let nod = asked.is_none() && self.question.is_some() && super::bare::yes_or_no(text.trim()).is_some();
        if nod || chatter && fresh.topics.iter().all(|t| t.points < 1.0) {
            return Turn::SmallTalk;
        }
        let continued =
            self.question.take().and_then(|last| self.continued(understander, last, &fresh, text, at, asked));
        let understood = match continued {
            Some(understood) => understood,
            None => self.afresh(fresh, text),
        };
        self.note(&understood, turn);
        self.question = Some(understood.clone());
        Turn::Question(Box::new(understood))
    }

    /// Adds what was given beside the turn just taken; `None` where there is nothing to add or no question in hand.
    pub fn give(&mut self, facts: &Facts, place: Option<RegionCode>) -> Option<Understanding> {
        let question = self.question.as_mut().filter(|_| !facts.0.is_empty() || place.is_some())?;
        let turn = self.turns.saturating_sub(1);
        replace_alternatives(&mut question.facts, facts);
        for (name, fact) in &facts.0 {
            question.facts.insert(name, fact.clone());
            self.known_since.insert((*name).to_owned(), turn);
            if PERSON.contains(name) {
                self.person.insert(name, (fact.clone(), turn));
            }
        }
        if let Some(code) = place {
            question.place = Some(AskedPlace { code, span: None, ambiguous: false });
            self.from = Some(code);
            self.known_since.insert("region".to_owned(), turn);
        }
        Some(question.clone())
    }

    /// The last question with what this turn adds or changes, if the turn continues it.
    fn continued(
        &mut self,
        understander: &Understander,
        last: Understanding,
        fresh: &Understanding,
        text: &str,
        at: Date,
        asked: Option<&str>,
    ) -> Option<Understanding> {
        let same_rules = fresh.rules.iter().any(|r| last.rules.contains(r));
        let marked = fresh.present.contains("correction") || fresh.present.contains("variation");
        let asks_anew = !fresh.rules.is_empty() && !same_rules;
        if last.rules.is_empty() || asks_anew {
            self.question = Some(last);
            return None;
        }
        let mut again = understander.understand(text, at, Some(&last.rules));
        let answered = asked.and_then(|name| Some((name, understander.bare(text, at, name)?)));
        // 换成11月2日呢: another value for the one fact it can be.
        let varied = || {
            let mut fitting = last.facts.0.keys().filter_map(|name| Some((*name, understander.bare(text, at, name)?)));
            fitting.next().filter(|_| marked && again.facts.0.is_empty() && fitting.next().is_none())
        };
        if let Some((name, fact)) = answered.or_else(varied) {
            again.facts = Facts::default();
            again.facts.insert(name, fact);
        }
        let silent = again.facts.0.is_empty() && again.place.is_none();
        // 我不太清楚, 23: an answer of which nothing could be made is asked for again; the question stays.
        let unheard = asked.is_some() && says_little(fresh, text);
        let elsewhere = fresh.topic() != last.topic() && fresh.topics.first().is_some_and(|t| t.points >= 2.0);
        if fresh.rules.is_empty() && silent && !marked && !unheard || fresh.rules.is_empty() && elsewhere && silent {
            self.question = Some(last);
            return None;
        }
        let mut merged = last;
        for fact in merged.facts.0.values_mut() {
            // What stands in an earlier turn has no place in this one.
            if fact.origin != Origin::Implied {
                fact.origin = Origin::Given;
            }
            fact.span = None;
        }
        if let Some(place) = &mut merged.place {
            place.span = None;
        }
        replace_alternatives(&mut merged.facts, &again.facts);
        let more = text.contains("也没").then(|| added_years(&merged.facts, &again.facts)).flatten();
        for (name, fact) in again.facts.0 {
            merged.facts.0.insert(name, fact);
        }
        for (name, fact) in more.into_iter().flatten() {
            merged.facts.0.insert(name, fact);
        }
        self.move_places(&mut merged, again.place, &again.places);
        // The reading stays the question's, for which passages are looked up: 60 or 换成广州呢 would find anything.
        merged.unclear = again.unclear;
        merged.cues = again.cues;
        merged.corrections = again.corrections;
        merged.conflicts = again.conflicts;
        merged.present = again.present;
        Some(merged)
    }

    /// A place named in a turn replaces the one it stands for; the scope of a transfer follows.
    fn move_places(&mut self, merged: &mut Understanding, place: Option<AskedPlace>, named: &[(RegionCode, Part)]) {
        let transfer = merged.rules.iter().any(|r| r == "transfer");
        for (code, part) in named {
            match part {
                Part::Origin => self.from = Some(*code),
                Part::Destination => self.to = Some(*code),
                Part::Plain if self.from == Some(*code) => {}
                // With a destination known, a bare place most likely corrects it; else it is where one is insured.
                Part::Plain if transfer && self.from.is_some() => self.to = Some(*code),
                Part::Plain => self.from = Some(*code),
            }
        }
        if !transfer {
            if let Some(place) = place {
                merged.place = Some(place);
            }
            return;
        }
        if let Some(from) = self.from {
            let span = place.as_ref().filter(|p| p.code == from).and_then(|p| p.span);
            merged.place = Some(AskedPlace { code: from, span, ambiguous: false });
        }
        if let (Some(from), Some(to), false) = (self.from, self.to, named.is_empty()) {
            super::fill::scope_between(&mut merged.facts, from, to);
        }
    }

    /// A new question, with what is known of the person.
    ///
    /// 那每月账户进多少 after 工资9200,扣多少 asks something else about the same case: what the new rules read is kept too.
    fn afresh(&mut self, mut fresh: Understanding, text: &str) -> Understanding {
        if let Some(last) = self.question.take() {
            let same_case = text.starts_with('那') || fresh.facts.0.is_empty() && fresh.place.is_none();
            let read: Vec<&str> =
                fresh.rules.iter().filter_map(|r| crate::rules::rule(r)).flat_map(|r| r.facts).copied().collect();
            for (name, fact) in last.facts.0.iter().filter(|(n, _)| same_case && read.contains(n)) {
                carry(&mut fresh.facts, name, fact);
            }
            // The months not paid are the months to pay back.
            let gap = same_case && last.rules.iter().any(|r| GAP_RULES.contains(&r.as_str()));
            for (from, to) in [("gap_months", "months"), ("months", "gap_months")] {
                if let Some(fact) = last.facts.get(from).filter(|_| gap && read.contains(&to)) {
                    carry(&mut fresh.facts, to, fact);
                }
            }
            for (name, (fact, _)) in &self.person {
                carry(&mut fresh.facts, name, fact);
            }
            for name in PERSON {
                if let Some(fact) = last.facts.get(name) {
                    carry(&mut fresh.facts, name, fact);
                }
            }
            if fresh.place.is_none() && fresh.topic() != OUT_OF_SCOPE {
                fresh.place = last.place.map(|p| AskedPlace { span: None, ..p });
            }
        }
        let of = |part: Part| fresh.places.iter().find(|(_, p)| *p == part).map(|(code, _)| *code);
        self.from = of(Part::Origin).or(fresh.place.as_ref().map(|p| p.code));
        self.to = of(Part::Destination).filter(|to| Some(*to) != self.from);
        fresh
    }

    fn note(&mut self, understood: &Understanding, turn: usize) {
        let mut now: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
        for (name, fact) in &understood.facts.0 {
            let before = self.known_since.get(*name).or(self.person.get(name).map(|(_, since)| since));
            let since = if fact.span.is_some() { turn } else { *before.unwrap_or(&turn) };
            now.insert((*name).to_owned(), since);
        }
        if let Some(place) = &understood.place {
            let since = if place.span.is_some() { turn } else { *self.known_since.get("region").unwrap_or(&turn) };
            now.insert("region".to_owned(), since);
        }
        self.known_since = now;
    }
}

/// Takes a fact over from an earlier turn, unless this one says otherwise.
fn carry(facts: &mut Facts, name: &str, fact: &Fact) {
    if facts.get(name).is_none() {
        facts.insert(name, Fact { origin: Origin::Given, span: None, ..fact.clone() });
    }
}

/// 2025年也没交: years missed besides those said before; the year that was paid for stays.
fn added_years(known: &Facts, new: &Facts) -> Option<Vec<(&'static str, Fact)>> {
    let (Some(before), Some(now)) = (known.get("missed_years"), new.get("missed_years")) else { return None };
    let (FactValue::Whole(before), FactValue::Whole(more)) = (&before.value, &now.value) else { return None };
    let missed = Fact { value: FactValue::Whole(before + more), ..now.clone() };
    let paid = known.get("coverage_year").map(|year| ("coverage_year", year.clone()));
    Some(std::iter::once(("missed_years", missed)).chain(paid).collect())
}

/// Whether a fact is said of the person: 我是女的 says who asks, 我老婆 and 女儿 do not.
fn of_the_person(name: &str, fact: &Fact, text: &str) -> bool {
    let Some((start, end)) = fact.span.filter(|_| name == "sex") else { return name != "sex" };
    let said: String = text.chars().skip(start).take(end - start).collect();
    said.starts_with(['男', '女']) && !said.contains(['儿', '婿', '友', '朋'])
}

/// Whether a turn is too short to be about anything.
fn says_little(fresh: &Understanding, text: &str) -> bool {
    const LITTLE: usize = 8;
    text.chars().count() <= LITTLE && fresh.topics.iter().all(|t| t.points < 1.0)
}

/// Facts that say the same thing in another way: a number of days replaces two dates.
fn replace_alternatives(known: &mut Facts, new: &Facts) {
    const ALTERNATIVES: &[(&str, &[&str])] = &[
        ("days", &["first_overdue_date", "paid_date"]),
        ("first_overdue_date", &["days"]),
        ("group", &["people"]),
        ("people", &["group"]),
    ];
    for (name, others) in ALTERNATIVES {
        if new.get(name).is_some() {
            for other in *others {
                known.0.remove(other);
            }
        }
    }
    // A range that was open stays open only until a value is said.
    if let Some(Fact { value: FactValue::Decimal(_), .. }) = new.get("rate") {
        known.0.remove("rate");
    }
}
