//! `/openapi.json`: the contract, made from the table of routes; the shapes of bodies stand in `schemas.json`.
//!
//! Kept import-clean for tools that read it: one server, an operation id each, one example each. A test holds every
//! answer of the test rows to its schema.

use std::sync::LazyLock;

use axum::Json;
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::guard::Access;
use super::problem::{Kind, TYPE_PREFIX};
use super::{DOORS, JSON, Route};

pub const ROUTES: &[Route] = &[Route {
    method: "GET",
    path: "/openapi.json",
    id: "openapi",
    summary: "本接口的 OpenAPI 3.1 说明",
    query: &[],
    body: None,
    answer: (JSON, "OpenApi"),
    status: 200,
    handler: || get(async || Json(&*DOCUMENT)),
}];

/// Schemas by name, with their examples.
const SCHEMAS: &str = include_str!("schemas.json");

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// The whole document.
pub fn document() -> Value {
    let mut schemas: Value = serde_json::from_str(SCHEMAS).unwrap_or_default();
    let slugs: Vec<String> = Kind::ALL.iter().map(|(slug, _, _)| format!("{TYPE_PREFIX}{slug}")).collect();
    schemas["Problem"]["properties"]["type"]["enum"] = json!(slugs);
    let mut paths = Map::new();
    for door in DOORS {
        for route in door.routes {
            let path = paths.entry(contract_path(route)).or_insert_with(|| json!({}));
            let mut operation = operation(route);
            if door.access == Access::Open {
                operation["security"] = json!([]);
            } else if route.id == "rebuildIndex" {
                operation["security"] = json!([{"key": []}]);
            }
            path[route.method.to_ascii_lowercase()] = operation;
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "医问",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "离线、可核对的医保问答:每个金额和日期都由规则算出,并列出参数、生效日期和出处。",
            "license": {"name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE")},
        },
        "servers": [{"url": "/"}],
        // Open where no keys are set up: the empty requirement comes second.
        "security": [{"key": []}, {}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    })
}

/// `{*id}` → `{id}`.
pub fn contract_path(route: &Route) -> String {
    route.path.replace("{*", "{")
}

fn operation(route: &Route) -> Value {
    let mut parameters: Vec<Value> = path_parameters(route)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    parameters.extend(route.query.iter().map(|p| {
        json!({
            "name": p.name, "in": "query", "required": p.required,
            "schema": {"type": p.kind}, "description": p.about,
        })
    }));
    let (media, schema) = route.answer;
    let content = |media: &str, schema: &str| {
        let reference = json!({"$ref": format!("#/components/schemas/{schema}")});
        let mut content = Map::new();
        content.insert(media.to_owned(), json!({"schema": reference}));
        Value::Object(content)
    };
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.summary,
        "parameters": parameters,
        "responses": {
            route.status.to_string(): {"description": "成功", "content": content(media, schema)},
            "default": {"description": "出错", "content": content("application/problem+json", "Problem")},
        },
    });
    if let Some(body) = route.body {
        operation["requestBody"] = json!({"required": true, "content": content(JSON, body)});
    }
    operation
}

fn path_parameters(route: &Route) -> impl Iterator<Item = &'static str> {
    route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|n| n.trim_start_matches('*'))
}
