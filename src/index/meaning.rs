//! What of an article is encoded: each passage under its title and heading, then each curated question.

use std::path::Path;

use super::{IndexDocument, passages};
use crate::dense::vectors::{Store, Text};
use crate::dense::{Encoder, ModelError, Role};
use crate::text::Folded;

/// The file of a generation's vectors.
pub const FILE: &str = "vectors.bin";

/// The texts of one article: its passages in the order of the index, then its questions.
pub fn texts(document: &IndexDocument) -> Vec<Text> {
    let passages = passages::split(&document.text).into_iter().map(|span| {
        let parts = [document.title.as_str(), span.heading.as_str(), &document.text[span.range]];
        let whole = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
        (Role::Passage, Folded::new(&whole).text().to_owned())
    });
    let questions = document.questions.iter().map(|q| (Role::Question, Folded::new(q).text().to_owned()));
    passages.chain(questions).collect()
}

/// Encodes all articles. What a file of vectors already has is taken over; one that cannot be read is as if it were
/// not there.
pub fn encode(
    encoder: &Encoder,
    documents: &[IndexDocument],
    known: Option<&Path>,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Store {
    let texts: Vec<Vec<Text>> = documents.iter().map(texts).collect();
    let old = known.and_then(|path| Store::read(path).ok()).unwrap_or_default();
    Store::build(encoder, &texts, old, progress)
}

/// Puts the vectors of a generation into its folder.
pub fn write(store: &Store, folder: &Path) -> Result<(), ModelError> {
    store.write(&folder.join(FILE))
}
