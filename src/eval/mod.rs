//! Measuring: question sets asked of the same code that answers users.

pub mod ablation;
pub mod answers;
pub mod compare;
pub mod passages;
pub mod readings;
pub mod report;
pub mod retrieval;
pub mod seeded;
