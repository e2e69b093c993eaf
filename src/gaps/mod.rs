//! What citizens asked that got no good answer, and what they said of the answers: kept for the people who keep the corpus.
//!
//! An [`Entry`] is one question as it was answered, masked ([`mask`]) before anything is stored. The [`Recorder`] of a
//! running service hands entries to one writing thread, so that no answer ever waits for the disk; a post of feedback
//! waits until it is on the disk, because it is acknowledged. The [`store`] is one SQLite file beside the index, bounded
//! in rows and age. [`group`] puts near-identical questions together, [`export`] makes rows for new articles of them.
//!
//! **Invariant:** nothing is stored that was not masked, and answering goes on whatever becomes of the file.

mod entry;
pub mod export;
mod group;
mod mask;
mod recent;
mod recorder;
mod store;

pub use entry::{Entry, Found, Lacking, Reason};
pub use group::{Group, group};
pub use mask::mask;
pub use recorder::{Recorder, Refused};
pub use store::{Feedback, Limits, Recorded, Store, StoreError, Write};
