//! How many articles were found by region, topic and year of publication.

use std::collections::BTreeMap;

use serde::Serialize;

use super::backend::Articles;
use super::passage;
use crate::index::table::Profile;

/// Counts of articles by region, topic and year.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facets {
    pub region: BTreeMap<String, usize>,
    pub topic: BTreeMap<String, usize>,
    pub year: BTreeMap<String, usize>,
}

/// Counts articles; `topics` are those of the index.
pub(super) fn count(read: &dyn Articles, articles: &[u32], topics_by_place: &[String]) -> Facets {
    let mut profiles: Vec<Profile> = articles.iter().map(|article| read.profile(*article)).collect();
    let kind = |profile: &Profile| (profile.region, profile.published / 10_000, profile.topics);
    profiles.sort_unstable_by_key(kind);
    let mut facets = Facets::default();
    for alike in profiles.chunk_by(|a, b| kind(a) == kind(b)) {
        let (region, year, topics) = kind(&alike[0]);
        *facets.region.entry(region.to_string()).or_default() += alike.len();
        if year > 0 {
            *facets.year.entry(year.to_string()).or_default() += alike.len();
        }
        for topic in passage::topics_of(topics_by_place, topics) {
            *facets.topic.entry(topic).or_default() += alike.len();
        }
    }
    facets
}
