//! The table of articles: for each a row of fixed size with its lengths and the place of its records, and the number of
//! its profile: region, topics, dates and authority, which many articles share.
//!
//! Two files beside the search library's own, mapped into memory like them: `articles.bin`, a head, the rows, then the
//! numbers of the profiles, four bytes each, and the lengths of the bodies, a byte each, which are looked at for far more
//! articles than the rest, and at last the profiles; and `passages.bin`, the records of [`super::record`]. The head ends
//! with the SHA-256 of everything else.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tantivy::Directory;
use tantivy::directory::{MmapDirectory, OwnedBytes};
use tantivy::fieldnorm::FieldNormReader;

use super::schema::{BODY, PARTS};
use crate::region::RegionCode;

/// Kinds of terms: words and grams.
pub const KINDS: usize = 2;
/// Words and grams of an article, by kind and part.
pub type Lengths = [[u32; PARTS.len()]; KINDS];

const ARTICLES: &str = "articles.bin";
const PASSAGES: &str = "passages.bin";
const MAGIC: &[u8; 8] = b"yiwen\0\0\x02";
/// Magic, articles, passages, what some article has, the newest day of publication, profiles, tokens by kind and part,
/// SHA-256 of everything else.
const HEAD: usize = TOKENS + KINDS * PARTS.len() * 8 + 32;
/// Where the tokens stand in it.
const TOKENS: usize = 8 * 6;
/// Bytes of a row as it goes to an engine elsewhere; see [`Row::to_bytes`].
const WHOLE: usize = 56;
/// Bytes of a row in the table; see [`Row::shelve`].
const ROW: usize = 24;
/// Bytes of a profile.
const PROFILE: usize = 25;
/// Bytes of all that is kept of an article: row, number of the profile, length of the body.
const ARTICLE: usize = ROW + 4 + 1;
/// Where the number of its first passage stands in a row.
const FIRST: usize = 12;
/// Bytes copied at a time.
const BUFFER: usize = 1 << 18;
/// What some article has.
const PLACED: u64 = 1;
const DATED: u64 = 2;

/// What filters and factors go by. Many articles share one: those of a region, a day and a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Profile {
    pub region: RegionCode,
    /// One bit for each topic of the list in `generation.json`.
    pub topics: u64,
    /// Dates as numbers, 2025-01-31 → 20250131; 0 for none.
    pub published: u32,
    pub effective_from: u32,
    pub effective_to: u32,
    /// Twice the index of the level in `Level`'s order, and one more where the source was truncated.
    pub authority: u8,
}

impl Profile {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.topics.to_le_bytes());
        for figure in [self.region.number(), self.published, self.effective_from, self.effective_to] {
            out.extend(figure.to_le_bytes());
        }
        out.push(self.authority);
    }

    /// Reads [`PROFILE`] bytes.
    fn read(bytes: &[u8]) -> Profile {
        Profile {
            topics: long(bytes, 0),
            region: RegionCode::from_number(short(bytes, 8)).unwrap_or_default(),
            published: short(bytes, 12),
            effective_from: short(bytes, 16),
            effective_to: short(bytes, 20),
            authority: bytes[24],
        }
    }
}

/// What is kept of an article for filtering and scoring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub profile: Profile,
    /// Number of its first passage.
    pub first: u32,
    /// Articles with the same title and body, place names aside, share a number; 0 for one that has no such twin.
    pub twins: u64,
    /// Lengths of the whole article in tantivy's one-byte scale, by kind and part.
    pub norms: [[u8; PARTS.len()]; KINDS],
    /// Where its records begin; filled in when it is written, like `first`.
    pub records: u64,
}

