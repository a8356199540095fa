//! Request bodies: JSON objects without unknown fields.

use serde_json::{Map, Value};

use crate::notion::error::ApiError;

/// Reads a body, which may be empty, and rejects fields that are not among `known`.
pub(crate) fn read(body: &[u8], known: &[&str]) -> Result<Map<String, Value>, ApiError> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else { return Err(ApiError::invalid_json()) };
    match fields.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        Some((name, value)) => Err(ApiError::field(name, "not present", value)),
        None => Ok(fields),
    }
}

/// The value of a field that must be one of these words.
pub(crate) fn one_of<'a>(path: &str, value: &Value, words: &[&'a str]) -> Result<&'a str, ApiError> {
    let found = words.iter().find(|word| value == **word);
    let quoted = || words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(" or ");
    found.copied().ok_or_else(|| ApiError::field(path, &quoted(), value))
}
