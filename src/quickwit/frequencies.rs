//! How many passages hold each key: what rarity is reckoned from, the same on every replica and without a request.
//!
//! `frequencies.bin`: the number of keys, then their hashes in order, then the counts, all 32 bits, little-endian. Of some
//! millions of keys one in a thousand shares its hash with another; it is then taken for a little more common.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};
use tantivy::Directory;
use tantivy::directory::{MmapDirectory, OwnedBytes};

use crate::index::record;

const FILE: &str = "frequencies.bin";

/// Counts while an index is built.
#[derive(Debug, Default)]
pub struct Counter(HashMap<u32, u32>);

impl Counter {
    /// Counts the keys of one passage, one a line, each once.
    pub fn add(&mut self, keys: &str) {
        let mut hashes: Vec<u32> = keys.lines().map(hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        for hash in hashes {
            *self.0.entry(hash).or_default() += 1;
        }
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: Counter) {
        for (hash, count) in other.0 {
            *self.0.entry(hash).or_default() += count;
        }
    }

    /// Writes the file; gives its SHA-256 in hexadecimal digits.
    pub fn write(self, dir: &Path) -> io::Result<String> {
        let mut rows: Vec<(u32, u32)> = self.0.into_iter().collect();
        rows.sort_unstable();
        let mut bytes = Vec::with_capacity(4 + rows.len() * 8);
        bytes.extend((rows.len() as u32).to_le_bytes());
        bytes.extend(rows.iter().flat_map(|(hash, _)| hash.to_le_bytes()));
        bytes.extend(rows.iter().flat_map(|(_, count)| count.to_le_bytes()));
        fs::write(dir.join(FILE), &bytes)?;
        Ok(sum(&bytes))
    }
}

/// The file, mapped into memory.
pub struct Frequencies {
    bytes: OwnedBytes,
    keys: usize,
}

impl Frequencies {
    /// Maps the file; None where it is not the one with this SHA-256.
    pub fn open(dir: &Path, expected: &str) -> tantivy::Result<Option<Frequencies>> {
        let bytes = MmapDirectory::open(dir)?.open_read(Path::new(FILE))?.read_bytes()?;
        let keys = bytes.first_chunk().map_or(0, |head| u32::from_le_bytes(*head) as usize);
        let whole = bytes.len() == 4 + keys * 8 && sum(&bytes) == expected;
        Ok(whole.then_some(Frequencies { bytes, keys }))
    }

    /// How many passages hold a key.
    pub fn of(&self, key: &str) -> u64 {
        let (hashes, counts) = self.bytes[4..].split_at(self.keys * 4);
        let (hashes, counts) = (hashes.as_chunks::<4>().0, counts.as_chunks::<4>().0);
        let found = hashes.binary_search_by_key(&hash(key), |bytes| u32::from_le_bytes(*bytes));
        found.map_or(0, |at| u64::from(u32::from_le_bytes(counts[at])))
    }
}

fn hash(key: &str) -> u32 {
    let hash = record::key_hash(key);
    (hash ^ (hash >> 32)) as u32
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_back_and_a_changed_file_does_not() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut counter = Counter::default();
        counter.add("医保\n转移\n医保");
        let mut other = Counter::default();
        other.add("医保\n余额");
        counter.merge(other);
        let sum = counter.write(dir.path()).expect("it writes");
        let read = Frequencies::open(dir.path(), &sum).expect("it opens").expect("it is whole");
        assert_eq!(["医保", "转移", "余额", "退休"].map(|key| read.of(key)), [2, 1, 1, 0]);
        assert!(Frequencies::open(dir.path(), "00").expect("it opens").is_none());
    }
}
