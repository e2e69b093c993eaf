//! The vectors of a set of articles: made once, kept in 8 bits a figure, searched exactly.
//!
//! An article has a row for each of its texts. A row carries the hash of what it was made from, so that the next build
//! takes it over and encodes only what is new.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::ModelError;
use super::encoder::{Encoder, Role};
use super::kernel::{self, Inputs, Lanes, Matrix, Task, shorten};

const MAGIC: &[u8; 4] = b"YWV2";
/// Bytes of a row's hash.
const HASH: usize = 16;

/// A text to be encoded.
pub type Text = (Role, String);

/// Vectors as they are kept, with what they were made from.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// The model's.
    identity: String,
    width: usize,
    /// First row of each article, and the end.
    starts: Vec<u32>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    hash: [u8; HASH],
    is_question: bool,
    scale: f32,
    figures: Vec<i8>,
}

impl Store {
    /// Encodes the texts of each article; those that `old` has are taken over. `progress` gets texts done and in all,
    /// both without what was taken over.
    pub fn build(encoder: &Encoder, articles: &[Vec<Text>], old: Store, progress: &(dyn Fn(u64, u64) + Sync)) -> Store {
        let usable = old.identity == encoder.identity() && old.width == encoder.width();
        let known: HashMap<[u8; HASH], Row> =
            old.rows.into_iter().filter(|_| usable).map(|row| (row.hash, row)).collect();
        let mut starts = vec![0u32];
        starts.extend(articles.iter().scan(0u32, |end, texts| {
            *end += texts.len() as u32;
            Some(*end)
        }));
        let texts: Vec<(&Text, [u8; HASH])> = articles.iter().flatten().map(|text| (text, hash(text))).collect();
        let new = texts.iter().filter(|(_, hash)| !known.contains_key(hash)).count() as u64;
        let done = AtomicU64::new(0);
        let rows = texts
            .par_iter()
            .map(|((role, text), hash)| {
                known.get(hash).cloned().unwrap_or_else(|| {
                    let (figures, scale) = shorten(&encoder.encode(*role, text));
                    progress(done.fetch_add(1, Ordering::Relaxed) + 1, new);
                    Row { hash: *hash, is_question: *role == Role::Question, scale, figures }
                })
            })
            .collect();
        Store { identity: encoder.identity().to_owned(), width: encoder.width(), starts, rows }
    }

    /// Number of vectors.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Writes them to a file, to the disk.
    pub fn write(&self, path: &Path) -> Result<(), ModelError> {
        let write = || {
            let mut file = BufWriter::new(Sealing::new(File::create(path)?));
            file.write_all(MAGIC)?;
            for number in [self.identity.len(), self.width, self.starts.len(), self.rows.len()] {
                file.write_all(&(number as u32).to_le_bytes())?;
            }
            file.write_all(self.identity.as_bytes())?;
            for start in &self.starts {
                file.write_all(&start.to_le_bytes())?;
            }
            for row in &self.rows {
                file.write_all(&row.hash)?;
                file.write_all(&[u8::from(row.is_question)])?;
                file.write_all(&row.scale.to_le_bytes())?;
                let figures: Vec<u8> = row.figures.iter().map(|f| f.cast_unsigned()).collect();
                file.write_all(&figures)?;
            }
            let Sealing { mut inner, hasher } = file.into_inner().map_err(|e| e.into_error())?;
            inner.write_all(&hasher.finalize())?;
            inner.sync_all()
        };
        write().map_err(ModelError::io(path))
    }

