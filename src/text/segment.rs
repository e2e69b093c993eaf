//! Segmentation: folded text → words (with their sub-words, codes and document numbers) and character grams.
//!
//! Index time and question time both come through here. The hidden Markov model is off: it invents words from context,
//! so that the same characters would be cut differently in a question and in an article.
//!
//! ```
//! let segmenter = yiwen::text::Segmenter::new([("断缴", 10_000, "v")]);
//! let words: Vec<_> = segmenter.words("th01-24断缴了").into_iter().map(|t| t.text.into_owned()).collect();
//! assert_eq!(words, ["th01-24", "th01", "24", "断缴", "了"]);
//! ```

use std::borrow::Cow;

use jieba_rs::Jieba;

/// Version of the rules of folding and cutting and of the form of the index; one built under another is refused.
pub const VERSION: u32 = 3;

/// Lengths, in characters, of the words that are also found inside longer ones.
pub const SUB_WORDS: std::ops::RangeInclusive<usize> = 2..=3;

/// The longest name of an issuing office that is kept with its document number.
const LONGEST_OFFICE: usize = 8;

/// A stretch of folded text that is looked up as one term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'t> {
    pub text: Cow<'t, str>,
    /// Character offsets into the folded text, end excluded.
    pub start: usize,
    pub end: usize,
}

/// Cuts folded text with the bundled dictionary and our own words. Large: share it, never clone it.
pub struct Segmenter {
    jieba: Jieba,
}

/// What a character is to the cutter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Han,
    Letter,
    Other,
}

fn class(c: char) -> Class {
    match c {
        '0'..='9' | 'A'..='Z' | 'a'..='z' => Class::Letter,
        '\0'..='\x7f' => Class::Other,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' => {
            Class::Han
        }
        _ if c.is_alphanumeric() => Class::Letter,
        _ => Class::Other,
    }
}

/// True for a Chinese character.
pub fn is_han(c: char) -> bool {
    class(c) == Class::Han
}

/// Characters that hold the parts of one code together: TH01-24, 3.6.3, A/B.
fn is_joint(c: char) -> bool {
    matches!(c, '-' | '.' | '_' | '/' | '#' | '+')
}

/// A text with the byte offset of each of its characters (one more at the end).
struct Line<'t> {
    text: &'t str,
    chars: Vec<char>,
    bytes: Vec<usize>,
}

impl<'t> Line<'t> {
    fn new(text: &'t str) -> Line<'t> {
        let mut chars = Vec::with_capacity(text.len() / 2);
        let mut bytes = Vec::with_capacity(text.len() / 2 + 1);
        for (at, c) in text.char_indices() {
            chars.push(c);
            bytes.push(at);
        }
        bytes.push(text.len());
        Line { text, chars, bytes }
    }

    fn token(&self, start: usize, end: usize) -> Token<'t> {
        Token { text: Cow::Borrowed(&self.text[self.bytes[start]..self.bytes[end]]), start, end }
    }

    fn class(&self, at: usize) -> Class {
        self.chars.get(at).map_or(Class::Other, |c| class(*c))
    }

    /// The end of the run of this class that starts at `at`.
    fn run(&self, at: usize, wanted: Class) -> usize {
        (at..self.chars.len()).find(|i| self.class(*i) != wanted).unwrap_or(self.chars.len())
    }

    /// The end of the code that starts at `at`: letters and digits, held together by single joints.
    fn code(&self, at: usize) -> usize {
        let mut end = self.run(at, Class::Letter);
        while end < self.chars.len() && is_joint(self.chars[end]) && self.class(end + 1) == Class::Letter {
            end = self.run(end + 1, Class::Letter);
        }
        end
    }

    fn digits(&self, at: usize) -> usize {
        (at..self.chars.len()).find(|i| !self.chars[*i].is_ascii_digit()).unwrap_or(self.chars.len())
    }
}

/// The bundled dictionary, before our words. Unpacking it takes longer than reading a corpus: it can be done meanwhile.
pub struct Dictionary(Jieba);

impl Dictionary {
    /// Unpacks it, in about 0.1 s.
    pub fn load() -> Dictionary {
        Dictionary(Jieba::new())
    }
}

