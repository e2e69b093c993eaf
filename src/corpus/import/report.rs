//! What an import did, for the clerk who ran it.

use std::fmt;

use serde_json::{Value, json};

use super::near::NearDuplicate;
use crate::corpus::Problem;

/// What one file gave, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    pub path: String,
    /// Articles of a whole text; teasers are not among them.
    pub articles: usize,
    /// Articles of which the source shows only the beginning.
    pub teasers: usize,
    /// Titles without a text.
    pub questions: usize,
    /// Lines and sentences left out as boilerplate.
    pub dropped: usize,
    /// Article files written, found unchanged, and given a second time in this run.
    pub written: usize,
    pub unchanged: usize,
    pub repeated: usize,
}

/// The whole import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that gave something, in the order read; those that gave nothing are among the problems.
    pub files: Vec<FileReport>,
    /// Titles that were not on file before.
    pub new_questions: usize,
    pub near_duplicates: Vec<NearDuplicate>,
    /// Decisions worth a look; they do not count against the import.
    pub notes: Vec<Problem>,
    pub problems: Vec<Problem>,
    pub dry_run: bool,
}

impl Report {
    /// 0 where every file was taken whole, 1 where anything was left out.
    pub fn exit_status(&self) -> u8 {
        u8::from(!self.problems.is_empty())
    }

    /// One figure over all files.
    pub fn total(&self, figure: impl Fn(&FileReport) -> usize) -> usize {
        self.files.iter().map(figure).sum()
    }

    /// The report as one JSON document.
    pub fn to_json(&self) -> Value {
        let place = |p: &Problem| json!({"path": p.path, "line": p.line, "message": p.message});
        let file = |f: &FileReport| {
            json!({
                "path": f.path, "articles": f.articles, "teasers": f.teasers, "questions": f.questions,
                "dropped": f.dropped, "written": f.written, "unchanged": f.unchanged, "repeated": f.repeated,
            })
        };
        let pair = |n: &NearDuplicate| json!({"one": n.one, "other": n.other, "at": [n.places.0, n.places.1], "percent": n.percent});
        json!({
            "files": self.files.iter().map(file).collect::<Vec<_>>(),
            "articles": self.total(|f| f.articles),
            "teasers": self.total(|f| f.teasers),
            "written": self.total(|f| f.written),
            "unchanged": self.total(|f| f.unchanged),
            "questions": self.total(|f| f.questions),
            "new_questions": self.new_questions,
            "near_duplicates": self.near_duplicates.iter().map(pair).collect::<Vec<_>>(),
            "notes": self.notes.iter().map(place).collect::<Vec<_>>(),
            "problems": self.problems.iter().map(place).collect::<Vec<_>>(),
            "dry_run": self.dry_run,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            let whole = file.articles + file.teasers;
            write!(f, "{}:文章 {whole} 篇", file.path)?;
            if file.teasers > 0 {
                write!(f, "(其中只有开头的 {} 篇)", file.teasers)?;
            }
            if file.questions > 0 {
                write!(f, ",只有标题的问题 {} 个", file.questions)?;
            }
            if file.dropped > 0 {
                write!(f, ",去掉套话 {} 处", file.dropped)?;
            }
            if file.repeated > 0 {
                write!(f, ",与前面重复 {} 篇", file.repeated)?;
            }
            writeln!(f)?;
        }
        for note in &self.notes {
            writeln!(f, "说明 {note}")?;
        }
        for pair in &self.near_duplicates {
            let (one, other) = &pair.places;
            writeln!(f, "内容相近({}%):{one} 的 {} 与 {other} 的 {}", pair.percent, pair.one, pair.other)?;
        }
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        let (written, unchanged) = (self.total(|f| f.written), self.total(|f| f.unchanged));
        let verb = if self.dry_run { "将写入" } else { "写入" };
        write!(f, "{verb} {written} 篇,未变 {unchanged} 篇,新增问题 {} 个", self.new_questions)?;
        match self.problems.len() {
            0 => writeln!(f, "。"),
            n => writeln!(f, ",有 {n} 处没有收。"),
        }
    }
}