    /// Reads a file that [`Store::write`] wrote.
    pub fn read(path: &Path) -> Result<Store, ModelError> {
        let file = File::open(path).map_err(ModelError::io(path))?;
        let mut file = Sealing::new(BufReader::with_capacity(1 << 16, file));
        let mut read = || -> std::io::Result<Option<Store>> {
            if file.array()? != *MAGIC {
                return Ok(None);
            }
            let mut sizes = [0usize; 4];
            for size in &mut sizes {
                *size = u32::from_le_bytes(file.array()?) as usize;
            }
            let [length, width, articles, rows] = sizes;
            let mut store = Store { width, ..Store::default() };
            store.identity = String::from_utf8_lossy(&file.bytes(length)?).into_owned();
            for _ in 0..articles {
                store.starts.push(u32::from_le_bytes(file.array()?));
            }
            for _ in 0..rows {
                let (hash, is_question) = (file.array()?, file.array()? == [1]);
                let scale = f32::from_le_bytes(file.array()?);
                let figures = file.bytes(width)?.into_iter().map(u8::cast_signed).collect();
                store.rows.push(Row { hash, is_question, scale, figures });
            }
            let found = file.hasher.clone().finalize();
            let whole = store.starts.is_sorted() && store.starts.last().is_none_or(|end| *end as usize == rows);
            Ok((file.array::<32>()?[..] == found[..] && whole).then_some(store))
        };
        match read() {
            Ok(Some(store)) => Ok(store),
            Ok(None) => Err(ModelError::Vectors(path.to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(ModelError::Vectors(path.to_owned()))
            }
            Err(error) => Err(ModelError::io(path)(error)),
        }
    }
}

fn hash((role, text): &Text) -> [u8; HASH] {
    let digest = Sha256::new().chain_update([*role as u8]).chain_update(text).finalize();
    std::array::from_fn(|i| digest[i])
}

/// Hashes what passes through.
struct Sealing<F> {
    inner: F,
    hasher: Sha256,
}

impl<F> Sealing<F> {
    fn new(inner: F) -> Sealing<F> {
        Sealing { inner, hasher: Sha256::new() }
    }
}

impl<F: Write> Write for Sealing<F> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

impl<F: Read> Sealing<F> {
    fn array<const N: usize>(&mut self) -> std::io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes)?;
        self.hasher.update(bytes);
        Ok(bytes)
    }

    /// So many bytes; no more memory is taken than the file has.
    fn bytes(&mut self, length: usize) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![];
        self.inner.by_ref().take(length as u64).read_to_end(&mut bytes)?;
        self.hasher.update(&bytes);
        if bytes.len() < length { Err(std::io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
    }
}

/// Vectors made ready for search.
pub struct Vectors {
    matrix: Matrix,
    width: usize,
    starts: Vec<u32>,
    /// Of each row.
    is_question: Vec<bool>,
    identity: String,
}

impl From<Store> for Vectors {
    fn from(store: Store) -> Vectors {
        let mut matrix = Matrix::new(store.width);
        store.rows.iter().for_each(|row| matrix.push(&row.figures, row.scale));
        let is_question = store.rows.iter().map(|row| row.is_question).collect();
        Vectors { matrix, width: store.width, starts: store.starts, is_question, identity: store.identity }
    }
}

impl Vectors {
    /// The model that they were made by.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Number of vectors.
    pub fn rows(&self) -> usize {
        self.matrix.rows()
    }

    /// The rows of an article, by its number in the order of building.
    pub fn of(&self, article: usize) -> std::ops::Range<usize> {
        match self.starts.get(article..article + 2) {
            Some(ends) => ends[0] as usize..ends[1] as usize,
            None => 0..0,
        }
    }

    /// Of each row, whether it is of a question, not of a passage.
    pub fn is_question(&self) -> &[bool] {
        &self.is_question
    }

    /// How near each row is to a vector: the cosine of their angle.
    pub fn nearness(&self, vector: &[f32]) -> Vec<f32> {
        let mut inputs = Inputs::default();
        inputs.take(vector, self.width);
        kernel::run(Search { matrix: &self.matrix, inputs: &inputs })
    }
}

struct Search<'s> {
    matrix: &'s Matrix,
    inputs: &'s Inputs,
}

impl Task for Search<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Vec<f32> {
        let mut output = vec![0.0; self.matrix.rows()];
        self.matrix.multiply(lanes, self.inputs, &mut output);
        output
    }
}
