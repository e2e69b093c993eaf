//! Conditions on a record's metadata, in Dify's words.

use serde_json::{Map, Value};

use crate::http::input::Input;
use crate::http::problem::Kind;

/// A condition on a record's metadata.
pub struct Condition {
    name: String,
    operator: String,
    value: Value,
}

const OPERATORS: &[&str] = &[
    "contains",
    "not contains",
    "start with",
    "end with",
    "is",
    "is not",
    "in",
    "not in",
    "empty",
    "not empty",
    "=",
    "≠",
    ">",
    "<",
    "≥",
    "≤",
    "before",
    "after",
];

impl Condition {
    /// Reads the condition at `place` of the list, noting what is wrong with it.
    pub fn read(json: &Value, place: usize, input: &mut Input) -> Option<Condition> {
        let operator = json["comparison_operator"].as_str().unwrap_or_default();
        let place = place.to_string();
        match json["name"].as_str() {
            Some(name) if OPERATORS.contains(&operator) => {
                Some(Condition { name: name.to_owned(), operator: operator.to_owned(), value: json["value"].clone() })
            }
            _ => {
                let detail = format!("条件应有 name 和 comparison_operator;可用的比较:{}", OPERATORS.join("、"));
                input.wrong_at(&["metadata_condition", "conditions", &place], Kind::InvalidRequest, detail);
                None
            }
        }
    }

    /// The value where the condition fixes one.
    pub fn fixes(&self, name: &str) -> Option<Value> {
        (self.name == name && matches!(self.operator.as_str(), "is" | "=")).then(|| self.value.clone())
    }

    /// Whether a record with this metadata is wanted.
    pub fn holds(&self, metadata: &Map<String, Value>) -> bool {
        let field = metadata.get(&self.name).map(plain).unwrap_or_default();
        let wanted: Vec<String> = match &self.value {
            Value::Array(values) => values.iter().map(plain).collect(),
            // A list may come as one text.
            Value::String(text) if self.operator.ends_with("in") => {
                text.split(',').map(|t| t.trim().to_owned()).collect()
            }
            other => vec![plain(other)],
        };
        let any = |check: fn(&str, &str) -> bool| wanted.iter().any(|w| check(&field, w));
        let order = || compare(&field, wanted.first().map_or("", String::as_str)).filter(|_| !field.is_empty());
        match self.operator.as_str() {
            "contains" => any(|f, w| f.contains(w)),
            "not contains" => !any(|f, w| f.contains(w)),
            "start with" => any(|f, w| f.starts_with(w)),
            "end with" => any(|f, w| f.ends_with(w)),
            "is" | "in" | "=" => any(|f, w| f == w),
            "is not" | "not in" | "≠" => !any(|f, w| f == w),
            "empty" => field.is_empty(),
            "not empty" => !field.is_empty(),
            ">" | "after" => order().is_some_and(std::cmp::Ordering::is_gt),
            "<" | "before" => order().is_some_and(std::cmp::Ordering::is_lt),
            "≥" => order().is_some_and(std::cmp::Ordering::is_ge),
            "≤" => order().is_some_and(std::cmp::Ordering::is_le),
            _ => false,
        }
    }
}

/// Numbers as numbers, everything else (ISO dates too) as text.
fn compare(a: &str, b: &str) -> Option<std::cmp::Ordering> {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.partial_cmp(&b),
        _ => Some(a.cmp(b)),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