fn short(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

/// Lengths that stand one after the other.
fn norms(bytes: &[u8], at: usize) -> [[u8; PARTS.len()]; KINDS] {
    std::array::from_fn(|kind| std::array::from_fn(|part| bytes[at + kind * PARTS.len() + part]))
}

impl Row {
    /// The row with these lengths.
    pub fn with_lengths(self, tokens: &Lengths) -> Row {
        Row { norms: tokens.map(|parts| parts.map(FieldNormReader::fieldnorm_to_id)), ..self }
    }

    /// The row as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Profile { region, topics, published, effective_from, effective_to, authority } = self.profile;
        let mut bytes = Vec::with_capacity(WHOLE);
        for figure in [self.records, topics, self.twins] {
            bytes.extend(figure.to_le_bytes());
        }
        for figure in [self.first, region.number(), published, effective_from, effective_to] {
            bytes.extend(figure.to_le_bytes());
        }
        bytes.extend(self.norms.as_flattened());
        bytes.extend([authority, 0, 0, 0]);
        bytes
    }

    /// What [`Row::to_bytes`] gave; None of other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Row> {
        (bytes.len() == WHOLE).then(|| Row {
            records: long(bytes, 0),
            twins: long(bytes, 16),
            first: short(bytes, 24),
            profile: Profile {
                topics: long(bytes, 8),
                region: RegionCode::from_number(short(bytes, 28)).unwrap_or_default(),
                published: short(bytes, 32),
                effective_from: short(bytes, 36),
                effective_to: short(bytes, 40),
                authority: bytes[52],
            },
            norms: norms(bytes, 44),
        })
    }

    /// Its [`ROW`] bytes in the table, where twins have small numbers.
    fn shelve(&self, twins: u32, out: &mut Vec<u8>) {
        out.extend(self.records.to_le_bytes());
        out.extend(twins.to_le_bytes());
        out.extend(self.first.to_le_bytes());
        out.extend(self.norms.as_flattened());
    }
}

/// Gathers the rows and records of neighbouring articles; several writers together make the table.
pub struct Writer {
    path: PathBuf,
    records: BufWriter<File>,
    rows: Vec<Row>,
    written: u64,
    totals: Totals,
}

/// What is known of all articles together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub articles: u64,
    pub passages: u64,
    /// Words and grams in all, by kind and part.
    pub tokens: [[u64; PARTS.len()]; KINDS],
    /// The newest day of publication, as a number.
    pub newest: u32,
    /// Whether some article is of another region than the nation.
    pub is_placed: bool,
    /// Whether some article is in force from or to a day.
    pub is_dated: bool,
}

impl Totals {
    /// Those of one article of so many passages.
    pub fn of(row: &Row, passages: usize, tokens: &Lengths) -> Totals {
        Totals {
            articles: 1,
            passages: passages as u64,
            tokens: tokens.map(|parts| parts.map(u64::from)),
            newest: row.profile.published,
            is_placed: row.profile.region != RegionCode::NATION,
            is_dated: row.profile.effective_from != 0 || row.profile.effective_to != 0,
        }
    }

    /// Adds those of other articles.
    pub fn add(&mut self, other: &Totals) {
        self.articles += other.articles;
        self.passages += other.passages;
        self.newest = self.newest.max(other.newest);
        self.is_placed |= other.is_placed;
        self.is_dated |= other.is_dated;
        for (sum, more) in self.tokens.as_flattened_mut().iter_mut().zip(other.tokens.as_flattened()) {
            *sum += more;
        }
    }
}

impl Writer {
    /// Begins; records are kept in a file of this name until [`finish`].
    pub fn create(path: PathBuf) -> io::Result<Writer> {
        let records = BufWriter::new(File::create(&path)?);
        Ok(Writer { path, records, rows: vec![], written: 0, totals: Totals::default() })
    }

    /// Adds an article: its row, in which the places are filled in here, its records, how many they are, and its words
    /// and grams by part.
    pub fn add(&mut self, row: Row, records: &[u8], passages: usize, tokens: &Lengths) -> io::Result<()> {
        self.rows.push(Row { first: self.totals.passages as u32, records: self.written, ..row });
        self.totals.add(&Totals::of(&row, passages, tokens));
        self.records.write_all(records)?;
        self.written += records.len() as u64;
        Ok(())
    }

    /// Of the articles so far.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }
}

