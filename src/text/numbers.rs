//! Numbers as people write them: `8000`, `8,000`, `1.2万`, `9k`, 八千五, 一千零五, 俩, 半; and the measures made of them:
//! amounts, shares, durations, ages, with ranges (3-4个月) and 左右 kept.
//!
//! Everything works on folded characters; positions are folded character offsets, end excluded.

use rust_decimal::Decimal;

/// What a measure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Yuan, said so (元, 块) or by size word (万).
    Yuan,
    /// Months; years are turned into months, `in_years` remembers.
    Month,
    Day,
    WorkingDay,
    /// A share: 10% is 0.1.
    Ratio,
    /// Years of age.
    Age,
    /// A number without a unit.
    Bare,
}

/// A number with its unit, as it stands in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    pub unit: Unit,
    pub low: Decimal,
    /// The upper end of a range.
    pub high: Option<Decimal>,
    /// 左右, 大概, 多: the number is not meant exactly.
    pub about: bool,
    /// The duration was said in years only (23年, 一年半): `low` still holds months.
    pub in_years: bool,
    /// Written in Arabic digits.
    pub digits: bool,
    pub start: usize,
    pub end: usize,
}

/// Every measure of a text, from left to right, none overlapping. Dates must have been taken out before: a position for
/// which `taken` is true is passed over.
pub fn measures(chars: &[char], taken: &dyn Fn(usize) -> bool) -> Vec<Measure> {
    let mut found: Vec<Measure> = vec![];
    let mut at = 0;
    while at < chars.len() {
        if taken(at) {
            at += 1;
            continue;
        }
        match measure(chars, at, taken) {
            Some(m) => {
                at = m.end.max(at + 1);
                found.push(m);
            }
            // The whole of a digit run that means nothing here (an ID number) is passed over at once.
            None if chars[at].is_ascii_digit() => {
                while at < chars.len() && (chars[at].is_ascii_digit() || chars[at] == '.') {
                    at += 1;
                }
            }
            None => at += 1,
        }
    }
    found
}

fn measure(chars: &[char], at: usize, taken: &dyn Fn(usize) -> bool) -> Option<Measure> {
    if let Some(m) = fixed(chars, at).or_else(|| percent_words(chars, at)) {
        return Some(about(chars, m));
    }
    let first = number(chars, at)?;
    let mut m = with_unit(chars, first)?;
    // A range: 3-4个月, 10%到12%, 三到五个月. The first number may lack the unit that follows the second.
    let joint = skip_spaces(chars, m.end);
    let joined = matches!(chars.get(joint), Some('-' | '~' | '到' | '至' | '或'));
    let next = skip_spaces(chars, joint + 1);
    if joined
        && next < chars.len()
        && !taken(next)
        && let Some(second) = number(chars, next).and_then(|n| with_unit(chars, n))
        && (m.unit == second.unit || m.unit == Unit::Bare)
        && second.unit != Unit::Bare
    {
        let low = scaled_like(m, second);
        if low <= second.low {
            m = Measure { low, high: Some(second.low), start: m.start, ..second };
        }
    }
    Some(about(chars, m))
}

/// The first number of a range takes the unit of the second: 3 of "3-4年" is in years as well.
fn scaled_like(first: Measure, second: Measure) -> Decimal {
    match (first.unit, second.unit) {
        (Unit::Bare, Unit::Month) if second.in_years => first.low * Decimal::from(12),
        (Unit::Bare, Unit::Ratio) => first.low / Decimal::ONE_HUNDRED,
        _ => first.low,
    }
}

fn about(chars: &[char], mut m: Measure) -> Measure {
    let after: String = chars[m.end..].iter().take(2).collect();
    let before: String = chars[m.start.saturating_sub(2)..m.start].iter().collect();
    m.about |= after == "左右"
        || after == "上下"
        || after.starts_with('多')
        || ["大概", "大约", "差不", "不多", "将近", "约"].iter().any(|w| before.ends_with(w));
    m
}

