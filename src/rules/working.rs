//! The working paper of one computation: facts and parameters are read through it, and it remembers.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::money::to_fen;
use super::parameters::{Datum, Level, Lookup, Parameter, ParameterValue};
use super::{Assumption, Case, Outcome, ParameterUse, Rule, Status, Step, Value, calendar};
use crate::facts::{FactValue, YearMonth};
use crate::region::RegionCode;

/// A computation that came to an end by its own reckoning.
#[derive(Clone, Debug)]
pub struct Finding {
    pub status: Status,
    pub results: Vec<(&'static str, Value)>,
    pub headline: String,
}

impl Finding {
    /// `Status::Computed`; the other endings have constructors of their own.
    pub fn computed(headline: impl Into<String>, results: Vec<(&'static str, Value)>) -> Finding {
        Finding { status: Status::Computed, results, headline: headline.into() }
    }

    /// The national rule leaves the point to the localities; `results` hold the bounds.
    pub fn depends_local(headline: impl Into<String>, results: Vec<(&'static str, Value)>) -> Finding {
        Finding { status: Status::DependsLocal, results, headline: headline.into() }
    }

    /// Something must be done first.
    pub fn condition_unmet(headline: impl Into<String>, results: Vec<(&'static str, Value)>) -> Finding {
        Finding { status: Status::ConditionUnmet, results, headline: headline.into() }
    }

    /// The value that decides is not on file.
    pub fn no_parameter(headline: impl Into<String>) -> Finding {
        Finding { status: Status::NoParameter, results: vec![], headline: headline.into() }
    }
}

/// Why a computation could not end.
#[derive(Clone, Debug)]
pub enum Stop {
    /// These facts are not known, in the order in which to ask.
    NeedsFacts(Vec<&'static str>),
    /// No value on file; the sentence says which, where and when.
    NoParameter(String),
}

/// A parameter value in use.
#[derive(Clone, Debug)]
pub struct Used {
    pub id: String,
    pub value: ParameterValue,
}

impl Used {
    /// The number; zero never stands in for anything else, because `check` makes the datum fit the unit.
    pub fn decimal(&self) -> Decimal {
        match &self.value.datum {
            Datum::Decimal(d) => *d,
            other => unreachable!("{} is read as a number but holds {other:?}; `check` keeps units", self.id),
        }
    }

    /// The number as a whole one.
    pub fn whole(&self) -> i64 {
        self.decimal().to_i64().unwrap_or(i64::MAX)
    }

    pub fn bool(&self) -> bool {
        matches!(self.value.datum, Datum::Bool(true))
    }

    pub fn date(&self) -> Option<Date> {
        match self.value.datum {
            Datum::Date(d) => Some(d),
            _ => None,
        }
    }

    /// A word, or the text of whatever the value is.
    pub fn text(&self) -> String {
        self.value.datum.text()
    }

    /// The words of a closed list.
    pub fn words(&self) -> &[String] {
        match &self.value.datum {
            Datum::Words(words) => words,
            _ => &[],
        }
    }
}

/// See the module.
pub struct Working<'a> {
    pub case: Case<'a>,
    rule: &'static Rule,
    /// The day whose law counts; starts as [`Case::at`].
    day: Date,
    steps: Vec<Step>,
    parameters: Vec<ParameterUse>,
    assumed: Vec<Assumption>,
    caveats: Vec<String>,
    conflicts: Vec<String>,
    next: Vec<String>,
    region_used: Option<RegionCode>,
    changes_on: Option<Date>,
    so_far: Option<(String, Vec<(&'static str, Value)>)>,
}

impl<'a> Working<'a> {
    pub(super) fn new(rule: &'static Rule, case: Case<'a>) -> Working<'a> {
        Working {
            case,
            rule,
            day: case.at,
            steps: vec![],
            parameters: vec![],
            assumed: vec![],
            caveats: vec![],
            conflicts: vec![],
            next: vec![],
            region_used: None,
            changes_on: None,
            so_far: None,
        }
    }

    // ---- the day and the place ----

    /// Names the event's own day (retirement, payment, coverage year): from here on its law counts (convention C7).
    pub fn law_of(&mut self, day: Date) {
        self.day = day;
    }

    /// The day whose law counts.
    pub fn day(&self) -> Date {
        self.day
    }

    /// The place asked about, or the nation when none was said.
    pub fn place(&self) -> RegionCode {
        self.case.region.unwrap_or(RegionCode::NATION)
    }

    /// The name of the place asked about: 深圳市; 全国 when none was said.
    pub fn place_name(&self) -> String {
        self.case.law.regions.name(self.place())
    }

    // ---- facts ----

    fn known(&self, name: &str) -> Option<&'a FactValue> {
        self.case.facts.get(name).map(|f| &f.value)
    }

    /// Whether anybody said it.
    pub fn said(&self, name: &str) -> bool {
        self.known(name).is_some()
    }

    pub fn decimal(&self, name: &str) -> Option<Decimal> {
        match self.known(name) {
            Some(FactValue::Decimal(d)) => Some(*d),
            _ => None,
        }
    }

    pub fn whole(&self, name: &str) -> Option<i64> {
        match self.known(name) {
            Some(FactValue::Whole(n)) => Some(*n),
            _ => None,
        }
    }

    pub fn date(&self, name: &str) -> Option<Date> {
        match self.known(name) {
            Some(FactValue::Date(d)) => Some(*d),
            _ => None,
        }
    }

    pub fn month(&self, name: &str) -> Option<YearMonth> {
        match self.known(name) {
            Some(FactValue::Month(m)) => Some(*m),
            _ => None,
        }
    }

    pub fn bool(&self, name: &str) -> Option<bool> {
        match self.known(name) {
            Some(FactValue::Bool(b)) => Some(*b),
            _ => None,
        }
    }

    pub fn word(&self, name: &str) -> Option<&'a str> {
        match self.known(name) {
            Some(FactValue::Word(w)) => Some(w),
            _ => None,
        }
    }

    pub fn words(&self, name: &str) -> Option<&'a [String]> {
        match self.known(name) {
            Some(FactValue::Words(w)) => Some(w),
            _ => None,
        }
    }

    /// Both ends of what was said: alike, unless the person gave a range (3 到 4 个月).
    pub fn decimal_ends(&self, name: &str) -> Option<(Decimal, Decimal)> {
        let low = self.decimal(name)?;
        match self.case.facts.get(name).and_then(|f| f.high.as_ref()) {
            Some(FactValue::Decimal(high)) => Some((low, low.max(*high))),
            _ => Some((low, low)),
        }
    }

    /// As [`Working::decimal_ends`].
    pub fn whole_ends(&self, name: &str) -> Option<(i64, i64)> {
        let low = self.whole(name)?;
        match self.case.facts.get(name).and_then(|f| f.high.as_ref()) {
            Some(FactValue::Whole(high)) => Some((low, low.max(*high))),
            _ => Some((low, low)),
        }
    }

    /// Ends the computation when any of these was not said, naming all that are missing, in this order. `region` counts
    /// as a fact.
    pub fn need(&self, names: &[&'static str]) -> Result<(), Stop> {
        let missing: Vec<_> = names
            .iter()
            .copied()
            .filter(|name| if *name == "region" { self.case.region.is_none() } else { !self.said(name) })
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(Stop::NeedsFacts(missing)) }
    }

    /// The fact, or the rule's documented default, which is then marked as assumed.
    pub fn whole_or(&mut self, name: &'static str, default: i64) -> i64 {
        self.whole(name).unwrap_or_else(|| {
            self.assume(name, FactValue::Whole(default));
            default
        })
    }

    /// As [`Working::whole_or`].
    pub fn bool_or(&mut self, name: &'static str, default: bool) -> bool {
        self.bool(name).unwrap_or_else(|| {
            self.assume(name, FactValue::Bool(default));
            default
        })
    }

    /// As [`Working::whole_or`].
    pub fn word_or(&mut self, name: &'static str, default: &'static str) -> &'a str {
        self.word(name).unwrap_or_else(|| {
            self.assume(name, FactValue::Word(default.to_owned()));
            default
        })
    }

