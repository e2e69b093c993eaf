//! Proves that every number an outcome shows has something behind it.
//!
//! What stands behind a number: a fact somebody said or a default marked as assumed, a parameter value in use, a day
//! that follows from them by the calendar, or an earlier step. A step that is written as a sum or product (`4 个月 ×
//! 8000.00 元 × 10%`) is reckoned again; what follows the last `:` is the formula.

use std::collections::BTreeSet;

use jiff::Span;
use jiff::civil::Date;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use yiwen::facts::{FactValue, YearMonth};
use yiwen::rules::calendar::{Calendar, add_months};
use yiwen::rules::parameters::{Datum, ParameterValue};
use yiwen::rules::{Case, Outcome, Step, Value};

/// Months a year has: years are compared in months, and a year's amount is twelve months'.
const MONTHS_A_YEAR: i64 = 12;

/// Every number shown without support, in words; empty when all is well.
pub fn unsupported(case: &Case<'_>, outcome: &Outcome) -> Vec<String> {
    let mut known = Known::of(case, outcome);
    let mut wrong = vec![];
    for step in &outcome.steps {
        for token in tokens(&step.text).iter().filter(|t| !known.holds(t)) {
            wrong.push(format!("step {:?} shows {token:?} out of nowhere", step.text));
        }
        let operands = known.operands(step, outcome);
        for token in tokens(&step.value) {
            if !known.holds(&token) && !follows(&token, step, &operands, &case.law.calendar) {
                wrong.push(format!("step {:?} does not come to {:?} ({token:?})", step.text, step.value));
            }
            known.add(&token);
        }
        // A formula that happens to give a known number must still give this one.
        if let Some(come_to) = formula(&step.text)
            && !tokens(&step.value).iter().any(|t| t.is_about(come_to))
        {
            wrong.push(format!("step {:?} is {come_to}, not {:?}", step.text, step.value));
        }
    }
    for token in tokens(&outcome.headline).iter().filter(|t| !known.holds(t)) {
        wrong.push(format!("headline {:?} shows {token:?} out of nowhere", outcome.headline));
    }
    for (name, value) in &outcome.results {
        let shown = match value {
            Value::Money(d) | Value::Ratio(d) => vec![Token::Number(*d)],
            Value::Whole(n) => vec![Token::Number(Decimal::from(*n))],
            Value::Date(d) => vec![Token::Date(*d)],
            Value::Month(m) => vec![Token::Month(*m)],
            Value::Word(w) => tokens(w),
            Value::Bool(_) | Value::Open => vec![],
        };
        for token in shown.iter().filter(|t| !known.holds(t)) {
            wrong.push(format!("result {name} is {token:?} out of nowhere"));
        }
    }
    wrong
}

/// A number in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Token {
    /// `10%` is 0.1.
    Number(Decimal),
    /// Years and months told together, in months: `1 年 6 个月`, `25 年(300 个月)`, `61 岁`.
    Span(i64),
    Date(Date),
    Month(YearMonth),
    Operator(char),
}

impl Token {
    fn is_about(&self, number: Decimal) -> bool {
        let fen = |d: Decimal| d.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        // Less than nothing is nothing, unless a negative number is shown (days before a birth).
        let number =
            if matches!(self, Token::Number(n) if n.is_sign_negative()) { number } else { number.max(Decimal::ZERO) };
        match self {
            Token::Number(shown) => *shown == number || *shown == fen(number),
            Token::Span(months) => Decimal::from(*months) == number,
            _ => false,
        }
    }
}

/// What stands behind the numbers shown so far.
struct Known {
    numbers: BTreeSet<Decimal>,
    dates: BTreeSet<Date>,
    months: BTreeSet<YearMonth>,
    /// Days that the notices of the State Council name, and month-ends that parameters name.
    named: BTreeSet<Date>,
}

