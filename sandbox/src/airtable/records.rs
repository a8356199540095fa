//! Single records, and what is asked for in vain.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{Airtable, bearer::Caller, form::Fields, list::Shape, refusal::Refusal, scopes};
use crate::reply;

/// `GET /v0/{base}/{table}/{record}`. Only the parameters that shape cells have a meaning here.
pub(crate) async fn read(
    State(airtable): State<Arc<Airtable>>,
    Extension(caller): Extension<Caller>,
    Path((base, table, record)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    caller.needs(scopes::RECORDS_READ)?;
    let table = caller.table(&airtable, &base, &table)?;
    let query = query.unwrap_or_default();
    let shape = Shape::read(table, &Fields::parse(query.as_bytes()))?;
    let sheet = airtable.sheet();
    let index = table.record_ids.index(&record).filter(|index| *index < sheet.count(table));
    let record = shape.record(sheet, table, index.ok_or_else(Refusal::not_found)?);
    Ok(reply::json(StatusCode::OK, &record))
}

/// Every other method: refused for want of the scope, or else because the sandbox keeps nothing.
pub(crate) async fn write(Extension(caller): Extension<Caller>) -> Refusal {
    if caller.has(scopes::RECORDS_WRITE) || caller.has(scopes::SCHEMA_WRITE) {
        Refusal::read_only()
    } else {
        Refusal::not_permitted()
    }
}

/// Paths that there are not.
pub(crate) async fn nowhere() -> Refusal {
    Refusal::not_found()
}
