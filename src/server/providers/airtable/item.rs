//! Bases, tables and records as items.

use serde_json::Value;

use super::reply::{Base, Record, Table};
use crate::model::IntegrationItem;

/// Airtable's web app.
const WEB_URL: &str = "https://airtable.com";

/// A table and the base that contains it.
pub(super) struct TableInBase {
    pub(super) base_id: String,
    pub(super) table: Table,
}

pub(super) fn base_item(base: &Base, children: Option<Vec<String>>) -> IntegrationItem {
    IntegrationItem {
        directory: true,
        name: Some(base.name.clone()),
        url: Some(format!("{WEB_URL}/{}", base.id)),
        children,
        ..IntegrationItem::new("base", base.id.clone())
    }
}

pub(super) fn table_item(base: &Base, table: &Table) -> IntegrationItem {
    IntegrationItem {
        directory: true,
        parent_path_or_name: Some(base.name.clone()),
        parent_id: Some(base.id.clone()),
        name: Some(table.name.clone()),
        url: Some(format!("{WEB_URL}/{}/{}", base.id, table.id)),
        ..IntegrationItem::new("table", table.id.clone())
    }
}

pub(super) fn record_item(TableInBase { base_id, table }: &TableInBase, record: Record) -> IntegrationItem {
    let primary = record.fields.get(&table.primary_field_id).and_then(text);
    IntegrationItem {
        parent_path_or_name: Some(table.name.clone()),
        parent_id: Some(table.id.clone()),
        name: Some(primary.unwrap_or_else(|| record.id.clone())),
        creation_time: record.created_time,
        url: Some(format!("{WEB_URL}/{base_id}/{}/{}", table.id, record.id)),
        ..IntegrationItem::new("record", record.id)
    }
}

/// A cell as text; `None` for an empty cell and for a formula that failed.
fn text(cell: &Value) -> Option<String> {
    let text = match cell {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(checked) => checked.to_string(),
        Value::Array(cells) => cells.iter().filter_map(text).collect::<Vec<_>>().join(", "),
        // A barcode, a user, a button, AI text.
        Value::Object(fields) => ["text", "name", "label", "value"].iter().find_map(|name| text(fields.get(*name)?))?,
        Value::Null => return None,
    };
    (!text.is_empty()).then_some(text)
}
