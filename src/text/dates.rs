//! Dates as people write them: 2025年9月23日, 2025-09-23, 25年9月, 9月23日(2026年), 二〇二五年十月, 今年, 去年底, 上个月.
//!
//! Relative words are reckoned from the day the question is asked, which is an argument: there is no clock here.

use jiff::ToSpan;
use jiff::civil::Date;

use super::numbers::{number, skip_spaces, starts_with};
use crate::facts::YearMonth;

/// How exactly a date was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    Year,
    Month,
    Day,
}

/// A date as it stands in a text; positions are folded character offsets, end excluded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DateMention {
    pub year: i16,
    /// 1 where only a year was said.
    pub month: i8,
    /// 1 where no day was said.
    pub day: i8,
    pub precision: Precision,
    /// The year was written with two digits (26年) or is missing and taken from the context: it might be a duration.
    pub loose: bool,
    /// 2026年度, 2026参保年度: a coverage year.
    pub coverage: bool,
    pub start: usize,
    pub end: usize,
}

impl DateMention {
    /// The day meant; the first of the month or the first of June where none was said, so that a bare year falls well
    /// inside it.
    pub fn date(&self) -> Date {
        let month = if self.precision == Precision::Year { 6 } else { self.month };
        Date::new(self.year, month, self.day).unwrap_or(Date::MIN)
    }

    /// The month meant.
    pub fn year_month(&self) -> YearMonth {
        YearMonth { year: self.year, month: self.month }
    }
}

/// Every date of a text, from left to right. `at` is the day of the question.
pub fn dates(chars: &[char], at: Date) -> Vec<DateMention> {
    let mut found: Vec<DateMention> = vec![];
    let mut i = 0;
    while i < chars.len() {
        let inside_number =
            i > 0 && (chars[i - 1].is_ascii_digit() || chars[i - 1] == '.') && chars[i].is_ascii_digit();
        let mention = if inside_number { None } else { date_at(chars, i, at, &found) };
        match mention {
            Some(m) => {
                i = m.end;
                found.push(m);
            }
            None => i += 1,
        }
    }
    years_after(chars, &mut found);
    found
}

/// 7月22日(2026年): the year stands behind.
fn years_after(chars: &[char], found: &mut Vec<DateMention>) {
    let mut i = 0;
    while i + 1 < found.len() {
        let (first, second) = (found[i], found[i + 1]);
        let joint = &chars[first.end..second.start];
        if first.loose && first.precision > Precision::Year && second.precision == Precision::Year && joint == ['('] {
            found[i].year = second.year;
            found[i].loose = false;
            found[i].end = second.end;
            found.remove(i + 1);
        }
        i += 1;
    }
}

fn date_at(chars: &[char], i: usize, at: Date, before: &[DateMention]) -> Option<DateMention> {
    relative(chars, i, at).or_else(|| dashed(chars, i)).or_else(|| written(chars, i, at, before))
}

/// 今年, 去年底, 上个月, 昨天 …
fn relative(chars: &[char], i: usize, at: Date) -> Option<DateMention> {
    let today = |days: i64| at.checked_add(days.days()).ok();
    for (word, shift) in [("前年", -2), ("去年", -1), ("今年", 0), ("本年度", 0), ("明年", 1), ("后年", 2)]
    {
        if !starts_with(chars, i, word) {
            continue;
        }
        let year = at.year() + shift;
        let end = i + word.chars().count();
        // 去年10月, 今年3月5日; 去年底, 今年初.
        if let Some(m) = month_day(chars, skip_spaces(chars, end)) {
            return Some(DateMention { year, start: i, loose: false, ..m });
        }
        for (part, month) in [("年底", 12), ("年初", 1), ("年中", 6), ("底", 12), ("初", 1), ("年末", 12), ("末", 12)]
        {
            if starts_with(chars, end, part) {
                let end = end + part.chars().count();
                return Some(mention(year, month, 1, Precision::Month, i, end));
            }
        }
        return Some(mention(year, 1, 1, Precision::Year, i, end));
    }
    let month = YearMonth { year: at.year(), month: at.month() };
    for (word, shift) in
        [("上上个月", -2), ("上个月", -1), ("上月", -1), ("这个月", 0), ("本月", 0), ("下个月", 1), ("下月", 1)]
    {
        if starts_with(chars, i, word) {
            let m = month.plus(shift);
            return Some(mention(m.year, m.month, 1, Precision::Month, i, i + word.chars().count()));
        }
    }
    for (word, shift) in
        [("大前天", -3), ("前天", -2), ("昨天", -1), ("今天", 0), ("今日", 0), ("明天", 1), ("后天", 2)]
    {
        if starts_with(chars, i, word) {
            let d = today(shift)?;
            return Some(mention(d.year(), d.month(), d.day(), Precision::Day, i, i + word.chars().count()));
        }
    }
    None
}

