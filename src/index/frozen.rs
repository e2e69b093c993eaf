//! A built index as the search library reads it: nothing in it ever changes, so nothing is locked, watched or written.
//!
//! The library's own folder writes a lock even to read, which a read-only disk refuses; an index built elsewhere may well
//! lie on one.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, OwnedBytes, WatchCallback, WatchHandle, WritePtr,
};
use tantivy::{HasLen, Index};

/// The folder of the posting lists that one thread wrote.
pub fn part(dir: &Path, number: usize) -> PathBuf {
    dir.join(number.to_string())
}

/// All of them in order.
pub fn parts(dir: &Path) -> impl Iterator<Item = PathBuf> {
    (0..).map(move |number| part(dir, number)).take_while(|folder| folder.is_dir())
}

/// Opens built posting lists to read.
pub fn open(dir: &Path) -> tantivy::Result<Index> {
    Index::open(Frozen { folder: dir.to_owned(), mapped: MmapDirectory::open(dir)? })
}

#[derive(Clone, Debug)]
struct Frozen {
    folder: PathBuf,
    mapped: MmapDirectory,
}

/// Texts. Of these only the few that are shown are read, so they are no part of this process's memory.
const TEXTS: &str = "store";

/// A file that is read at request.
#[derive(Debug)]
struct Unmapped {
    file: File,
    bytes: usize,
}

impl Unmapped {
    fn open(path: &Path) -> io::Result<Unmapped> {
        let file = File::open(path)?;
        let bytes = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        Ok(Unmapped { file, bytes })
    }
}

impl HasLen for Unmapped {
    fn len(&self) -> usize {
        self.bytes
    }
}

impl FileHandle for Unmapped {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        let mut bytes = vec![0; range.len()];
        self.file.read_exact_at(&mut bytes, range.start as u64)?;
        Ok(OwnedBytes::new(bytes))
    }
}

/// What writing is answered with.
fn refused() -> io::Error {
    io::ErrorKind::ReadOnlyFilesystem.into()
}

impl Directory for Frozen {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        if path.extension().is_none_or(|kind| kind != TEXTS) {
            return self.mapped.get_file_handle(path);
        }
        match Unmapped::open(&self.folder.join(path)) {
            Ok(file) => Ok(Arc::new(file)),
            Err(error) => Err(OpenReadError::wrap_io_error(error, path.to_owned())),
        }
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.mapped.exists(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.mapped.atomic_read(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        Err(DeleteError::IoError { io_error: Arc::new(refused()), filepath: path.to_owned() })
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        Err(OpenWriteError::wrap_io_error(refused(), path.to_owned()))
    }

    fn atomic_write(&self, _: &Path, _: &[u8]) -> io::Result<()> {
        Err(refused())
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn acquire_lock(&self, _: &Lock) -> Result<DirectoryLock, LockError> {
        Ok(DirectoryLock::from(Box::new(())))
    }

    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}
