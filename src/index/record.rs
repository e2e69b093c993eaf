//! A passage as the scoring reads it: its Chinese characters in order, two bytes each, with the borders of its words, and
//! a hash for every term that is not made of Chinese characters alone.
//!
//! From this the exact number of occurrences of any word, sub-word and gram in any part is counted in one pass, about a
//! nanosecond a character, without a posting list for each. An article's records stand one after the other.
//!
//! | bytes | what |
//! | --- | --- |
//! | 4 | length of the record without these |
//! | 4 | lengths of headings and body in words, then in grams, in tantivy's one-byte scale |
//! | 4 × 2 | characters of title, questions, headings and body |
//! | 2 | so many characters of the body are the headings as well |
//! | 2 | number of hashes |
//! | 2 each | characters: 15 bits of code, 0 between two runs; the highest bit where a word starts |
//! | 4 each | hashes: 30 bits, then the part |

use std::borrow::Cow;

use tantivy::fieldnorm::FieldNormReader;

use super::Analyzer;
use super::schema::{BODY, HEADINGS, PARTS};
use super::table::Lengths;
use crate::retrieve::terms::Kind;
use crate::text::Folded;
use crate::text::answer_kind::AnswerKind;
use crate::text::segment::{Token, is_han, visit_grams};

/// Set where a word starts.
pub const START: u16 = 1 << 15;
/// Bytes before the characters, the record's own length aside.
const HEAD: usize = 4 + 8 + 2 + 2;
/// No part holds more characters than its length can say.
const MOST: usize = u16::MAX as usize;

/// The 15 bits that stand for a Chinese character: its own for those in use, shared by chance for the rare ones beyond
/// the basic plane. Never 0.
pub fn code(c: char) -> u16 {
    const FIRST: u32 = 0x3400;
    const LAST: u32 = 0x9fff;
    const OWN: u32 = LAST - FIRST + 1;
    match c as u32 {
        plain @ FIRST..=LAST => (plain - FIRST + 1) as u16,
        rare => (OWN + 1 + rare % (START as u32 - 1 - OWN)) as u16,
    }
}

/// The hash of a term that is not made of Chinese characters alone: 30 bits, the lowest two free for the part.
pub fn hash(kind: Kind, text: &str) -> u32 {
    let hash = fnv(kind as u8, text);
    ((hash ^ (hash >> 32)) as u32) << 2
}

/// The hash of a key.
pub fn key_hash(key: &str) -> u64 {
    fnv(0, key)
}

/// FNV-1a of a byte and a text.
fn fnv(first: u8, text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(step(0xcbf2_9ce4_8422_2325, first), step)
}

/// What a term is looked up by in the one field of the index. A word of two characters shares its key with the pair, a
/// word of one has its own, because the character is far more common than the word.
pub fn key(kind: Kind, text: &str) -> Cow<'_, str> {
    let mut characters = text.chars();
    match (kind, characters.next(), characters.next()) {
        (Kind::Words, Some(only), None) if is_han(only) => Cow::Owned(format!("{SINGLE}{only}")),
        _ => Cow::Borrowed(text),
    }
}

/// Marks a word of one character. No word can begin with it.
const SINGLE: char = '·';
/// Marks a word of a title or a curated question, which has a key of its own beside that of the whole passage.
const TITLED: char = '^';

/// What a word is looked up by in titles and curated questions alone.
pub fn titled(word: &str) -> String {
    format!("{TITLED}{word}")
}

/// The keys of one passage after the other, hardly any of them twice: a posting list takes each but once, and to leave a
/// key out here costs a tenth of what the search library takes to find that out.
pub struct Keys {
    /// One a line.
    lines: String,
    /// The key last met at each place, and in which passage.
    met: Vec<(u64, u32)>,
    passage: u32,
}

impl Default for Keys {
    fn default() -> Keys {
        Keys { lines: String::new(), met: vec![(0, 0); Keys::PLACES], passage: 0 }
    }
}

impl Keys {
    const PLACES: usize = 1 << 12;

    /// Gives the keys of a passage, and begins with the next.
    pub fn take(&mut self) -> String {
        self.passage = self.passage.wrapping_add(1);
        std::mem::take(&mut self.lines)
    }

    fn add(&mut self, key: &str) {
        let hash = key_hash(key);
        let place = &mut self.met[(hash >> 40) as usize % Keys::PLACES];
        if *place != (hash, self.passage) {
            *place = (hash, self.passage);
            self.lines.push_str(key);
            self.lines.push('\n');
        }
    }
}

