//! The fields of the index: which passages hold a term, and what is shown of them.
//!
//! How often and in which part a term stands in a passage is not in the posting lists: that is counted in the passage's
//! record, for those few passages that may come first.

use tantivy::schema::{FAST, Field, IndexRecordOption, NumericOptions, STORED, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

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
    /// The keys of a passage's terms, words and grams of all parts together.
    pub terms: Field,
    /// Number of the passage among those written by the same thread: says which segment comes first.
    pub passage: Field,
    /// Stored: JSON of the article (first passage only), heading and text of the passage.
    pub card: Field,
    pub heading: Field,
    pub text: Field,
}

impl Fields {
    /// The one schema.
    pub fn new() -> Fields {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(TOKENIZER)
            .set_index_option(IndexRecordOption::Basic)
            .set_fieldnorms(false);
        let terms = schema.add_text_field("terms", TextOptions::default().set_indexing_options(indexing));
        let passage = schema.add_u64_field("passage", NumericOptions::from(FAST));
        let card = schema.add_text_field("card", STORED);
        let heading = schema.add_text_field("heading", STORED);
        let text = schema.add_text_field("text", STORED);
        Fields { schema: schema.build(), terms, passage, card, heading, text }
    }
}

impl Default for Fields {
    fn default() -> Fields {
        Fields::new()
    }
}

const TOKENIZER: &str = "lines";

/// Gives tantivy one term a line: texts are analysed before, by the threads that prepare documents.
#[derive(Clone)]
struct Lines;

impl Tokenizer for Lines {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        Stream { lines: text.lines(), current: Token { position: 0, ..Token::default() } }
    }
}

struct Stream<'a> {
    lines: std::str::Lines<'a>,
    current: Token,
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        let Some(line) = self.lines.next() else { return false };
        self.current.text.clear();
        self.current.text.push_str(line);
        true
    }

    fn token(&self) -> &Token {
        &self.current
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.current
    }
}

/// Registers the tokenizer that the schema names.
pub fn register(index: &tantivy::Index) {
    index.tokenizers().register(TOKENIZER, Lines);
}