impl Known {
    fn of(case: &Case<'_>, outcome: &Outcome) -> Known {
        let mut known = Known {
            // Nothing is nothing, and a year has twelve months.
            numbers: [Decimal::ZERO, Decimal::from(MONTHS_A_YEAR)].into(),
            dates: [case.at].into(),
            months: BTreeSet::new(),
            named: BTreeSet::new(),
        };
        for fact in case.facts.0.values() {
            known.add_fact(&fact.value);
            fact.high.iter().for_each(|high| known.add_fact(high));
        }
        outcome.assumed.iter().for_each(|assumed| known.add_fact(&assumed.value));
        for used in &outcome.parameters {
            known.add_parameter(used.unit, &used.value);
            // A parameter's own name may hold a figure (平均工资60%).
            tokens(&used.label).iter().for_each(|t| known.add(t));
        }
        for year in case.law.calendar.years.values() {
            known.named.extend(year.holidays.keys().chain(year.makeup_workdays.keys()));
        }
        known.numbers.extend(case.law.calendar.years.keys().map(|year| Decimal::from(*year)));
        known.add_years();
        known
    }

    fn add_fact(&mut self, value: &FactValue) {
        match value {
            FactValue::Decimal(d) => drop(self.numbers.insert(*d)),
            FactValue::Whole(n) => drop(self.numbers.insert(Decimal::from(*n))),
            FactValue::Date(d) => drop(self.dates.insert(*d)),
            FactValue::Month(m) => drop(self.months.insert(*m)),
            FactValue::Bool(_) => {}
            FactValue::Word(w) => tokens(w).iter().for_each(|t| self.add(t)),
            FactValue::Words(list) => {
                self.numbers.insert(Decimal::from(list.len()));
                list.iter().flat_map(|w| tokens(w)).for_each(|t| self.add(&t));
            }
        }
    }

    fn add_parameter(&mut self, unit: &str, value: &ParameterValue) {
        for token in value.when.values().flat_map(|v| tokens(v)).chain(parameter(unit, value)) {
            self.add(&token);
        }
        self.dates.extend(value.from);
        self.dates.extend(value.to);
        self.dates.extend(value.to.and_then(|to| to.tomorrow().ok()));
    }

    /// The years of the days and months at hand, their first days, and the days that parameters name by month and day.
    fn add_years(&mut self) {
        let years: BTreeSet<i16> =
            self.dates.iter().map(|d| d.year()).chain(self.months.iter().map(|m| m.year)).collect();
        let said = self.numbers.iter().filter_map(|n| n.to_i16()).filter(|n| (1900..2200).contains(n));
        let years: Vec<i16> = years.into_iter().chain(said).collect();
        for year in years {
            self.numbers.insert(Decimal::from(year));
            self.named.extend(Date::new(year, 1, 1));
        }
    }

    fn add(&mut self, token: &Token) {
        match token {
            Token::Number(n) => drop(self.numbers.insert(*n)),
            Token::Span(months) => {
                for number in [*months, months / MONTHS_A_YEAR, months % MONTHS_A_YEAR] {
                    self.numbers.insert(Decimal::from(number));
                }
            }
            Token::Date(d) => {
                self.dates.insert(*d);
                self.numbers.insert(Decimal::from(d.year()));
            }
            Token::Month(m) => drop(self.months.insert(*m)),
            Token::Operator(_) => {}
        }
    }

    fn holds(&self, token: &Token) -> bool {
        match token {
            Token::Number(n) => self.numbers.contains(n),
            Token::Span(months) => self.numbers.contains(&Decimal::from(*months)),
            Token::Date(d) => {
                let month_end =
                    |day: &str| format!("{:04}-{day}", d.year()).parse().is_ok_and(|x: Date| x.last_of_month() == *d);
                self.dates.contains(d) || self.named.contains(d) || self.month_ends().iter().any(|m| month_end(m))
            }
            Token::Month(m) => {
                self.months.contains(m) || self.dates.iter().any(|d| d.year() == m.year && d.month() == m.month)
            }
            Token::Operator(_) => true,
        }
    }

    fn month_ends(&self) -> Vec<String> {
        // A month and day without a year (02-28) reads as two numbers; the month is what counts.
        let whole = |n: &Decimal| n.to_i64().filter(|m| (1..=12).contains(m) && n.fract().is_zero());
        self.numbers.iter().filter_map(whole).map(|m| format!("{m:02}-01")).collect()
    }

