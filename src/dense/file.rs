//! The model's file: format `E5S1`, little endian, and a SHA-256 of all of it at its end.
//!
//! A header with the sizes, the vocabulary (pieces with their scores, and what characters are replaced by), a directory
//! of tensors by name, the tensors. Matrices are kept in blocks of 32 weights: a half-precision scale and 32 nibbles,
//! `(nibble - 8) × scale`, the first sixteen low, the other sixteen high. All else is `f32`.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::ModelError;

const MAGIC: &[u8; 4] = b"E5S1";
const VERSION: u32 = 1;
/// Weights of a block.
pub const BLOCK: usize = 32;
/// Bytes of a block.
pub const BLOCK_BYTES: usize = 18;
/// Tensors begin at multiples of this.
const ALIGNMENT: usize = 64;
/// Bytes of the seal.
const SEAL: usize = 32;

/// A model as its file has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelFile {
    pub shape: Shape,
    pub vocabulary: Vocabulary,
    pub tensors: BTreeMap<String, Tensor>,
}

/// The encoder's sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shape {
    /// Figures of a vector; a multiple of 32.
    pub width: usize,
    pub layers: usize,
    pub heads: usize,
    /// Figures between the two halves of a layer's second step; a multiple of 32.
    pub inner: usize,
    /// The longest text, in pieces.
    pub positions: usize,
    pub epsilon: f32,
}

/// The pieces that a text is cut into.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vocabulary {
    /// Each with its score.
    pub pieces: Vec<(Vec<u8>, f32)>,
    pub begin: u32,
    pub end: u32,
    pub padding: u32,
    pub unknown: u32,
    /// What a character becomes before cutting.
    pub folding: HashMap<char, String>,
}

/// The numbers of one tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Tensor {
    Plain(Vec<f32>),
    /// Blocks of [`BLOCK_BYTES`].
    Blocks(Vec<u8>),
}

/// Reads a sealed file.
pub fn open(path: &Path) -> Result<ModelFile, ModelError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(ModelError::Missing(path.to_owned())),
        Err(error) => return Err(ModelError::io(path)(error)),
    };
    let damaged = |what| ModelError::Damaged { path: path.to_owned(), what };
    let (body, seal) = bytes.split_last_chunk::<SEAL>().ok_or_else(|| damaged("太短"))?;
    if Sha256::digest(body)[..] != seal[..] {
        return Err(damaged("校验和不符"));
    }
    read(body).map_err(damaged)
}

/// Which model a sealed file holds, without reading it whole: its seal in hexadecimal.
pub fn identity(path: &Path) -> Result<Option<String>, ModelError> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ModelError::io(path)(error)),
    };
    let mut seal = [0u8; SEAL];
    let read = file.seek(SeekFrom::End(-(SEAL as i64))).and_then(|_| file.read_exact(&mut seal));
    read.map_err(|_| ModelError::Damaged { path: path.to_owned(), what: "太短" })?;
    Ok(Some(hexadecimal(&seal)))
}

/// Lower-case hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The bytes of a sealed file.
pub fn sealed(model: &ModelFile) -> Vec<u8> {
    let mut bytes = write(model);
    let seal = Sha256::digest(&bytes);
    bytes.extend_from_slice(&seal);
    bytes
}

/// Reads the format. The error says what is wrong with it.
pub fn read(bytes: &[u8]) -> Result<ModelFile, &'static str> {
    let mut cursor = Cursor { bytes, at: 0 };
    read_whole(&mut cursor).ok_or("比文件头所说的短")?
}

