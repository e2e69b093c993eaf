//! How many articles were found by region, topic and year of publication.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::backend::Articles;
use super::passage;

/// Counts of articles by region, topic and year.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facets {
    pub region: BTreeMap<String, usize>,
    pub topic: BTreeMap<String, usize>,
    pub year: BTreeMap<String, usize>,
}

/// Counts articles; `topics` are those of the index.
pub(super) fn count(read: &dyn Articles, articles: &[u32], topics_by_place: &[String]) -> Facets {
    let mut regions: HashMap<u32, usize> = HashMap::new();
    let mut years: HashMap<u32, usize> = HashMap::new();
    let mut topics: HashMap<u64, usize> = HashMap::new();
    for article in articles {
        let row = read.row(*article);
        *regions.entry(row.region).or_default() += 1;
        *years.entry(row.published / 10_000).or_default() += 1;
        *topics.entry(row.topics).or_default() += 1;
    }
    let mut facets = Facets {
        region: regions.into_iter().map(|(code, n)| (format!("{code:06}"), n)).collect(),
        year: years.into_iter().filter(|(y, _)| *y > 0).map(|(y, n)| (y.to_string(), n)).collect(),
        ..Facets::default()
    };
    for (bits, count) in topics {
        for topic in passage::topics_of(topics_by_place, bits) {
            *facets.topic.entry(topic).or_default() += count;
        }
    }
    facets
}