impl Segmenter {
    /// Loads the bundled dictionary and adds `(word, frequency, tag)`.
    pub fn new<'w>(words: impl IntoIterator<Item = (&'w str, usize, &'w str)>) -> Segmenter {
        Segmenter::with(Dictionary::load(), words)
    }

    /// Adds `(word, frequency, tag)` to a dictionary.
    pub fn with<'w>(dictionary: Dictionary, words: impl IntoIterator<Item = (&'w str, usize, &'w str)>) -> Segmenter {
        let Dictionary(mut jieba) = dictionary;
        for (word, frequency, tag) in words {
            jieba.add_word(word, Some(frequency), Some(tag));
        }
        Segmenter { jieba }
    }

    /// Whether the dictionary, ours included, has the word.
    pub fn knows(&self, word: &str) -> bool {
        self.jieba.has_word(word)
    }

    /// The text in consecutive pieces: joined, they give back the input.
    pub fn cut<'t>(&self, text: &'t str) -> Vec<Token<'t>> {
        self.pieces(&Line::new(text))
    }

    fn pieces<'t>(&self, line: &Line<'t>) -> Vec<Token<'t>> {
        let mut pieces = Vec::with_capacity(line.chars.len() / 2 + 1);
        let mut at = 0;
        while at < line.chars.len() {
            let end = match line.class(at) {
                Class::Han => {
                    let end = line.run(at, Class::Han);
                    let run = &line.text[line.bytes[at]..line.bytes[end]];
                    pieces.extend(self.jieba.cut(run, false).into_iter().map(|word| Token {
                        text: Cow::Borrowed(word.word),
                        start: at + word.start,
                        end: at + word.end,
                    }));
                    at = end;
                    continue;
                }
                Class::Letter => line.code(at),
                Class::Other => at + 1,
            };
            pieces.push(line.token(at, end));
            at = end;
        }
        pieces
    }

    /// The terms of a text in search mode: every word, the words inside long words, codes and document numbers whole
    /// and in parts. Punctuation is left out.
    pub fn words<'t>(&self, text: &'t str) -> Vec<Token<'t>> {
        self.words_and_starts(text).0
    }

    /// The terms of a text as [`Segmenter::words`] gives them, and for each character whether a piece of
    /// [`Segmenter::cut`] starts there.
    pub fn words_and_starts<'t>(&self, text: &'t str) -> (Vec<Token<'t>>, Vec<bool>) {
        let line = Line::new(text);
        let pieces = self.pieces(&line);
        let mut words = Vec::with_capacity(pieces.len() + pieces.len() / 2);
        let mut starts = vec![false; line.chars.len()];
        for piece in pieces {
            starts[piece.start] = true;
            match line.class(piece.start) {
                Class::Other => document_number(&line, piece.start, &mut words),
                Class::Letter => code_terms(&line, &piece, &mut words),
                Class::Han => {
                    self.sub_words(&line, &piece, &mut words);
                    words.push(piece);
                }
            }
        }
        (words, starts)
    }

    /// Words of two and three characters inside a longer one; see [`SUB_WORDS`].
    fn sub_words<'t>(&self, line: &Line<'t>, word: &Token<'t>, words: &mut Vec<Token<'t>>) {
        for length in SUB_WORDS {
            if word.end - word.start <= length {
                return;
            }
            for start in word.start..=word.end - length {
                let part = line.token(start, start + length);
                if self.jieba.has_word(&part.text) {
                    words.push(part);
                }
            }
        }
    }
}

/// TH01-24 → TH01-24, TH01, 24; 8.5 and 3.6.3 stay whole; 43 before 号 also gives 43号.
fn code_terms<'t>(line: &Line<'t>, code: &Token<'t>, words: &mut Vec<Token<'t>>) {
    words.push(code.clone());
    let inside = &line.chars[code.start..code.end];
    let is_number = inside.iter().all(|c| c.is_ascii_digit() || *c == '.');
    if !is_number {
        let mut at = code.start;
        while at < code.end {
            let end = line.run(at, Class::Letter);
            if end - at < code.end - code.start {
                words.push(line.token(at, end));
            }
            at = end + 1;
        }
    } else if line.chars.get(code.end) == Some(&'号') {
        words.push(line.token(code.start, code.end + 1));
    }
}

/// `国办发〔2024〕38号`, whatever its brackets: the whole number with and without its office.
fn document_number<'t>(line: &Line<'t>, open: usize, words: &mut Vec<Token<'t>>) {
    if !matches!(line.chars[open], '〔' | '[' | '【' | '(') {
        return;
    }
    let year_end = line.digits(open + 1);
    if year_end != open + 5 || !matches!(line.chars.get(year_end), Some('〕' | ']' | '】' | ')')) {
        return;
    }
    let first = year_end + 1;
    let number = if line.chars.get(first) == Some(&'第') { first + 1 } else { first };
    let end = line.digits(number);
    if end == number || line.chars.get(end) != Some(&'号') {
        return;
    }
    let year: String = line.chars[open + 1..year_end].iter().collect();
    let serial: String = line.chars[number..end].iter().collect();
    let plain = format!("〔{year}〕{serial}号");
    let mut office = open;
    while office > 0 && open - office < LONGEST_OFFICE && line.class(office - 1) == Class::Han {
        // 根据国办发…, 按照…, 见…: the verb is no part of the number.
        if matches!(line.chars[office - 1], '据' | '照' | '按' | '见' | '由' | '和' | '及' | '与' | '的' | '是' | '查')
        {
            break;
        }
        office -= 1;
    }
    if office < open {
        let name: String = line.chars[office..open].iter().collect();
        words.push(Token { text: Cow::Owned(format!("{name}{plain}")), start: office, end: end + 1 });
    }
    words.push(Token { text: Cow::Owned(plain), start: open, end: end + 1 });
}

/// Characters and pairs of neighbouring characters of Han runs; runs of letters and digits whole.
pub fn grams(text: &str) -> Vec<Token<'_>> {
    let mut grams = Vec::with_capacity(text.len());
    visit_grams(text, |gram| grams.push(gram));
    grams
}

/// The same, given one after the other; a character comes before the pair that it begins.
pub fn visit_grams<'t>(text: &'t str, mut take: impl FnMut(Token<'t>)) {
    let line = Line::new(text);
    let mut at = 0;
    while at < line.chars.len() {
        let class = line.class(at);
        let end = line.run(at, class);
        match class {
            Class::Han => {
                for i in at..end {
                    take(line.token(i, i + 1));
                    if i + 1 < end {
                        take(line.token(i, i + 2));
                    }
                }
            }
            Class::Letter => {
                take(line.token(at, end));
                // What is counted or named: 6个, 38号, A7县.
                if line.class(end) == Class::Han {
                    take(line.token(at, end + 1));
                }
            }
            Class::Other => {}
        }
        at = end;
    }
}