    /// As [`Working::whole_or`].
    pub fn date_or(&mut self, name: &'static str, default: Date) -> Date {
        self.date(name).unwrap_or_else(|| {
            self.assume(name, FactValue::Date(default));
            default
        })
    }

    /// Marks a default as used.
    pub fn assume(&mut self, fact: &'static str, value: FactValue) {
        if !self.assumed.iter().any(|a| a.fact == fact) {
            self.assumed.push(Assumption { fact, value });
        }
    }

    // ---- parameters ----

    /// The value in force on [`Working::day`] at the place, its province or the nation.
    ///
    /// # Errors
    /// [`Stop::NoParameter`] when none is on file or two apply.
    pub fn parameter(&mut self, key: &str) -> Result<Used, Stop> {
        self.parameter_when(key, &[])
    }

    /// As [`Working::parameter`], under conditions: `&[("tier", "1")]`.
    pub fn parameter_when(&mut self, key: &str, conditions: &[(&str, &str)]) -> Result<Used, Stop> {
        match self.lookup(self.rule.id, key, conditions) {
            Some(used) => Ok(used),
            None => Err(Stop::NoParameter(self.no_value(key))),
        }
    }

    /// The value if one is on file: for what a rule can do without.
    pub fn optional(&mut self, key: &str, conditions: &[(&str, &str)]) -> Option<Used> {
        self.lookup(self.rule.id, key, conditions)
    }

