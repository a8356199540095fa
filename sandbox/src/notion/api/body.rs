//! Bodies of requests: JSON objects that may hold only what is known.

use serde_json::{Map, Value};

use crate::notion::error::ApiError;

/// Reads a body, which may be left out, and refuses fields that are not among `known`.
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

/// The text of a field that is one of a few words.
pub(crate) fn one_of<'a>(path: &str, value: &Value, words: &[&'a str]) -> Result<&'a str, ApiError> {
    let found = words.iter().find(|word| value == **word);
    let quoted = || words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(" or ");
    found.copied().ok_or_else(|| ApiError::field(path, &quoted(), value))
}
