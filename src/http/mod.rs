//! The HTTP service: one file a door, each a list of [`Route`]s and their handlers.
//!
//! [`ROUTES`] is the one table from which the router and `/openapi.json` are made. A handler reads [`input`], asks the
//! engine of the snapshot in use, and returns what the engine gave, or a [`problem::Problem`]. To add a door: copy
//! `suggest.rs`, put its `ROUTES` into the table, add a row to `tests/http`.

pub mod answer;
pub mod articles;
pub mod chat;
pub mod compute;
pub mod index;
pub mod input;
pub mod metrics;
pub mod observe;
pub mod openapi;
pub mod page;
pub mod parameters;
pub mod probes;
pub mod problem;
pub mod rebuild;
pub mod rules;
pub mod search;
pub mod serve;
pub mod state;
pub mod suggest;

use std::any::Any;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use problem::{Kind, Problem};
pub use state::{App, Live, Options, Shared};

/// One route: what the router needs and what the contract says of it.
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// As the router takes it; `{*id}` may hold slashes.
    pub path: &'static str,
    /// The operation's name in the contract.
    pub id: &'static str,
    /// In Chinese: what it is for.
    pub summary: &'static str,
    pub query: &'static [QueryParameter],
    /// Name of the body's schema, where one is sent.
    pub body: Option<&'static str>,
    /// Media type and schema of the answer.
    pub answer: (&'static str, &'static str),
    /// Success status.
    pub status: u16,
    pub handler: fn() -> MethodRouter<Shared>,
}

/// A parameter of a query string.
pub struct QueryParameter {
    pub name: &'static str,
    /// `string` or `integer`.
    pub kind: &'static str,
    pub required: bool,
    /// In Chinese.
    pub about: &'static str,
}

/// An optional parameter.
pub const fn optional(name: &'static str, kind: &'static str, about: &'static str) -> QueryParameter {
    QueryParameter { name, kind, required: false, about }
}

/// A required text.
pub const fn required(name: &'static str, about: &'static str) -> QueryParameter {
    QueryParameter { name, kind: "string", required: true, about }
}

const JSON: &str = "application/json";

/// Every route, by door.
pub static ROUTES: &[&[Route]] = &[
    answer::ROUTES,
    chat::ROUTES,
    search::ROUTES,
    suggest::ROUTES,
    articles::ROUTES,
    rules::ROUTES,
    parameters::ROUTES,
    index::ROUTES,
    probes::ROUTES,
    openapi::ROUTES,
    page::ROUTES,
];

/// All routes in one list.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().flat_map(|door| door.iter())
}

/// The whole service as one router.
pub fn router(app: Shared) -> Router {
    let mut router = Router::new();
    for route in routes() {
        router = router.route(route.path, (route.handler)());
    }
    router
        .fallback(async || Problem::new(Kind::UnknownRoute, "没有这个地址;可用的地址见 /openapi.json"))
        .method_not_allowed_fallback(async || Problem::new(Kind::WrongMethod, "可用的方法见 Allow 头和 /openapi.json"))
        .layer(DefaultBodyLimit::max(input::BODY_BYTES))
        .layer(CatchPanicLayer::custom(caught))
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .layer(CompressionLayer::new())
        .with_state(app)
}

fn caught(panic: Box<dyn Any + Send>) -> Response {
    let text =
        panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
    // A panic's message may quote a question, so only its length is kept.
    tracing::error!(message_chars = text.map_or(0, |t| t.chars().count()), "a request hit a programming error");
    Problem::new(Kind::Internal, "程序出错,已记入日志;请换个说法再试,或报告此事").into_response()
}
