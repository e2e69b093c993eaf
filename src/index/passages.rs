//! Cuts an article's text into passages: by its headings, then at paragraph, line and sentence borders.
//!
//! A passage is a range of the text, so that what is shown is byte for byte what was written.

use std::ops::Range;

/// A passage is closed once the next block would take it past this many characters …
const WANTED: usize = 320;
/// … and a single block is cut only if it is longer than this.
const LONGEST: usize = 500;

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
    }
    if spans.is_empty() {
        spans.push(Span { range: 0..0, heading: String::new() });
    }
    spans
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
