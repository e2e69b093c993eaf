//! Sections: an article's text cut at its headings, by byte ranges, so that nothing of the text is changed.
//!
//! A text that has Markdown headings (`## …`) is cut at these alone. Any other text is cut at the shapes that Chinese
//! pages give their headings: `一、…`, `(一)…`, `1、…:`, `1. …`, `①…`, a line that asks (`…怎么补缴?`), a short line on
//! its own, a short line ending with a colon. Numbering says which heading stands below which; for the rest the place
//! does: a line straight after a heading is its child, `个人补缴` after `单位补缴` its sibling.
//!
//! ```
//! let text = "先停保。\n\n2、补缴方式:\n\n单位补缴\n\n由单位办理。\n\n个人补缴\n\n到窗口办理。\n";
//! let all = yiwen::corpus::sections::sections(text);
//! let last = all.last().unwrap();
//! assert_eq!(last.headings(text), ["2、补缴方式:", "个人补缴"]);
//! assert_eq!(text[last.body.clone()].trim(), "到窗口办理。");
//! ```

mod line;

use std::ops::Range;

pub use line::{Line, is_question, lines, numbering};
use line::{Numbering, Shape, shape, split_glued};

/// One piece of a text: a heading, where it has one, and what stands below it up to the next heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Everything, heading and blank lines included. The spans of a text's sections lie end to end and cover it whole.
    pub span: Range<usize>,
    /// The heading's words, without the white space around them. `None` for text before the first heading, and for
    /// text that a heading's children have ended (the trail then says where it stands).
    pub heading: Option<Range<usize>>,
    /// The span without the heading's line; may be blank, where children follow at once.
    pub body: Range<usize>,
    /// The headings above this one, outermost first, its own not among them.
    pub trail: Vec<Range<usize>>,
}

impl Section {
    /// The trail and then the section's own heading, as written, Markdown's `#` aside.
    pub fn headings<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let all = self.trail.iter().chain(self.heading.as_ref());
        all.map(|r| text[r.clone()].trim_start_matches('#').trim()).collect()
    }

    /// True where nothing but a heading stands: not worth a passage, its children carry the heading in their trails.
    pub fn is_bare(&self, text: &str) -> bool {
        text[self.body.clone()].trim().is_empty()
    }
}

/// Cuts a text into its sections. An empty text has none; a text whose headings have nothing below them is one section.
pub fn sections(text: &str) -> Vec<Section> {
    let lines = split_glued(text, lines(text).collect());
    let headings = Outline::of(&lines).headings();
    let mut found: Vec<Section> = vec![];
    let mut start = 0;
    let mut open: (Option<&Line<'_>>, Vec<Range<usize>>) = (None, vec![]);
    let mut close = |end: usize, (heading, trail): (Option<&Line<'_>>, Vec<Range<usize>>)| {
        if end > start {
            let body = heading.map_or(start, |h| h.span.end)..end;
            found.push(Section { span: start..end, heading: heading.map(|h| h.at.clone()), body, trail });
        }
        start = end;
    };
    for cut in headings {
        let line = &lines[cut.line];
        close(line.span.start, open);
        open = (cut.heading.then_some(line), cut.trail.iter().map(|i| lines[*i].at.clone()).collect());
    }
    close(text.len(), open);
    if found.iter().all(|s| s.is_bare(text)) && !text.is_empty() {
        return vec![Section { span: 0..text.len(), heading: None, body: 0..text.len(), trail: vec![] }];
    }
    found
}

/// Ranks: a heading stands below the nearest one above it with a smaller rank. Markdown's levels are 1 to 6.
mod rank {
    use super::Numbering;

    pub const QUESTION: u8 = 10;
    pub const PLAIN: u8 = 15;
    pub const PLAIN_CHILD: u8 = 40;
    pub const LABEL: u8 = 50;

    pub fn numbered(by: Numbering) -> u8 {
        match by {
            Numbering::Chinese => 20,
            Numbering::ChineseBracketed => 24,
            Numbering::Arabic => 28,
            Numbering::ArabicBracketed => 32,
            Numbering::Circled => 36,
        }
    }
}

/// Where a section begins.
struct Cut {
    line: usize,
    /// False: the line only ends the section before it.
    heading: bool,
    trail: Vec<usize>,
}

/// A heading that is still open while the lines go by.
struct Open {
    rank: u8,
    line: usize,
    plain: bool,
    /// A label among lines like `转出地处理:…`: the next of these ends it.
    among_labelled: bool,
}

/// The non-blank lines with their shapes.
struct Outline<'a, 't> {
    lines: &'a [Line<'t>],
    /// Index into `lines`, and the shape.
    solid: Vec<(usize, Shape)>,
}

