//! A crawled page's main text, cut into the articles that it is made of. Sites string several questions on one page
//! (`东莞医保补交怎么补缴?` below a page on withdrawal): each becomes an article, with its own title, topics and place.

use super::place::Places;
use super::stamp::undated;
use crate::corpus::sections::{Section, is_question, numbering, sections};

/// One article's share of a page.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    pub title: String,
    /// Lines of the main text as they stand, one stretch; the line that became the title is not among them.
    pub text: String,
    /// Headings in the text that people ask in just these words.
    pub questions: Vec<String>,
}

/// Cuts the main text of a page; `title` is the page's, as shown.
pub fn parts(title: &str, text: &str, places: &Places) -> Vec<Part> {
    let all = sections(text);
    let place = places.first(title);
    let opens = |s: &Section| {
        let Some(heading) = s.heading.clone().filter(|_| s.trail.is_empty()).map(|h| &text[h]) else { return false };
        let names_place = place.is_some() && places.first(heading) == place;
        numbering(heading).is_none() && (is_question(heading) || names_place)
    };
    let mut starts: Vec<&Section> = all.iter().filter(|s| opens(s)).collect();
    // A lead without a heading of its own introduces the first question: the two are one article.
    if let Some(first) = starts.first() {
        let lead_has_headings = all.iter().take_while(|s| s.span.start < first.span.start).any(|s| s.heading.is_some());
        if !lead_has_headings {
            starts.remove(0);
        }
    }
    let first_end = starts.first().map_or(text.len(), |s| s.span.start);
    let mut found = vec![part(undated(title), &text[..first_end])];
    for (i, start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).map_or(text.len(), |s| s.span.start);
        let heading = start.heading.clone().map_or("", |h| &text[h]);
        found.push(part(undated(heading), &text[start.body.start..end]));
    }
    found.retain(|p| !p.text.trim().is_empty());
    found
}

fn part(title: &str, text: &str) -> Part {
    Part { title: title.to_owned(), text: without_blank_ends(text).to_owned(), questions: questions(title, text) }
}

/// The title, and the headings that ask.
pub fn questions(title: &str, text: &str) -> Vec<String> {
    let mut questions = vec![title.to_owned()];
    for heading in sections(text).iter().filter_map(|s| s.heading.clone()) {
        let heading = text[heading].trim_start_matches('#').trim();
        let words = numbering(heading).map_or(heading, |(_, rest)| rest.trim());
        if asks(words) && !questions.iter().any(|q| q == words) {
            questions.push(words.to_owned());
        }
    }
    questions
}

const ASKING: &[&str] = &["怎么", "如何", "多久", "多少", "哪些", "什么", "是否", "能不能", "可不可以", "多长时间"];

fn asks(heading: &str) -> bool {
    is_question(heading) || ASKING.iter().any(|w| heading.contains(w))
}

/// Without the blank lines before and after; the first line keeps its indent, the last its end.
fn without_blank_ends(text: &str) -> &str {
    let solid_start = text.len() - text.trim_start().len();
    let start = text[..solid_start].rfind('\n').map_or(0, |n| n + 1);
    let solid_end = text.trim_end().len();
    let end = text[solid_end..].find('\n').map_or(text.len(), |n| solid_end + n + 1);
    text.get(start..end).unwrap_or_default()
}
