//! Folding: full width → half width, compatibility forms (NFKC), lower case, traditional → simplified, with an offset map.

use std::sync::LazyLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;
use unicode_normalization::UnicodeNormalization;

/// A text folded for matching; each of its characters knows its place in the original.
///
/// ```
/// let folded = yiwen::text::Folded::new("醫保餘額１２００元");
/// assert_eq!(folded.text(), "医保余额1200元");
/// assert_eq!(folded.origin(4..8), (4, 8));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    text: String,
    chars: Vec<char>,
    /// For each folded character: offsets of the original characters it stands for, end excluded.
    origins: Vec<(u32, u32)>,
    original_len: usize,
}

impl Folded {
    /// Folds a text. Idempotent: folding a folded text changes nothing.
    pub fn new(original: &str) -> Folded {
        let mut chars: Vec<char> = Vec::with_capacity(original.len() / 2);
        let mut origins: Vec<(u32, u32)> = Vec::with_capacity(original.len() / 2);
        let mut length = 0u32;
        for (i, c) in original.chars().enumerate() {
            let at = i as u32;
            length = at + 1;
            if is_ignorable(c) {
                continue;
            }
            if is_pictograph(c) {
                chars.push(' ');
                origins.push((at, at + 1));
                continue;
            }
            for folded in fold_char(c) {
                chars.push(folded);
                origins.push((at, at + 1));
            }
        }
        simplify(&mut chars);
        Folded { text: chars.iter().collect(), chars, origins, original_len: length as usize }
    }

    /// The folded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The folded text as characters.
    pub fn chars(&self) -> &[char] {
        &self.chars
    }

    /// Where a range of folded characters stood in the original: character offsets, end excluded.
    pub fn origin(&self, range: std::ops::Range<usize>) -> (usize, usize) {
        let end_of_text = (self.original_len, self.original_len);
        if range.start >= self.origins.len() {
            return end_of_text;
        }
        let start = self.origins[range.start].0 as usize;
        if range.end <= range.start {
            return (start, start);
        }
        let end = self.origins[range.end.min(self.origins.len()) - 1].1 as usize;
        (start, end)
    }

    /// How many folded characters stand for the first `count` characters of the original.
    pub fn length_of(&self, count: usize) -> usize {
        self.origins.partition_point(|(start, _)| (*start as usize) < count)
    }

    /// The same original under a corrected reading: characters `range` are replaced by `reading`, whose characters all
    /// point at the replaced span.
    pub fn replaced(&self, range: std::ops::Range<usize>, reading: &str) -> Folded {
        let (start, end) = self.origin(range.clone());
        let new: Vec<char> = reading.chars().collect();
        // One to one where lengths agree, so that a span inside the reading stays exact.
        let origin_of = |i: usize| {
            if new.len() == range.len() { self.origins[range.start + i] } else { (start as u32, end as u32) }
        };
        let mut chars = self.chars[..range.start].to_vec();
        let mut origins = self.origins[..range.start].to_vec();
        for (i, c) in new.iter().enumerate() {
            chars.push(*c);
            origins.push(origin_of(i));
        }
        chars.extend_from_slice(&self.chars[range.end..]);
        origins.extend_from_slice(&self.origins[range.end..]);
        Folded { text: chars.iter().collect(), chars, origins, original_len: self.original_len }
    }
}

/// Marks that carry no meaning of their own: zero width, variation selectors, the keycap of 5️⃣, byte order marks.
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{20e3}' | '\u{00ad}')
        || matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

/// Emoji and dingbats stand for a pause.
fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{e000}'..='\u{f8ff}')
}

/// Our own reading of a character, where NFKC has none or a harmful one (㎡ → m2, … → ...).
fn plain(c: char) -> Option<char> {
    match c {
        _ if c.is_ascii() && !c.is_ascii_control() => Some(c.to_ascii_lowercase()),
        '…' | '㎡' | '℃' => Some(c),
        '\u{3000}' | '\u{00a0}' => Some(' '),
        _ if c.is_control() => Some(' '),
        '“' | '”' => Some('"'),
        '‘' | '’' => Some('\''),
        '〜' | '～' => Some('~'),
        '–' | '—' | '−' | '－' | '‐' | '‑' => Some('-'),
        '〇' => Some('零'),
        '\u{4e00}'..='\u{9fff}' => Some(c),
        _ => None,
    }
}

fn fold_char(c: char) -> impl Iterator<Item = char> {
    let own = plain(c);
    let compatible = own.is_none().then(|| c.nfkc().flat_map(char::to_lowercase).map(|c| plain(c).unwrap_or(c)));
    let compatible = compatible.into_iter().flatten().filter(|c| !is_ignorable(*c));
    own.into_iter().chain(compatible)
}

static SIMPLIFIER: LazyLock<OpenCC> =
    LazyLock::new(|| OpenCC::from_config(BuiltinConfig::T2s).unwrap_or_else(|e| unreachable!("built-in table: {e}")));

/// One bit for each character of the basic plane that some conversion may change: most texts have none and are let through.
static TRADITIONAL: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut bits = vec![0u64; 0x1_0000 / 64];
    for code in (0x3400u32..0xa000).chain(0xf900..0xfb00) {
        let Some(c) = char::from_u32(code) else { continue };
        let text = c.to_string();
        if SIMPLIFIER.convert(&text) != text {
            bits[code as usize / 64] |= 1 << (code % 64);
        }
    }
    bits
});

fn may_be_traditional(c: char) -> bool {
    let code = c as usize;
    TRADITIONAL.get(code / 64).is_some_and(|bits| bits >> (code % 64) & 1 == 1)
}

/// Traditional → simplified by phrase where the phrase keeps its length, else character by character.
fn simplify(chars: &mut [char]) {
    if !chars.iter().any(|c| may_be_traditional(*c)) {
        return;
    }
    let text: String = chars.iter().collect();
    let whole: Vec<char> = SIMPLIFIER.convert(&text).chars().collect();
    if whole.len() == chars.len() {
        chars.copy_from_slice(&whole);
        return;
    }
    for c in chars.iter_mut().filter(|c| may_be_traditional(**c)) {
        let single = SIMPLIFIER.convert(&c.to_string());
        let mut converted = single.chars();
        if let (Some(only), None) = (converted.next(), converted.next()) {
            *c = only;
        }
    }
}
