//! `GET /v0/{base}/{table}` and `POST /v0/{base}/{table}/listRecords`: the same list, asked for in the address or, where
//! that would be too long, in a body (<https://airtable.com/developers/web/api/list-records>).

use std::sync::Arc;

use axum::{
    Extension,
    body::Bytes,
    extract::{OriginalUri, Path, RawQuery, State, rejection::BytesRejection},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

pub(crate) use self::{iterators::Iterators, query::page_size, record_format::RecordFormat};
use self::{iterators::Listing, query::Query};
use super::auth::Caller;
use crate::{
    airtable::{Airtable, error::ApiError, form::Fields, oauth::scopes, workspace::catalog::Table},
    reply,
};

mod body;
mod iterators;
mod order;
mod query;
mod record_format;

/// Airtable takes no longer addresses.
const LONGEST_URL: usize = 16_000;

pub(crate) async fn get(
    State(airtable): State<Arc<Airtable>>,
    Extension(caller): Extension<Caller>,
    Path((base, table)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, ApiError> {
    let (host, query) = (airtable.context.public_url.len(), uri.query().unwrap_or_default());
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    if host + path >= LONGEST_URL {
        return Err(ApiError::too_large());
    }
    answer(&airtable, &caller, &base, &table, &Fields::parse(query.as_bytes()))
}

/// SDKs leave `timeZone` and `userLocale` in the address, so both places count.
pub(crate) async fn post(
    State(airtable): State<Arc<Airtable>>,
    Extension(caller): Extension<Caller>,
    Path((base, table)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let body = body.map_err(|_| ApiError::too_large())?;
    let query = query.unwrap_or_default();
    let fields = body::fields(&body)?.and(Fields::parse(query.as_bytes()));
    answer(&airtable, &caller, &base, &table, &fields)
}

fn answer(
    airtable: &Airtable,
    caller: &Caller,
    base: &str,
    table: &str,
    fields: &Fields<'_>,
) -> Result<Response, ApiError> {
    caller.require_scope(scopes::RECORDS_READ)?;
    let table = caller.table(airtable, base, table)?;
    let query = Query::read(table, fields)?;
    let (snapshot, switches, now) = (airtable.snapshot(), airtable.switches.get(), airtable.context.clock.now());
    let mut listing = match &query.offset {
        None => Listing::new(order::sorted(snapshot, table, &query)),
        Some(offset) => airtable.iterators.resume(table, offset, query.fingerprint, &switches, now)?,
    };
    let indexes = order::page(snapshot, table, &query, &mut listing);
    let records: Vec<Value> = indexes.iter().map(|index| query.shape.record(snapshot, table, *index)).collect();
    let mut offset =
        listing.next.is_some().then(|| airtable.iterators.pause(table, listing, query.fingerprint, &switches, now));
    if is_repeating(table, switches.repeat_offset.as_deref()) {
        // The offset that was given comes back, and one comes even where there is nothing more.
        let again = || airtable.iterators.pause(table, Listing::again(), query.fingerprint, &switches, now);
        offset = Some(query.offset.or(offset).unwrap_or_else(again));
    }
    let mut answer = json!({"records": records});
    if let Some(offset) = offset {
        answer["offset"] = offset.into();
    }
    Ok(reply::json(StatusCode::OK, &answer))
}

fn is_repeating(table: &Table, repeated: Option<&str>) -> bool {
    repeated.is_some_and(|repeated| repeated == table.id || repeated == table.definition.name)
}
