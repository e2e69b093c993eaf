//! Quickwit as the engine that holds the passages: what one machine can no longer hold, a cluster over object storage can.
//!
//! `client` speaks HTTP with retries and a `breaker`, `document` says what is sent of an article and how it is mapped,
//! `frequencies` keeps how many passages hold each key, `build` fills one index a generation, `search` asks it. A
//! generation's folder holds what ranking must know of all articles together; the articles are in Quickwit. Its index is
//! never changed after the build: no update and no delete by id is needed.

mod breaker;
pub mod build;
pub mod client;
mod document;
mod frequencies;
mod place;
pub mod search;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub use place::{Place, is_in, name_of};

/// How a Quickwit server is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// Of its REST interface, without a slash at the end.
    pub url: String,
    /// Every index of ours begins with it.
    pub prefix: String,
    /// A question waits no longer for it, retries included.
    pub timeout: Duration,
    /// The `Authorization` header, for a proxy in front of it.
    pub authorization: Option<String>,
    /// A PEM file of the authorities that are believed instead of the public ones.
    pub authorities: Option<PathBuf>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { url, prefix, timeout, authorities, .. } = self;
        write!(f, "Settings {{ {url:?}, {prefix:?}, {timeout:?}, {authorities:?} }}")
    }
}
