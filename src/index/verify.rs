//! A new index answers for itself: every title and curated question is asked before it goes into use.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use rayon::prelude::*;

use crate::corpus::article::Article;
use crate::retrieve::{Query, Retriever, Unavailable};
use crate::text::Folded;

/// How far down its own article may stand before the build is refused.
const FAR: usize = 10;

/// A title or question that did not find its own article first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    pub article: String,
    pub asked: String,
    /// Its own article's place, if it is among the first ten.
    pub rank: Option<usize>,
    /// The article that came first.
    pub first: Option<String>,
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.first.as_deref().unwrap_or("无");
        match self.rank {
            Some(rank) => write!(f, "“{}”应先找到 {},实为第 {rank};第一是 {first}", self.asked, self.article),
            None => write!(f, "“{}”找不到 {};第一是 {first}", self.asked, self.article),
        }
    }
}

/// What asking every title and question showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub asked: usize,
    /// Found, but not first: known collisions, to be looked at.
    pub behind: Vec<Miss>,
    /// Not found among the first ten: the build is refused.
    pub lost: Vec<Miss>,
}

/// Asks every title and curated question, in simplified and in traditional characters, in the article's own region.
///
/// # Errors
/// The engine does not answer.
pub fn verify(retriever: &Retriever, articles: &[Article]) -> Result<Report, Unavailable> {
    let reports: Vec<Report> =
        articles.par_iter().map(|article| ask_about(retriever, article)).collect::<Result<_, _>>()?;
    let mut all = Report::default();
    for report in reports {
        all.asked += report.asked;
        all.behind.extend(report.behind);
        all.lost.extend(report.lost);
    }
    Ok(all)
}

fn ask_about(retriever: &Retriever, article: &Article) -> Result<Report, Unavailable> {
    let mut report = Report::default();
    for asked in std::iter::once(&article.title).chain(&article.questions) {
        let traditional = traditional(asked);
        let both = [Some(asked.clone()), Some(traditional).filter(|t| t != asked)];
        for text in both.into_iter().flatten() {
            ask(retriever, article, text, &mut report)?;
        }
    }
    Ok(report)
}

fn ask(retriever: &Retriever, article: &Article, text: String, report: &mut Report) -> Result<(), Unavailable> {
    report.asked += 1;
    let query = Query { text: &text, region: Some(article.region), limit: FAR, ..Query::default() };
    let found = retriever.search(&query)?;
    let place = found.hits.iter().position(|hit| hit.article == article.id || hit.twins.contains(&article.id));
    if place == Some(0) {
        return Ok(());
    }
    let first = found.hits.first().map(|hit| hit.article.clone());
    let miss = Miss { article: article.id.clone(), asked: text, rank: place.map(|p| p + 1), first };
    match place {
        Some(_) => report.behind.push(miss),
        None => report.lost.push(miss),
    }
    Ok(())
}

/// For each simplified character, a traditional one that folds back to it.
static TRADITIONAL: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let mut table = HashMap::new();
    for c in '\u{4e00}'..='\u{9fff}' {
        if let [simple] = Folded::new(&c.to_string()).chars()
            && *simple != c
        {
            table.entry(*simple).or_insert(c);
        }
    }
    table
});

/// The text as a reader of traditional characters might type it.
fn traditional(text: &str) -> String {
    text.chars().map(|c| TRADITIONAL.get(&c).copied().unwrap_or(c)).collect()
}
