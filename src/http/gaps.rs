//! `GET /v1/gaps`: what was asked and not answered well, near-identical questions together; for whoever keeps the corpus.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::routing::get;
use serde::Serialize;

use super::feedback::recorder;
use super::input::FromQuery;
use super::problem::{Kind, Problem};
use super::state::Shared;
use super::{JSON, Route, Takes, optional};
use crate::gaps::{Group, Reason, Store, StoreError, group};

pub const ROUTES: &[Route] = &[Route {
    method: "GET",
    path: "/v1/gaps",
    id: "listGaps",
    summary: "没有答好的问题(需要管理密钥):相近的合在一起,带次数、最接近的资料、缺什么",
    query: &[
        optional("reason", Takes::Reason, "只看这一种:没有答案、缺数值、资料不贴切、缺条件、被评为没用"),
        optional("limit", Takes::Count(1, MOST), "最多多少组"),
        optional("offset", Takes::Count(0, FURTHEST), "从第几组起"),
    ],
    body: None,
    answer: (JSON, "Gaps"),
    status: 200,
    handler: || get(gaps),
}];

const LIMIT: usize = 20;
const MOST: u32 = 1_000;
const FURTHEST: u32 = 1_000_000;

/// A page of groups.
#[derive(Debug, Serialize)]
pub struct Gaps {
    pub gaps: Vec<Group>,
    /// Groups in all.
    pub total: usize,
    /// Posts of feedback by verdict, the forgotten ones aside.
    pub useful: i64,
    pub not_useful: i64,
}

async fn gaps(
    State(app): State<Shared>,
    headers: HeaderMap,
    FromQuery(mut input): FromQuery,
) -> Result<Json<Gaps>, Problem> {
    app.check_admin(headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()))?;
    let reason = input.text("reason").and_then(|word| {
        let reason = Reason::parse(&word);
        if reason.is_none() {
            let known: Vec<&str> = Reason::ALL.iter().map(|(_, word, _)| *word).collect();
            input.wrong("reason", Kind::InvalidRequest, format!("没有这种缺口;可用:{}", known.join("、")));
        }
        reason
    });
    let limit = input.count("limit", LIMIT, 1..=MOST as usize);
    let offset = input.count("offset", 0, 0..=FURTHEST as usize);
    input.finish()?;
    let path = recorder(&app)?.path().to_owned();
    let read = tokio::task::spawn_blocking(move || -> Result<Gaps, StoreError> {
        let store = Store::read(&path)?;
        let mut recorded = store.recorded()?;
        recorded.retain(|r| reason.is_none_or(|wanted| r.reason == wanted));
        let groups = group(&recorded);
        let (useful, not_useful) = store.verdicts()?;
        let total = groups.len();
        Ok(Gaps { gaps: groups.into_iter().skip(offset).take(limit).collect(), total, useful, not_useful })
    });
    match read.await {
        Ok(Ok(page)) => Ok(Json(page)),
        Ok(Err(error)) => {
            tracing::error!("{error}");
            Err(Problem::new(Kind::RecordsUnavailable, "缺口记录读不了,详见服务的日志"))
        }
        Err(_) => Err(Problem::new(Kind::Internal, "读缺口记录时程序出错,已记入日志")),
    }
}
