//! A turn that is nothing but the answer to the question just put (8000, 4个月, 有, 男), or another value for what was
//! said (换成11月2日呢).
//!
//! Read only as the fact that was asked for. Anything longer is read like every other turn.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Understander;
use super::lexicon::Prompt;
use super::reading::Reading;
use crate::facts::{Fact, FactKind, FactValue, MAX_MONEY, MAX_WHOLE, Origin, spec};
use crate::text::Folded;
use crate::text::dates::Precision;
use crate::text::numbers::{Measure, Unit};

/// Years that someone may have worked; a larger number is none.
const WORKING_LIFE: u32 = 60;
/// What may stand around the answer itself.
const AROUND: &[char] = &[
    '。', ',', '.', '!', '!', '?', '~', ' ', '的', '了', '吧', '啊', '呀', '哦', '嗯', '大', '概', '约', '差', '不',
    '多',
];
const YES: &[&str] =
    &["是", "有", "对", "要", "参保", "参加", "交", "已参保", "在", "行", "没错", "yes", "y", "是这样", "还有", "欠"];
const NO: &[&str] = &[
    "不是",
    "没有",
    "没",
    "无",
    "否",
    "不",
    "不要",
    "没参保",
    "未参保",
    "没交",
    "不在",
    "没欠",
    "不欠",
    "no",
    "n",
    "还没有",
    "还没",
    "都没有",
];

impl Understander {
    /// The value of the fact asked for, where the turn is nothing but that.
    pub fn bare(&self, text: &str, at: Date, asked: &str) -> Option<Fact> {
        let kind = spec(asked)?.kind;
        let folded = Folded::new(text);
        let whole = (0, folded.chars().len());
        let value = match kind {
            FactKind::Bool => yes_or_no(folded.text()).map(FactValue::Bool),
            FactKind::Word(_) => chosen(self.lexicon.prompts.get(asked)?, folded.text()).map(FactValue::Word),
            FactKind::Region | FactKind::Words(_) => None,
            _ => {
                let in_years = self.lexicon.prompts.get(asked).is_some_and(|p| p.ask.contains('年'));
                self.only_number(&self.read(&folded, at), kind, in_years)
            }
        }?;
        Some(Fact { value, high: None, origin: Origin::Stated, span: Some(folded.origin(whole.0..whole.1)) })
    }

    /// The only number or date there is. `in_years` says that a length of time was asked for in years: 缴了多少年?23.
    fn only_number(&self, reading: &Reading<'_>, kind: FactKind, in_years: bool) -> Option<FactValue> {
        let alone = |start: usize, end: usize| {
            let marks = || reading.words("variation").chain(reading.words("correction"));
            let around = |(i, c): (usize, &char)| {
                (start..end).contains(&i) || AROUND.contains(c) || marks().any(|m| (m.start..m.end).contains(&i))
            };
            reading.folded.chars().iter().enumerate().all(around)
        };
        if let FactKind::Date | FactKind::Month = kind {
            let [day] = reading.dates.as_slice() else { return None };
            let value = match (kind, day.precision) {
                (FactKind::Date, Precision::Day) => FactValue::Date(day.date()),
                (FactKind::Month, Precision::Day | Precision::Month) => FactValue::Month(day.year_month()),
                _ => return None,
            };
            return alone(day.start, day.end).then_some(value);
        }
        if let (FactKind::Whole("calendar_year"), [year]) = (kind, reading.dates.as_slice()) {
            return alone(year.start, year.end).then(|| FactValue::Whole(i64::from(year.year)));
        }
        let [measure] = reading.measures.as_slice() else { return None };
        if measure.high.is_some() || !reading.dates.is_empty() || !alone(measure.start, measure.end) {
            return None;
        }
        if kind == FactKind::Whole("month") && measure.unit == Unit::Bare && in_years {
            let years = Some(measure.low).filter(|low| *low <= Decimal::from(WORKING_LIFE));
            return years.and_then(|years| whole(years * Decimal::from(12)));
        }
        number(measure, kind)
    }
}

/// The number as a value of this kind; none where its unit is that of something else.
fn number(m: &Measure, kind: FactKind) -> Option<FactValue> {
    match (kind, m.unit) {
        (FactKind::Money, Unit::Yuan | Unit::Bare) => {
            (m.low <= Decimal::from(MAX_MONEY)).then_some(FactValue::Decimal(m.low))
        }
        (FactKind::Ratio, Unit::Ratio) => Some(FactValue::Decimal(m.low)),
        (FactKind::Whole("month"), Unit::Month | Unit::Bare) => whole(m.low),
        (FactKind::Whole("day" | "working_day"), Unit::Day | Unit::Bare) => whole(m.low),
        (FactKind::Whole("year"), Unit::Age | Unit::Bare) => whole(m.low),
        (FactKind::Whole("year"), Unit::Month) if m.in_years => whole(m.low / Decimal::from(12)),
        (FactKind::Whole("tier"), Unit::Bare) => whole(m.low),
        _ => None,
    }
}

fn whole(value: Decimal) -> Option<FactValue> {
    let number = value.to_i64().filter(|n| value.fract().is_zero() && (0..=MAX_WHOLE).contains(n));
    number.map(FactValue::Whole)
}

/// 是, 没有: yes or no and nothing else.
pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    let word = text
        .trim_matches(|c: char| matches!(c, '。' | ',' | '.' | '!' | '的' | '了' | '啊' | '呀' | ' ' | '嗯' | '哦'));
    if NO.contains(&word) { Some(false) } else { YES.contains(&word).then_some(true) }
}

/// The one choice that the text names, or is named by.
fn chosen(prompt: &Prompt, text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| AROUND.contains(&c) || c == '是');
    let mut fitting =
        prompt.choices.iter().filter(|(_, label)| !text.is_empty() && (label == text || label.starts_with(text)));
    match (fitting.next(), fitting.next()) {
        (Some((value, _)), None) => Some(value.clone()),
        _ => None,
    }
}