    /// What a step may reckon with: what its text shows and the parameters it names.
    fn operands(&self, step: &Step, outcome: &Outcome) -> Vec<Token> {
        let used = outcome.parameters.iter().filter(|p| step.parameters.contains(&p.value.id));
        let values = used.flat_map(|p| parameter(p.unit, &p.value));
        tokens(&step.text).into_iter().filter(|t| !matches!(t, Token::Operator(_))).chain(values).collect()
    }
}

/// The numbers of a parameter; years also in months.
fn parameter(unit: &str, value: &ParameterValue) -> Vec<Token> {
    match &value.datum {
        Datum::Decimal(d) if unit == "year" => {
            vec![Token::Number(*d), Token::Number(*d * Decimal::from(MONTHS_A_YEAR))]
        }
        Datum::Decimal(d) => vec![Token::Number(*d)],
        Datum::Date(d) => vec![Token::Date(*d), Token::Month(YearMonth { year: d.year(), month: d.month() })],
        Datum::Word(w) => tokens(w),
        Datum::Words(words) => words.iter().flat_map(|w| tokens(w)).collect(),
        Datum::Bool(_) | Datum::Unknown => vec![],
    }
}

/// Whether a step's value follows from its operands.
fn follows(token: &Token, step: &Step, operands: &[Token], calendar: &Calendar) -> bool {
    if formula(&step.text).is_some_and(|come_to| token.is_about(come_to)) {
        return true;
    }
    let numbers: Vec<Decimal> = operands
        .iter()
        .filter_map(|t| match t {
            Token::Number(n) => Some(*n),
            Token::Span(months) => Some(Decimal::from(*months)),
            _ => None,
        })
        .collect();
    let wholes: Vec<i64> = numbers.iter().filter(|n| n.fract().is_zero()).filter_map(|n| n.to_i64()).collect();
    let dates: Vec<Date> =
        operands.iter().filter_map(|t| if let Token::Date(d) = t { Some(*d) } else { None }).collect();
    let months: Vec<YearMonth> =
        operands.iter().filter_map(|t| if let Token::Month(m) = t { Some(*m) } else { None }).collect();
    match token {
        Token::Date(day) => dates.iter().any(|from| {
            wholes.iter().any(|n| {
                add_months(*from, *n) == Some(*day)
                    || Span::new().try_days(*n).is_ok_and(|days| from.checked_add(days).is_ok_and(|d| d == *day))
                    || (*n < 1000 && calendar.add_working_days(*from, *n) == Ok(*day))
            })
        }),
        Token::Month(month) => months.iter().any(|from| wholes.iter().any(|n| from.plus(*n) == *month)),
        Token::Number(_) | Token::Span(_) => {
            let days = dates.iter().flat_map(|a| dates.iter().map(|b| i64::from((*b - *a).get_days())));
            let apart = months.iter().flat_map(|a| months.iter().map(|b| b.index() - a.index()));
            let counted = pairs(&wholes).map(|(all, nth)| all - nth + 1);
            let started = pairs(&wholes).filter(|(_, step)| *step > 0).map(|(all, step)| all / step + 1);
            // The text compares; the value is the one that counts (a limit, an own wage).
            let compared = numbers.iter().copied();
            let reckoned = days.chain(apart).chain(counted).chain(started).map(Decimal::from);
            reckoned.chain(compared).any(|n| token.is_about(n))
        }
        Token::Operator(_) => true,
    }
}

fn pairs(numbers: &[i64]) -> impl Iterator<Item = (i64, i64)> {
    numbers.iter().flat_map(|a| numbers.iter().map(|b| (*a, *b)))
}

