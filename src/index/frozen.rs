//! A built index as the search library reads it: nothing in it ever changes, so nothing is locked, watched or written.
//!
//! The library's own folder writes a lock even to read, which a read-only disk refuses; an index built elsewhere may well
//! lie on one.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::Index;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, WatchCallback, WatchHandle, WritePtr,
};

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
    Index::open(Frozen(MmapDirectory::open(dir)?))
}

#[derive(Clone, Debug)]
struct Frozen(MmapDirectory);

/// What writing is answered with.
fn refused() -> io::Error {
    io::ErrorKind::ReadOnlyFilesystem.into()
}

impl Directory for Frozen {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.0.get_file_handle(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.0.exists(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.0.atomic_read(path)
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
