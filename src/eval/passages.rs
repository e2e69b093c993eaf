//! Passages measured: rows `{"id","question","answer_contains":[…]}` over the index in use.
//!
//! A hit is a passage whose text holds one of the strings, white space aside.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::retrieve::{Query, Unavailable};

/// One row of the file; other members are for people.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    pub id: String,
    pub question: String,
    pub answer_contains: Vec<String>,
}

/// The figures, named as in the contract.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    pub cases: usize,
    #[serde(rename = "hit@1")]
    pub hit_1: f64,
    #[serde(rename = "hit@3")]
    pub hit_3: f64,
    #[serde(rename = "hit@10")]
    pub hit_10: f64,
    #[serde(rename = "mrr@10")]
    pub mrr_10: f64,
    /// Rows not found among the first ten.
    pub misses: Vec<String>,
}

/// Asks every row.
pub fn ask(rows: &[Row], engine: &Engine, at: Date) -> Result<Figures, Unavailable> {
    let mut figures = Figures { cases: rows.len(), ..Figures::default() };
    for row in rows {
        let found = engine.search(&Query { text: &row.question, limit: 10, ..Query::default() }, at)?;
        let wanted: Vec<String> = row.answer_contains.iter().map(|s| bare(s)).collect();
        let place = found.hits.iter().position(|hit| {
            let text = bare(&hit.text);
            wanted.iter().any(|w| text.contains(w.as_str()))
        });
        let Some(place) = place else {
            figures.misses.push(row.id.clone());
            continue;
        };
        figures.hit_1 += f64::from(place < 1);
        figures.hit_3 += f64::from(place < 3);
        figures.hit_10 += 1.0;
        figures.mrr_10 += 1.0 / (place + 1) as f64;
    }
    let count = rows.len().max(1) as f64;
    for figure in [&mut figures.hit_1, &mut figures.hit_3, &mut figures.hit_10, &mut figures.mrr_10] {
        *figure /= count;
    }
    Ok(figures)
}

/// A text without its white space.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