/// One part of a passage, analysed.
#[derive(Default)]
pub struct Part {
    codes: Vec<u16>,
    /// With the place where each ends, in folded characters, and in codes so far.
    hashes: Vec<(u32, usize)>,
    /// Where each word ends, in folded characters.
    words: Vec<usize>,
    /// The same of grams.
    grams: Vec<usize>,
    /// For each code, the folded character.
    places: Vec<usize>,
}

impl Part {
    /// Analyses a folded text as a question is analysed; the keys of its terms are added, those of titles with `is_title`.
    pub fn new(analyzer: &Analyzer, folded: &str, is_title: bool, keys: &mut Keys) -> Part {
        let mut part = Part::default();
        let (words, starts) = analyzer.words_and_starts(folded);
        visit_grams(folded, |gram| {
            let length = gram.end - gram.start;
            let first = gram.text.chars().next().unwrap_or_default();
            keys.add(&gram.text);
            part.grams.push(gram.end);
            if !is_han(first) {
                part.hashes.push((hash(Kind::Grams, &gram.text), gram.end));
            } else if length == 1 {
                if part.places.last().is_some_and(|last| last + 1 != gram.start) {
                    part.codes.push(0);
                    part.places.push(gram.start);
                }
                part.codes.push(code(first) | if starts[gram.start] { START } else { 0 });
                part.places.push(gram.start);
            }
        });
        for word in &words {
            part.words.push(word.end);
            if is_title {
                keys.add(&titled(&word.text));
            }
            if is_plain(word) {
                let length = word.end - word.start;
                if length != 2 {
                    keys.add(&key(Kind::Words, &word.text));
                }
            } else {
                keys.add(&word.text);
                part.hashes.push((hash(Kind::Words, &word.text), word.end));
            }
        }
        for kind in AnswerKind::offered(folded) {
            keys.add(kind.term());
            part.words.push(0);
            part.hashes.push((hash(Kind::Words, kind.term()), 0));
        }
        part
    }

    /// Words and grams: the length of the part.
    pub fn lengths(&self) -> [u32; 2] {
        [self.words.len() as u32, self.grams.len() as u32]
    }

    /// Puts another text of the same part behind this one.
    pub fn append(&mut self, other: Part) {
        if !self.codes.is_empty() && !other.codes.is_empty() {
            self.codes.push(0);
        }
        self.codes.extend(other.codes);
        self.hashes.extend(other.hashes);
        self.words.extend(other.words);
        self.grams.extend(other.grams);
    }

    /// The beginning of this part, up to so many folded characters, as a part of its own. `kinds` are the kinds of
    /// answer that the beginning offers by itself.
    fn lead(&self, end: usize, kinds: Vec<AnswerKind>) -> Lead {
        let upto = |ends: &[usize]| ends.iter().filter(|at| **at > 0 && **at <= end).count() as u32;
        let own = self.hashes.iter().filter(|(_, at)| *at > 0 && *at <= end).map(|(hash, _)| *hash);
        Lead {
            codes: self.places.partition_point(|place| *place < end),
            lengths: [upto(&self.words) + kinds.len() as u32, upto(&self.grams)],
            hashes: own.chain(kinds.into_iter().map(|kind| hash(Kind::Words, kind.term()))).collect(),
        }
    }
}

/// The beginning of a body that serves as its heading.
#[derive(Default)]
struct Lead {
    codes: usize,
    lengths: [u32; 2],
    hashes: Vec<u32>,
}

/// A word of Chinese characters out of the text, unlike a code, a document's number or a line of the synonym list.
fn is_plain(word: &Token<'_>) -> bool {
    matches!(word.text, Cow::Borrowed(_)) && word.text.starts_with(is_han)
}

/// Builds the records of one article.
pub struct Writer<'a> {
    analyzer: &'a Analyzer,
    keys: &'a mut Keys,
    /// Records so far.
    pub bytes: Vec<u8>,
    /// Words and grams of the whole article, by kind and part.
    pub tokens: Lengths,
}

