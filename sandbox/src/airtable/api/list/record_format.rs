//! Which cells of a record a response includes, and how they are written.

use serde_json::{Map, Value, json};

use crate::airtable::{
    error::ApiError,
    form::Fields,
    workspace::{
        catalog::Table,
        cells::{Snapshot, comments, format_time, text},
    },
};

pub(crate) struct RecordFormat {
    fields: Vec<usize>,
    by_id: bool,
    /// The locale if cells are requested as text.
    text: Option<String>,
    comment_count: bool,
}

impl RecordFormat {
    pub(crate) fn read(table: &Table, fields: &Fields<'_>) -> Result<Self, ApiError> {
        let is_field = |name: &str| name.strip_prefix("fields[").is_some_and(|rest| rest.ends_with(']'));
        let mut wanted = Vec::new();
        for (_, name) in fields.pairs().filter(|(name, _)| is_field(name)) {
            wanted.push(table.field(name).ok_or_else(|| ApiError::unknown_field(name))?);
        }
        if wanted.is_empty() {
            wanted.extend(0..table.fields.len());
        }
        let metadata: Vec<&str> = fields.all("recordMetadata[]").collect();
        if metadata.iter().any(|name| *name != "commentCount") {
            return Err(ApiError::invalid_request());
        }
        Ok(Self {
            fields: wanted,
            by_id: matches!(fields.get("returnFieldsByFieldId"), Some("true" | "1")),
            text: text_locale(fields)?,
            comment_count: !metadata.is_empty(),
        })
    }

    /// A record as the API returns it. Empty cells are left out.
    pub(crate) fn record(&self, snapshot: Snapshot<'_>, table: &Table, index: u64) -> Value {
        let cells = self.fields.iter().filter_map(|field| {
            let cell = snapshot.cell(table, *field, index)?;
            let cell = match &self.text {
                None => cell,
                Some(locale) => text(snapshot, table, *field, &cell, locale).into(),
            };
            let field = &table.fields[*field];
            Some((if self.by_id { field.id.clone() } else { field.definition.name.to_owned() }, cell))
        });
        let (fields, row) = (Map::from_iter(cells), snapshot.row(table, index));
        let mut record =
            json!({"id": table.record_ids.id(index), "createdTime": format_time(row.created), "fields": fields});
        if self.comment_count {
            record["commentCount"] = comments::count(&row).into();
        }
        record
    }
}

/// The locale of `cellFormat=string`, which also requires a time zone. Times are in UTC whatever the time zone.
fn text_locale(fields: &Fields<'_>) -> Result<Option<String>, ApiError> {
    match (fields.get("cellFormat"), fields.get("userLocale"), fields.get("timeZone")) {
        (None | Some("json"), _, _) => Ok(None),
        (Some("string"), Some(locale), Some(_)) => Ok(Some(locale.to_owned())),
        _ => Err(ApiError::invalid_request()),
    }
}
