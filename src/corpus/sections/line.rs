//! The shape of one line, seen alone: what kind of heading it could be. Whether it is one, its neighbours decide.

use std::ops::Range;

/// One line of a text.
#[derive(Clone, Debug)]
pub struct Line<'t> {
    /// The whole line, its line end included.
    pub span: Range<usize>,
    /// Where the text proper stands: without white space at either end. Empty for a blank line.
    pub at: Range<usize>,
    pub text: &'t str,
}

/// Every line in order; the spans lie end to end over the whole text.
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.split_inclusive('\n').scan(0, |end, whole| {
        let start = *end;
        *end += whole.len();
        let trimmed = whole.trim();
        let from = start + (whole.len() - whole.trim_start().len()).min(whole.len() - trimmed.len());
        Some(Line { span: start..*end, at: from..from + trimmed.len(), text: trimmed })
    })
}

/// Pages glue a heading to the sentence before it (`…可以提取:医保卡里的钱可取出的情形`, then `1、…`): such a line becomes two.
pub fn split_glued<'t>(text: &'t str, lines: Vec<Line<'t>>) -> Vec<Line<'t>> {
    let mut split = Vec::with_capacity(lines.len());
    let mut solid_below: Option<Shape> = None;
    for line in lines.into_iter().rev() {
        let before_numbers = matches!(solid_below, Some(Shape::Numbered { .. }));
        if !line.text.is_empty() {
            solid_below = Some(shape(line.text));
        }
        match glue(line.text).filter(|_| before_numbers).map(|at| line.at.start + at) {
            Some(at) => {
                split.push(Line { span: at..line.span.end, at: at..line.at.end, text: &text[at..line.at.end] });
                let (head, from) = (line.span.start..at, line.at.start);
                split.push(Line { span: head, at: from..at, text: &text[from..at] });
            }
            None => split.push(line),
        }
    }
    split.reverse();
    split
}

/// Where the heading begins in a line that holds a sentence up to a colon, and then a heading.
fn glue(text: &str) -> Option<usize> {
    let (head, _) = text.rsplit_once([':', '：'])?;
    let at = head.len() + text[head.len()..].chars().next()?.len_utf8();
    let sentence = head.contains(MARKS) && numbering(text).is_none();
    (sentence && shape(&text[at..]) == Shape::Plain { colon: false }).then_some(at)
}

/// How a heading is numbered, from the outermost custom to the innermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Numbering {
    /// 一、 or 第一章
    Chinese,
    /// (一)
    ChineseBracketed,
    /// 1、 or 1. or 第一步
    Arabic,
    /// (1) or 1)
    ArabicBracketed,
    /// ①
    Circled,
}

/// What a line could be, its neighbours unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `#` to `######`.
    Markdown(u8),
    /// Numbered, short, without a full stop. `sure`: it ends with a colon, so that nothing else is needed.
    Numbered {
        by: Numbering,
        sure: bool,
    },
    /// Numbered, but a sentence of its own: an item of a list.
    Item(Numbering),
    /// Ends with a question or exclamation mark, or with 吗.
    Question,
    /// Short, with neither comma nor end mark. `colon`: one stands inside it.
    Plain {
        colon: bool,
    },
    /// Short and ends with a colon.
    Label,
    /// 短标签:正文 in one line.
    Labelled,
    Text,
}

const LONGEST_HEADING: usize = 30;
const LONGEST_QUESTION: usize = 40;
const LONGEST_LABEL: usize = 15;

/// The shape of a non-blank, trimmed line.
pub fn shape(text: &str) -> Shape {
    if let Some(level) = markdown_level(text) {
        return Shape::Markdown(level);
    }
    if let Some((by, rest)) = numbering(text) {
        return numbered(by, rest.trim());
    }
    if text.starts_with(['-', '*', '+', '•', '·', '●', '◆', '■', '|', '>', '`', '~', '=']) {
        return Shape::Text;
    }
    let length = text.chars().count();
    if is_question(text)
        && length <= LONGEST_QUESTION
        && !text.contains(['。', ';', '；'])
        && !text.starts_with(['?', '？'])
    {
        return Shape::Question;
    }
    let colon = text.find([':', '：']);
    let ends_with_colon = text.ends_with([':', '：']);
    let inner = text.trim_end_matches([':', '：']);
    if !inner.is_empty() && length <= LONGEST_HEADING && !inner.contains(MARKS) && !inner.ends_with(['、', '…']) {
        if ends_with_colon && !inner.contains([':', '：']) {
            return Shape::Label;
        }
        if !ends_with_colon && inner.chars().any(char::is_alphabetic) {
            return Shape::Plain { colon: colon.is_some() };
        }
    }
    match colon {
        Some(at) if !ends_with_colon && is_label(&text[..at]) => Shape::Labelled,
        _ => Shape::Text,
    }
}

