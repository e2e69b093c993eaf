//! Texts that say nearly the same: sites print one body under many cities' titles.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Two articles with much text in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearDuplicate {
    pub one: String,
    pub other: String,
    /// Where each was read, `file:line`; filled by whoever knows.
    pub places: (String, String),
    /// How much of the shorter text stands in the longer, in hundredths.
    pub percent: usize,
}

const SHINGLE: usize = 8;
/// Of all stretches of a text, one in so many is compared; which ones, their hash says, so that it is the same ones in
/// every text.
const ONE_IN: u64 = 4;
/// Of a stretch found in more texts than this, each is compared with the first alone: one body under a thousand titles
/// makes a thousand pairs, not half a million.
const MANY: usize = 50;
const ENOUGH_PERCENT: usize = 60;
/// Fewer compared stretches than this are chance.
const FEWEST: usize = 8;

/// Every pair of texts of which the shorter stands mostly in the longer; in the order of the texts.
pub fn near_duplicates<'t>(texts: impl Iterator<Item = (&'t str, &'t str)>) -> Vec<NearDuplicate> {
    let (ids, sketches): (Vec<&str>, Vec<HashSet<u64>>) = texts.map(|(id, text)| (id, sketch(text))).unzip();
    let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
    for (i, sketch) in sketches.iter().enumerate() {
        for hash in sketch {
            holders.entry(*hash).or_default().push(i);
        }
    }
    let mut shared: HashMap<(usize, usize), usize> = HashMap::new();
    for texts in holders.values() {
        let compared = if texts.len() <= MANY { texts.len() } else { 1 };
        for (n, one) in texts.iter().enumerate().take(compared) {
            for other in &texts[n + 1..] {
                *shared.entry((*one, *other)).or_default() += 1;
            }
        }
    }
    let mut pairs: Vec<((usize, usize), usize)> = shared
        .into_iter()
        .filter_map(|((one, other), count)| {
            let shorter = sketches[one].len().min(sketches[other].len());
            let percent = count * 100 / shorter.max(1);
            (shorter >= FEWEST && percent >= ENOUGH_PERCENT).then_some(((one, other), percent))
        })
        .collect();
    pairs.sort_unstable();
    let name = |((one, other), percent): ((usize, usize), usize)| NearDuplicate {
        one: ids[one].to_owned(),
        other: ids[other].to_owned(),
        places: Default::default(),
        percent,
    };
    pairs.into_iter().map(name).collect()
}

/// Hashes of some of the text's stretches of eight characters, white space and marks aside.
fn sketch(text: &str) -> HashSet<u64> {
    let chars: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let hash = |stretch: &[char]| {
        let mut hasher = DefaultHasher::new();
        stretch.hash(&mut hasher);
        hasher.finish()
    };
    chars.windows(SHINGLE).map(hash).filter(|h| h % ONE_IN == 0).collect()
}
