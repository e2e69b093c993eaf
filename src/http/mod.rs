//! The HTTP service: one file a door, each a list of [`Route`]s and their handlers.
//!
//! [`all_doors`] is the one table from which the router, the check of keys and `/openapi.json` are made. A handler reads
//! [`input`], asks the engine of the snapshot in use, and returns what the engine gave, or a [`problem::Problem`]. To add a
//! route of our own: copy `suggest.rs`, put its `ROUTES` into the table, add a row to `tests/http`. To add a platform's
//! protocol: copy `doors/fastgpt.rs`, with its own shape of errors, and record its requests in `tests/contracts`.

pub mod answer;
pub mod articles;
pub mod cache;
pub mod chat;
pub mod compute;
pub mod doors;
pub mod feedback;
pub mod gaps;
pub mod guard;
pub mod index;
pub mod input;
pub mod limits;
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
pub mod watch;

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{Method, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use tower::Layer;
use tower::util::MapRequestLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use guard::Access;
use problem::{Kind, Problem, RFC9457, Shape};
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
    /// Media type and schema of the answer; a second media type after a comma is a stream of events.
    pub answer: (&'static str, &'static str),
    /// Success status.
    pub status: u16,
    pub handler: fn() -> MethodRouter<Shared>,
}

/// A parameter of a query string.
pub struct QueryParameter {
    pub name: &'static str,
    pub takes: Takes,
    pub required: bool,
    /// In Chinese.
    pub about: &'static str,
}

/// What a parameter takes, as the contract says it.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    Text,
    /// Something to look up: not blank, not too long.
    Question,
    Topic,
    Rule,
    Day,
    /// Why a question was not answered well.
    Reason,
    /// A whole number from and to.
    Count(u32, u32),
}

/// An optional parameter.
pub const fn optional(name: &'static str, takes: Takes, about: &'static str) -> QueryParameter {
    QueryParameter { name, takes, required: false, about }
}

/// A required parameter.
pub const fn required(name: &'static str, takes: Takes, about: &'static str) -> QueryParameter {
    QueryParameter { name, takes, required: true, about }
}

const JSON: &str = "application/json";

/// Routes that share who may come in and how errors are told.
pub struct Door {
    pub routes: &'static [Route],
    pub access: Access,
    pub errors: Shape,
}

const fn native(routes: &'static [Route]) -> Door {
    Door { routes, access: Access::Key, errors: RFC9457 }
}

/// Our own doors; those of the platforms are in [`doors::DOORS`].
const NATIVE: &[Door] = &[
    native(answer::ROUTES),
    native(chat::ROUTES),
    native(search::ROUTES),
    native(suggest::ROUTES),
    native(articles::ROUTES),
    native(rules::ROUTES),
    native(parameters::ROUTES),
    native(index::ROUTES),
    native(feedback::ROUTES),
    native(gaps::ROUTES),
    Door { access: Access::Open, ..native(probes::ROUTES) },
    Door { access: Access::Open, ..native(openapi::ROUTES) },
    Door { access: Access::Browser, ..native(page::ROUTES) },
    Door { access: Access::Open, ..native(page::STATIC) },
];

/// Every door.
pub fn all_doors() -> impl Iterator<Item = &'static Door> {
    NATIVE.iter().chain(doors::DOORS)
}

/// All routes in one list.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    all_doors().flat_map(|door| door.routes.iter())
}

/// The door of a route's path.
pub fn door_of(path: &str) -> Option<&'static Door> {
    all_doors().find(|door| door.routes.iter().any(|route| route.path == path))
}

/// The whole service as one router.
pub fn router(app: Shared) -> Router {
    let mut router = Router::new();
    for route in routes() {
        router = router.route(route.path, (route.handler)());
    }
    let router = router
        .fallback(async || Problem::new(Kind::UnknownRoute, "没有这个地址;可用的地址见 /openapi.json"))
        .method_not_allowed_fallback(async || Problem::new(Kind::WrongMethod, "可用的方法见 Allow 头和 /openapi.json"))
        .layer(DefaultBodyLimit::max(input::BODY_BYTES))
        .layer(from_fn_with_state(app.clone(), limits::place))
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .layer(browsers())
        .layer(CatchPanicLayer::custom(caught))
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .layer(CompressionLayer::new())
        .with_state(app);
    // Platforms append a path of theirs to what was pasted: a slash too many must not lose the request. The path has to
    // be mended before routing, so this stands around the router.
    Router::new().fallback_service(MapRequestLayer::new(single_slashes).layer(router))
}

/// `/v1/…` and the widget's parts may be called from pages of other origins: chat clients in a browser do. No cookie opens
/// any door.
fn browsers() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(|_, request| {
            request.uri.path().starts_with("/v1/") || page::for_other_origins(&request.uri)
        }))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .max_age(Duration::from_secs(3600))
}

/// `//dify//retrieval` → `/dify/retrieval`.
fn single_slashes(mut request: Request) -> Request {
    let Some(target) = request.uri().path_and_query().filter(|t| t.path().contains("//")) else { return request };
    let mut path = target.path().to_owned();
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    let whole = target.query().map_or(path.clone(), |query| format!("{path}?{query}"));
    if let Ok(uri) = whole.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
    request
}

fn caught(panic: Box<dyn Any + Send>) -> Response {
    let text =
        panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
    // A panic's message may quote a question, so only its length is kept.
    tracing::error!(message_chars = text.map_or(0, |t| t.chars().count()), "a request hit a programming error");
    Problem::new(Kind::Internal, "程序出错,已记入日志;请换个说法再试,或报告此事").into_response()
}
