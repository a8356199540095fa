//! Single records, and what is asked for in vain.

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

/// `GET /v0/{base}/{table}/{record}`. Only the parameters that shape cells have a meaning here.
pub(crate) async fn read(
    State(airtable): State<Arc<Airtable>>,
    Extension(caller): Extension<Caller>,
    Path((base, table, record)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    caller.require_scope(scopes::RECORDS_READ)?;
    let table = caller.table(&airtable, &base, &table)?;
    let query = query.unwrap_or_default();
    let shape = RecordFormat::read(table, &Fields::parse(query.as_bytes()))?;
    let snapshot = airtable.snapshot();
    let index = table.record_ids.index(&record).filter(|index| *index < snapshot.count(table));
    let record = shape.record(snapshot, table, index.ok_or_else(ApiError::not_found)?);
    Ok(reply::json(StatusCode::OK, &record))
}

/// Every other method: refused for want of the scope, or else because the sandbox keeps nothing.
pub(crate) async fn write(Extension(caller): Extension<Caller>) -> ApiError {
    if caller.has(scopes::RECORDS_WRITE) || caller.has(scopes::SCHEMA_WRITE) {
        ApiError::read_only()
    } else {
        ApiError::not_permitted()
    }
}

/// Paths that there are not.
pub(crate) async fn not_found() -> ApiError {
    ApiError::not_found()
}
