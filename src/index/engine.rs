//! Which engine holds the passages, and what is the same of all: build, open, remove.

use std::path::Path;

use super::build::{self, Plan};
use super::{Counts, IndexDocument, IndexError};
use crate::quickwit::{self, build::Patience};
use crate::retrieve::{Backend, Embedded};

/// The engine as the settings name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SearchEngine {
    /// In this process, files mapped into memory.
    #[default]
    Embedded,
    /// In a cluster.
    Quickwit(quickwit::Settings),
}

impl SearchEngine {
    /// Builds an index in a folder that exists and is empty. `generation` names it beyond the folder.
    ///
    /// # Errors
    /// Files that cannot be written; an engine elsewhere that does not answer. What there is of it is named by the folder.
    pub fn build(
        &self,
        dir: &Path,
        generation: &str,
        documents: Vec<IndexDocument>,
        plan: &Plan<'_>,
    ) -> Result<Counts, IndexError> {
        match self {
            SearchEngine::Embedded => build::build(dir, documents, plan),
            SearchEngine::Quickwit(settings) => {
                quickwit::build::build(dir, generation, &documents, plan, settings, Patience::default())
            }
        }
    }

    /// Opens the index of a folder.
    ///
    /// # Errors
    /// Files that cannot be read or are damaged; an index of another engine.
    pub fn open(&self, dir: &Path) -> Result<Box<dyn Backend>, IndexError> {
        if !self.holds(dir) {
            let names = [EMBEDDED, QUICKWIT];
            let [found, wanted] = if quickwit::is_in(dir) { [names[1], names[0]] } else { names };
            let (found, wanted) = (found.to_owned(), wanted.to_owned());
            return Err(IndexError::Foreign { path: dir.to_owned(), what: "检索引擎", found, wanted });
        }
        Ok(match self {
            SearchEngine::Embedded => Box::new(Embedded::open(dir)?),
            SearchEngine::Quickwit(settings) => Box::new(quickwit::search::Quickwit::open(dir, settings)?),
        })
    }

    /// Whether the index of this folder is this engine's.
    pub fn holds(&self, dir: &Path) -> bool {
        quickwit::is_in(dir) == matches!(self, SearchEngine::Quickwit(_))
    }

    /// Whether the files of an index have the bytes that were written. What is elsewhere looks after itself.
    pub fn is_intact(&self, dir: &Path) -> Result<bool, IndexError> {
        match self {
            SearchEngine::Embedded => build::is_intact(dir),
            SearchEngine::Quickwit(_) => Ok(true),
        }
    }

    /// Removes what the index of a folder has beyond the folder. One of another engine is left where it is.
    ///
    /// # Errors
    /// The engine does not answer.
    pub fn remove(&self, dir: &Path) -> Result<(), IndexError> {
        match self {
            SearchEngine::Quickwit(settings) if quickwit::is_in(dir) => quickwit::build::remove(dir, settings),
            _ => Ok(()),
        }
    }
}

/// The engines as the setting names them.
pub const EMBEDDED: &str = "embedded";
pub const QUICKWIT: &str = "quickwit";