/// Durations that are words of their own.
fn fixed(chars: &[char], at: usize) -> Option<Measure> {
    const WORDS: &[(&str, Unit, i64, bool)] = &[
        ("半个月", Unit::Day, 15, false),
        ("大半年", Unit::Month, 6, false),
        ("半年", Unit::Month, 6, false),
        ("仨月", Unit::Month, 3, false),
        ("俩月", Unit::Month, 2, false),
        ("两月", Unit::Month, 2, false),
        ("一季度", Unit::Month, 3, false),
    ];
    let (word, unit, value, in_years) = WORDS.iter().find(|(w, ..)| starts_with(chars, at, w)).copied()?;
    let end = at + word.chars().count();
    Some(Measure {
        unit,
        low: value.into(),
        high: None,
        about: word == "大半年",
        in_years,
        digits: false,
        start: at,
        end,
    })
}

/// 百分之十, 一成, 一成二.
fn percent_words(chars: &[char], at: usize) -> Option<Measure> {
    let (value, end) = if starts_with(chars, at, "百分之") {
        let n = number(chars, at + 3)?;
        (n.value / Decimal::ONE_HUNDRED, n.end)
    } else {
        let n = number(chars, at)?;
        if chars.get(n.end) != Some(&'成') || n.value > Decimal::TEN || n.end > at + 2 {
            return None;
        }
        (n.value / Decimal::TEN, n.end + 1)
    };
    Some(Measure {
        unit: Unit::Ratio,
        low: value,
        high: None,
        about: false,
        in_years: false,
        digits: false,
        start: at,
        end,
    })
}

fn with_unit(chars: &[char], n: Number) -> Option<Measure> {
    let plain = Measure {
        unit: Unit::Bare,
        low: n.value,
        high: None,
        about: n.about,
        in_years: false,
        digits: n.digits,
        start: n.start,
        end: n.end,
    };
    let unit_at = skip_spaces(chars, n.end);
    let twelve = Decimal::from(12);
    let follows = |word: &str| starts_with(chars, unit_at, word);
    let ends = |m: Measure, unit: Unit, word: &str| Measure { unit, end: unit_at + word.chars().count(), ..m };

    for word in ["%", "个百分点", "个点"] {
        if follows(word) {
            return Some(Measure { low: n.value / Decimal::ONE_HUNDRED, ..ends(plain, Unit::Ratio, word) });
        }
    }
    for word in ["个工作日", "工作日"] {
        if follows(word) {
            return Some(ends(plain, Unit::WorkingDay, word));
        }
    }
    for word in ["周岁", "岁"] {
        if follows(word) {
            return Some(ends(plain, Unit::Age, word));
        }
    }
    for word in ["个半月"] {
        if follows(word) {
            return Some(Measure { low: n.value + Decimal::new(5, 1), ..ends(plain, Unit::Month, word) });
        }
    }
    for word in ["个多月"] {
        if follows(word) {
            return Some(Measure { about: true, ..ends(plain, Unit::Month, word) });
        }
    }
    for word in ["个月", "个自然月", "月份的钱"] {
        if follows(word) {
            return Some(ends(plain, Unit::Month, word));
        }
    }
    // 37块6 is 37.60.
    if follows("块")
        && let Some(jiao) = chars.get(unit_at + 1).and_then(|c| c.to_digit(10).map(i64::from).or_else(|| digit(*c)))
        && !chars.get(unit_at + 2).is_some_and(|c| c.is_ascii_digit() || matches!(c, '个' | '年' | '月' | '天'))
    {
        let low = n.value + Decimal::new(jiao, 1);
        return Some(Measure { low, unit: Unit::Yuan, end: unit_at + 2, ..plain });
    }
    for word in ["块钱", "元", "块", "蚊", "rmb", "圆"] {
        if follows(word) {
            return Some(ends(plain, Unit::Yuan, word));
        }
    }
    for word in ["天", "日"] {
        if follows(word) && n.value <= Decimal::from(100_000) {
            return Some(ends(plain, Unit::Day, word));
        }
    }
    for (word, days) in [("个星期", 7), ("个礼拜", 7), ("周", 7), ("星期", 7)] {
        if follows(word) && !follows("周岁") {
            return Some(Measure { low: n.value * Decimal::from(days), ..ends(plain, Unit::Day, word) });
        }
    }
    for word in ["年", "载", "个年头"] {
        if follows(word) {
            let years = ends(plain, Unit::Month, word);
            return Some(years_and_months(chars, Measure { low: n.value * twelve, in_years: true, ..years }));
        }
    }
    if n.sized || (n.digits && n.value >= Decimal::ONE_HUNDRED) {
        let unit = if n.sized { Unit::Yuan } else { Unit::Bare };
        return Some(Measure { unit, ..plain });
    }
    // A lone Chinese digit without a unit is a part of some word (一档, 一次性), not a number.
    (n.digits || n.end - n.start >= 2).then_some(plain)
}

