//! Completes what is being typed in a search box, over titles and curated questions held in memory.
//!
//! Typing may stop anywhere and mix characters, pinyin and initials: 医保转, yibao, ybzy, 医保zhuan. What is typed is
//! matched unit by unit against the characters of a saying; each unit is a character, a beginning of its reading, or its
//! whole reading.

use pinyin::ToPinyin;

use crate::corpus::article::Article;
use crate::text::Folded;

/// More than a search box can show.
const MOST: usize = 8;

/// Titles and curated questions.
#[derive(Default)]
pub struct Suggester {
    sayings: Vec<Saying>,
}

struct Saying {
    shown: String,
    letters: Vec<Letter>,
}

struct Letter {
    character: char,
    /// Toneless pinyin; empty for what has none.
    reading: &'static str,
}

impl Suggester {
    /// Takes the titles, then the curated questions, of all articles.
    pub fn new(articles: &[Article]) -> Suggester {
        let titles = articles.iter().map(|a| &a.title);
        let questions = articles.iter().flat_map(|a| &a.questions);
        Suggester { sayings: titles.chain(questions).map(|text| Saying::new(text)).collect() }
    }

    /// At most `limit` (and 8) sayings: those that begin with what was typed, then those that hold it, shorter first.
    pub fn suggest(&self, typed: &str, limit: usize) -> Vec<&str> {
        let folded = Folded::new(typed);
        let units: Vec<char> = folded.chars().iter().copied().filter(|c| c.is_alphanumeric()).collect();
        if units.is_empty() {
            return vec![];
        }
        let mut found: Vec<(usize, usize, usize)> = self
            .sayings
            .iter()
            .enumerate()
            .filter_map(|(i, saying)| Some((saying.place_of(&units)?, saying.letters.len(), i)))
            .collect();
        found.sort_by_key(|(place, length, i)| (*place > 0, *length, *i));
        let mut shown: Vec<&str> = vec![];
        for (.., i) in found {
            let text = self.sayings[i].shown.as_str();
            if !shown.contains(&text) {
                shown.push(text);
            }
            if shown.len() >= limit.min(MOST) {
                break;
            }
        }
        shown
    }
}

impl Saying {
    fn new(text: &str) -> Saying {
        let folded = Folded::new(text);
        let letters = folded.chars().iter().filter(|c| c.is_alphanumeric());
        let letters = letters.map(|c| Letter { character: *c, reading: c.to_pinyin().map_or("", |p| p.plain()) });
        Saying { shown: text.to_owned(), letters: letters.collect() }
    }

    /// The first place at which the saying goes on as was typed.
    fn place_of(&self, units: &[char]) -> Option<usize> {
        // A single Latin letter in the middle of a saying says nothing.
        let anywhere = units.len() > 1 || !units[0].is_ascii_alphabetic();
        let last = if anywhere { self.letters.len() } else { 1 };
        (0..last.min(self.letters.len())).find(|start| goes_on(&self.letters[*start..], units))
    }
}

/// Whether the letters begin with what was typed. The number of ways is small: a letter takes one character, or between
/// one and six letters of its reading.
fn goes_on(letters: &[Letter], units: &[char]) -> bool {
    let Some(first) = units.first() else { return true };
    let Some((letter, rest)) = letters.split_first() else { return false };
    if letter.character == *first && goes_on(rest, &units[1..]) {
        return true;
    }
    let shared = letter.reading.chars().zip(units).take_while(|(r, u)| r == *u).count();
    // The whole reading first, its initial next; a reading broken off in between only where typing ended.
    (shared == letter.reading.len() && shared > 0 && goes_on(rest, &units[shared..]))
        || (shared == units.len() && shared > 0)
        || (shared > 0 && goes_on(rest, &units[1..]))
}
