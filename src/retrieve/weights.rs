//! Every number of the ranking, in one place. They were fitted together on development questions by `eval retrieval`;
//! none belongs to one set of questions.

use serde::{Deserialize, Serialize};

/// The weights of the ranking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// How soon repetition stops counting, for words and for grams.
    pub saturation: [f32; 2],
    /// Weight of a part: title, questions, headings, body.
    pub parts: [f32; 4],
    /// How strongly a part's length counts against it: title, questions, headings, body.
    pub lengths: [f32; 4],
    /// A word of two characters or more.
    pub word: f32,
    /// A word of one character.
    pub single: f32,
    /// A word inside a longer one.
    pub sub_word: f32,
    /// A pair of neighbouring characters.
    pub pair: f32,
    /// One character by itself.
    pub character: f32,
    /// A line of the synonym list, where the question has its canonical word; the word itself keeps the rest of 1.
    pub concept: f32,
    /// The same where the question has another saying: then the line is what is meant.
    pub variant: f32,
    /// What is left of the weight of a term of asking (请问).
    pub chatter: f32,
    /// Factor for a term that begins with a letter or a digit.
    pub code: f32,
    /// Exponent of a term's rarity: words, grams.
    pub rarity: [f32; 2],
    /// How far likeness of title or curated question to the whole question raises an article.
    pub likeness: f32,
    /// A kind of answer (a length of time, an amount) that is asked for and offered.
    pub answer_kind: f32,
    /// The best passage's own score, beside 1 for the whole article.
    pub passage: f32,
    /// The share of the question's rarity that an article must hold to be found at all.
    pub minimum: f32,
    /// The same for the characters of a question of which no word is found.
    pub fuzzy_minimum: f32,
    /// How quickly evidence turns into score: `1 - exp(-certainty × evidence)`.
    pub certainty: f32,
    /// From this likeness on, a curated question is taken for the question asked.
    pub same_question: f32,
    /// Factor for an article of the asked region itself, and of its province.
    pub region: f32,
    pub province: f32,
    /// Factor for a national article where no region is asked.
    pub nation: f32,
    /// Factor for an article that is about none of the topics the question was understood to be about.
    pub off_topic: f32,
    /// Factor by level: unverified, seed, secondary, official.
    pub authority: [f32; 4],
    /// Factor for a text of which the source showed only the beginning.
    pub truncated: f32,
    /// What a year of age takes away, up to ten years.
    pub age: f32,
    /// How nearness in meaning is added, where there is a model.
    pub fusion: Fusion,
    /// How much is looked at in large indexes.
    pub pruning: Pruning,
}

/// Where a search stops looking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pruning {
    /// Postings that are read, rarest terms first; where they name too few articles, twice as many are.
    pub postings: u64,
    /// Words are read on until this share of what all of them are worth was looked up, however common they are.
    pub share: f32,
    /// What a word in a title or curated question counts more than elsewhere, when articles are chosen to be scored.
    pub titled: f32,
    /// So many articles are scored exactly, or twice as many as are asked for.
    pub scored: usize,
    /// The same where they come over the network.
    pub fetched: usize,
}

impl Pruning {
    const FITTED: Pruning = Pruning { postings: 60_000, share: 0.6, titled: 0.35, scored: 384, fetched: 96 };
    /// Nothing is left out.
    pub const NONE: Pruning = Pruning { postings: u64::MAX, share: 1.0, scored: usize::MAX, ..Pruning::FITTED };
}

impl Default for Pruning {
    fn default() -> Pruning {
        Pruning::FITTED
    }
}

/// The weights of the semantic stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fusion {
    /// What nearness adds to the share of the question that words find: times what it exceeds `unrelated` by.
    pub dense: f32,
    /// Nearness of texts that have nothing to do with one another.
    pub unrelated: f32,
    /// How much nearer a question is to another than to a passage that says the same: taken off the nearness of curated
    /// questions.
    pub questions: f32,
    /// So many of the nearest articles join those found by words …
    pub depth: usize,
    /// … as far as they are at least so near.
    pub least: f32,
    /// From this score on, words decide by themselves.
    pub decisive: f32,
    /// What a passage's nearness counts beside its words, when an article's passage is chosen.
    pub passage: f32,
}

impl Default for Fusion {
    fn default() -> Fusion {
        Fusion { dense: 4.0, unrelated: 0.87, questions: 0.03, depth: 100, least: 0.87, decisive: 0.8, passage: 20.0 }
    }
}

impl Default for Weights {
    fn default() -> Weights {
        Weights {
            saturation: [1.1, 1.0],
            parts: [1.0, 1.0, 0.8, 1.0],
            lengths: [0.6, 0.5, 0.5, 0.9],
            word: 1.0,
            single: 0.75,
            sub_word: 0.2,
            pair: 0.5,
            character: 0.75,
            concept: 0.4,
            variant: 0.8,
            chatter: 0.45,
            code: 1.3,
            rarity: [1.0, 1.2],
            likeness: 0.4,
            answer_kind: 3.0,
            passage: 1.3,
            minimum: 0.02,
            fuzzy_minimum: 0.5,
            certainty: 1.5,
            same_question: 0.9,
            region: 1.3,
            province: 1.15,
            nation: 1.05,
            off_topic: 0.45,
            authority: [0.94, 0.96, 1.0, 1.04],
            truncated: 0.98,
            age: 0.004,
            fusion: Fusion::default(),
            pruning: Pruning::default(),
        }
    }
}
