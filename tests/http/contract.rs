//! What the service says of itself in `/openapi.json`, held against its routes and its answers.

use std::collections::BTreeSet;

use serde_json::Value;
use yiwen::http::problem::{Kind, RFC9457, TYPE_PREFIX};
use yiwen::http::{Route, door_of, openapi, routes};

use crate::common;
use crate::service::{self, Reply};

/// Every row: of our own routes and of the platforms' protocols.
pub fn rows() -> impl Iterator<Item = common::Row> {
    common::rows("http").into_iter().chain(common::rows("contracts"))
}

/// The whole contract as it stands in `snapshots/`; a change shows in review.
pub fn snapshot() -> Result<(), String> {
    let shown = serde_json::to_string_pretty(&openapi::document()).map_err(|e| e.to_string())?;
    let held = std::panic::catch_unwind(|| insta::assert_snapshot!("openapi", shown));
    held.map_err(|_| {
        "the contract is not the one of tests/http/snapshots; `INSTA_UPDATE=always` takes it over".to_owned()
    })
}

/// Each route of the router is in the document and back, and is asked by at least one row.
pub fn complete() -> Result<(), String> {
    let reply = service::ask("default", "GET", "/openapi.json", &[], String::new());
    let mut documented = BTreeSet::new();
    for (path, operations) in reply.json["paths"].as_object().ok_or("no paths")? {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            documented.insert((method.to_uppercase(), path.clone()));
            if operation["operationId"].as_str().is_none_or(str::is_empty) {
                return Err(format!("{method} {path} has no operationId"));
            }
            missing_references(&reply.json, operation)?;
        }
    }
    missing_references(&reply.json, &reply.json["components"])?;
    let routed: BTreeSet<(String, String)> =
        routes().map(|r| (r.method.to_owned(), openapi::contract_path(r))).collect();
    if routed != documented {
        return Err(format!("routes {routed:?}\nbut documented {documented:?}"));
    }
    let ids: BTreeSet<&str> = routes().map(|r| r.id).collect();
    if ids.len() != routes().count() {
        return Err("an operationId is used twice".to_owned());
    }
    let asked: BTreeSet<&str> = rows()
        .filter(|row| row.json["expect"]["status"].as_u64().is_some_and(|s| s < 300))
        .filter_map(|row| {
            let path = service::encoded(row.json["path"].as_str()?);
            operation(row.json["method"].as_str().unwrap_or("GET"), &path).map(|r| r.id)
        })
        .collect();
    // Rows do not start rebuilds; `reload` does.
    let unasked: Vec<_> = ids.iter().filter(|id| !asked.contains(*id) && **id != "rebuildIndex").collect();
    if unasked.is_empty() { Ok(()) } else { Err(format!("no row asks {unasked:?} with success")) }
}

/// On every answer, errors and unknown addresses included.
const HEADERS: &[&str] = &[
    "cache-control",
    "content-security-policy",
    "cross-origin-opener-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-request-id",
];

/// Each kind of problem is expected by a row, besides those that need a broken or a flooded service.
pub fn problems_covered() -> Result<(), String> {
    let expected: BTreeSet<String> = rows()
        .filter_map(|r| Some(r.json["expect"]["json"]["/type"].as_str()?.strip_prefix(TYPE_PREFIX)?.to_owned()))
        .collect();
    // The last three are told in WeChat's own shape: tests/contracts/wechat.jsonl.
    let elsewhere = [
        "internal",
        "timeout",
        "body-unreadable",
        "rebuild-running",
        "too-many-requests",
        "overloaded",
        // A full disk.
        "records-unavailable",
        "wechat-not-configured",
        "wrong-signature",
        "broken-xml",
    ];
    let missing: Vec<_> = Kind::ALL
        .iter()
        .map(|(slug, _, _)| *slug)
        .filter(|slug| !expected.contains(*slug) && !elsewhere.contains(slug))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no row expects {missing:?}")) }
}