/// 23年半, 24年3个月, 二十四年零三个月, 一年零俩月.
fn years_and_months(chars: &[char], years: Measure) -> Measure {
    if chars.get(years.end) == Some(&'半') && chars.get(years.end + 1) != Some(&'个') {
        return Measure { low: years.low + Decimal::from(6), end: years.end + 1, ..years };
    }
    if chars.get(years.end) == Some(&'多') {
        return Measure { about: true, end: years.end + 1, ..years };
    }
    let mut at = years.end;
    while matches!(chars.get(at), Some('零' | '又' | '加' | '外' | '带' | ' ')) {
        at += 1;
    }
    let months = fixed(chars, at).or_else(|| {
        let n = number(chars, at)?;
        with_unit(chars, n)
    });
    match months {
        Some(m) if m.unit == Unit::Month && !m.in_years && m.low < Decimal::from(12) => {
            Measure { low: years.low + m.low, in_years: false, end: m.end, ..years }
        }
        _ => years,
    }
}

/// A number as it stands in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    pub value: Decimal,
    pub start: usize,
    pub end: usize,
    /// Arabic digits.
    pub digits: bool,
    /// It has a size word (万, 千, k): an amount even without a unit.
    pub sized: bool,
    /// 十几, 二十来: more or less.
    pub about: bool,
}

/// The number that starts at `at`, if one does.
pub fn number(chars: &[char], at: usize) -> Option<Number> {
    match chars.get(at)? {
        c if c.is_ascii_digit() => arabic(chars, at),
        '¥' | '￥' => arabic(chars, at + 1).map(|n| Number { start: at, sized: true, ..n }),
        _ => chinese(chars, at),
    }
}

fn arabic(chars: &[char], at: usize) -> Option<Number> {
    let mut text = String::new();
    let mut end = at;
    while let Some(c) = chars.get(end) {
        let digit_after = chars.get(end + 1).is_some_and(char::is_ascii_digit);
        // A comma groups thousands only between digits in threes; elsewhere it ends the number.
        let grouping = *c == ','
            && !text.contains('.')
            && !text.is_empty()
            && (1..=3).all(|i| chars.get(end + i).is_some_and(char::is_ascii_digit))
            && !chars.get(end + 4).is_some_and(char::is_ascii_digit);
        match c {
            _ if c.is_ascii_digit() => text.push(*c),
            '.' if digit_after && !text.contains('.') && !text.is_empty() => text.push('.'),
            ',' if grouping => {}
            _ => break,
        }
        end += 1;
    }
    // Longer runs are identity and phone numbers.
    if text.is_empty() || text.split('.').next().unwrap_or_default().len() > 10 {
        return None;
    }
    let mut value: Decimal = text.parse().ok()?;
    let mut sized = false;
    let at_size = skip_spaces(chars, end);
    if let Some(size) = chars.get(at_size).and_then(|c| size_word(*c)) {
        // 9k is an amount, 9km is not.
        let latin = chars[at_size].is_ascii_alphabetic();
        if !(latin && chars.get(at_size + 1).is_some_and(char::is_ascii_alphabetic)) {
            value *= Decimal::from(size);
            end = at_size + 1;
            sized = true;
            // 1万2 = 12000, 3千5 = 3500.
            if let Some(digit) = chars.get(end).and_then(|c| c.to_digit(10))
                && !chars.get(end + 1).is_some_and(|c| c.is_ascii_digit() || *c == '.' || *c == '年' || *c == '月')
                && !latin
            {
                value += Decimal::from(i64::from(digit) * size / 10);
                end += 1;
            } else if let Some(rest) = number(chars, end).filter(|r| !latin && r.value < Decimal::from(size)) {
                // 1万5千, 2万3百.
                if rest.sized || !rest.digits {
                    value += rest.value;
                    end = rest.end;
                }
            }
        }
    }
    Some(Number { value, start: at, end, digits: true, sized, about: false })
}

