//! Facts of the rules asked for, filled from a reading. One function a rule; a slot that nothing in the question fills
//! stays empty, because asking back is better than a guess.

mod arrears;
mod money;
mod people;
mod transfer;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::reading::{MoneyRole, Reading, Rivals, Span};
use crate::facts::{Fact, FactValue, Facts, MAX_WHOLE, Origin, YearMonth};
use crate::region::RegionCode;
use crate::text::dates::DateMention;
use crate::text::numbers::{Measure, Unit};

/// Fills the facts of these rules.
///
/// `lenient` is for a turn that answers a question: a bare 8500 or 4年半 then fills the slot it fits.
pub fn fill(reading: &Reading<'_>, rules: &[String], lenient: bool) -> Filled {
    let mut slots = Slots { reading, facts: Facts::default(), unclear: vec![], lenient };
    for rule in rules {
        match rule.as_str() {
            "transfer" => transfer::transfer(&mut slots),
            "transfer_deadline" => transfer::deadline(&mut slots),
            "withdrawal" => transfer::withdrawal(&mut slots),
            "employee_gap" => arrears::employee_gap(&mut slots),
            "continuity" => arrears::continuity(&mut slots),
            "resident_wait" => arrears::resident_wait(&mut slots),
            "back_payment" => arrears::back_payment(&mut slots),
            "late_fee" => arrears::late_fee(&mut slots),
            "contribution" => money::contribution(&mut slots),
            "account_credit" => money::account_credit(&mut slots),
            "resident_premium" => money::resident_premium(&mut slots),
            "critical_illness_incentive" => money::incentive(&mut slots),
            "retirement_years" => people::retirement_years(&mut slots),
            "retirement_age" => people::retirement_age(&mut slots),
            "family_share" => people::family_share(&mut slots),
            "remote_care" => people::remote_care(&mut slots),
            "newborn" => people::newborn(&mut slots),
            _ => {}
        }
    }
    Filled { facts: slots.facts, unclear: slots.unclear }
}

/// What a question says.
pub struct Filled {
    pub facts: Facts,
    pub unclear: Vec<Unclear>,
}

/// A fact that was said twice, differently: it is asked back, never chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Unclear {
    pub fact: &'static str,
    /// What was said, in the person's own words.
    pub said: Vec<String>,
}

/// The scope of a move between two places that a conversation named in different turns.
pub fn scope_between(facts: &mut Facts, from: RegionCode, to: RegionCode) {
    transfer::between(facts, from, to, None);
}

/// The facts being filled; spans are turned into offsets of the original question.
struct Slots<'r, 'a> {
    reading: &'r Reading<'a>,
    facts: Facts,
    unclear: Vec<Unclear>,
    lenient: bool,
}

