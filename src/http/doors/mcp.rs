//! The Model Context Protocol by its official SDK: `POST /mcp` (streamable HTTP, no sessions) and `yiwen mcp` (stdio).
//!
//! Four tools; their schemas are those of `/openapi.json`. A browser's request is taken from this machine and from
//! `public_url` alone.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Map, Value, json};

use crate::answer::markdown;
use crate::http::answer::Asked;
use crate::http::input::{BODY_BYTES, Input};
use crate::http::problem::{Problem, Shape};
use crate::http::state::Shared;
use crate::http::{JSON, Route, articles, compute, openapi, search};

pub const ROUTES: &[Route] = &[Route {
    method: "POST",
    path: "/mcp",
    id: "mcp",
    summary: "MCP(模型上下文协议),无会话",
    query: &[],
    body: Some("JsonRpc"),
    answer: (JSON, "JsonRpc"),
    status: 200,
    handler: || post(handle),
}];

/// Errors before the protocol begins, as JSON-RPC.
pub const ERRORS: Shape = Shape { media: JSON, schema: "JsonRpc", write: error };

fn error(problem: &Problem, _: &str) -> (StatusCode, Vec<u8>) {
    let body = json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32000, "message": problem.detail}});
    (problem.status(), body.to_string().into_bytes())
}

/// The tools: name, what it does, and the schemas of what it takes and gives.
const TOOLS: &[(&str, &str, &str, &str)] = &[
    (
        "ask",
        "回答一个医保问题(断缴补缴、转移、提取、缴费、退休年限、参保等):给出结论、计算步骤、依据和资料。\
         status 是 needs_facts 时,按 missing 里的 ask 问用户,再把值放进 facts 重问。金额和日期只采用这里算出的,不要自己算。",
        "Question",
        "Answer",
    ),
    ("search_articles", "按相关程度搜索政策文章的段落", "McpSearch", "SearchResult"),
    ("get_article", "一篇政策文章的全文和出处;编号来自 search_articles 的 article", "McpArticle", "Article"),
    ("compute_rule", "不经提问,直接按规则从事实计算;事实写成列表就逐一计算成表", "McpCompute", "ComputedOrTable"),
];

/// The server side of the protocol.
#[derive(Clone)]
pub struct Tools {
    app: Shared,
}

impl Tools {
    pub fn new(app: Shared) -> Tools {
        Tools { app }
    }

    /// A tool's text for people and models, and its JSON.
    fn call(&self, name: &str, arguments: Value) -> Result<(String, Value), Problem> {
        let live = self.app.live()?;
        let json = |value: Value| (value.to_string(), value);
        match name {
            "ask" => {
                let (answer, note) = Asked::read(Input::of(arguments)?, &live)?.answer(&live);
                if answer.is_unavailable() {
                    return Err(Problem::unsearched());
                }
                self.app.noted(&note);
                Ok((markdown::render(&answer), json!(answer)))
            }
            "search_articles" => {
                let (found, _) = search::Asked::read(Input::of(arguments)?, "query", &live)?.search(&live)?;
                Ok(json(json!(found)))
            }
            "get_article" => {
                let mut input = Input::of(arguments)?;
                let id = input.text("id").unwrap_or_default();
                input.finish()?;
                Ok(json(json!(articles::whole(&live, &id)?)))
            }
            _ => {
                let mut input = Input::of(arguments)?;
                let rule = input.text("rule").unwrap_or_default();
                Ok(json(json!(compute::reply(&rule, input, &live)?)))
            }
        }
    }
}

fn schema(name: &str) -> Arc<Map<String, Value>> {
    Arc::new(openapi::standalone(name).as_object().cloned().unwrap_or_default())
}

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("yiwen", env!("CARGO_PKG_VERSION")).with_title("医问"))
            .with_instructions(
                "中国医疗保险(医保)政策问答。数值和日期由规则按生效日期算出,并带出处;没有收录的不作猜测。",
            )
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = |(name, about, input, output): &(&'static str, &'static str, &str, &str)| {
            let hints = ToolAnnotations::new().read_only(true).idempotent(true).open_world(false);
            Tool::new(*name, *about, schema(input)).with_raw_output_schema(schema(output)).with_annotations(hints)
        };
        Ok(ListToolsResult::with_all_items(TOOLS.iter().map(tool).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.as_ref();
        if !TOOLS.iter().any(|(known, ..)| *known == name) {
            let known: Vec<&str> = TOOLS.iter().map(|(name, ..)| *name).collect();
            return Err(ErrorData::invalid_params(format!("没有这个工具;可用:{}", known.join("、")), None));
        }
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        Ok(match self.call(name, arguments) {
            Ok((text, json)) => {
                let mut result = CallToolResult::structured(json);
                result.content = vec![ContentBlock::text(text)];
                result
            }
            // A model reads this and mends its arguments.
            Err(problem) => CallToolResult::error(vec![ContentBlock::text(problem.detail)]),
        }
        .into())
    }
}

async fn handle(State(app): State<Shared>, request: Request) -> Response {
    let mut origins: Vec<String> =
        ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"].map(str::to_owned).to_vec();
    origins.extend(app.public_url.as_deref().map(origin));
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(BODY_BYTES)
        .with_allowed_origins(origins)
        // A page that rebinds its name to this machine still sends its own Origin.
        .disable_allowed_hosts();
    let service = StreamableHttpService::new(
        move || Ok(Tools::new(app.clone())),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    let response = service.handle(request).await.map(Body::new);
    if !response.status().is_client_error() || response.headers().contains_key(header::CONTENT_TYPE) {
        return response;
    }
    // The SDK refuses a request in a line of text; clients that read JSON get it as such.
    let (mut parts, body) = response.into_parts();
    let said = to_bytes(body, BODY_BYTES).await.unwrap_or_default();
    let error = json!({"code": -32600, "message": String::from_utf8_lossy(&said)});
    parts.headers.remove(header::CONTENT_LENGTH);
    (parts, Json(json!({"jsonrpc": "2.0", "id": null, "error": error}))).into_response()
}

/// `https://ybj.example/wenda` → `https://ybj.example:*`.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split('/').next().unwrap_or(rest);
    // The colons of `[::1]` are no port.
    let named = host.rfind(':').is_some_and(|colon| !host[colon..].contains(']'));
    if named { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:*") }
}
