//! What is indexed: a plain article, whether it comes from the corpus or from an evaluation set.

use std::collections::HashMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::corpus::article::Article;
use crate::region::RegionCode;
use crate::rules::parameters::Level;

/// An article as the index takes it.
#[derive(Clone, Debug)]
pub struct IndexDocument {
    pub id: String,
    pub title: String,
    pub questions: Vec<String>,
    /// Byte for byte; passages are ranges of it.
    pub text: String,
    pub region: RegionCode,
    pub topics: Vec<String>,
    pub published: Option<Date>,
    pub effective_from: Option<Date>,
    pub effective_to: Option<Date>,
    pub level: Level,
    pub truncated: bool,
    pub source: Card,
}

/// What is stored of an article for showing, once for all its passages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub id: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

impl IndexDocument {
    /// A document of an evaluation set: no place, no date, no curated question.
    pub fn plain(id: &str, title: &str, text: &str) -> IndexDocument {
        IndexDocument {
            id: id.to_owned(),
            title: title.to_owned(),
            questions: vec![],
            text: text.to_owned(),
            region: RegionCode::NATION,
            topics: vec![],
            published: None,
            effective_from: None,
            effective_to: None,
            level: Level::Secondary,
            truncated: false,
            source: Card { id: id.to_owned(), title: title.to_owned(), ..Card::default() },
        }
    }

    /// The articles of a corpus. An article that another one supersedes is no longer in force from the day the newer
    /// one takes effect.
    pub fn of(articles: &[Article]) -> Vec<IndexDocument> {
        let mut ends: HashMap<&str, Date> = HashMap::new();
        for newer in articles {
            let Some(day) = newer.effective_from.or(newer.published) else { continue };
            let Ok(last) = day.yesterday() else { continue };
            for old in &newer.supersedes {
                let end = ends.entry(old).or_insert(last);
                *end = last.min(*end);
            }
        }
        articles
            .iter()
            .map(|article| {
                let superseded = ends.get(article.id.as_str()).copied();
                IndexDocument {
                    effective_to: [article.effective_to, superseded].into_iter().flatten().min(),
                    ..IndexDocument::from(article)
                }
            })
            .collect()
    }
}

impl From<&Article> for IndexDocument {
    fn from(article: &Article) -> IndexDocument {
        IndexDocument {
            id: article.id.clone(),
            title: article.title.clone(),
            questions: article.questions.clone(),
            text: article.text.clone(),
            region: article.region,
            topics: article.topics.clone(),
            published: article.published,
            effective_from: article.effective_from,
            effective_to: article.effective_to,
            level: article.level,
            truncated: article.truncated,
            source: Card {
                id: article.id.clone(),
                title: article.title.clone(),
                questions: article.questions.clone(),
                source: article.source.title.clone(),
                url: article.source.url.clone(),
                document: article.source.document.clone(),
            },
        }
    }
}
