//! Cuts an article's text into passages: by its headings, then at paragraph, line and sentence borders; short numbered
//! sections are joined.
//!
//! A passage is a range of the text, so that what is shown is byte for byte what was written.

use std::ops::Range;

/// A passage is closed once the next block would take it past this many characters …
const WANTED: usize = 320;
/// … and a single block is cut only if it is longer than this.
const LONGEST: usize = 500;
/// A section below this cannot be read by itself: it is joined with its neighbour as far as both fit a passage.
const SHORT: usize = 120;

/// Stands between a heading and the one inside it.
pub const INSIDE: &str = " › ";

/// A passage: where it stands in the text, and under which heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Byte range.
    pub range: Range<usize>,
    /// The headings above it from the outermost in, without their marks, joined by [`INSIDE`]; empty before the first.
    pub heading: String,
}

/// The passages of a text in order. A text without any is one empty passage, so that its title can still be found.
pub fn split(text: &str) -> Vec<Span> {
    let mut spans = vec![];
    for (heading, section) in sections(text) {
        let before = spans.len();
        let mut open: Option<Range<usize>> = None;
        for block in blocks(text, section) {
            open = match open {
                Some(range) if characters(text, range.start..block.end) <= WANTED => Some(range.start..block.end),
                Some(range) => {
                    spans.push(Span { range, heading: heading.clone() });
                    Some(block)
                }
                None => Some(block),
            };
        }
        spans.extend(open.map(|range| Span { range, heading: heading.clone() }));
        join(text, &mut spans, before);
    }
    if spans.is_empty() {
        spans.push(Span { range: 0..0, heading: String::new() });
    }
    spans
}

/// Joins the first passage of a section, at `new`, with the one before it where one of them is short. Sections with a
/// Markdown heading were made by somebody who meant them; numbered lines of a crawled page only look like sections.
fn join(text: &str, spans: &mut Vec<Span>, new: usize) {
    let Some([before, first]) = new.checked_sub(1).and_then(|at| spans.get(at..=new)) else { return };
    let shorter = characters(text, before.range.clone()).min(characters(text, first.range.clone()));
    let whole = before.range.start..first.range.end;
    let meant = text[first.range.clone()].starts_with('#');
    if !meant && shorter < SHORT && characters(text, whole.clone()) <= WANTED {
        let heading = shared(&before.heading, &first.heading);
        spans[new - 1] = Span { range: whole, heading };
        spans.remove(new);
    }
}

/// The headings that two passages have in common, from the outermost in.
fn shared(a: &str, b: &str) -> String {
    let both = a.split(INSIDE).zip(b.split(INSIDE)).take_while(|(a, b)| a == b);
    both.map(|(a, _)| a).collect::<Vec<_>>().join(INSIDE)
}

fn characters(text: &str, range: Range<usize>) -> usize {
    text[range].chars().count()
}

/// The text's sections: headings above, and the byte range with the heading's own line inside: the words that answer may
/// stand in it.
fn sections(text: &str) -> Vec<(String, Range<usize>)> {
    let of = |s: &crate::corpus::sections::Section| (s.headings(text).join(INSIDE), s.span.clone());
    crate::corpus::sections::sections(text).iter().filter(|s| !s.is_bare(text)).map(of).collect()
}

/// Lines of a section without the white space around them; a line that is too long is cut at sentence ends.
fn blocks(text: &str, section: Range<usize>) -> Vec<Range<usize>> {
    let mut blocks = vec![];
    let mut at = section.start;
    for line in text[section].split_inclusive('\n') {
        let start = at + (line.len() - line.trim_start().len());
        let end = at + line.trim_end().len();
        at += line.len();
        if start < end {
            sentences(text, start..end, &mut blocks);
        }
    }
    blocks
}

fn sentences(text: &str, line: Range<usize>, blocks: &mut Vec<Range<usize>>) {
    let mut rest = line;
    while characters(text, rest.clone()) > LONGEST {
        let mut cut = None;
        let mut last = rest.start;
        for (count, (offset, c)) in text[rest.clone()].char_indices().enumerate() {
            last = rest.start + offset + c.len_utf8();
            if matches!(c, '。' | '!' | '?' | '！' | '？' | ';' | '；') && count >= WANTED / 3 {
                cut = Some(last);
            }
            if count >= WANTED {
                break;
            }
        }
        let cut = cut.unwrap_or(last);
        blocks.push(rest.start..cut);
        rest.start = cut;
    }
    blocks.push(rest);
}
