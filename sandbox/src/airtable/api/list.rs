//! `GET /v0/{base}/{table}` and `POST /v0/{base}/{table}/listRecords`: the same list, with parameters in the URL or, if
//! they are too long for it, in the body (<https://airtable.com/developers/web/api/list-records>).

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

/// The longest URL that Airtable accepts, in characters.
const MAX_URL_LENGTH: usize = 16_000;

pub(crate) async fn get(
    State(airtable): State<Arc<Airtable>>,
    Extension(caller): Extension<Caller>,
    Path((base, table)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, ApiError> {
    let (host, query) = (airtable.context.public_url.len(), uri.query().unwrap_or_default());
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    if host + path >= MAX_URL_LENGTH {
        return Err(ApiError::too_large());
    }
    respond(&airtable, &caller, &base, &table, &Fields::parse(query.as_bytes()))
}

/// SDKs send `timeZone` and `userLocale` in the URL, so parameters are read from both places.
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
    respond(&airtable, &caller, &base, &table, &fields)
}

fn respond(
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
    let records: Vec<Value> = indexes.iter().map(|index| query.format.record(snapshot, table, *index)).collect();
    let mut offset =
        listing.next.is_some().then(|| airtable.iterators.pause(table, listing, query.fingerprint, &switches, now));
    if is_repeating(table, switches.repeat_offset.as_deref()) {
        // Returns the offset of the request again, or one that starts over where there is no next page.
        let restarted = || airtable.iterators.pause(table, Listing::restarted(), query.fingerprint, &switches, now);
        offset = Some(query.offset.or(offset).unwrap_or_else(restarted));
    }
    let mut body = json!({"records": records});
    if let Some(offset) = offset {
        body["offset"] = offset.into();
    }
    Ok(reply::json(StatusCode::OK, &body))
}

fn is_repeating(table: &Table, repeated: Option<&str>) -> bool {
    repeated.is_some_and(|repeated| repeated == table.id || repeated == table.definition.name)
}