impl<'a, 't> Outline<'a, 't> {
    fn of(lines: &'a [Line<'t>]) -> Outline<'a, 't> {
        let mut solid: Vec<(usize, Shape)> =
            lines.iter().enumerate().filter(|(_, l)| !l.text.is_empty()).map(|(i, l)| (i, shape(l.text))).collect();
        let mut fenced = false;
        for (i, shape) in &mut solid {
            let fence = lines[*i].text.starts_with("```") || lines[*i].text.starts_with("~~~");
            fenced ^= fence;
            if fenced || fence {
                *shape = Shape::Text;
            }
        }
        if solid.iter().any(|(_, s)| matches!(s, Shape::Markdown(_))) {
            for (_, shape) in solid.iter_mut().filter(|(_, s)| !matches!(s, Shape::Markdown(_))) {
                *shape = Shape::Text;
            }
        }
        Outline { lines, solid }
    }

    /// Every place where a section begins, in order.
    fn headings(&self) -> Vec<Cut> {
        let mut cuts = vec![];
        let mut stack: Vec<Open> = vec![];
        let mut after_heading = false;
        let mut labelled = false;
        for at in 0..self.solid.len() {
            let (line, shape) = self.solid[at];
            let Some(rank) = self.rank(at, after_heading, &stack) else {
                if shape == Shape::Labelled && stack.last().is_some_and(|o| o.among_labelled) {
                    stack.pop();
                    cuts.push(Cut { line, heading: false, trail: stack.iter().map(|o| o.line).collect() });
                }
                labelled |= shape == Shape::Labelled;
                after_heading = false;
                continue;
            };
            stack.truncate(stack.iter().position(|o| o.rank >= rank).unwrap_or(stack.len()));
            cuts.push(Cut { line, heading: true, trail: stack.iter().map(|o| o.line).collect() });
            let label = shape == Shape::Label;
            let plain = matches!(shape, Shape::Plain { .. }) || (label && rank < rank::LABEL);
            stack.push(Open { rank, line, plain, among_labelled: label && labelled });
            labelled &= label;
            after_heading = true;
        }
        cuts
    }

    /// The rank of a line as a heading, or `None` where it is not one.
    fn rank(&self, at: usize, after_heading: bool, stack: &[Open]) -> Option<u8> {
        let next = self.solid.get(at + 1).map(|(_, s)| *s);
        match self.solid[at].1 {
            Shape::Markdown(level) => Some(level),
            Shape::Numbered { by, sure } => {
                let heads = next.is_some() && (sure || !(same(next, by) || (at > 0 && self.is_item(at - 1, by))));
                heads.then(|| rank::numbered(by))
            }
            Shape::Question => next.filter(|n| *n != Shape::Question).map(|_| rank::QUESTION),
            Shape::Plain { colon } => {
                let next = next?;
                let heads = self.stands_alone(at) && !self.in_plain_run(at) && (!colon || could_head(next));
                heads.then(|| self.plain_rank(next, after_heading, stack))
            }
            Shape::Label => {
                next?;
                let words = self.text(at).trim_end_matches([':', '：']);
                let twin = stack.iter().rev().find(|o| o.plain && ends_alike(self.lines[o.line].text, words));
                Some(twin.map_or(rank::LABEL, |o| o.rank))
            }
            Shape::Item(_) | Shape::Labelled | Shape::Text => None,
        }
    }

    fn plain_rank(&self, next: Shape, after_heading: bool, stack: &[Open]) -> u8 {
        let top = stack.last().filter(|_| after_heading);
        match (top, stack.iter().rev().find(|o| o.plain)) {
            (Some(above), _) => rank::PLAIN_CHILD.max(above.rank + 1),
            (None, Some(sibling)) if !matches!(next, Shape::Numbered { .. }) => sibling.rank,
            (None, _) => rank::PLAIN,
        }
    }

    fn text(&self, at: usize) -> &'t str {
        self.lines[self.solid[at].0].text
    }

    /// A blank line, or nothing, stands before it: a line of a wrapped paragraph is not a heading. The second half of a
    /// glued line is one, for that is why it was split.
    fn stands_alone(&self, at: usize) -> bool {
        let line = self.solid[at].0;
        let Some(before) = line.checked_sub(1).map(|i| &self.lines[i]) else { return true };
        before.text.is_empty() || before.at.end == self.lines[line].span.start
    }

    /// Three short lines in a row are a list.
    fn in_plain_run(&self, at: usize) -> bool {
        let plain = |s: &&(usize, Shape)| matches!(s.1, Shape::Plain { .. });
        let before = self.solid[..at].iter().rev().take_while(plain).count();
        let after = self.solid[at..].iter().take_while(plain).count();
        before + after >= 3
    }

    fn is_item(&self, at: usize, by: Numbering) -> bool {
        match self.solid[at].1 {
            Shape::Item(numbering) => numbering == by,
            Shape::Numbered { by: numbering, sure } => numbering == by && !sure,
            _ => false,
        }
    }
}

fn same(shape: Option<Shape>, wanted: Numbering) -> bool {
    matches!(shape, Some(Shape::Numbered { by, .. } | Shape::Item(by)) if by == wanted)
}

fn could_head(shape: Shape) -> bool {
    matches!(shape, Shape::Numbered { .. } | Shape::Question | Shape::Plain { .. } | Shape::Label)
}

/// `线下办理` and `线上办理` are siblings, whatever mark follows them.
fn ends_alike(one: &str, other: &str) -> bool {
    let tail = |t: &str| -> Vec<char> { t.trim_end_matches([':', '：']).chars().rev().take(2).collect() };
    one != other && tail(one).len() == 2 && tail(one) == tail(other)
}