impl<'r> Slots<'r, '_> {
    fn put(&mut self, name: &str, value: FactValue, span: Span) {
        self.put_as(name, value, span, Origin::Stated);
    }

    fn put_as(&mut self, name: &str, value: FactValue, span: Span, origin: Origin) {
        let span = Some(self.reading.folded.origin(span.0..span.1));
        self.facts.insert(name, Fact { value, high: None, origin, span });
    }

    fn word(&mut self, name: &str, value: &str, span: Span) {
        self.put(name, FactValue::Word(value.to_owned()), span);
    }

    fn bool(&mut self, name: &str, value: bool, span: Span) {
        self.put(name, FactValue::Bool(value), span);
    }

    fn whole(&mut self, name: &str, value: Decimal, span: Span) {
        if let Some(n) = value.trunc().to_i64().filter(|n| (0..=MAX_WHOLE).contains(n)) {
            self.put(name, FactValue::Whole(n), span);
        }
    }

    /// A measure as a whole number, its range kept.
    fn measured(&mut self, name: &str, m: &Measure, divide_by: i64) {
        let by = Decimal::from(divide_by);
        self.whole(name, m.low / by, (m.start, m.end));
        if let (Some(high), Some(fact)) = (m.high, self.facts.0.get_mut(name)) {
            fact.high = (high / by).trunc().to_i64().map(FactValue::Whole);
        }
    }

    fn decimal(&mut self, name: &str, m: &Measure) {
        if m.low <= Decimal::from(crate::facts::MAX_MONEY) {
            self.put(name, FactValue::Decimal(m.low), (m.start, m.end));
            if let (Some(high), Some(fact)) = (m.high, self.facts.0.get_mut(name)) {
                fact.high = Some(FactValue::Decimal(high));
            }
        }
    }

    fn date(&mut self, name: &str, d: &DateMention) {
        self.put(name, FactValue::Date(d.date()), (d.start, d.end));
    }

    fn month(&mut self, name: &str, d: &DateMention) {
        let month = YearMonth { year: d.year, month: d.month };
        self.put(name, FactValue::Month(month), (d.start, d.end));
    }

    /// The first value said about `about`, put under `name`.
    fn value(&mut self, name: &str, about: &str) -> Option<&'r str> {
        let (value, span) = self.reading.value(about)?;
        self.word(name, value, span);
        Some(value)
    }

    /// The amount that plays a role, else, where `lone` says so, the only amount of the question, bare numbers included.
    /// Amounts that contradict each other are asked about.
    fn amount(&mut self, name: &str, role: MoneyRole, lone: bool) {
        let rivals = self.reading.rival_amounts(role);
        if self.settle(name, rivals, Self::decimal) {
            return;
        }
        let only = || {
            let mut amounts = self.reading.money();
            amounts.next().filter(|_| lone && amounts.next().is_none())
        };
        if let Some(m) = self.reading.amount(role).or_else(only).copied() {
            self.decimal(name, &m);
        }
    }

    /// Writes down the value that rivals were settled on, by `put`, or that the fact is unclear.
    fn settle(&mut self, name: &str, rivals: Rivals, put: impl Fn(&mut Self, &str, &Measure)) -> bool {
        match rivals {
            Rivals::None => false,
            Rivals::Settled(m) => {
                put(self, name, &m);
                true
            }
            Rivals::Open(list) => {
                let chars = self.reading.folded.chars();
                let said = list.iter().map(|m| chars[m.start..m.end].iter().collect()).collect();
                let Some(spec) = crate::facts::spec(name) else { return true };
                self.unclear.push(Unclear { fact: spec.name, said });
                true
            }
        }
    }

    /// The last yes or no said about `about`.
    fn yes_no(&mut self, name: &str, about: &str) {
        if let Some((value, span)) = self.reading.values(about).last() {
            self.bool(name, value == "true", span);
        }
    }

    /// The day or month that the question is about, where it names just one.
    fn as_of(&mut self) {
        let dates = &self.reading.dates;
        let clear = |d: &&DateMention| d.year >= 2010 && !d.coverage;
        let mut found = dates.iter().filter(clear);
        if let (Some(only), None) = (found.next().copied(), found.next()) {
            self.date("as_of", &only);
        }
    }

    fn first_word(&self, class: &str) -> Option<Span> {
        self.reading.words(class).next().map(|m| (m.start, m.end))
    }

    fn tier(&mut self) {
        if let Some((value, span)) = self.reading.value("tier")
            && let Ok(tier) = value.parse()
        {
            self.put("tier", FactValue::Whole(tier), span);
        }
    }

    fn no_account(&mut self) {
        if let Some((_, span)) = self.reading.value("no_account") {
            self.bool("no_account", true, span);
        }
    }

    /// Employer or flexible. Whoever speaks of both asks what each pays, which is an employee's question, unless 灵活就业 is
    /// said outright.
    fn payer(&mut self) {
        let flexible = self.reading.values("payer").find(|(v, _)| *v == "flexible");
        let employer = self.reading.values("payer").find(|(v, _)| *v == "employer");
        let outright = self.reading.folded.text().contains("灵活") || self.reading.folded.text().contains("自由职业");
        match (flexible, employer) {
            (Some((_, span)), None) => self.word("payer", "flexible", span),
            (Some((_, span)), Some(_)) if outright => self.word("payer", "flexible", span),
            (_, Some((_, span))) => self.word("payer", "employer", span),
            (None, None) => {}
        }
    }
}

/// A duration in months or years.
fn is_months(m: &Measure) -> bool {
    m.unit == Unit::Month
}

/// A duration said in years.
fn is_years(m: &Measure) -> bool {
    m.unit == Unit::Month && (m.in_years || m.low >= Decimal::from(24))
}
