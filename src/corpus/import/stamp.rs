//! Dates as the pages stamp them: bylines, signatures of teasers, the list of titles at a page's end.

use jiff::civil::Date;

/// `2025-06-04` at the start of a text, and what follows.
fn date(text: &str) -> Option<(Date, &str)> {
    let digits = text.get(..10)?;
    let (year, month, day) = (digits.get(..4)?, digits.get(5..7)?, digits.get(8..)?);
    let all = [year, month, day].iter().all(|p| p.bytes().all(|b| b.is_ascii_digit()));
    if !all || digits.as_bytes()[4] != b'-' || digits.as_bytes()[7] != b'-' {
        return None;
    }
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    Some((date, &text[10..]))
}

/// `09:12` or `09:12:25` at the start of a text, and what follows.
fn time(text: &str) -> Option<&str> {
    let pair = |t: &str| t.get(..2).is_some_and(|d| d.bytes().all(|b| b.is_ascii_digit()));
    let minutes = text.get(2..).filter(|_| pair(text))?.strip_prefix(':')?;
    let rest = minutes.get(2..).filter(|_| pair(minutes))?;
    let seconds = rest.strip_prefix(':').filter(|s| pair(s)).and_then(|s| s.get(2..));
    Some(seconds.unwrap_or(rest))
}

const LONGEST_SITE: usize = 20;

fn site(text: &str) -> Option<&str> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= LONGEST_SITE;
    (fits && !text.contains(['。', ',', '，', '?', '？'])).then_some(text)
}

/// `2025-06-04 09:12:25社保网`: the day and the site of a page.
pub fn byline(line: &str) -> Option<(Date, &str)> {
    let (date, rest) = date(line)?;
    Some((date, site(time(rest.trim_start())?)?))
}

/// `健康新闻 2025-04-19`: site and day of a teaser; the third is what follows on the same line, for a file whose pages were
/// joined without a line end.
pub fn signature(line: &str) -> Option<(&str, Date, &str)> {
    let (name, rest) = line.split_once(char::is_whitespace)?;
    let (date, rest) = date(rest.trim_start())?;
    let rest = rest.trim_start();
    let clock = time(rest).is_some();
    (!clock).then_some((site(name)?, date, rest))
}

/// One title of the list at a page's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<'t> {
    pub title: &'t str,
    pub date: Date,
    /// The heading the site files it under: 医保知识.
    category: &'t str,
}

/// The titles of a line like `标题 2025-06-04 06:58医保知识 标题 2025-06-04 06:57医保知识`, none for any other line; the second
/// is what follows the last category on the same line, for a file whose pages were joined without a line end.
pub fn listed(line: &str) -> (Vec<Listed<'_>>, &str) {
    let mut found: Vec<Listed<'_>> = vec![];
    let mut rest = line;
    while let Some((title, date, after)) = next_listed(rest) {
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        let category = match found.first() {
            Some(first) if !first.category.is_empty() && after.starts_with(first.category) => first.category,
            _ => &after[..end],
        };
        found.push(Listed { title, date, category });
        rest = after[category.len()..].trim_start();
    }
    (found, rest.trim())
}

fn next_listed(text: &str) -> Option<(&str, Date, &str)> {
    let mut from = 0;
    while let Some(gap) = text[from..].find(' ').map(|at| from + at) {
        let stamp = date(text[gap..].trim_start());
        if let Some((date, after)) = stamp.and_then(|(d, rest)| Some((d, time(rest.trim_start())?)))
            && !text[..gap].trim().is_empty()
        {
            return Some((text[..gap].trim(), date, after));
        }
        from = gap + 1;
    }
    None
}

/// A title without the date in brackets that sites append: `(2025-06-04)`, `(25年6月4日)`, `(06/04)`. A bracket with words
/// (`(以南宁为例)`) stays.
pub fn undated(title: &str) -> &str {
    let title = title.trim();
    let Some(inner) = title.strip_suffix([')', '）']) else { return title };
    let Some(open) = inner.rfind(['(', '（']) else { return title };
    let words = inner[open..].trim_start_matches(['(', '（']);
    let dated = words.chars().all(|c| c.is_ascii_digit() || "年月日-/. ".contains(c))
        && words.contains(|c: char| c.is_ascii_digit());
    let before = title[..open].trim_end();
    if dated && !before.is_empty() { before } else { title }
}
