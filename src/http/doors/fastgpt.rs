//! FastGPT's API file library, `/fastgpt/v1/file/…`: regions as folders, articles as files.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::corpus::article::Article;
use crate::http::input::{ForeignBody, FromQuery, Input};
use crate::http::problem::{Kind, Problem, Shape};
use crate::http::state::{App, Live, Shared};
use crate::http::{JSON, QueryParameter, Route, Takes, required};
use crate::region::RegionCode;

const ID: &[QueryParameter] = &[required("id", Takes::Text, "文章编号")];

const fn route(method: &'static str, path: &'static str, id: &'static str, summary: &'static str) -> Route {
    Route {
        method,
        path,
        id,
        summary,
        query: ID,
        body: None,
        answer: (JSON, "FastGptReply"),
        status: 200,
        handler: || get(list),
    }
}

pub const ROUTES: &[Route] = &[
    Route {
        query: &[],
        body: Some("FastGptList"),
        handler: || post(list),
        ..route("POST", "/fastgpt/v1/file/list", "fastgptList", "FastGPT 文件库:目录,地区是文件夹,文章是文件")
    },
    Route {
        handler: || get(content),
        ..route("GET", "/fastgpt/v1/file/content", "fastgptContent", "FastGPT 文件库:一篇的正文")
    },
    Route {
        handler: || get(read),
        ..route("GET", "/fastgpt/v1/file/read", "fastgptRead", "FastGPT 文件库:一篇的网址")
    },
    Route {
        handler: || get(detail),
        ..route("GET", "/fastgpt/v1/file/detail", "fastgptDetail", "FastGPT 文件库:一篇在目录里的样子")
    },
];

/// Errors in FastGPT's envelope.
pub const ERRORS: Shape = Shape { media: JSON, schema: "FastGptReply", write: error };

fn error(problem: &Problem, _: &str) -> (StatusCode, Vec<u8>) {
    let code = problem.status().as_u16();
    let body = json!({"code": code, "success": false, "message": problem.detail, "data": null});
    (problem.status(), body.to_string().into_bytes())
}

fn envelope(data: Value) -> Json<Value> {
    Json(json!({"code": 200, "success": true, "message": "", "data": data}))
}

fn file(article: &Article) -> Value {
    let time = format!("{}T00:00:00.000Z", article.reviewed_on);
    json!({
        "id": article.id, "parentId": article.region, "type": "file", "name": article.title, "hasChild": false,
        "updateTime": time, "createTime": time,
    })
}

fn folder(live: &Live, code: RegionCode) -> Value {
    let time = &live.engine.snapshot.generation.built_at;
    json!({
        "id": code, "parentId": null, "type": "folder", "name": live.engine.snapshot.corpus.law.regions.name(code),
        "hasChild": true, "updateTime": time, "createTime": time,
    })
}

async fn list(State(app): State<Shared>, ForeignBody(body): ForeignBody) -> Result<Json<Value>, Problem> {
    let live = app.live()?;
    let articles = &live.engine.snapshot.corpus.articles;
    let mut input = if body.is_null() { Input::default() } else { Input::of(body)? };
    let parent = input.text("parentId").filter(|id| !id.is_empty());
    let key = input.text("searchKey").filter(|key| !key.trim().is_empty());
    input.finish_foreign()?;
    let listed: Vec<Value> = match (parent, key) {
        (_, Some(key)) => articles.iter().filter(|a| a.title.contains(key.trim())).map(file).collect(),
        (Some(parent), None) => articles.iter().filter(|a| a.region.to_string() == parent).map(file).collect(),
        (None, None) => {
            let codes: std::collections::BTreeSet<RegionCode> = articles.iter().map(|a| a.region).collect();
            codes.into_iter().map(|code| folder(&live, code)).collect()
        }
    };
    Ok(envelope(listed.into()))
}

/// The article that the query names.
fn named(live: &Live, mut input: Input) -> Result<&Article, Problem> {
    let id = input.text("id").unwrap_or_default();
    input.finish_foreign()?;
    live.article(&id).ok_or_else(|| Problem::new(Kind::UnknownArticle, "没有这个编号的文件;编号见 /v1/file/list"))
}

async fn content(State(app): State<Shared>, FromQuery(input): FromQuery) -> Result<Json<Value>, Problem> {
    let live = app.live()?;
    let article = named(&live, input)?;
    Ok(envelope(json!({"title": article.title, "content": article.text})))
}

async fn read(
    State(app): State<Shared>,
    headers: HeaderMap,
    FromQuery(input): FromQuery,
) -> Result<Json<Value>, Problem> {
    let live = app.live()?;
    let article = named(&live, input)?;
    let here = || format!("{}/v1/articles/{}", base(&app, &headers), article.id);
    Ok(envelope(json!({"url": article.source.url.clone().unwrap_or_else(here)})))
}

/// Where this service is reached: as configured, else as it was called.
fn base(app: &App, headers: &HeaderMap) -> String {
    let host = || headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("localhost");
    app.public_url.clone().unwrap_or_else(|| format!("http://{}", host()))
}

async fn detail(State(app): State<Shared>, FromQuery(input): FromQuery) -> Result<Json<Value>, Problem> {
    let live = app.live()?;
    Ok(envelope(file(named(&live, input)?)))
}
