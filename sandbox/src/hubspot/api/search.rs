//! `POST …/search`: filters, a text query, one sort, and paging by offset up to result 10,000.

use std::{cmp::Ordering, sync::Arc};

use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use jiff::SignedDuration;
use serde::Serialize;

use self::{
    filter::compare,
    request::{Order, Search},
};
use super::{
    auth::Caller,
    objects::{Next, Paging, Target},
    selection::{Record, Selection},
};
use crate::{
    hubspot::{
        Hubspot,
        data::{catalog::ObjectType, rows::Row},
        error::ApiError,
    },
    reply,
};

mod filter;
mod request;

/// The last result that paging can reach.
const MAX_OFFSET: u64 = 10_000;

#[derive(Serialize)]
struct Found {
    total: u64,
    results: Vec<Record>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

pub(crate) async fn search(
    State(hubspot): State<Arc<Hubspot>>,
    Extension(caller): Extension<Caller>,
    Path(target): Path<Target>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let kind = target.kind_for(&caller)?;
    let search = Search::read(kind, &body)?;
    if search.after.saturating_add(search.limit) > MAX_OFFSET {
        return Err(ApiError::validation(format!("A search cannot be paged beyond {MAX_OFFSET} results.")));
    }
    let mut selection = Selection::new(&hubspot, kind, search.properties.iter().map(String::as_str));
    selection.count = visible(&hubspot, kind, selection.count);
    // Scanning a large account takes seconds and must not block other requests.
    let found = tokio::task::spawn_blocking(move || page(&selection, &search)).await;
    let found = found.map_err(|_| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "The search failed."))?;
    Ok(reply::json(StatusCode::OK, &found))
}

/// The number of records that search sees. While its index lags behind a change, that is at most the number before the
/// change.
fn visible(hubspot: &Hubspot, kind: ObjectType, count: u64) -> u64 {
    let lag = SignedDuration::from_millis(i64::try_from(hubspot.switches.get().search_lag_ms).unwrap_or(i64::MAX));
    match hubspot.context.settings().previous_records {
        Some((records, at)) if hubspot.context.clock.now().duration_since(at) < lag => count.min(kind.count(&records)),
        _ => count,
    }
}

fn page(selection: &Selection, search: &Search) -> Found {
    let (total, indexes) =
        if search.is_unfiltered() { unfiltered(selection, search) } else { matching(selection, search) };
    let end = search.after + indexes.len() as u64;
    let results = indexes.into_iter().map(|index| selection.record(index)).collect();
    let paging = (end < total).then(|| Paging { next: Next { after: end.to_string(), link: None } });
    Found { total, results, paging }
}

/// Without a filter, results are in order of creation, which is the order of the records, so none has to be computed to
/// find the page.
fn unfiltered(selection: &Selection, search: &Search) -> (u64, Vec<u64>) {
    let end = (search.after + search.limit).min(selection.count);
    (selection.count, (search.after..end).collect())
}

fn matching(selection: &Selection, search: &Search) -> (u64, Vec<u64>) {
    let mut hits: Vec<(Option<String>, u64)> = Vec::new();
    for index in 0..selection.count {
        let row = selection.row(index);
        if search.matches(selection.kind, &row) {
            hits.push((sort_key(search.order.as_ref(), &row), index));
        }
    }
    if let Some(order) = &search.order {
        hits.sort_by(|(a, _), (b, _)| ordering(order, a.as_deref(), b.as_deref()));
    }
    let total = hits.len() as u64;
    let page = hits.into_iter().skip(search.after as usize).take(search.limit as usize);
    (total, page.map(|(_, index)| index).collect())
}

fn sort_key(order: Option<&Order>, row: &Row) -> Option<String> {
    row.value(order?.property.name).map(str::to_owned)
}

/// Records without a value come last in either direction. The sort is stable, so records with equal values stay in
/// order of creation.
fn ordering(order: &Order, a: Option<&str>, b: Option<&str>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if order.descending => compare(order.property, b, a),
        (Some(a), Some(b)) => compare(order.property, a, b),
        _ => b.is_some().cmp(&a.is_some()),
    }
}
