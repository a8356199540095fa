//! Databases and data sources, read by id.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, State},
};
use serde_json::json;

use super::auth::Caller;
use crate::notion::{
    Notion,
    error::ApiError,
    ids::Object,
    reply::Reply,
    version::Version,
    workspace::containers::{self, DATABASES},
};

pub(crate) async fn database(
    State(notion): State<Arc<Notion>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Reply, ApiError> {
    if !caller.version.has_data_sources() {
        only_source(&notion, &caller, &id)?;
    }
    let number = find(&notion, &caller, &id)?;
    Ok(Reply::ok(containers::database(&notion.workspace(), number, caller.version)))
}

pub(crate) async fn data_source(
    State(notion): State<Arc<Notion>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Reply, ApiError> {
    let number = source(&notion, &caller, &id)?;
    Ok(Reply::ok(containers::data_source(&notion.workspace(), number, caller.version)))
}

/// The number of the data source that a path names. API versions without data sources do not have these paths.
pub(crate) fn source(notion: &Notion, caller: &Caller, id: &str) -> Result<u8, ApiError> {
    if !caller.version.has_data_sources() {
        return Err(ApiError::invalid_url());
    }
    match caller.find(&notion.workspace(), "data_source_id", id)? {
        Object::Source(number) => Ok(number),
        _ => Err(caller.not_found("data_source_id", id)),
    }
}

/// The only data source of a database. A database with several cannot be read in API versions without data sources
/// (developers.notion.com/guides/get-started/upgrade-faqs-2025-09-03).
pub(crate) fn only_source(notion: &Notion, caller: &Caller, id: &str) -> Result<u8, ApiError> {
    let number = find(notion, caller, id)?;
    let workspace = notion.workspace();
    let sources = DATABASES[usize::from(number)].sources;
    if let [only] = sources {
        return Ok(*only);
    }
    let ids: Vec<_> = sources.iter().map(|source| workspace.id(Object::Source(*source))).collect();
    let message = "Databases with multiple data sources are not supported in this API version.";
    Err(ApiError::validation(message).with(json!({
        "error_type": "multiple_data_sources_for_database", "database_id": workspace.id(Object::Database(number)),
        "child_data_source_ids": ids, "minimum_api_version": Version::September2025.name(),
    })))
}

fn find(notion: &Notion, caller: &Caller, id: &str) -> Result<u8, ApiError> {
    match caller.find(&notion.workspace(), "database_id", id)? {
        Object::Database(number) => Ok(number),
        _ => Err(caller.not_found("database_id", id)),
    }
}
