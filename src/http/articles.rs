//! `GET /v1/articles` and `/v1/articles/{id}`: what the corpus holds.

use axum::Json;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;

use super::input::{FromPath, FromQuery};
use super::problem::{Kind, Problem};
use super::state::{Live, Shared};
use super::{JSON, Route, Takes, optional};
use crate::answer::IndexInfo;
use crate::corpus::article::Article;
use crate::region::RegionCode;
use crate::retrieve::passage::Place;

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/articles",
        id: "listArticles",
        summary: "文章目录,分页",
        query: &[
            optional("region", Takes::Text, "只要这个地区的:名称或六位代码"),
            optional("topic", Takes::Topic, "只要这个主题的"),
            optional("limit", Takes::Count(1, 200), "一页几篇,1 至 200,默认 20"),
            optional("offset", Takes::Count(0, 1_000_000), "跳过前几篇"),
        ],
        body: None,
        answer: (JSON, "ArticleList"),
        status: 200,
        handler: || get(list),
    },
    Route {
        method: "GET",
        path: "/v1/articles/{*id}",
        id: "getArticle",
        summary: "一篇文章的全文",
        query: &[],
        body: None,
        answer: (JSON, "Article"),
        status: 200,
        handler: || get(one),
    },
];

/// An article without its text.
#[derive(Debug, Serialize)]
pub struct ArticleJson {
    pub id: String,
    pub title: String,
    pub region: Place,
    pub topics: Vec<String>,
    pub published: Option<String>,
    pub effective_from: Option<String>,
    pub effective_to: Option<String>,
    pub reviewed_on: String,
    /// official | secondary | seed | unverified
    pub level: &'static str,
    /// The source showed only the beginning.
    pub truncated: bool,
    pub source: SourceJson,
    #[serde(flatten)]
    pub whole: Option<Whole>,
}

/// What only the single article shows.
#[derive(Debug, Serialize)]
pub struct Whole {
    pub questions: Vec<String>,
    pub supersedes: Vec<String>,
    pub conflicts: Vec<String>,
    /// Markdown, byte for byte as written.
    pub text: String,
}

#[derive(Debug, Serialize)]
pub struct SourceJson {
    pub title: String,
    pub document: Option<String>,
    pub url: Option<String>,
    pub published: Option<String>,
}

/// A page of the list.
#[derive(Debug, Serialize)]
pub struct ArticleList {
    pub articles: Vec<ArticleJson>,
    pub total: usize,
    pub limit: usize,
    pub offset: usize,
    pub index: IndexInfo,
}

fn json(live: &Live, article: &Article, whole: bool) -> ArticleJson {
    let day = |date: Option<jiff::civil::Date>| date.map(|d| d.to_string());
    let source = &article.source;
    let name = |code: RegionCode| live.engine.snapshot.corpus.law.regions.name(code);
    ArticleJson {
        id: article.id.clone(),
        title: article.title.clone(),
        region: Place { code: article.region, name: name(article.region) },
        topics: article.topics.clone(),
        published: day(article.published),
        effective_from: day(article.effective_from),
        effective_to: day(article.effective_to),
        reviewed_on: article.reviewed_on.to_string(),
        level: article.level.name(),
        truncated: article.truncated,
        source: SourceJson {
            title: source.title.clone(),
            document: source.document.clone(),
            url: source.url.clone(),
            published: day(source.published),
        },
        whole: whole.then(|| Whole {
            questions: article.questions.clone(),
            supersedes: article.supersedes.clone(),
            conflicts: article.conflicts.clone(),
            text: article.text.clone(),
        }),
    }
}

async fn list(State(app): State<Shared>, FromQuery(mut input): FromQuery) -> Result<Json<ArticleList>, Problem> {
    let live = app.live()?;
    let corpus = &live.engine.snapshot.corpus;
    let region = input.region("region", &corpus.law.regions);
    let topic = input.topic("topic");
    let limit = input.count("limit", 20, 1..=200);
    let offset = input.count("offset", 0, 0..=1_000_000);
    input.finish()?;
    let wanted = |a: &&Article| {
        region.is_none_or(|r| a.region == r) && topic.as_ref().is_none_or(|topic| a.topics.contains(topic))
    };
    let total = corpus.articles.iter().filter(wanted).count();
    let page = corpus.articles.iter().filter(wanted).skip(offset).take(limit);
    let articles = page.map(|a| json(&live, a, false)).collect();
    Ok(Json(ArticleList { articles, total, limit, offset, index: live.engine.info() }))
}

/// The article with this id, text and all.
pub fn whole(live: &Live, id: &str) -> Result<ArticleJson, Problem> {
    let article = live.article(id).ok_or_else(|| {
        Problem::new(
            Kind::UnknownArticle,
            "没有这个编号的文章;编号形如 440300/arrears-back-payment,目录见 /v1/articles",
        )
    })?;
    Ok(json(live, article, true))
}

async fn one(State(app): State<Shared>, FromPath(id): FromPath) -> Result<Json<ArticleJson>, Problem> {
    Ok(Json(whole(&*app.live()?, &id)?))
}
