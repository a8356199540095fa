//! Single records, and the responses to writes and unknown paths.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{auth::Caller, list::RecordFormat};
use crate::{
    airtable::{Airtable, error::ApiError, form::Fields, oauth::scopes},
    reply,
};

/// `GET /v0/{base}/{table}/{record}`. Of the list parameters, only those that format cells apply.
pub(crate) async fn read(
    State(airtable): State<Arc<Airtable>>,
    Extension(caller): Extension<Caller>,
    Path((base, table, record)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    caller.require_scope(scopes::RECORDS_READ)?;
    let table = caller.table(&airtable, &base, &table)?;
    let query = query.unwrap_or_default();
    let format = RecordFormat::read(table, &Fields::parse(query.as_bytes()))?;
    let snapshot = airtable.snapshot();
    let index = table.record_ids.index(&record).filter(|index| *index < snapshot.count(table));
    let record = format.record(snapshot, table, index.ok_or_else(ApiError::not_found)?);
    Ok(reply::json(StatusCode::OK, &record))
}

/// All other methods: 403, for a missing scope or because the sandbox is read-only.
pub(crate) async fn write(Extension(caller): Extension<Caller>) -> ApiError {
    if caller.has(scopes::RECORDS_WRITE) || caller.has(scopes::SCHEMA_WRITE) {
        ApiError::read_only()
    } else {
        ApiError::not_permitted()
    }
}

pub(crate) async fn not_found() -> ApiError {
    ApiError::not_found()
}