/// Makes the table of a folder out of what was gathered, first articles first.
pub fn finish(dir: &Path, writers: Vec<Writer>) -> io::Result<Totals> {
    let mut records = BufWriter::new(File::create(dir.join(PASSAGES))?);
    let mut hash = Sha256::new();
    let (mut rows, mut totals) = (vec![], Totals::default());
    let mut written = 0;
    for mut writer in writers {
        writer.records.flush()?;
        let mut part = BufReader::with_capacity(BUFFER, File::open(&writer.path)?);
        while let bytes @ [_, ..] = part.fill_buf()? {
            hash.update(bytes);
            records.write_all(bytes)?;
            let length = bytes.len();
            part.consume(length);
        }
        fs::remove_file(&writer.path)?;
        rows.extend(writer.rows.into_iter().map(|row| {
            let first = row.first + totals.passages as u32;
            Row { first, records: row.records + written, ..row }
        }));
        totals.add(&writer.totals);
        written += writer.written;
    }
    records.flush()?;
    let Columns { rows, numbers, bodies, profiles } = Columns::new(&rows);
    let mut head = MAGIC.to_vec();
    let traits = (PLACED * u64::from(totals.is_placed)) | (DATED * u64::from(totals.is_dated));
    let kinds = (profiles.len() / PROFILE) as u64;
    for figure in [totals.articles, totals.passages, traits, u64::from(totals.newest), kinds] {
        head.extend(figure.to_le_bytes());
    }
    head.extend(totals.tokens.as_flattened().iter().flat_map(|sum| sum.to_le_bytes()));
    let parts = [&rows, &numbers, &bodies, &profiles];
    for bytes in std::iter::once(&head).chain(parts) {
        hash.update(bytes);
    }
    head.extend(hash.finalize());
    let mut file = File::create(dir.join(ARTICLES))?;
    for bytes in std::iter::once(&head).chain(parts) {
        file.write_all(bytes)?;
    }
    Ok(totals)
}

/// What follows the head of `articles.bin`.
#[derive(Default)]
struct Columns {
    rows: Vec<u8>,
    numbers: Vec<u8>,
    bodies: Vec<u8>,
    profiles: Vec<u8>,
}

impl Columns {
    fn new(rows: &[Row]) -> Columns {
        let twins = twins(rows);
        let mut columns = Columns::default();
        let mut known: HashMap<Profile, u32> = HashMap::new();
        for row in rows {
            let next = known.len() as u32;
            let number = *known.entry(row.profile).or_insert_with(|| {
                row.profile.write(&mut columns.profiles);
                next
            });
            columns.numbers.extend(number.to_le_bytes());
            columns.bodies.push(row.norms[0][BODY]);
            row.shelve(twins.get(&row.twins).copied().unwrap_or(0), &mut columns.rows);
        }
        columns
    }
}

/// The bodies that several articles share, numbered from 1.
fn twins(rows: &[Row]) -> HashMap<u64, u32> {
    let mut bodies: Vec<u64> = rows.iter().map(|row| row.twins).filter(|twins| *twins != 0).collect();
    bodies.sort_unstable();
    let shared = bodies.chunk_by(u64::eq).filter(|same| same.len() > 1);
    shared.zip(1..).map(|(same, number)| (same[0], number)).collect()
}

/// The table of a built index.
pub struct Table {
    articles: OwnedBytes,
    records: OwnedBytes,
    pub totals: Totals,
    /// The article of each passage; empty where each article is one passage.
    owner: Vec<u32>,
}

