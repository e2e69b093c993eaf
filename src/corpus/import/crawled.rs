//! Crawled pages as raw text. Two habits of sites are known, by their marks and not by their names:
//!
//! - a title, the text, `相关推荐`, then teasers: title, beginning of the text, `健康新闻 2025-04-19`;
//! - a title, `2025-06-04 09:12:25社保网`, the text, then lines of other titles with date and time.
//!
//! A file may hold several pages one after another, even joined without a line end.

use std::ops::Range;

use jiff::civil::Date;

use super::boilerplate::{editorial, is_boilerplate, opens_related};
use super::stamp::{Listed, byline, listed, signature};
use crate::corpus::sections::{Line, lines};

/// One page, taken apart.
#[derive(Debug, Default)]
pub struct Page<'t> {
    pub title: &'t str,
    /// The page's first line, counted from 1.
    pub line: usize,
    pub date: Option<Date>,
    pub site: Option<&'t str>,
    /// The main text: lines as they stand, boilerplate left out.
    pub text: String,
    pub teasers: Vec<Teaser<'t>>,
    pub listed: Vec<Listed<'t>>,
    /// Lines and sentences left out as boilerplate.
    pub dropped: usize,
    /// Lines of which nothing could be made.
    pub strays: Vec<usize>,
}

/// The beginning of another article.
#[derive(Debug)]
pub struct Teaser<'t> {
    pub title: &'t str,
    pub line: usize,
    /// The text as it stands; blank where only a title is shown.
    pub text: &'t str,
    pub site: &'t str,
    pub date: Date,
}

impl Page<'_> {
    /// Something besides lines of text shows that this is a page.
    fn is_marked(&self) -> bool {
        self.date.is_some() || !self.teasers.is_empty() || !self.listed.is_empty()
    }
}

/// A line with its number, counted from 1.
type Numbered<'t> = (usize, Line<'t>);

/// The pages of a text; `None` where nothing marks it as crawled.
pub fn pages(text: &str) -> Option<Vec<Page<'_>>> {
    let lines: Vec<Numbered<'_>> = lines(text).enumerate().flat_map(|(i, l)| unjoined(text, i + 1, l)).collect();
    let mut pages = vec![];
    let mut at = 0;
    while at < lines.len() {
        let (page, next) = page(text, &lines, at);
        at = next.max(at + 1);
        pages.extend(page);
    }
    let marked = pages.iter().any(Page::is_marked);
    marked.then_some(pages)
}

/// A stamp with the next title straight behind it becomes two lines.
fn unjoined<'t>(text: &'t str, number: usize, line: Line<'t>) -> Vec<Numbered<'t>> {
    let rest = match signature(line.text) {
        Some((_, _, rest)) => rest,
        None => listed(line.text).1,
    };
    if rest.is_empty() || rest.len() == line.text.len() {
        return vec![(number, line)];
    }
    let at = line.at.end - rest.len();
    let head = text[line.at.start..at].trim_end();
    let first = Line { span: line.span.start..at, at: line.at.start..line.at.start + head.len(), text: head };
    let second = Line { span: at..line.span.end, at: at..line.at.end, text: rest };
    vec![(number, first), (number, second)]
}

/// Reads the page that starts at or below line `at`; the second is where the next one starts.
fn page<'t>(text: &'t str, lines: &[Numbered<'t>], at: usize) -> (Option<Page<'t>>, usize) {
    let Some(first) = lines[at..].iter().position(|(_, l)| !l.text.is_empty()).map(|i| at + i) else {
        return (None, lines.len());
    };
    let mut page = Page { title: lines[first].1.text, line: lines[first].0, ..Page::default() };
    let mut kept: Vec<Range<usize>> = vec![];
    let mut i = first + 1;
    while let Some((_, line)) = lines.get(i) {
        if opens_related(line.text) {
            page.dropped += 1;
            let end = teasers(text, lines, i + 1, &mut page);
            page.text = joined(text, &kept);
            return (Some(page), end);
        }
        if !listed(line.text).0.is_empty() {
            break;
        }
        match byline(line.text) {
            Some((date, site)) if page.date.is_none() && kept.is_empty() => {
                (page.date, page.site) = (Some(date), Some(site));
            }
            _ if is_boilerplate(line.text) => page.dropped += 1,
            _ => keep(line, &mut kept, &mut page.dropped),
        }
        i += 1;
    }
    page.text = joined(text, &kept);
    while let Some((_, line)) = lines.get(i) {
        let (titles, _) = listed(line.text);
        if titles.is_empty() && !line.text.is_empty() {
            break;
        }
        page.listed.extend(titles);
        i += 1;
    }
    (Some(page), i)
}

/// Keeps a line, an editor's sentence in it left out. Blank lines before the first kept one are not part of the text.
fn keep(line: &Line<'_>, kept: &mut Vec<Range<usize>>, dropped: &mut usize) {
    if line.text.is_empty() && kept.is_empty() {
        return;
    }
    let Some(cut) = editorial(line.text) else {
        kept.push(line.span.clone());
        return;
    };
    *dropped += 1;
    if cut.len() == line.text.len() {
        return;
    }
    kept.push(line.span.start..line.at.start + cut.start);
    kept.push(line.at.start + cut.end..line.span.end);
}

/// The kept ranges one after another, blank lines at the end left out; a text ends with a line end.
fn joined(text: &str, kept: &[Range<usize>]) -> String {
    let whole: String = kept.iter().map(|r| &text[r.clone()]).collect();
    let solid = whole.trim_end().len();
    let end = whole[solid..].find('\n').map_or(whole.len(), |n| solid + n + 1);
    let mut out = whole[..end].to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Reads teasers into the page; gives the line at which something else begins.
fn teasers<'t>(text: &'t str, lines: &[Numbered<'t>], from: usize, page: &mut Page<'t>) -> usize {
    let mut group: Vec<usize> = vec![];
    for i in from..lines.len() {
        let (number, line) = &lines[i];
        if line.text.is_empty() {
            continue;
        }
        if let Some((site, date, _)) = signature(line.text) {
            let Some((title, rest)) = group.split_first() else {
                page.strays.push(*number);
                continue;
            };
            let body = rest.first().map_or(0..0, |a| lines[*a].1.span.start..lines[i - 1].1.span.end);
            let (at, title) = &lines[*title];
            page.teasers.push(Teaser { title: title.text, line: *at, text: solid(&text[body]), site, date });
            group.clear();
            continue;
        }
        let another_page = opens_related(line.text) || byline(line.text).is_some() || !listed(line.text).0.is_empty();
        if another_page && let Some(title) = group.first() {
            return *title;
        }
        group.push(i);
    }
    page.strays.extend(group.first().map(|i| lines[*i].0));
    lines.len()
}

/// Without blank lines at either end; a last line keeps its end.
fn solid(text: &str) -> &str {
    let start = text.len() - text.trim_start_matches(['\r', '\n']).len();
    let end = text.trim_end().len();
    let end = text[end..].find('\n').map_or(text.len(), |n| end + n + 1);
    text.get(start..end).unwrap_or_default()
}
