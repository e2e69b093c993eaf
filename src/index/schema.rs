//! The fields of the index: each part of an article twice, as words and as grams, besides what is stored and filtered.

use tantivy::schema::{FAST, Field, IndexRecordOption, NumericOptions, STORED, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{Token as TantivyToken, TokenStream, Tokenizer};

use super::Analyzer;
use crate::text::segment::Token;

/// The parts of an article that are searched.
pub const PARTS: [&str; 4] = ["title", "questions", "headings", "body"];
/// Indices into [`PARTS`].
pub const TITLE: usize = 0;
pub const QUESTIONS: usize = 1;
pub const HEADINGS: usize = 2;
pub const BODY: usize = 3;

/// Handles of all fields.
#[derive(Clone)]
pub struct Fields {
    pub schema: Schema,
    /// Words by part.
    pub words: [Field; 4],
    /// Grams by part.
    pub grams: [Field; 4],
    /// Number of the article, in the order of building: the same for all its passages.
    pub article: Field,
    pub region: Field,
    /// One bit for each topic of the list in `generation.json`.
    pub topics: Field,
    /// Dates as numbers, 2025-01-31 → 20250131.
    pub published: Field,
    pub effective_from: Field,
    pub effective_to: Field,
    /// Index of the level in `Level`'s order, and whether the source was truncated.
    pub authority: Field,
    /// Articles with the same title and body, place names aside, share a number; 0 for a body too short to tell.
    pub twins: Field,
    /// Stored: JSON of the article (first passage only), heading and text of the passage.
    pub card: Field,
    pub heading: Field,
    pub text: Field,
}

impl Fields {
    /// The one schema.
    pub fn new() -> Fields {
        let mut schema = Schema::builder();
        let indexed = |tokenizer: &str| {
            let indexing =
                TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(IndexRecordOption::WithFreqs);
            TextOptions::default().set_indexing_options(indexing)
        };
        let words = PARTS.map(|part| schema.add_text_field(&format!("{part}_words"), indexed("words")));
        let grams = PARTS.map(|part| schema.add_text_field(&format!("{part}_grams"), indexed("grams")));
        let mut number = |name: &str| schema.add_u64_field(name, NumericOptions::from(FAST));
        let article = number("article");
        let region = number("region");
        let topics = number("topics");
        let published = number("published");
        let effective_from = number("effective_from");
        let effective_to = number("effective_to");
        let authority = number("authority");
        let twins = number("twins");
        let card = schema.add_text_field("card", STORED);
        let heading = schema.add_text_field("heading", STORED);
        let text = schema.add_text_field("text", STORED);
        Fields {
            schema: schema.build(),
            words,
            grams,
            article,
            region,
            topics,
            published,
            effective_from,
            effective_to,
            authority,
            twins,
            card,
            heading,
            text,
        }
    }
}

impl Default for Fields {
    fn default() -> Fields {
        Fields::new()
    }
}

/// Gives tantivy our terms; the text handed to it is folded already.
#[derive(Clone)]
pub enum Terms {
    Words(Analyzer),
    Grams(Analyzer),
}

impl Tokenizer for Terms {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        let tokens = match self {
            Terms::Words(analyzer) => analyzer.words_of_passage(text),
            Terms::Grams(analyzer) => analyzer.grams(text),
        };
        Stream { tokens, next: 0, current: TantivyToken::default() }
    }
}

/// The terms of one text.
pub struct Stream<'a> {
    tokens: Vec<Token<'a>>,
    next: usize,
    current: TantivyToken,
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        let Some(token) = self.tokens.get(self.next) else { return false };
        self.current.text.clear();
        self.current.text.push_str(&token.text);
        self.current.position = self.next;
        self.next += 1;
        true
    }

    fn token(&self) -> &TantivyToken {
        &self.current
    }

    fn token_mut(&mut self) -> &mut TantivyToken {
        &mut self.current
    }
}

/// Registers the two tokenizers that the schema names.
pub fn register(index: &tantivy::Index, analyzer: &Analyzer) {
    index.tokenizers().register("words", Terms::Words(analyzer.clone()));
    index.tokenizers().register("grams", Terms::Grams(analyzer.clone()));
}