fn size_word(c: char) -> Option<i64> {
    match c {
        '万' | 'w' => Some(10_000),
        '千' | 'k' => Some(1_000),
        '百' => Some(100),
        '亿' => Some(100_000_000),
        _ => None,
    }
}

/// The value of a Chinese digit.
pub fn digit(c: char) -> Option<i64> {
    Some(match c {
        '零' => 0,
        '一' | '壹' => 1,
        '二' | '两' | '俩' | '贰' => 2,
        '三' | '仨' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

fn place_word(c: char) -> Option<i64> {
    match c {
        '十' | '拾' => Some(10),
        '百' | '佰' => Some(100),
        '千' | '仟' => Some(1_000),
        '万' => Some(10_000),
        '亿' => Some(100_000_000),
        _ => None,
    }
}

/// Chinese numerals: 一千零五, 八千五 (8500), 三万四 (34000), 二十三点五, 二零二五.
fn chinese(chars: &[char], at: usize) -> Option<Number> {
    let mut end = at;
    while chars.get(end).is_some_and(|c| digit(*c).is_some() || place_word(*c).is_some()) {
        end += 1;
    }
    if end == at || matches!(chars[at], '百' | '千' | '万' | '亿' | '佰' | '仟') {
        return None;
    }
    // 四万一个月 is forty thousand a month.
    let each = end >= at + 3
        && chars[end - 1] == '一'
        && place_word(chars[end - 2]).is_some()
        && chars.get(end) == Some(&'个');
    if each {
        end -= 1;
    }
    let run = &chars[at..end];
    let (value, sized) = if run.iter().any(|c| place_word(*c).is_some()) {
        (placed(run)?, run.iter().any(|c| matches!(c, '百' | '千' | '万' | '亿')))
    } else {
        // Digits read one by one: 二零二五. More than six are no number of ours.
        if run.len() > 6 {
            return None;
        }
        (run.iter().try_fold(0i64, |sum, c| Some(sum * 10 + digit(*c)?))?, false)
    };
    let mut value = Decimal::from(value);
    let mut about = false;
    if chars.get(end) == Some(&'点') && chars.get(end + 1).is_some_and(|c| digit(*c).is_some()) {
        let mut scale = Decimal::new(1, 1);
        end += 1;
        while let Some(d) = chars.get(end).and_then(|c| digit(*c)) {
            value += Decimal::from(d) * scale;
            scale /= Decimal::TEN;
            end += 1;
        }
    } else if matches!(chars.get(end), Some('几' | '来')) && run.len() >= 2 {
        about = true;
        end += 1;
    }
    Some(Number { value, start: at, end, digits: false, sized, about })
}

/// A run of digits and place words. `None` where the order makes no number.
fn placed(run: &[char]) -> Option<i64> {
    let (mut total, mut section, mut current) = (0i64, 0i64, None::<i64>);
    let mut last_place = 0i64;
    let mut gap = false;
    for c in run {
        if let Some(d) = digit(*c) {
            if d == 0 {
                gap = true;
                continue;
            }
            if current.is_some() {
                return None;
            }
            current = Some(d);
            continue;
        }
        let place = place_word(*c)?;
        if place >= 10_000 {
            let factor = section + current.take().unwrap_or(0);
            total = (total + factor.max(i64::from(total == 0 && factor == 0))).checked_mul(place)?;
            section = 0;
        } else {
            // 十 alone is ten.
            section += current.take().unwrap_or(1) * place;
        }
        last_place = place;
        gap = false;
    }
    if let Some(d) = current {
        // 八千五: a last digit straight after a place word counts in the place below it.
        let below = if !gap && last_place >= 100 { last_place / 10 } else { 1 };
        section += d * below;
    }
    total.checked_add(section)
}

/// Whether the word stands at `at`.
pub fn starts_with(chars: &[char], at: usize, word: &str) -> bool {
    word.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c))
}

/// The next position that holds no space.
pub fn skip_spaces(chars: &[char], mut at: usize) -> usize {
    while chars.get(at) == Some(&' ') {
        at += 1;
    }
    at
}
