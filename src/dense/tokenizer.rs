//! Text → pieces of the encoder's vocabulary: the cut with the greatest sum of scores.

use std::collections::HashMap;

use super::file::Vocabulary;

/// Stands for white space in the vocabulary.
pub const SPACE: char = '\u{2581}';
/// What a character outside the vocabulary scores below the rarest piece.
const UNKNOWN: f32 = 10.0;

/// Cuts texts. Immutable.
pub struct Tokenizer {
    pieces: HashMap<Box<[u8]>, (u32, f32)>,
    /// Bytes of the longest piece.
    longest: usize,
    folding: HashMap<char, String>,
    begin: u32,
    end: u32,
    unknown: u32,
    unknown_score: f32,
}

impl Tokenizer {
    pub fn new(vocabulary: Vocabulary) -> Tokenizer {
        let Vocabulary { pieces, begin, end, padding: _, unknown, folding } = vocabulary;
        let lowest = pieces.iter().map(|(_, score)| *score).fold(0.0, f32::min);
        let longest = pieces.iter().map(|(text, _)| text.len()).max().unwrap_or(0);
        let mut known = HashMap::with_capacity(pieces.len());
        for (id, (text, score)) in pieces.into_iter().enumerate() {
            if !text.is_empty() && id as u32 != unknown {
                known.entry(text.into_boxed_slice()).or_insert((id as u32, score));
            }
        }
        Tokenizer { pieces: known, longest, folding, begin, end, unknown, unknown_score: lowest - UNKNOWN }
    }

    /// The pieces of a text between the marks of begin and end, at most `most` of them.
    pub fn pieces(&self, text: &str, most: usize) -> Vec<u32> {
        let text = self.fold(text);
        let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let characters = borders.len() - 1;
        // For each border, the best cut up to it: its score, its last piece, and where that began.
        let mut best = vec![(f32::NEG_INFINITY, self.unknown, 0usize); borders.len()];
        best[0].0 = 0.0;
        for from in 0..characters {
            let score = best[from].0;
            for to in from + 1..=characters {
                let piece = &text.as_bytes()[borders[from]..borders[to]];
                if piece.len() > self.longest {
                    break;
                }
                if let Some((id, own)) = self.pieces.get(piece)
                    && score + own > best[to].0
                {
                    best[to] = (score + own, *id, from);
                }
            }
            if score + self.unknown_score > best[from + 1].0 {
                best[from + 1] = (score + self.unknown_score, self.unknown, from);
            }
        }
        let mut cut = vec![];
        let mut at = characters;
        while at > 0 {
            let (_, id, from) = best[at];
            cut.push(id);
            at = from;
        }
        cut.push(self.begin);
        cut.reverse();
        cut.truncate(most.saturating_sub(1));
        cut.push(self.end);
        cut
    }

    /// Replaces characters, joins white space, marks each beginning of a word.
    fn fold(&self, text: &str) -> String {
        let mut folded = String::with_capacity(text.len() + SPACE.len_utf8());
        folded.push(SPACE);
        let replaced = text.chars().flat_map(|c| {
            let known = self.folding.get(&c);
            known.into_iter().flat_map(|to| to.chars()).chain(known.is_none().then_some(c))
        });
        let mut last = ' ';
        for c in replaced {
            match (c, last) {
                (' ', ' ') => {}
                (' ', _) => folded.push(SPACE),
                _ => folded.push(c),
            }
            last = c;
        }
        folded
    }
}
