//! Cells as text, as people see them: for `cellFormat=string` and for the names of linked records. Times are in UTC
//! whatever the time zone; dates in local style follow the country of `userLocale`.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value;

use super::Snapshot;
use crate::airtable::workspace::{
    catalog::{Reference, Table},
    definition::{DateStyle, FieldType},
};

/// The text of a cell with the value `cell`. `locale` is a code such as `en-gb`.
pub(crate) fn text(snapshot: Snapshot<'_>, table: &Table, field: usize, cell: &Value, locale: &str) -> String {
    let field = &table.fields[field];
    if let (Value::Array(ids), Reference::Link { table, .. }) = (cell, &field.reference) {
        let table = &snapshot.catalog.tables[*table];
        let names = ids.iter().filter_map(|id| table.record_ids.index(id.as_str()?));
        return names.map(|index| name(snapshot, table, index, locale)).collect::<Vec<_>>().join(", ");
    }
    match (&field.definition.kind, &field.reference) {
        (FieldType::Formula { result, .. }, _) => plain(result, cell, locale),
        (FieldType::MultipleLookupValues { .. }, Reference::Lookup { table, field, .. }) => {
            let table = &snapshot.catalog.tables[*table];
            // A lookup has the values of several cells. Each is formatted like the field it comes from.
            let cells = cell.as_array().into_iter().flatten();
            cells.map(|cell| text(snapshot, table, *field, cell, locale)).collect::<Vec<_>>().join(", ")
        }
        (kind, _) => plain(kind, cell, locale),
    }
}

/// The name of a record: its primary field, or "Unnamed record" if that is empty.
pub(crate) fn name(snapshot: Snapshot<'_>, table: &Table, index: u64, locale: &str) -> String {
    let cell = snapshot.cell(table, 0, index);
    cell.map_or_else(|| "Unnamed record".to_owned(), |cell| text(snapshot, table, 0, &cell, locale))
}

fn plain(kind: &FieldType, cell: &Value, locale: &str) -> String {
    match (kind, cell) {
        (_, Value::Array(cells)) => cells.iter().map(|cell| plain(kind, cell, locale)).collect::<Vec<_>>().join(", "),
        (FieldType::Number { precision, .. }, Value::Number(_)) => format!("{:.*}", *precision as usize, float(cell)),
        (FieldType::Percent { .. }, Value::Number(_)) => format!("{:.0}%", float(cell) * 100.0),
        (FieldType::Currency { symbol, .. }, Value::Number(_)) => format!("{symbol}{:.2}", float(cell)),
        (FieldType::Duration { .. }, Value::Number(_)) => {
            let minutes = float(cell) as u64 / 60;
            format!("{}:{:02}", minutes / 60, minutes % 60)
        }
        (FieldType::Checkbox, _) => "checked".to_owned(),
        (FieldType::Date(style, _), Value::String(day)) => {
            day.parse().map_or_else(|_| day.clone(), |day| format_date(day, *style, locale))
        }
        (FieldType::DateTime(_) | FieldType::CreatedTime | FieldType::LastModifiedTime, Value::String(at)) => at
            .parse::<Timestamp>()
            .map_or_else(|_| at.clone(), |at| at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M").to_string()),
        (FieldType::MultipleAttachments, Value::Object(file)) => {
            let part = |name: &str| file.get(name).and_then(Value::as_str).unwrap_or_default();
            format!("{} ({})", part("filename"), part("url"))
        }
        (_, Value::Object(parts)) => {
            // Collaborators have a name, barcodes a text, buttons a label, AI text a value, and errors only a code.
            let known = ["name", "text", "label", "value", "specialValue", "error"];
            known.iter().find_map(|part| parts.get(*part)?.as_str()).unwrap_or_default().to_owned()
        }
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

fn float(cell: &Value) -> f64 {
    cell.as_f64().unwrap_or_default()
}

fn format_date(day: Date, style: DateStyle, locale: &str) -> String {
    let is_american = locale.eq_ignore_ascii_case("en-us") || locale.eq_ignore_ascii_case("en");
    let format = match style {
        DateStyle::Iso => "%Y-%m-%d",
        DateStyle::Local if is_american => "%-m/%-d/%Y",
        DateStyle::Local | DateStyle::European => "%-d/%-m/%Y",
        DateStyle::Friendly => "%B %-d, %Y",
    };
    day.strftime(format).to_string()
}
