//! Cells as formulas see them.

use serde_json::Value as Json;

use super::{Sheet, display};
use crate::airtable::{
    catalog::{Meaning, Table},
    formula::{Value, read_moment},
    plan::Kind,
};

/// What a formula takes a cell for that holds `cell`.
pub(super) fn value(sheet: Sheet<'_>, table: &Table, field: usize, cell: &Json) -> Value {
    let known = &table.fields[field];
    match (&known.plan.kind, cell) {
        (Kind::Formula { .. }, Json::Object(parts)) => match parts.get("specialValue").and_then(Json::as_str) {
            Some("Infinity") => Value::Number(f64::INFINITY),
            Some("-Infinity") => Value::Number(f64::NEG_INFINITY),
            Some(_) => Value::Number(f64::NAN),
            None => Value::Error,
        },
        (_, Json::Number(number)) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        (_, Json::Bool(flag)) => Value::Flag(*flag),
        (Kind::Date(..) | Kind::DateTime(_) | Kind::CreatedTime | Kind::LastModifiedTime, Json::String(text)) => {
            read_moment(text).map_or(Value::Error, Value::Moment)
        }
        (Kind::MultipleLookupValues { .. }, Json::Array(cells)) if cells.len() == 1 => match &known.meaning {
            // One value looked up counts as that value.
            Meaning::Through { table, field, .. } => value(sheet, &sheet.catalog.tables[*table], *field, &cells[0]),
            _ => Value::Error,
        },
        _ => Value::Text(display::text(sheet, table, field, cell, "en-us")),
    }
}
