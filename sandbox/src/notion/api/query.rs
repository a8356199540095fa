//! Queries of a data source: its rows, filtered, sorted, and in pages up to result 10,000.

use std::sync::Arc;

use axum::{
    Extension,
    body::Bytes,
    extract::{Path, RawQuery, State},
};
use serde_json::{Map, Value, json};

use self::{filter::Filter, sort::Sorts};
use super::{
    auth::Caller,
    body, databases,
    pages::{self, Selection},
    paging::{Pager, Parameters},
};
use crate::notion::{
    Notion,
    error::ApiError,
    reply::Reply,
    version::Version,
    workspace::{Page, Row, Workspace},
};

mod condition;
mod date_condition;
mod filter;
mod operators;
mod sort;

/// The number of results of one query, over all pages (the note on `request_status` in Notion's Node SDK 5.26).
const MAX_RESULTS: u64 = 10_000;

/// A valid query.
struct Query {
    workspace: Workspace,
    source: u8,
    version: Version,
    selection: Selection,
    filter: Filter,
    sorts: Sorts,
    in_trash: bool,
    /// The rows of these data sources are pages, so a query for other data sources finds none.
    wants_pages: bool,
}

/// `POST /v1/data_sources/{id}/query`.
pub(crate) async fn data_source(
    State(notion): State<Arc<Notion>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    bytes: Bytes,
) -> Result<Reply, ApiError> {
    let source = databases::source(&notion, &caller, &id)?;
    run(&notion, source, caller.version, query, &bytes).await
}

/// `POST /v1/databases/{id}/query`, for API versions without data sources.
pub(crate) async fn database(
    State(notion): State<Arc<Notion>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    bytes: Bytes,
) -> Result<Reply, ApiError> {
    if caller.version.has_data_sources() {
        return Err(ApiError::invalid_url());
    }
    let source = databases::only_source(&notion, &caller, &id)?;
    run(&notion, source, caller.version, query, &bytes).await
}

async fn run(
    notion: &Notion,
    source: u8,
    version: Version,
    query: Option<String>,
    bytes: &[u8],
) -> Result<Reply, ApiError> {
    let known = ["filter", "sorts", "start_cursor", "page_size", "in_trash", "archived", "result_type"];
    let fields = body::read(bytes, &known)?;
    let selection = Selection::of(&Parameters::parse(query));
    let query = Query::read(notion.workspace(), source, version, selection, &fields)?;
    let list = format!("query {source} {:?} {:?} {}", fields.get("filter"), fields.get("sorts"), query.in_trash);
    let pager = Pager::read(notion, &fields, &list)?;
    // Scanning a large data source takes a while and must not block other requests.
    let response = tokio::task::spawn_blocking(move || query.run(&pager)).await;
    Ok(Reply::ok(response.map_err(|_| ApiError::internal())?))
}

impl Query {
    fn read(
        workspace: Workspace,
        source: u8,
        version: Version,
        selection: Selection,
        fields: &Map<String, Value>,
    ) -> Result<Self, ApiError> {
        let result_type = fields.get("result_type").unwrap_or(&Value::Null);
        let wants_pages =
            result_type.is_null() || body::one_of("result_type", result_type, &["page", "data_source"])? == "page";
        let flag = |name: &str| match fields.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(ApiError::field(name, "a boolean or `undefined`", other)),
        };
        Ok(Self {
            filter: fields.get("filter").map_or(Ok(Filter::everything()), |filter| Filter::read(source, filter))?,
            sorts: Sorts::read(source, fields.get("sorts"))?,
            in_trash: flag("in_trash")? || flag("archived")?,
            workspace,
            source,
            version,
            selection,
            wants_pages,
        })
    }

    fn run(&self, pager: &Pager) -> Value {
        let page = if self.sorts.is_creation_order() {
            pager.page(self.hits(pager.start), MAX_RESULTS)
        } else {
            let rows = self.sorts.sorted(&self.workspace, self.hits(0).map(|(_, row)| row));
            pager.page((0..).zip(rows).skip(pager.start as usize), MAX_RESULTS)
        };
        let to_json = |row: &Row| pages::json(&self.workspace, Page::Row(*row), &self.selection, self.version);
        let results = page.items.iter().map(to_json).collect();
        let kind = if self.version.has_data_sources() { "page_or_data_source" } else { "page_or_database" };
        let mut list = pager.list(kind, &page, results);
        if page.is_truncated {
            list["request_status"] = json!({"type": "incomplete", "incomplete_reason": "query_result_limit_reached"});
        }
        list
    }

    /// The matching rows from a position on, in order of creation.
    fn hits(&self, start: u32) -> impl Iterator<Item = (u32, Row)> {
        let rows = self.workspace.rows_of(self.source, self.in_trash);
        let count = if self.wants_pages { rows.end - rows.start } else { 0 };
        let row = move |position| Row { source: self.source, number: rows.start + position };
        let positions = (start.min(count)..count).map(move |position| (position, row(position)));
        positions.filter(|(_, row)| self.filter.matches(&self.workspace, *row))
    }
}