    /// A value that lives in another rule's file (the premium, for the cost of a repair).
    pub fn borrowed(&mut self, rule: &'static str, key: &str, conditions: &[(&str, &str)]) -> Option<Used> {
        self.lookup(rule, key, conditions)
    }

    /// As [`Working::optional`], looked for from another place than the one asked about: the province of a move, or the
    /// nation where a place's own value is known to be unknown.
    pub fn optional_at(&mut self, place: RegionCode, key: &str, conditions: &[(&str, &str)]) -> Option<Used> {
        self.lookup_at(place, self.rule.id, key, conditions)
    }

    /// The place whose value a lookup would find, without using it: for values that count only together with others,
    /// or only when they are the place's own.
    pub fn source(&self, rule: &str, key: &str, conditions: &[(&str, &str)]) -> Option<RegionCode> {
        self.declared(rule, key);
        match self.case.law.parameters.lookup(rule, key, self.place(), self.day, conditions) {
            Lookup::Found(_, value) => Some(value.region),
            _ => None,
        }
    }

    /// Whether the place itself, its prefecture or its province has anything in force on this, under whatever condition:
    /// then the nation's value does not speak for it.
    pub fn has_own(&self, rule: &str, key: &str) -> bool {
        self.declared(rule, key);
        let Some(parameter) = self.case.law.parameters.get(rule, key) else { return false };
        let mut places = self.place().chain().filter(|place| *place != RegionCode::NATION);
        places.any(|place| parameter.values.iter().any(|v| v.region == place && v.in_force(self.day)))
    }

    /// Whether the place itself, its prefecture or its province has anything on file on this, on whatever day: where it
    /// has and the day lacks a value, the place has one that nobody wrote down.
    pub fn ever_has_own(&self, rule: &str, key: &str) -> bool {
        self.declared(rule, key);
        let Some(parameter) = self.case.law.parameters.get(rule, key) else { return false };
        let mut places = self.place().chain().filter(|place| *place != RegionCode::NATION);
        places.any(|place| parameter.values.iter().any(|v| v.region == place))
    }

