//! The index folder as a place on a disk that may be full, read-only or cut off at any moment.
//!
//! What is written here is written durably and put in its place by a rename, under a lock that dies with its process.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::{IndexError, SearchEngine};
use crate::corpus;

/// Marks what a build has not finished: `<what>.tmp-<process>`.
const UNFINISHED: &str = ".tmp-";
const LOCK: &str = ".lock";
/// A corpus that is being saved is copied again so often.
const COPIES: usize = 5;

/// The name under which this process builds what is to become `what`.
pub(super) fn unfinished(what: &str) -> String {
    format!("{what}{UNFINISHED}{}", std::process::id())
}

/// Whether a name is that of something unfinished.
pub(super) fn is_unfinished(name: &str) -> bool {
    name.contains(UNFINISHED)
}

/// One build at a time, across processes; the lock goes with the process.
///
/// # Errors
/// `Locked` where another build runs.
pub(super) fn lock(index: &Path) -> Result<File, IndexError> {
    let path = index.join(LOCK);
    let file = File::options().create(true).write(true).truncate(false).open(&path).map_err(IndexError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(IndexError::Locked(index.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(IndexError::io(path)(error)),
    }
}

/// Removes what dead builds left. Called under the lock, so that no living build is hit.
pub(super) fn clean(index: &Path, engine: &SearchEngine) -> Result<(), IndexError> {
    for entry in fs::read_dir(index).map_err(IndexError::io(index))?.flatten() {
        if !is_unfinished(&entry.file_name().to_string_lossy()) {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            discard(&path, engine)?;
        } else {
            fs::remove_file(&path).map_err(IndexError::io(path))?;
        }
    }
    Ok(())
}

/// Removes a generation's folder and, before it, what its index has elsewhere: otherwise nobody would know of that.
pub(super) fn discard(generation: &Path, engine: &SearchEngine) -> Result<(), IndexError> {
    engine.remove(&generation.join("search"))?;
    fs::remove_dir_all(generation).map_err(IndexError::io(generation))
}

/// Copies what of a corpus the index depends on, and gives the hash of the copy. A file that is saved or taken away
/// meanwhile would be copied by half, so the copy is made again until it is what stands there.
pub(super) fn copy_corpus(from: &Path, to: &Path) -> Result<String, IndexError> {
    let mut last = None;
    for _ in 0..COPIES {
        if to.exists() {
            fs::remove_dir_all(to).map_err(IndexError::io(to))?;
        }
        fs::create_dir_all(to).map_err(IndexError::io(to))?;
        match copy_files(from, to) {
            Err(IndexError::Io { path, source }) if source.kind() == io::ErrorKind::NotFound => {
                last = Some(IndexError::Io { path, source });
                continue;
            }
            copied => copied?,
        }
        let hash = |dir: &Path| corpus::load::hash(dir).map_err(IndexError::io(dir));
        let copied = hash(to)?;
        if copied == hash(from)? {
            return Ok(copied);
        }
    }
    Err(last.unwrap_or_else(|| IndexError::Unsteady(from.to_owned())))
}

fn copy_files(from: &Path, to: &Path) -> Result<(), IndexError> {
    for name in corpus::load::files(from) {
        let (source, target) = (from.join(&name), to.join(&name));
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(IndexError::io(folder))?;
        }
        let bytes = fs::read(&source).map_err(IndexError::io(source))?;
        fs::write(&target, bytes).map_err(IndexError::io(&target))?;
    }
    Ok(())
}

/// Writes a file so that it outlives a power cut once this returns.
pub(super) fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), IndexError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(IndexError::io(path))
}

/// Makes names that were given in a folder outlive a power cut.
pub(super) fn sync_folder(path: &Path) -> Result<(), IndexError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(IndexError::io(path))
}

/// Makes every file below a folder outlive a power cut.
pub(super) fn sync_all(path: &Path) -> Result<(), IndexError> {
    for entry in fs::read_dir(path).map_err(IndexError::io(path))?.flatten() {
        if entry.path().is_dir() {
            sync_all(&entry.path())?;
        } else {
            sync_folder(&entry.path())?;
        }
    }
    sync_folder(path)
}