fn missing_references(document: &Value, part: &Value) -> Result<(), String> {
    match part {
        Value::Object(members) => members.iter().try_for_each(|(name, value)| match value.as_str() {
            Some(reference) if name == "$ref" => {
                let found = document.pointer(reference.trim_start_matches('#')).is_some();
                found.then_some(()).ok_or(format!("{reference} names nothing"))
            }
            _ => missing_references(document, value),
        }),
        Value::Array(items) => items.iter().try_for_each(|item| missing_references(document, item)),
        _ => Ok(()),
    }
}

fn operation(method: &str, target: &str) -> Option<&'static Route> {
    routes().find(|r| r.method == method && fits(r, target))
}

/// Whether a target is of a route, whatever the method.
fn fits(route: &Route, target: &str) -> bool {
    let Some(path) = target.split('?').next().map(|path| path.replace("//", "/")) else { return false };
    let mut got = path.split('/');
    for part in route.path.split('/') {
        if part.starts_with("{*") {
            return got.next().is_some();
        }
        match got.next() {
            Some(piece) if part.starts_with('{') && !piece.is_empty() || piece == part => {}
            _ => return false,
        }
    }
    got.next().is_none()
}

/// What in an answer does not keep the contract.
pub fn held(method: &str, target: &str, reply: &Reply) -> Vec<String> {
    let mut wrong = vec![];
    for header in HEADERS {
        if reply.header(header).is_empty() {
            wrong.push(format!("no header {header}"));
        }
    }
    let schemas = &openapi::document()["components"]["schemas"];
    let media = reply.header("content-type");
    let web = media.starts_with("text/html");
    let errors = routes().find(|r| fits(r, target)).and_then(|r| door_of(r.path)).map_or(RFC9457, |door| door.errors);
    if reply.status >= 400 && !web {
        if media != errors.media {
            wrong.push(format!("an error of type {media:?}"));
        }
        if reply.json.is_object() {
            valid(schemas, &schemas[errors.schema], &reply.json, "", &mut wrong);
        }
        if errors.schema == RFC9457.schema && reply.json["status"] != reply.status {
            wrong.push(format!("status {} in the body", reply.json["status"]));
        }
    } else if let Some(route) = operation(method, target)
        && method != "HEAD"
        && !reply.text.is_empty()
    {
        let (want, schema) = route.answer;
        if !want.split(", ").any(|want| media.starts_with(want)) {
            wrong.push(format!("type {media:?}, not {want:?}"));
        }
        if media == "application/json" && reply.header("content-encoding").is_empty() {
            valid(schemas, &schemas[schema], &reply.json, "", &mut wrong);
        }
    }
    wrong
}

/// The JSON type's name; an integer is told from a number.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_u64() || n.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The part of JSON Schema that `schemas.json` uses.
fn valid(schemas: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        return valid(schemas, &schemas[name], value, at, wrong);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let tried: Vec<Vec<String>> = choices
            .iter()
            .map(|choice| {
                let mut wrong = vec![];
                valid(schemas, choice, value, at, &mut wrong);
                wrong
            })
            .collect();
        if !tried.iter().any(Vec::is_empty) {
            wrong.extend(tried.into_iter().min_by_key(Vec::len).unwrap_or_default());
        }
        return;
    }
    let got = type_name(value);
    let fits = |want: &str| want == got || want == "number" && got == "integer";
    let typed = match &schema["type"] {
        Value::String(want) => fits(want),
        Value::Array(list) => list.iter().filter_map(Value::as_str).any(fits),
        _ => true,
    };
    if !typed {
        wrong.push(format!("schema {at}: want {}, got {got}", schema["type"]));
    }
    if let Some(list) = schema["enum"].as_array().filter(|list| !list.contains(value)) {
        wrong.push(format!("schema {at}: {value} is none of {list:?}"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            wrong.push(format!("schema {at}: no {name}"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => wrong.push(format!("schema {at}: not in the contract")),
            (Value::Null, other) => valid(schemas, other, member, &at, wrong),
            (known, _) => valid(schemas, known, member, &at, wrong),
        }
    }
    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
        valid(schemas, &schema["items"], item, &format!("{at}/{i}"), wrong);
    }
}