impl Table {
    /// Maps both files; None if they do not belong together.
    pub fn open(dir: &Path) -> tantivy::Result<Option<Table>> {
        let folder = MmapDirectory::open(dir)?;
        let map = |name: &str| -> tantivy::Result<OwnedBytes> { Ok(folder.open_read(Path::new(name))?.read_bytes()?) };
        let (articles, records) = (map(ARTICLES)?, map(PASSAGES)?);
        let Some(head) = articles.first_chunk::<HEAD>().copied().filter(|head| head.starts_with(MAGIC)) else {
            return Ok(None);
        };
        let figure = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| head[at + i]));
        let (count, passages, traits, profiles) = (figure(8), figure(16), figure(24), figure(40));
        let tokens =
            std::array::from_fn(|kind| std::array::from_fn(|part| figure(TOKENS + (kind * PARTS.len() + part) * 8)));
        let bytes = HEAD + count as usize * ARTICLE + profiles as usize * PROFILE;
        if articles.len() != bytes || u32::try_from(passages).is_err() {
            return Ok(None);
        }
        let totals = Totals {
            articles: count,
            passages,
            tokens,
            newest: figure(32) as u32,
            is_placed: traits & PLACED != 0,
            is_dated: traits & DATED != 0,
        };
        let mut table = Table { articles, records, totals, owner: vec![] };
        if count != passages {
            table.owner = Vec::with_capacity(passages as usize);
            for article in 0..count as u32 {
                table.owner.resize(table.span(article).end as usize, article);
            }
        }
        Ok(Some(table))
    }

    /// Whether both files have the bytes that were written.
    pub fn is_intact(&self) -> bool {
        let (sums, rows) = self.articles.split_at(HEAD);
        let (head, sum) = sums.split_at(HEAD - 32);
        let mut hash = Sha256::new();
        for bytes in [&self.records[..], head, rows] {
            hash.update(bytes);
        }
        hash.finalize()[..] == *sum
    }

    /// Number of articles.
    pub fn articles(&self) -> usize {
        self.totals.articles as usize
    }

    /// Number of passages.
    pub fn passages(&self) -> usize {
        self.totals.passages as usize
    }

    /// The length of an article's body in words, in tantivy's one-byte scale.
    pub fn body(&self, article: u32) -> u8 {
        self.articles[HEAD + self.articles() * (ROW + 4) + article as usize]
    }

    /// An article's region, topics, dates and authority.
    pub fn profile(&self, article: u32) -> Profile {
        let number = short(&self.articles, HEAD + self.articles() * ROW + article as usize * 4);
        let at = HEAD + self.articles() * ARTICLE + number as usize * PROFILE;
        self.articles.get(at..at + PROFILE).map(Profile::read).unwrap_or_default()
    }

    /// An article's row; articles are numbered in the order of building.
    pub fn row(&self, article: u32) -> Row {
        let row = self.shelved(article);
        Row {
            profile: self.profile(article),
            records: long(row, 0),
            twins: u64::from(short(row, 8)),
            first: short(row, FIRST),
            norms: norms(row, 16),
        }
    }

    fn shelved(&self, article: u32) -> &[u8] {
        let at = HEAD + article as usize * ROW;
        &self.articles[at..at + ROW]
    }

    /// Number of an article's first passage.
    pub fn first(&self, article: u32) -> u32 {
        short(self.shelved(article), FIRST)
    }

    /// The article of a passage.
    pub fn owner(&self, passage: u32) -> u32 {
        self.owner.get(passage as usize).copied().unwrap_or(passage)
    }

    /// Whether each article is one passage, so that both have the same numbers.
    pub fn is_flat(&self) -> bool {
        self.owner.is_empty()
    }

    /// The passages of an article.
    pub fn span(&self, article: u32) -> std::ops::Range<u32> {
        let next = article as usize + 1;
        let end = if next < self.articles() { self.first(next as u32) } else { self.passages() as u32 };
        self.first(article)..end
    }

    /// The records of an article's passages, in order; those of the articles after it follow.
    pub fn records(&self, article: u32) -> &[u8] {
        self.records.get(long(self.shelved(article), 0) as usize..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_they_were_written() {
        let dir = tempfile::tempdir().expect("a folder");
        let shared = Profile { region: RegionCode::parse("440300").expect("a code"), topics: 5, ..Profile::default() };
        let own = Profile { published: 20250131, effective_from: 20250201, authority: 7, ..shared };
        let rows =
            [(shared, 9), (own, 9), (shared, 8)].map(|(profile, twins)| Row { profile, twins, ..Row::default() });
        let lengths: Lengths = [[1, 2, 3, 4], [5, 6, 7, 8]];
        let writers = [&rows[..2], &rows[2..]].into_iter().enumerate().map(|(part, rows)| {
            let mut writer = Writer::create(dir.path().join(part.to_string())).expect("a file");
            for row in rows {
                writer.add(row.with_lengths(&lengths), &[part as u8; 3], 2, &lengths).expect("it is written");
            }
            writer
        });
        let totals = finish(dir.path(), writers.collect()).expect("it is written");
        assert_eq!((totals.articles, totals.passages, totals.newest), (3, 6, 20250131));
        assert!(totals.is_placed && totals.is_dated);

        let table = Table::open(dir.path()).expect("it is read").expect("it is whole");
        assert!(table.is_intact());
        // Bodies that several articles share are numbered, the others have no number.
        for (article, (row, twins)) in rows.iter().zip([1, 1, 0]).enumerate() {
            let (first, records) = (article as u32 * 2, article as u64 * 3);
            let wanted = Row { twins, first, records, ..row.with_lengths(&lengths) };
            assert_eq!(table.row(article as u32), wanted);
            assert_eq!(Row::from_bytes(&wanted.to_bytes()), Some(wanted));
            assert_eq!((table.span(article as u32), table.owner(first + 1)), (first..first + 2, article as u32));
        }
        assert_eq!(table.records(2), [1; 3]);
        let kept = HEAD + 3 * ARTICLE + 2 * PROFILE;
        assert_eq!(table.articles.len(), kept, "a shared profile is kept once");
    }
}
