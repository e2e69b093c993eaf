//! The table of articles: for each a row of fixed size with its filters, its lengths and the place of its records.
//!
//! Two files beside the search library's own, mapped into memory like them: `articles.bin`, a head, the rows and then the
//! lengths of the bodies, a byte each, which are looked at for far more articles than the rest; and `passages.bin`, the
//! records of [`super::record`]. The head ends with the SHA-256 of everything else.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tantivy::Directory;
use tantivy::directory::{MmapDirectory, OwnedBytes};
use tantivy::fieldnorm::FieldNormReader;

use super::schema::{BODY, PARTS};

/// Kinds of terms: words and grams.
pub const KINDS: usize = 2;
/// Words and grams of an article, by kind and part.
pub type Lengths = [[u32; PARTS.len()]; KINDS];

const ARTICLES: &str = "articles.bin";
const PASSAGES: &str = "passages.bin";
const MAGIC: &[u8; 8] = b"yiwen\0\0\x01";
/// Magic, articles, passages, what some article has, the newest day of publication, tokens by kind and part, SHA-256 of rows and records.
const HEAD: usize = 8 + 8 + 8 + 8 + 8 + KINDS * PARTS.len() * 8 + 32;
/// Bytes of a row; see [`Row::write`].
const ROW: usize = 56;
/// Bytes copied at a time.
const BUFFER: usize = 1 << 18;
/// What some article has.
const PLACED: u64 = 1;
const DATED: u64 = 2;

/// What is kept of an article for filtering and scoring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Number of its first passage.
    pub first: u32,
    /// The region's code as a number.
    pub region: u32,
    /// One bit for each topic of the list in `generation.json`.
    pub topics: u64,
    /// Dates as numbers, 2025-01-31 → 20250131; 0 for none.
    pub published: u32,
    pub effective_from: u32,
    pub effective_to: u32,
    /// Articles with the same title and body, place names aside, share a number; 0 for one that has no such twin.
    pub twins: u64,
    /// Twice the index of the level in `Level`'s order, and one more where the source was truncated.
    pub authority: u8,
    /// Lengths of the whole article in tantivy's one-byte scale, by kind and part.
    pub norms: [[u8; PARTS.len()]; KINDS],
    /// Where its records begin; filled in when it is written, like `first`.
    pub records: u64,
}

impl Row {
    /// The row with these lengths.
    pub fn with_lengths(self, tokens: &Lengths) -> Row {
        Row { norms: tokens.map(|parts| parts.map(FieldNormReader::fieldnorm_to_id)), ..self }
    }

    /// The row as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(ROW);
        self.write(&mut bytes);
        bytes
    }

    /// What [`Row::to_bytes`] gave; None of other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Row> {
        (bytes.len() == ROW).then(|| Row::read(bytes))
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.records.to_le_bytes());
        out.extend(self.topics.to_le_bytes());
        out.extend(self.twins.to_le_bytes());
        for figure in [self.first, self.region, self.published, self.effective_from, self.effective_to] {
            out.extend(figure.to_le_bytes());
        }
        out.extend(self.norms.as_flattened());
        out.extend([self.authority, 0, 0, 0]);
    }

    /// Reads a row of [`ROW`] bytes.
    fn read(row: &[u8]) -> Row {
        let short = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| row[at + i]));
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| row[at + i]));
        Row {
            records: long(0),
            topics: long(8),
            twins: long(TWINS),
            first: short(24),
            region: short(28),
            published: short(32),
            effective_from: short(36),
            effective_to: short(40),
            norms: std::array::from_fn(|kind| std::array::from_fn(|part| row[44 + kind * PARTS.len() + part])),
            authority: row[52],
        }
    }
}

/// Gathers the rows and records of neighbouring articles; several writers together make the table.
pub struct Writer {
    path: PathBuf,
    records: BufWriter<File>,
    rows: Vec<u8>,
    bodies: Vec<u8>,
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
            newest: row.published,
            is_placed: row.region != 0,
            is_dated: row.effective_from != 0 || row.effective_to != 0,
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
        Ok(Writer { path, records, rows: vec![], bodies: vec![], written: 0, totals: Totals::default() })
    }

    /// Adds an article: its row, in which the places are filled in here, its records, how many they are, and its words
    /// and grams by part.
    pub fn add(&mut self, row: Row, records: &[u8], passages: usize, tokens: &Lengths) -> io::Result<()> {
        self.bodies.push(row.norms[0][BODY]);
        Row { first: self.totals.passages as u32, records: self.written, ..row }.write(&mut self.rows);
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
    let (mut rows, mut bodies, mut totals) = (vec![], vec![], Totals::default());
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
        for row in writer.rows.chunks_exact(ROW).map(Row::read) {
            let first = row.first + totals.passages as u32;
            Row { first, records: row.records + written, ..row }.write(&mut rows);
        }
        bodies.extend(writer.bodies);
        totals.add(&writer.totals);
        written += writer.written;
    }
    records.flush()?;
    forget_single(&mut rows);
    let mut head = MAGIC.to_vec();
    let traits = (PLACED * u64::from(totals.is_placed)) | (DATED * u64::from(totals.is_dated));
    for figure in [totals.articles, totals.passages, traits, u64::from(totals.newest)] {
        head.extend(figure.to_le_bytes());
    }
    head.extend(totals.tokens.as_flattened().iter().flat_map(|sum| sum.to_le_bytes()));
    for bytes in [&head, &rows, &bodies] {
        hash.update(bytes);
    }
    head.extend(hash.finalize());
    let mut file = File::create(dir.join(ARTICLES))?;
    for bytes in [&head, &rows, &bodies] {
        file.write_all(bytes)?;
    }
    Ok(totals)
}

/// Where [`Row::twins`] stands in a row.
const TWINS: usize = 16;

/// Takes the number of its body from every article that shares it with none.
fn forget_single(rows: &mut [u8]) {
    let mut bodies: Vec<u64> = rows.chunks_exact(ROW).map(|row| Row::read(row).twins).collect();
    bodies.sort_unstable();
    for row in rows.chunks_exact_mut(ROW) {
        let own = Row::read(row).twins;
        let first = bodies.partition_point(|body| *body < own);
        if bodies.get(first + 1) != Some(&own) {
            row[TWINS..TWINS + 8].fill(0);
        }
    }
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
        let (count, passages, traits) = (figure(8), figure(16), figure(24));
        let tokens =
            std::array::from_fn(|kind| std::array::from_fn(|part| figure(40 + (kind * PARTS.len() + part) * 8)));
        if articles.len() != HEAD + count as usize * (ROW + 1) || u32::try_from(passages).is_err() {
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
        self.articles[HEAD + self.articles() * ROW + article as usize]
    }

    /// An article's row; articles are numbered in the order of building.
    pub fn row(&self, article: u32) -> Row {
        let at = HEAD + article as usize * ROW;
        Row::read(&self.articles[at..at + ROW])
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
        let end = if next < self.articles() { self.row(next as u32).first } else { self.passages() as u32 };
        self.row(article).first..end
    }

    /// The records of an article's passages, in order; those of the articles after it follow.
    pub fn records(&self, row: &Row) -> &[u8] {
        self.records.get(row.records as usize..).unwrap_or_default()
    }
}
