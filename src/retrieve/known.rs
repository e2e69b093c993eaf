//! What an article says of itself: its card, and its title and curated questions made ready to be compared with what is
//! asked. Kept once it was read, for the first articles of an index; a small corpus is soon known whole.

use std::sync::{Arc, OnceLock};

use super::backend::{Articles, Stored};
use crate::index::document::Card;
use crate::text::Folded;

/// So many articles are kept, some kilobytes each.
const KEPT: usize = 10_000;
/// A text of up to this many characters is itself a question or a title.
const LONGEST_LINE: usize = 40;

/// An article's card and sayings.
#[derive(Default)]
pub(super) struct Known {
    pub card: Card,
    title: Letters,
    /// Curated questions; where there is no title, also a text that is but a line.
    sayings: Vec<Letters>,
}

impl Known {
    fn read(articles: &dyn Articles, article: u32) -> Known {
        let Stored { card, text, .. } = articles.stored(article, 0);
        let card: Card = serde_json::from_str(&card).unwrap_or_default();
        let mut sayings: Vec<Letters> = card.questions.iter().map(|question| Letters::new(question)).collect();
        if articles.passages(article) == 1 && card.title.is_empty() && text.chars().count() <= LONGEST_LINE {
            sayings.push(Letters::new(&text));
        }
        Known { title: Letters::new(&card.title), sayings, card }
    }

    /// How like the nearest of its questions is to what is asked, and how like its title: 0 to 1.
    pub fn likeness(&self, asked: &Letters) -> (f32, f32) {
        let likeness = self.sayings.iter().map(|saying| asked.dice(saying)).fold(0.0, f32::max);
        (likeness, asked.dice(&self.title))
    }
}

/// The articles that were read before.
pub(super) struct Shelf(Box<[OnceLock<Arc<Known>>]>);

impl Shelf {
    /// An empty one for so many articles.
    pub fn new(articles: usize) -> Shelf {
        Shelf((0..articles.min(KEPT)).map(|_| OnceLock::new()).collect())
    }

    /// An article, read where it is not known yet.
    pub fn get(&self, articles: &dyn Articles, article: u32) -> Arc<Known> {
        let read = || Arc::new(Known::read(articles, article));
        match self.0.get(article as usize) {
            Some(place) => place.get_or_init(read).clone(),
            None => read(),
        }
    }
}

/// Letters of a text and pairs of neighbouring letters, sorted.
#[derive(Default)]
pub(super) struct Letters(Vec<(char, char)>);

impl Letters {
    pub fn new(text: &str) -> Letters {
        let folded = Folded::new(text);
        let letters: Vec<char> = folded.chars().iter().copied().filter(|c| c.is_alphanumeric()).collect();
        let mut pairs: Vec<(char, char)> = letters.windows(2).map(|w| (w[0], w[1])).collect();
        pairs.extend(letters.iter().map(|c| (*c, *c)));
        pairs.sort_unstable();
        Letters(pairs)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Dice's coefficient.
    fn dice(&self, other: &Letters) -> f32 {
        let (a, b) = (&self.0, &other.0);
        let (mut i, mut j, mut shared) = (0, 0, 0);
        while i < a.len() && j < b.len() {
            match a[i].cmp(&b[j]) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => {
                    shared += 1;
                    i += 1;
                    j += 1;
                }
            }
        }
        2.0 * shared as f32 / (a.len() + b.len()).max(1) as f32
    }
}