fn read_whole(cursor: &mut Cursor<'_>) -> Option<Result<ModelFile, &'static str>> {
    if cursor.take(4)? != MAGIC || cursor.u32()? != VERSION {
        return Some(Err("不是 E5S1 第 1 版"));
    }
    let (width, layers, heads, inner) = (cursor.size()?, cursor.size()?, cursor.size()?, cursor.size()?);
    let (_rows, positions, _types) = (cursor.u32()?, cursor.size()?, cursor.u32()?);
    let epsilon = cursor.f32()?;
    let shape = Shape { width, layers, heads, inner, positions, epsilon };
    let even = width > 0 && inner > 0 && width % BLOCK == 0 && inner % BLOCK == 0 && heads > 0 && width % heads == 0;
    if cursor.size()? != BLOCK || !even {
        return Some(Err("尺寸不合格式"));
    }
    let vocabulary = read_vocabulary(cursor)?;
    let count = cursor.size()?;
    let mut tensors = BTreeMap::new();
    for _ in 0..count {
        let length = usize::from(cursor.u16()?);
        let name = String::from_utf8_lossy(cursor.take(length)?).into_owned();
        let blocks = cursor.take(1)? == [1];
        let _figures = cursor.u32()?;
        let (start, length) = (usize::try_from(cursor.u64()?).ok()?, usize::try_from(cursor.u64()?).ok()?);
        let body = cursor.bytes.get(start..start.checked_add(length)?)?;
        let tensor = if blocks {
            Tensor::Blocks(body.to_vec())
        } else {
            Tensor::Plain(body.as_chunks::<4>().0.iter().map(|c| f32::from_le_bytes(*c)).collect())
        };
        tensors.insert(name, tensor);
    }
    Some(Ok(ModelFile { shape, vocabulary, tensors }))
}

fn read_vocabulary(cursor: &mut Cursor<'_>) -> Option<Vocabulary> {
    let count = cursor.size()?;
    let (begin, end, padding, unknown) = (cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?);
    let length = usize::try_from(cursor.u64()?).ok()?;
    let starts: Vec<usize> = (0..=count).map(|_| cursor.size()).collect::<Option<_>>()?;
    let scores: Vec<f32> = (0..count).map(|_| cursor.f32()).collect::<Option<_>>()?;
    let text = cursor.take(length)?;
    let pieces = starts
        .windows(2)
        .zip(scores)
        .map(|(pair, score)| Some((text.get(pair[0]..pair[1])?.to_vec(), score)))
        .collect::<Option<_>>()?;
    let (count, _bytes) = (cursor.size()?, cursor.u32()?);
    let mut folding = HashMap::new();
    for _ in 0..count {
        let from = char::from_u32(cursor.u32()?);
        let length = cursor.take(1)?[0];
        let to: Option<String> = (0..length).map(|_| char::from_u32(cursor.u32()?)).collect();
        if let (Some(from), Some(to)) = (from, to) {
            folding.insert(from, to);
        }
    }
    Some(Vocabulary { pieces, begin, end, padding, unknown, folding })
}

/// Writes the format.
pub fn write(model: &ModelFile) -> Vec<u8> {
    let (shape, vocabulary) = (&model.shape, &model.vocabulary);
    let mut out = Vec::new();
    let mut put = |bytes: &[u8]| out.extend_from_slice(bytes);
    put(MAGIC);
    let pieces = vocabulary.pieces.len();
    for number in [VERSION as usize, shape.width, shape.layers, shape.heads, shape.inner, pieces, shape.positions, 1] {
        put(&(number as u32).to_le_bytes());
    }
    put(&shape.epsilon.to_le_bytes());
    put(&(BLOCK as u32).to_le_bytes());
    for number in [pieces as u32, vocabulary.begin, vocabulary.end, vocabulary.padding, vocabulary.unknown] {
        put(&number.to_le_bytes());
    }
    let length: usize = vocabulary.pieces.iter().map(|(text, _)| text.len()).sum();
    put(&(length as u64).to_le_bytes());
    let mut start = 0u32;
    put(&start.to_le_bytes());
    for (text, _) in &vocabulary.pieces {
        start += text.len() as u32;
        put(&start.to_le_bytes());
    }
    vocabulary.pieces.iter().for_each(|(_, score)| put(&score.to_le_bytes()));
    vocabulary.pieces.iter().for_each(|(text, _)| put(text));
    let mut folding: Vec<(&char, &String)> = vocabulary.folding.iter().collect();
    folding.sort();
    let bytes: usize = folding.iter().map(|(_, to)| 5 + 4 * to.chars().count()).sum();
    put(&(folding.len() as u32).to_le_bytes());
    put(&(bytes as u32).to_le_bytes());
    for (from, to) in folding {
        put(&u32::from(*from).to_le_bytes());
        put(&[to.chars().count() as u8]);
        to.chars().for_each(|c| put(&u32::from(c).to_le_bytes()));
    }
    put(&(model.tensors.len() as u32).to_le_bytes());
    let entry = |name: &String| 2 + name.len() + 1 + 4 + 8 + 8;
    let mut at = out.len() + model.tensors.keys().map(entry).sum::<usize>();
    for (name, tensor) in &model.tensors {
        at = at.next_multiple_of(ALIGNMENT);
        let (kind, figures, length) = match tensor {
            Tensor::Plain(values) => (0, values.len(), values.len() * 4),
            Tensor::Blocks(bytes) => (1, bytes.len() / BLOCK_BYTES * BLOCK, bytes.len()),
        };
        out.extend_from_slice(&(name.len() as u16).to_le_bytes());
        out.extend_from_slice(name.as_bytes());
        out.push(kind);
        out.extend_from_slice(&(figures as u32).to_le_bytes());
        out.extend_from_slice(&(at as u64).to_le_bytes());
        out.extend_from_slice(&(length as u64).to_le_bytes());
        at += length;
    }
    for tensor in model.tensors.values() {
        out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
        match tensor {
            Tensor::Plain(values) => values.iter().for_each(|v| out.extend_from_slice(&v.to_le_bytes())),
            Tensor::Blocks(bytes) => out.extend_from_slice(bytes),
        }
    }
    out
}

/// The weights of some blocks.
pub fn unpack(blocks: &[u8]) -> impl Iterator<Item = f32> + '_ {
    blocks.as_chunks::<BLOCK_BYTES>().0.iter().flat_map(|block| {
        let scale = half(u16::from_le_bytes([block[0], block[1]]));
        let nibble = move |n: u8| f32::from(i16::from(n) - 8) * scale;
        let (low, high) = (block[2..].iter().map(|b| b & 15), block[2..].iter().map(|b| b >> 4));
        low.chain(high).map(nibble)
    })
}

/// A half-precision number.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    match exponent {
        0 => sign * fraction * 2f32.powi(-24),
        _ => sign * (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

/// Reads what is there; nothing beyond the end.
struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(self.u32()?).ok()
    }

    fn f32(&mut self) -> Option<f32> {
        Some(f32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }
}
