//! `/openapi.json`: the contract, made from the table of routes; the shapes of bodies stand in `schemas.json`.
//!
//! Kept import-clean for tools that read it: one server, an operation id each, one example each. A test holds every
//! answer of the test rows to its schema.

use std::sync::LazyLock;

use axum::Json;
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::guard::Access;
use super::problem::{Kind, RFC9457, Shape, TYPE_PREFIX};
use super::{JSON, Route, Takes, all_doors};
use crate::corpus::load::TOPICS;
use crate::engine::QUESTION_CHARS;
use crate::gaps::Reason;
use crate::rules::RULES;

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

/// Operations that take the admin key.
const ADMIN: [&str; 2] = ["rebuildIndex", "listGaps"];

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// The whole document.
pub fn document() -> Value {
    let mut schemas = READ.clone();
    for body in all_doors().flat_map(|door| door.routes).filter_map(|route| route.body) {
        nullable(&mut schemas[body]);
    }
    let slugs: Vec<String> = Kind::ALL.iter().map(|(slug, _, _)| format!("{TYPE_PREFIX}{slug}")).collect();
    schemas["Problem"]["properties"]["type"]["enum"] = json!(slugs);
    let mut paths = Map::new();
    for door in all_doors() {
        for route in door.routes {
            let path = paths.entry(contract_path(route)).or_insert_with(|| json!({}));
            let mut operation = operation(route, &door.errors);
            if matches!(door.access, Access::Open | Access::Signed) {
                operation["security"] = json!([]);
            } else if ADMIN.contains(&route.id) {
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

/// One schema that stands by itself: what it refers to comes along in `$defs`.
pub fn standalone(name: &str) -> Value {
    let mut defs = Map::new();
    let mut schema = localised(schema_of(name), &READ, &mut defs);
    if !defs.is_empty() {
        schema["$defs"] = Value::Object(defs);
    }
    schema
}

fn localised(part: &Value, schemas: &Value, defs: &mut Map<String, Value>) -> Value {
    match part {
        Value::Object(members) => {
            let mut out = Map::new();
            for (key, value) in members {
                let Some(name) = value.as_str().filter(|_| key == "$ref").and_then(|r| r.rsplit('/').next()) else {
                    out.insert(key.clone(), localised(value, schemas, defs));
                    continue;
                };
                out.insert(key.clone(), format!("#/$defs/{name}").into());
                if !defs.contains_key(name) {
                    // Noted before it is read, so that a schema may refer to itself.
                    defs.insert(name.to_owned(), Value::Null);
                    let read = localised(&schemas[name], schemas, defs);
                    defs.insert(name.to_owned(), read);
                }
            }
            Value::Object(out)
        }
        Value::Array(items) => items.iter().map(|item| localised(item, schemas, defs)).collect(),
        other => other.clone(),
    }
}

/// `{*id}` → `{id}`.
pub fn contract_path(route: &Route) -> String {
    route.path.replace("{*", "{")
}

fn operation(route: &Route, errors: &Shape) -> Value {
    let mut parameters: Vec<Value> = path_parameters(route)
        .map(|name| {
            let schema = if name == "rule" { taken(Takes::Rule) } else { json!({"type": "string", "minLength": 1}) };
            json!({"name": name, "in": "path", "required": true, "schema": schema})
        })
        .collect();
    parameters.extend(route.query.iter().map(|p| {
        json!({
            "name": p.name, "in": "query", "required": p.required, "description": p.about,
            "schema": if p.required { taken(p.takes) } else { or_empty(taken(p.takes)) },
        })
    }));
    let (media, schema) = route.answer;
    // The page tells errors as a page, except those from before it was reached.
    let refused = if media == "text/html" { format!("{}, {media}", errors.media) } else { errors.media.to_owned() };
    let content = |media: &str, schema: &str| {
        let mut content = Map::new();
        for (i, media) in media.split(", ").enumerate() {
            let schema = if i == 0 { schema } else { "Events" };
            content.insert(media.to_owned(), json!({"schema": {"$ref": format!("#/components/schemas/{schema}")}}));
        }
        Value::Object(content)
    };
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.summary,
        "parameters": parameters,
        "responses": {
            route.status.to_string(): {"description": "成功", "content": content(media, schema)},
            "default": {"description": "出错", "content": content(&refused, errors.schema)},
        },
    });
    if let Some(body) = route.body {
        // Other platforms may send none, where nothing in it is required.
        let required = errors.schema == RFC9457.schema || schema_of(body)["required"] != json!([]);
        operation["requestBody"] = json!({"required": required, "content": content(JSON, body)});
    }
    operation
}

/// The schema of what a parameter takes.
fn taken(takes: Takes) -> Value {
    match takes {
        Takes::Text => json!({"type": "string"}),
        Takes::Question => json!({"type": "string", "minLength": 1, "maxLength": QUESTION_CHARS, "pattern": r"\S"}),
        Takes::Topic => json!({"type": "string", "enum": TOPICS}),
        Takes::Rule => json!({"type": "string", "enum": RULES.iter().map(|r| r.id).collect::<Vec<_>>()}),
        Takes::Reason => json!({"type": "string", "enum": Reason::ALL.map(|(_, word, _)| word)}),
        Takes::Day => json!({"type": "string", "format": "date"}),
        Takes::Count(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
    }
}

/// A field of a form that was left empty counts as left out.
fn or_empty(schema: Value) -> Value {
    let narrow = schema["type"] != "string" || schema.get("enum").or(schema.get("format")).is_some();
    if narrow { json!({"anyOf": [schema, {"type": "string", "maxLength": 0}]}) } else { schema }
}

/// Schemas by name as they stand in the file.
static READ: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(SCHEMAS).unwrap_or_default());

fn schema_of(name: &str) -> &'static Value {
    &READ[name]
}

/// A body's optional members may be `null`: that counts as left out.
fn nullable(schema: &mut Value) {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, member) in schema["properties"].as_object_mut().into_iter().flatten() {
        if let Some(kind) = member["type"].as_str().filter(|_| !required.iter().any(|r| r == name.as_str())) {
            member["type"] = json!([kind, "null"]);
        }
    }
}

fn path_parameters(route: &Route) -> impl Iterator<Item = &'static str> {
    route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|n| n.trim_start_matches('*'))
}