    fn lookup(&mut self, rule: &str, key: &str, conditions: &[(&str, &str)]) -> Option<Used> {
        self.lookup_at(self.place(), rule, key, conditions)
    }

    fn lookup_at(&mut self, place: RegionCode, rule: &str, key: &str, conditions: &[(&str, &str)]) -> Option<Used> {
        self.declared(rule, key);
        let found = self.case.law.parameters.lookup(rule, key, place, self.day, conditions);
        let (parameter, value) = match found {
            Lookup::Found(parameter, value) => (parameter, value),
            Lookup::Missing { unknown } => {
                if let Some(value) = unknown {
                    value.caveat.iter().for_each(|c| self.caveat(c.clone()));
                    value.conflicts.iter().for_each(|id| self.conflict(id));
                }
                return None;
            }
            Lookup::Ambiguous(..) => return None,
        };
        value.conflicts.iter().for_each(|id| self.conflict(id));
        if !self.parameters.iter().any(|p| p.value.id == value.id) {
            self.parameters.push(ParameterUse {
                rule: super::rule(&parameter.rule).map_or(self.rule.id, |r| r.id),
                key: parameter.key.clone(),
                label: parameter.label.clone(),
                unit: parameter.unit,
                value: value.clone(),
            });
        }
        // The most local place wins the title of "where the values came from".
        let more_local = |than: RegionCode| {
            than == RegionCode::NATION || (than < value.region && self.place().chain().any(|p| p == value.region))
        };
        if self.region_used.is_none_or(more_local) {
            self.region_used = Some(value.region);
        }
        if let Some(change) = parameter.next_change(value.region, self.day) {
            self.changes_on = Some(self.changes_on.map_or(change, |c| c.min(change)));
        }
        Some(Used { id: value.id.clone(), value: value.clone() })
    }

    /// What the most local place with values in force says, conditions named in `free` left open; nothing is marked as
    /// used. See [`super::parameters::Parameters::table`].
    pub fn table(&self, key: &str, conditions: &[(&str, &str)], free: &[&str]) -> Vec<&'a ParameterValue> {
        self.declared(self.rule.id, key);
        self.case.law.parameters.table(self.rule.id, key, self.place(), self.day, conditions, free)
    }

    /// The Chinese name of one of the rule's parameters.
    pub fn label(&self, key: &str) -> String {
        self.case.law.parameters.get(self.rule.id, key).map_or(key, |p| p.label.as_str()).to_owned()
    }

    /// A rule asks only for what its line in the registry names, or `check` would not know what no file has.
    fn declared(&self, rule: &str, key: &str) {
        debug_assert!(
            self.rule.parameters().any(|asked| asked == (rule, key)),
            "rule {} asks for {rule}.{key}, which its line in the registry does not name",
            self.rule.id
        );
    }

    fn no_value(&self, key: &str) -> String {
        let label = self.label(key);
        format!("{}在 {} 的“{label}”没有查到可靠数值,不作推算", self.place_name(), self.day)
    }

    /// The last working day of a period.
    ///
    /// # Errors
    /// [`Stop::NoParameter`] when the holiday notice of a year it runs through is not on file.
    pub fn add_working_days(&self, start: Date, count: i64) -> Result<Date, Stop> {
        let calendar = &self.case.law.calendar;
        calendar.add_working_days(start, count).map_err(|_| {
            Stop::NoParameter(match (calendar.years.keys().next(), calendar.years.keys().last()) {
                (Some(first), Some(last)) => {
                    format!("放假调休安排只收录了 {first} 年至 {last} 年,超出的工作日无法计算")
                }
                _ => "放假调休安排没有收录,工作日无法计算".to_owned(),
            })
        })
    }

    /// See [`calendar::add_months`].
    ///
    /// # Errors
    /// [`Stop::NoParameter`] outside the representable years.
    pub fn add_months(&self, day: Date, months: i64) -> Result<Date, Stop> {
        calendar::add_months(day, months).ok_or_else(|| Stop::NoParameter("日期超出可计算范围".to_owned()))
    }