fn mention(year: i16, month: i8, day: i8, precision: Precision, start: usize, end: usize) -> DateMention {
    DateMention { year, month, day, precision, loose: false, coverage: false, start, end }
}

/// 2025-09-23, 2025/9/23, 2025.9.23, 20250923, 2025-09, 25/06/04.
fn dashed(chars: &[char], i: usize) -> Option<DateMention> {
    let digits = |from: usize| chars[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let value = |from: usize, count: usize| -> Option<i16> {
        chars[from..from + count].iter().collect::<String>().parse().ok()
    };
    let first = digits(i);
    if first == 8 {
        let (y, m, d) = (value(i, 4)?, value(i + 4, 2)?, value(i + 6, 2)?);
        return valid(y, m, d).map(|()| mention(y, m as i8, d as i8, Precision::Day, i, i + 8));
    }
    if first != 4 && first != 2 {
        return None;
    }
    let separator = *chars.get(i + first)?;
    if !matches!(separator, '-' | '/' | '.') {
        return None;
    }
    let written = value(i, first)?;
    let year = if first == 2 { 2000 + written } else { written };
    let m_at = i + first + 1;
    let m_len = digits(m_at);
    if !(1..=2).contains(&m_len) || !plausible(year) {
        return None;
    }
    let month = value(m_at, m_len)?;
    let d_sep = m_at + m_len;
    if chars.get(d_sep) == Some(&separator) {
        let d_len = digits(d_sep + 1);
        if (1..=2).contains(&d_len) {
            let day = value(d_sep + 1, d_len)?;
            valid(year, month, day)?;
            let end = d_sep + 1 + d_len;
            return Some(mention(year, month as i8, day as i8, Precision::Day, i, end));
        }
    }
    // 2025-09, 1981/9; 25.9 and 10/12 are numbers.
    let clear = separator == '-' && m_len == 2 || separator == '/';
    (first == 4 && clear && (1..=12).contains(&month))
        .then(|| mention(year, month as i8, 1, Precision::Month, i, d_sep))
}

/// What stands after a two-digit year that is no duration.
const YEAR_FOLLOWS: &[&str] =
    &["没", "未", "忘", "漏", "按时", "正常", "集中", "居", "参保", "的居", "的医", "医保交", "起", "份"];

fn plausible(year: i16) -> bool {
    (1900..=2100).contains(&year)
}

fn valid(year: i16, month: i16, day: i16) -> Option<()> {
    if !plausible(year) {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().map(|_| ())
}

/// 2025年9月23日, 25年9月, 二〇二五年十月, 9月23号, 2026年(度).
fn written(chars: &[char], i: usize, at: Date, before: &[DateMention]) -> Option<DateMention> {
    let n = number(chars, i)?;
    let value: i16 = n.value.try_into().ok().filter(|_| n.value.fract().is_zero() && !n.sized)?;
    let after = skip_spaces(chars, n.end);
    let length = n.end - n.start;
    if chars.get(after) == Some(&'年') || starts_with(chars, after, "nian") {
        let four = length == 4 && plausible(value);
        // 15年参保 is how long, 26年没交 is when; only with a month is an earlier or later year meant.
        let two = length == 2 && n.digits && value >= 10 && !(41..50).contains(&value);
        // 六七年十一月: two figures in words, which are a year only with a month behind.
        let figures = chars[i..n.end].iter().all(|c| "零〇一二三四五六七八九".contains(*c));
        let spoken = length == 2 && figures && value >= 10 && month_day(chars, skip_spaces(chars, after + 1)).is_some();
        if !four && !two && !spoken {
            return None;
        }
        let year = match value {
            _ if four => value,
            0..=40 => 2000 + value,
            _ => 1900 + value,
        };
        let mut end = after + 1;
        let coverage = ["度", "参保年度", "医保年度", "缴费年度"].iter().find(|w| starts_with(chars, end, w));
        if let Some(word) = coverage {
            end += word.chars().count();
            return Some(DateMention { coverage: true, ..mention(year, 1, 1, Precision::Year, i, end) });
        }
        for (part, month) in [("年底", 12), ("底", 12), ("初", 1), ("年初", 1), ("末", 12), ("国庆前", 9)] {
            if starts_with(chars, end, part) {
                let end = end + part.chars().count();
                return Some(DateMention { loose: two, ..mention(year, month, 1, Precision::Month, i, end) });
            }
        }
        if let Some(m) = month_day(chars, skip_spaces(chars, end)) {
            return Some(DateMention { year, start: i, loose: false, ..m });
        }
        // 医保24年 is a duration, 24年没交 a year: two digits are a year only before words that fit one.
        // A list or range of years is known by the next one: 26年、27年.
        let listed = matches!(chars.get(end), Some('、' | '和' | '-' | '到' | '至'))
            && number(chars, end + 1).is_some_and(|n| n.end - n.start == 2 && chars.get(n.end) == Some(&'年'));
        let recent = (20..=40).contains(&value);
        let followed = YEAR_FOLLOWS.iter().any(|w| starts_with(chars, end, w));
        if two && !(recent && (listed || followed)) {
            return None;
        }
        return Some(DateMention { loose: two, ..mention(year, 1, 1, Precision::Year, i, end) });
    }
    // A bare four-digit year before a word that makes it one: 2026度, 2025居保, "2025-2029断".
    if length == 4 && n.digits && (1990..=2060).contains(&value) {
        let next = chars.get(skip_spaces(chars, n.end)).copied().unwrap_or(' ');
        let before_char = i.checked_sub(1).and_then(|p| chars.get(p)).copied().unwrap_or(' ');
        let money = matches!(next, '元' | '块' | '.' | '万' | '千' | 'k' | '蚊' | '个' | '%' | '人' | '岁' | '天')
            || chars.get(n.end).is_some_and(char::is_ascii_digit);
        let amount_before = ["工资", "余额", "基数", "剩", "月薪", "交", "缴", "欠", "按", "拿", "薪", "收入"]
            .iter()
            .any(|w| ends_with(chars, i, w));
        if !money && !amount_before && before_char != '.' {
            let coverage = starts_with(chars, n.end, "度");
            let end = n.end + usize::from(coverage);
            return Some(DateMention { coverage, ..mention(value, 1, 1, Precision::Year, i, end) });
        }
        return None;
    }
    let m = month_day(chars, i)?;
    // A month alone is a date only with its year near, or with 份/起/到: 3月到7月, 7月份.
    let year = before.iter().rev().find(|d| !d.loose).map_or(at.year(), |d| d.year);
    Some(DateMention { year, loose: true, ..m })
}

/// 9月, 9月23日, 9月23号, 9月份, 十月.
fn month_day(chars: &[char], i: usize) -> Option<DateMention> {
    let n = number(chars, i)?;
    let month: i8 = n.value.try_into().ok().filter(|m| (1..=12).contains(m) && n.value.fract().is_zero())?;
    if n.sized || n.end - n.start > 2 || chars.get(skip_spaces(chars, n.end)) != Some(&'月') {
        return None;
    }
    // 俩月, 两月 are durations.
    if matches!(chars[i], '俩' | '两' | '仨') {
        return None;
    }
    let mut end = skip_spaces(chars, n.end) + 1;
    if chars.get(end) == Some(&'份') {
        end += 1;
    }
    let day_at = skip_spaces(chars, end);
    if let Some(d) = number(chars, day_at)
        && let Ok(day) = i8::try_from(d.value)
        && (1..=31).contains(&day)
        && d.end - d.start <= 3
    {
        let unit = skip_spaces(chars, d.end);
        if matches!(chars.get(unit), Some('日' | '号')) {
            // The year is filled in by the caller; a day that no month has is refused there as well.
            let (month, day) = (month, day.min(days_in(month)));
            return Some(DateMention { loose: true, ..mention(0, month, day, Precision::Day, i, unit + 1) });
        }
    }
    Some(DateMention { loose: true, ..mention(0, month, 1, Precision::Month, i, end) })
}

fn days_in(month: i8) -> i8 {
    match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn ends_with(chars: &[char], end: usize, word: &str) -> bool {
    let length = word.chars().count();
    end >= length && starts_with(chars, end - length, word)
}
