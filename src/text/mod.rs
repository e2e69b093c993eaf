//! Characters and words: the one path that both index time and question time take.
//!
//! `fold` makes width, case, compatibility forms and traditional characters equal, and keeps for each character where it
//! stood in the original, so that spans and highlights point into what was really written. `segment` cuts folded text
//! into words and character grams.

pub mod answer_kind;
pub mod dates;
pub mod fold;
pub mod numbers;
pub mod segment;

pub use fold::Folded;
pub use segment::{Segmenter, Token};