    // ---- the trace ----

    /// Writes down one step: what was done, what it came to, which parameters it used.
    pub fn step(&mut self, text: impl Into<String>, value: impl ToString, parameters: &[&Used]) {
        self.steps.push(Step {
            text: text.into(),
            value: value.to_string(),
            parameters: parameters.iter().map(|p| p.id.clone()).collect(),
        });
    }

    /// A sentence people must read with the figure; said once.
    pub fn caveat(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.caveats.contains(&sentence) {
            self.caveats.push(sentence);
        }
    }

    /// A contradiction on file (`corpus/conflicts.toml`) that touches this outcome: X11, Y01.
    pub fn conflict(&mut self, id: &str) {
        if !self.conflicts.iter().any(|c| c == id) {
            self.conflicts.push(id.to_owned());
        }
    }

    /// What to do next.
    pub fn next(&mut self, sentence: impl Into<String>) {
        self.next.push(sentence.into());
    }

    /// What can be said already, should a missing fact end the computation: the requirement without the shortfall.
    pub fn so_far(&mut self, headline: impl Into<String>, results: Vec<(&'static str, Value)>) {
        self.so_far = Some((headline.into(), results));
    }

    pub(super) fn finish(mut self, end: Result<Finding, Stop>) -> Outcome {
        let (status, mut results, headline, missing) = match end {
            Ok(f) => (f.status, f.results, f.headline, vec![]),
            Err(Stop::NeedsFacts(missing)) => {
                let (headline, results) = self.so_far.take().unwrap_or_default();
                (Status::NeedsFacts, results, headline, missing)
            }
            Err(Stop::NoParameter(why)) => (Status::NoParameter, vec![], why, vec![]),
        };
        for (_, result) in &mut results {
            if let Value::Money(amount) = result {
                *amount = to_fen(*amount);
            }
        }
        self.caveat_sources();
        Outcome {
            rule: self.rule.id,
            status,
            results,
            headline,
            steps: self.steps,
            parameters: self.parameters,
            assumed: self.assumed,
            missing,
            caveats: self.caveats,
            conflicts: self.conflicts,
            next: self.next,
            region_used: self.region_used,
            law_day: self.day,
            changes_on: self.changes_on,
        }
    }

    /// Low levels and fallbacks speak for themselves in every answer, whichever rule used them.
    fn caveat_sources(&mut self) {
        for i in 0..self.parameters.len() {
            let used = &self.parameters[i];
            let own = used.value.caveat.clone();
            let weak = matches!(used.value.level, Level::Unverified | Level::Seed)
                .then(|| format!("“{}”的依据为{},请向当地医保部门(12393)核实", used.label, used.value.level.label()));
            let stale =
                used.value.review_by.filter(|due| *due < self.case.at).map(|due| {
                    format!("“{}”的数值应在 {due} 以前核对,还没有核对,请向当地医保部门(12393)核实", used.label)
                });
            for sentence in own.into_iter().chain(weak).chain(stale) {
                self.caveat(sentence);
            }
        }
        let Some(asked) = self.case.region.filter(|r| *r != RegionCode::NATION) else { return };
        let fallen: Vec<RegionCode> = self
            .parameters
            .iter()
            .filter(|p| !self.case.law.parameters.get(p.rule, &p.key).is_some_and(Parameter::nationwide))
            .map(|p| p.value.region)
            .filter(|r| *r != asked && *r != asked.prefecture())
            .filter(|r| !(asked.is_municipality() && *r == asked.province()))
            .collect();
        if let Some(widest) = fallen.iter().min() {
            let regions = &self.case.law.regions;
            let scope = if *widest == RegionCode::NATION { "国家".to_owned() } else { regions.name(*widest) };
            self.caveat(format!("没有查到{}自己的规定,部分数值按{scope}规定计算", regions.name(asked)));
        }
    }
}
