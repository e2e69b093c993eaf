//! The questions that are replayed: read from rows, fit for every door, in an order of no meaning.

use std::path::Path;

use anyhow::{Result, bail};
use serde::Deserialize;

use crate::engine::QUESTION_CHARS;
use crate::eval::retrieval;
use crate::eval::seeded::Seeded;

/// A row that asks something.
#[derive(Deserialize)]
#[serde(try_from = "Row")]
struct Asked(String);

#[derive(Deserialize)]
struct Row {
    question: Option<String>,
    text: Option<String>,
}

impl TryFrom<Row> for Asked {
    type Error = &'static str;

    fn try_from(row: Row) -> Result<Asked, Self::Error> {
        row.question.or(row.text).map(Asked).ok_or("这一行没有 question,也没有 text")
    }
}

/// The questions of a file: one JSON object a line, with `question` or `text`.
///
/// # Errors
/// A file that cannot be read, and a line without a question, by file and line.
pub fn read(path: &Path) -> Result<Vec<String>> {
    retrieval::rows(path, |Asked(question)| question)
}

/// Those that the service takes, shuffled the same way in every run: a load that gets through a part of them only has
/// asked a fair sample.
///
/// # Errors
/// None is left.
pub fn fair(mut questions: Vec<String>, from: &Path) -> Result<Vec<String>> {
    questions.retain(|question| !question.trim().is_empty() && question.chars().count() <= QUESTION_CHARS);
    if questions.is_empty() {
        bail!("{}:没有可问的问题;每个问题 1 至 {QUESTION_CHARS} 个字", from.display());
    }
    Seeded(0).shuffle(&mut questions);
    Ok(questions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_questions_in_the_same_order() {
        let all: Vec<String> = (0..50).map(|n| format!("第{n}问")).collect();
        let asked = |questions: &[String]| fair(questions.to_vec(), Path::new("here")).unwrap();
        let once = asked(&all);
        assert_ne!(once, all);
        assert_eq!(once, asked(&all));
        let mut sorted = once.clone();
        sorted.sort();
        let mut wanted = all;
        wanted.sort();
        assert_eq!(sorted, wanted);
        let odd = [" ".to_owned(), "断".repeat(QUESTION_CHARS + 1), "断缴".to_owned()];
        assert_eq!(asked(&odd), ["断缴"]);
        assert!(fair(vec![" ".to_owned()], Path::new("here")).unwrap_err().to_string().starts_with("here:"));
    }
}
