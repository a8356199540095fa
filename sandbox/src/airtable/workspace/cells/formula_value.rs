//! Cell values as formulas see them.

use serde_json::Value as Json;

use super::{Snapshot, display};
use crate::airtable::{
    formula::{Value, read_moment},
    workspace::{
        catalog::{Reference, Table},
        definition::FieldType,
    },
};

/// Converts the value of a cell for formulas.
pub(super) fn value(snapshot: Snapshot<'_>, table: &Table, field: usize, cell: &Json) -> Value {
    let known = &table.fields[field];
    match (&known.definition.kind, cell) {
        (FieldType::Formula { .. }, Json::Object(parts)) => match parts.get("specialValue").and_then(Json::as_str) {
            Some("Infinity") => Value::Number(f64::INFINITY),
            Some("-Infinity") => Value::Number(f64::NEG_INFINITY),
            Some(_) => Value::Number(f64::NAN),
            None => Value::Error,
        },
        (_, Json::Number(number)) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        (_, Json::Bool(flag)) => Value::Flag(*flag),
        (
            FieldType::Date(..) | FieldType::DateTime(_) | FieldType::CreatedTime | FieldType::LastModifiedTime,
            Json::String(text),
        ) => read_moment(text).map_or(Value::Error, Value::Moment),
        (FieldType::MultipleLookupValues { .. }, Json::Array(cells)) if cells.len() == 1 => match &known.reference {
            // A lookup of a single value has that value.
            Reference::Lookup { table, field, .. } => {
                value(snapshot, &snapshot.catalog.tables[*table], *field, &cells[0])
            }
            _ => Value::Error,
        },
        _ => Value::Text(display::text(snapshot, table, field, cell, "en-us")),
    }
}
