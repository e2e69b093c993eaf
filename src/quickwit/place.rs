//! What a generation's folder says of its index in Quickwit: `quickwit.json` and the frequencies of its keys.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::index::IndexError;
use crate::index::table::Totals;

const FILE: &str = "quickwit.json";

/// `quickwit.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The index in Quickwit.
    pub index: String,
    /// Once it is complete.
    pub totals: Option<Totals>,
    /// SHA-256 of the frequencies, in hexadecimal digits.
    pub frequencies: String,
}

impl Place {
    /// Reads it.
    ///
    /// # Errors
    /// It is not there, or not whole.
    pub fn read(dir: &Path) -> Result<Place, IndexError> {
        let path = dir.join(FILE);
        let text = fs::read(&path).map_err(IndexError::io(&path))?;
        serde_json::from_slice(&text)
            .map_err(|error| IndexError::Damaged { path, message: format!("索引的说明读不懂:{error}") })
    }

    pub(super) fn write(&self, dir: &Path) -> Result<(), IndexError> {
        let path = dir.join(FILE);
        fs::write(&path, serde_json::to_vec_pretty(self).unwrap_or_default()).map_err(IndexError::io(&path))
    }
}

/// Whether the index of this folder is in Quickwit.
pub fn is_in(dir: &Path) -> bool {
    dir.join(FILE).is_file()
}

/// The name of an index: letters, digits, `-`, `_` and `.` only, three at least.
pub fn name_of(prefix: &str, generation: &str) -> String {
    format!("{prefix}-{generation}")
}