impl<'a> Writer<'a> {
    pub fn new(analyzer: &'a Analyzer, keys: &'a mut Keys) -> Writer<'a> {
        Writer { analyzer, keys, bytes: vec![], tokens: [[0; 4]; 2] }
    }

    /// Adds a passage; gives the keys of its terms, one a line. Where `heading` is empty, the first `lead` folded
    /// characters of the body are taken for it.
    pub fn add(&mut self, title: &str, questions: &[String], heading: &str, body: &Folded, lead: usize) -> String {
        let mut of = |text: &str, is_title| Part::new(self.analyzer, Folded::new(text).text(), is_title, self.keys);
        let title = of(title, true);
        let questions = questions.iter().fold(Part::default(), |mut all, question| {
            all.append(of(question, true));
            all
        });
        let heading = of(heading, false);
        let body_part = Part::new(self.analyzer, body.text(), false, self.keys);
        let lead = if heading.codes.is_empty() && heading.hashes.is_empty() && lead > 0 {
            let beginning: usize = body.chars()[..lead].iter().map(|c| c.len_utf8()).sum();
            body_part.lead(lead, AnswerKind::offered(&body.text()[..beginning]))
        } else {
            Lead::default()
        };
        self.write([title, questions, heading, body_part], &lead);
        self.keys.take()
    }

    fn write(&mut self, parts: [Part; 4], lead: &Lead) {
        let mut lengths = parts.each_ref().map(Part::lengths);
        for (kind, more) in lead.lengths.iter().enumerate() {
            lengths[HEADINGS][kind] += more;
        }
        let mut hashes: Vec<u32> = vec![];
        for (part, analysed) in parts.iter().enumerate() {
            hashes.extend(analysed.hashes.iter().map(|(hash, _)| hash | part as u32));
            for (tokens, length) in self.tokens.iter_mut().zip(lengths[part]) {
                tokens[part] += length;
            }
        }
        hashes.extend(lead.hashes.iter().map(|hash| hash | HEADINGS as u32));
        hashes.truncate(MOST);
        let codes = parts.each_ref().map(|part| &part.codes[..part.codes.len().min(MOST)]);
        let size = HEAD + codes.iter().map(|c| c.len() * 2).sum::<usize>() + hashes.len() * 4;
        let out = &mut self.bytes;
        out.reserve(4 + size);
        out.extend((size as u32).to_le_bytes());
        let [heads, bodies] = [lengths[HEADINGS], lengths[BODY]];
        for length in heads.into_iter().zip(bodies).flat_map(|(head, body)| [head, body]) {
            out.push(FieldNormReader::fieldnorm_to_id(length));
        }
        for part in codes {
            out.extend((part.len() as u16).to_le_bytes());
        }
        out.extend((lead.codes.min(codes[BODY].len()) as u16).to_le_bytes());
        out.extend((hashes.len() as u16).to_le_bytes());
        out.extend(codes.iter().flat_map(|part| part.iter()).flat_map(|code| code.to_le_bytes()));
        out.extend(hashes.iter().flat_map(|hash| hash.to_le_bytes()));
    }
}

/// A record as it is read.
#[derive(Clone, Copy)]
pub struct Record<'r> {
    /// One-byte lengths of headings and body, by kind.
    norms: [[u8; 2]; 2],
    /// Characters by part, two bytes each.
    pub codes: [&'r [u8]; PARTS.len()],
    /// So many characters of the body are the headings as well.
    pub lead: usize,
    /// Hashes with their parts, four bytes each.
    pub hashes: &'r [u8],
}

impl<'r> Record<'r> {
    /// The record at the beginning of `bytes`, and what follows it. None where there is no whole record.
    pub fn read(bytes: &'r [u8]) -> Option<(Record<'r>, &'r [u8])> {
        let (size, rest) = bytes.split_first_chunk()?;
        let (own, rest) = rest.split_at_checked(u32::from_le_bytes(*size) as usize)?;
        let (head, mut own) = own.split_first_chunk::<HEAD>()?;
        let figure = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]) as usize;
        let mut codes = [&[][..]; PARTS.len()];
        for (part, codes) in codes.iter_mut().enumerate() {
            (*codes, own) = own.split_at_checked(figure(4 + part * 2) * 2)?;
        }
        let norms = [[head[0], head[1]], [head[2], head[3]]];
        let hashes = own.get(..figure(14) * 4)?;
        Some((Record { norms, codes, lead: figure(12), hashes }, rest))
    }

    /// The length of headings or body, words or grams, in tantivy's one-byte scale.
    pub fn norm(&self, kind: usize, part: usize) -> u8 {
        self.norms[kind][part - HEADINGS]
    }

    /// Whether some part holds the term with this hash.
    pub fn holds(&self, hash: u32) -> bool {
        self.hashes.as_chunks().0.iter().any(|bytes| u32::from_le_bytes(*bytes) & !3 == hash)
    }
}

/// Records that stand one after the other.
pub fn all(mut bytes: &[u8]) -> impl Iterator<Item = Record<'_>> {
    std::iter::from_fn(move || {
        let (record, after) = Record::read(bytes)?;
        bytes = after;
        Some(record)
    })
}
