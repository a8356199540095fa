//! Airtable's responses, as far as they are read.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::server::providers::Records;

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) email: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Bases {
    pub(super) bases: Records<Base>,
    pub(super) offset: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Base {
    pub(super) id: String,
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct Tables {
    pub(super) tables: Records<Table>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Table {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) primary_field_id: String,
}

#[derive(Deserialize)]
pub(super) struct TableRecords {
    pub(super) records: Records<Record>,
    pub(super) offset: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) created_time: Option<String>,
    /// Without empty cells.
    #[serde(default)]
    pub(super) fields: Map<String, Value>,
}