/// What the formula at the end of a step's text comes to; `None` where it is no formula.
fn formula(text: &str) -> Option<Decimal> {
    let formula = text.rsplit([':', ':']).next().unwrap_or(text);
    let tokens = tokens(formula);
    if !tokens.iter().any(|t| matches!(t, Token::Operator('+' | '-' | '*' | '/'))) {
        return None;
    }
    let mut parser = Parser { tokens: &tokens, at: 0 };
    let value = parser.sum()?;
    (parser.at == tokens.len()).then_some(value)
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl Parser<'_> {
    fn operator(&mut self, wanted: &[char]) -> Option<char> {
        match self.tokens.get(self.at) {
            Some(Token::Operator(o)) if wanted.contains(o) => {
                self.at += 1;
                Some(*o)
            }
            _ => None,
        }
    }

    fn sum(&mut self) -> Option<Decimal> {
        let mut value = self.product()?;
        while let Some(operator) = self.operator(&['+', '-']) {
            let next = self.product()?;
            value = if operator == '+' { value.checked_add(next)? } else { value.checked_sub(next)? };
        }
        Some(value)
    }

    fn product(&mut self) -> Option<Decimal> {
        let mut value = self.single()?;
        while let Some(operator) = self.operator(&['*', '/']) {
            let next = self.single()?;
            value = if operator == '*' { value.checked_mul(next)? } else { value.checked_div(next)? };
        }
        Some(value)
    }

    fn single(&mut self) -> Option<Decimal> {
        if self.operator(&['(']).is_some() {
            let value = self.sum()?;
            self.operator(&[')'])?;
            return Some(value);
        }
        let value = match self.tokens.get(self.at)? {
            Token::Number(n) => *n,
            Token::Span(months) => Decimal::from(*months),
            _ => return None,
        };
        self.at += 1;
        Some(value)
    }
}

/// The numbers, days, months and operators of a text, in order.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = vec![];
    let mut at = 0;
    while at < chars.len() {
        if chars[at].is_ascii_digit() {
            let (token, next) = number(&chars, at);
            let negative = at > 0 && chars[at - 1] == '-' && (at < 2 || !chars[at - 2].is_ascii_digit());
            found.push(match token {
                Token::Number(n) if negative => Token::Number(-n),
                token => token,
            });
            at = next;
            continue;
        }
        let operator = match chars[at] {
            '×' => Some('*'),
            '÷' => Some('/'),
            '+' => Some('+'),
            '−' => Some('-'),
            '(' | '\u{ff08}' => Some('('),
            ')' | '\u{ff09}' => Some(')'),
            _ => None,
        };
        found.extend(operator.map(Token::Operator));
        at += 1;
    }
    // Brackets around words only are remarks.
    while let Some(i) = found.windows(2).position(|w| w == [Token::Operator('('), Token::Operator(')')]) {
        found.drain(i..i + 2);
    }
    found
}

fn number(chars: &[char], at: usize) -> (Token, usize) {
    let rest: String = chars[at..].iter().collect();
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if let Some(Ok(date)) = rest.get(..10).map(str::parse::<Date>) {
        return (Token::Date(date), at + 10);
    }
    if let Some(month) = rest.get(..7).and_then(YearMonth::parse) {
        return (Token::Month(month), at + 7);
    }
    let whole = digits(&rest);
    let fraction = match rest[whole..].strip_prefix('.') {
        Some(after) if digits(after) > 0 => 1 + digits(after),
        _ => 0,
    };
    let end = whole + fraction;
    let value: Decimal = rest[..end].parse().expect("digits are a number");
    let after = &rest[end..];
    if after.starts_with('%') {
        return (Token::Number(value / Decimal::ONE_HUNDRED), at + end + 1);
    }
    for unit in [" 年", " 岁"] {
        let Some(tail) = after.strip_prefix(unit).filter(|_| fraction == 0) else { continue };
        let years = value.to_i64().unwrap_or_default();
        for (open, close) in [(" ", " 个月"), ("(", " 个月)"), ("(", " 个月)")] {
            let Some(inner) = tail.strip_prefix(open) else { continue };
            let length = digits(inner);
            if length == 0 || !inner[length..].starts_with(close) {
                continue;
            }
            let months: i64 = inner[..length].parse().unwrap_or_default();
            let total = if open == " " { years * MONTHS_A_YEAR + months } else { months };
            assert!(open == " " || total == years * MONTHS_A_YEAR, "{rest}");
            let used = end + unit.chars().count() + open.chars().count() + length + close.chars().count();
            // `1 年 6 个月(18 个月)` says it twice.
            return (Token::Span(total), at + used);
        }
        if unit == " 岁" {
            return (Token::Span(years * MONTHS_A_YEAR), at + end + unit.chars().count());
        }
    }
    (Token::Number(value), at + end)
}