/// Marks that a heading does not hold.
const MARKS: &[char] = &['。', ';', '；', '!', '！', '?', '？', ',', '，'];

fn is_label(text: &str) -> bool {
    text.chars().count() <= LONGEST_LABEL && !text.contains(MARKS)
}

/// True for a line that asks: it ends with a question mark, an exclamation mark, or a particle of question.
pub fn is_question(text: &str) -> bool {
    text.ends_with(['?', '？', '!', '！', '吗', '嘛', '呢'])
}

fn markdown_level(text: &str) -> Option<u8> {
    let hashes = text.bytes().take_while(|b| *b == b'#').count();
    let rest = &text[hashes..];
    let spaced = rest.starts_with([' ', '\t', '\u{3000}']) && !rest.trim().is_empty();
    ((1..=6).contains(&hashes) && spaced).then_some(hashes as u8)
}

fn numbered(by: Numbering, rest: &str) -> Shape {
    let sure = rest.ends_with([':', '：']);
    let inner = rest.trim_end_matches([':', '：']);
    let short = !inner.is_empty() && inner.chars().count() <= LONGEST_HEADING && !inner.contains(['。', ';', '；']);
    let open_end = !inner.ends_with([',', '，', '、', '.']);
    // A comma makes a sentence of it, unless the numbering is that of chapters or a colon says what it is.
    let chapter = sure || by <= Numbering::ChineseBracketed;
    let lean = !inner.contains([',', '，', ':', '：']);
    if short && open_end && (chapter || lean) { Shape::Numbered { by, sure } } else { Shape::Item(by) }
}

/// The number that opens a line, and the text after it.
pub fn numbering(text: &str) -> Option<(Numbering, &str)> {
    if let Some(rest) = text.strip_prefix(['(', '（']) {
        let end = rest.find([')', '）'])?;
        let by = number(&rest[..end]).map(|by| match by {
            Numbering::Chinese => Numbering::ChineseBracketed,
            _ => Numbering::ArabicBracketed,
        })?;
        return Some((by, after_mark(&rest[end..])));
    }
    if let Some(rest) = text.strip_prefix(|c: char| ('①'..='⑳').contains(&c)) {
        return Some((Numbering::Circled, rest.trim_start_matches(['、', '.', ' '])));
    }
    if let Some(rest) = text.strip_prefix('第') {
        let end = rest.find(['章', '节', '步'])?;
        let by = if rest[end..].starts_with('步') { Numbering::Arabic } else { Numbering::Chinese };
        number(&rest[..end])?;
        return Some((by, after_mark(&rest[end..]).trim_start_matches([':', '：', '、', ' '])));
    }
    let end = text.find(['、', '.', '．', ')', '）'])?;
    let by = number(&text[..end])?;
    let rest = after_mark(&text[end..]);
    // 1.5 倍 is a figure, not a number of a list.
    if rest.starts_with(|c: char| c.is_ascii_digit()) && text[end..].starts_with(['.', '．']) {
        return None;
    }
    let bracket = text[end..].starts_with([')', '）']);
    let by = if bracket && by == Numbering::Arabic { Numbering::ArabicBracketed } else { by };
    Some((by, rest))
}

fn after_mark(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next();
    chars.as_str()
}

fn number(text: &str) -> Option<Numbering> {
    let chinese = |c: char| "一二三四五六七八九十".contains(c);
    match text.chars().count() {
        1..=2 if text.bytes().all(|b| b.is_ascii_digit()) => Some(Numbering::Arabic),
        1..=3 if text.chars().all(chinese) => Some(Numbering::Chinese),
        _ => None,
    }
}
