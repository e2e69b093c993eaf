//! What has not been reviewed for long: articles and values past their day of review.
//!
//! An article is due at its own `review_by`, else so many months after `reviewed_on` as `review.toml` says; a value is due
//! at its own `review_by` alone, because nothing on file says when it was last looked at. A value that has ended with
//! nothing on file after it is listed too: a new notice may be out.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::ToSpan;
use jiff::civil::Date;

use super::article::Article;
use super::load::line_of;
use super::{Corpus, Problem, TomlFile, law};
use crate::region::RegionCode;
use crate::rules::parameters::{Datum, ParameterValue};

/// The corpus file of the rule of thumb; where there is none, only `review_by` counts.
pub const FILE: &str = "review.toml";

/// After how long things are to be reviewed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// Months after an article's `reviewed_on`.
    pub article_months: Option<u16>,
}

impl Review {
    /// The last day on which the article counts as reviewed.
    pub fn due(&self, article: &Article) -> Option<Date> {
        let months = || article.reviewed_on.checked_add(i32::from(self.article_months?).months()).ok();
        article.review_by.or_else(months)
    }
}

/// Reads `review.toml`.
pub fn read(corpus: &Path) -> (Review, Vec<Problem>) {
    let mut problems = vec![];
    if !corpus.join(FILE).exists() {
        return (Review::default(), problems);
    }
    let Some(text) = law::text(corpus, FILE, &mut problems) else { return (Review::default(), problems) };
    let mut file = TomlFile::new(FILE, &text, 1);
    let root = file.parse();
    file.only(&root, &["article_months"]);
    let months = file.entry(&root, "article_months").map(|(_, value)| {
        let months = value.get_ref().as_integer().and_then(|n| n.as_str().parse::<u16>().ok());
        (value.span().start, months.filter(|n| (1..=120).contains(n)))
    });
    if let Some((at, None)) = months {
        file.problem(at, "“article_months”应为 1 至 120 的整数(不加引号)");
    }
    problems.append(&mut file.problems);
    (Review { article_months: months.and_then(|(_, months)| months) }, problems)
}

/// Everything that is due before this day, in order of place.
pub fn stale(dir: &Path, corpus: &Corpus, at: Date) -> Vec<Problem> {
    let mut found = vec![];
    for article in &corpus.articles {
        let Some(due) = corpus.review.due(article).filter(|due| *due < at) else { continue };
        let line = line_of(&dir.join(&article.path), "reviewed_on");
        let message = format!(
            "“{}”最近一次核对是 {},应在 {due} 以前再核对;核对过的把 reviewed_on 改成核对的日期",
            article.title, article.reviewed_on
        );
        found.push(Problem { path: article.path.clone(), line, message });
    }
    for parameter in corpus.law.parameters.iter() {
        let mut series: BTreeMap<(RegionCode, &BTreeMap<String, String>), &ParameterValue> = BTreeMap::new();
        for value in &parameter.values {
            if let Some(due) = value.review_by.filter(|due| *due < at) {
                let message = format!("“{}”应在 {due} 以前核对;核对过的把 review_by 改成下次核对的日期", value.id);
                found.push(Problem { path: value.place.0.clone(), line: value.place.1, message });
            }
            let last = series.entry((value.region, &value.when)).or_insert(value);
            if value.from > last.from {
                *last = value;
            }
        }
        for value in series.into_values() {
            // Another row may speak for the same people from then on, or one for all people, or a new one of the
            // province or the nation that took the place's own over.
            let goes_on = |v: &&ParameterValue| {
                let after = if v.region == value.region {
                    v.to.is_none_or(|to| Some(to) > value.to)
                } else {
                    v.from > value.to
                };
                after
                    && value.region.chain().any(|place| place == v.region)
                    && v.when.iter().all(|(k, want)| value.when.get(k) == Some(want))
            };
            let ended = value.to.filter(|to| *to < at && value.datum != Datum::Unknown);
            if let Some(to) = ended.filter(|_| !parameter.values.iter().any(|v| goes_on(&v))) {
                let message = format!(
                    "“{}”({})到 {to} 为止,之后没有数值;请补上(corpus/README.md 第 2 件),查不到的写一条 value = \"unknown\"",
                    value.id,
                    corpus.law.regions.name(value.region)
                );
                found.push(Problem { path: value.place.0.clone(), line: value.place.1, message });
            }
        }
    }
    found.sort();
    found
}
