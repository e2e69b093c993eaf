//! Completes what is being typed.

/// Titles and curated questions in memory.
pub struct Suggester;
