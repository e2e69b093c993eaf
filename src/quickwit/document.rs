//! What is sent of an article, and how Quickwit maps it. One document is one article with all its passages: what ranking
//! wants to know of a candidate comes with it.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::index::prepare::Prepared;
use crate::index::table::{Profile, Row};

/// No last day: later than any.
const ALWAYS: u32 = 99_991_231;
/// Bytes of stored text that are packed together: a hit unpacks one such block.
const BLOCK: usize = 32_768;
/// Documents are found so many seconds after they came, at the latest.
const COMMIT: u64 = 10;

/// An article as it is sent; see [`mapping`].
#[derive(Serialize)]
struct Sent<'a> {
    number: u64,
    /// What it is found by, between spaces.
    terms: String,
    region: u32,
    within: Vec<u32>,
    topics: Vec<u32>,
    year: u32,
    from: u32,
    to: u32,
    row: String,
    records: String,
    card: &'a str,
    headings: Vec<&'a str>,
    texts: Vec<&'a str>,
}

/// What comes back of it.
#[derive(Deserialize)]
pub struct Received<'a> {
    pub number: u32,
    #[serde(borrow)]
    row: Cow<'a, str>,
    #[serde(borrow)]
    records: Cow<'a, str>,
    /// Read only where they are shown.
    #[serde(borrow)]
    pub card: &'a RawValue,
    #[serde(borrow)]
    pub headings: &'a RawValue,
    #[serde(borrow)]
    pub texts: &'a RawValue,
}

impl Received<'_> {
    /// Filters and lengths, and the records of the passages; None where they are not ours.
    pub fn scored(&self) -> Option<(Row, Vec<u8>)> {
        let row = Row::from_bytes(&BASE64.decode(self.row.as_bytes()).ok()?)?;
        Some((row, BASE64.decode(self.records.as_bytes()).ok()?))
    }
}

/// A key as a word between spaces: Quickwit cuts at white space and nowhere else.
pub fn word(key: &str) -> Cow<'_, str> {
    match key.contains(char::is_whitespace) {
        true => Cow::Owned(key.replace(char::is_whitespace, "\u{1}")),
        false => Cow::Borrowed(key),
    }
}

/// The JSON object of an article, without the number of the batch that it goes with.
pub fn sent(number: usize, article: &Prepared) -> String {
    let Profile { region, topics, published, effective_from, effective_to, .. } = article.row.profile;
    let keys = article.passages.iter().flat_map(|passage| passage.keys.lines());
    let document = Sent {
        number: number as u64,
        terms: keys.map(word).collect::<Vec<_>>().join(" "),
        region: region.number(),
        within: vec![region.prefecture().number(), region.province().number()],
        topics: (0..u64::BITS).filter(|bit| topics >> bit & 1 == 1).collect(),
        year: published / 10_000,
        from: effective_from,
        to: if effective_to == 0 { ALWAYS } else { effective_to },
        row: BASE64.encode(article.row.to_bytes()),
        records: BASE64.encode(&article.records),
        card: &article.card,
        headings: article.passages.iter().map(|p| p.heading.as_str()).collect(),
        texts: article.passages.iter().map(|p| p.text.as_str()).collect(),
    };
    serde_json::to_string(&document).unwrap_or_default()
}

/// The configuration of an index.
pub fn mapping(index: &str) -> Value {
    let filter = |name: &str| json!({"name": name, "type": "u64", "indexed": true, "fast": true, "stored": false});
    let filters = |name: &str| json!({"name": name, "type": "array<u64>", "indexed": true, "stored": false});
    let shown = |name: &str, kind: &str| json!({"name": name, "type": kind, "indexed": false, "stored": true});
    json!({
        "version": "0.8",
        "index_id": index,
        "doc_mapping": {
            "mode": "strict",
            "field_mappings": [
                {"name": "number", "type": "u64", "indexed": true, "fast": true, "stored": true},
                filter("send"),
                {
                    "name": "terms", "type": "text", "tokenizer": "whitespace", "record": "freq",
                    "fieldnorms": true, "stored": false,
                },
                filter("region"), filters("within"), filters("topics"), filter("year"), filter("from"), filter("to"),
                shown("row", "text"), shown("records", "text"), shown("card", "text"),
                shown("headings", "array<text>"), shown("texts", "array<text>"),
            ],
        },
        "search_settings": {"default_search_fields": ["terms"]},
        "indexing_settings": {"commit_timeout_secs": COMMIT, "docstore_blocksize": BLOCK},
    })
}
