//! The JSON body of a list request, read as if it were a query: `{"fields": ["A"]}` is `fields[]=A`, and `{"sort":
//! [{"field": "A"}]}` is `sort[0][field]=A`.

use serde_json::Value;

use crate::airtable::{error::ApiError, form::Fields};

pub(super) fn fields(body: &[u8]) -> Result<Fields<'static>, ApiError> {
    if body.is_empty() {
        return Ok(Fields::new(Vec::new()));
    }
    let Ok(Value::Object(parts)) = serde_json::from_slice(body) else { return Err(ApiError::bad_json()) };
    let mut pairs = Vec::new();
    for (name, value) in parts {
        flatten(&name, &value, &mut pairs);
    }
    Ok(Fields::new(pairs))
}

fn flatten(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::String(text) => pairs.push((name.to_owned(), text.clone())),
        Value::Bool(_) | Value::Number(_) => pairs.push((name.to_owned(), value.to_string())),
        Value::Object(parts) => {
            parts.iter().for_each(|(part, value)| flatten(&format!("{name}[{part}]"), value, pairs))
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(position, item)| {
            let position = if item.is_object() { position.to_string() } else { String::new() };
            flatten(&format!("{name}[{position}]"), item, pairs);
        }),
    }
}
