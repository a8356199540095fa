//! `GET /v0/{base}/{table}/{record}/comments` (<https://airtable.com/developers/web/api/list-comments>).

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

use super::{auth::Caller, list::page_size};
use crate::{
    airtable::{
        Airtable,
        error::ApiError,
        form::Fields,
        oauth::scopes,
        workspace::cells::comments::{comment, count, id},
    },
    reply,
};

/// The newest comments come first. The offset is the id of the first comment of the next page, and null at the end.
pub(crate) async fn list(
    State(airtable): State<Arc<Airtable>>,
    Extension(caller): Extension<Caller>,
    Path((base, table, record)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    caller.require_scope(scopes::COMMENTS_READ)?;
    let table = caller.table(&airtable, &base, &table)?;
    let (snapshot, seed) = (airtable.snapshot(), airtable.context.seed);
    let index = table.record_ids.index(&record).filter(|index| *index < snapshot.count(table));
    let row = snapshot.row(table, index.ok_or_else(ApiError::not_found)?);
    let query = query.unwrap_or_default();
    let fields = Fields::parse(query.as_bytes());
    let size = page_size(&fields)?;
    let numbers: Vec<u64> = (0..count(&row)).rev().collect();
    let start = match fields.get("offset") {
        None => 0,
        Some(offset) => {
            let position = numbers.iter().position(|number| id(seed, table, &row, *number) == offset);
            position.ok_or_else(ApiError::invalid_request)?
        }
    };
    let end = start.saturating_add(size).min(numbers.len());
    let comments: Vec<Value> = numbers[start..end].iter().map(|number| comment(seed, table, &row, *number)).collect();
    let offset = numbers.get(end).map(|number| id(seed, table, &row, *number));
    Ok(reply::json(StatusCode::OK, &json!({"comments": comments, "offset": offset})))
}
