//! The rows of a data source, in queries of up to 10,000 results each.

use std::collections::HashSet;

use futures::{StreamExt, stream};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    listing::{Listing, PAGE_SIZE},
    object::Object,
};
use crate::{
    model::IntegrationItem,
    server::providers::{
        Batch, Pages, Records,
        client::{ApiClient, CallError, segment},
        paginate::repeated_cursor,
    },
};

/// The page size after Notion failed to produce a large page in time; its error message suggests a smaller one.
const SMALL_PAGE: usize = 25;

/// Reads all rows of the data source, whose title is `parent`.
///
/// Rows are sorted by creation time. A query ends after 10,000 results; the next one starts at the creation time of the
/// last row and skips the rows of that time that were already delivered.
pub(super) fn read(api: ApiClient, id: &str, parent: String) -> Pages {
    // An item needs only the title, whose property has the same id in every data source.
    let path = format!("/v1/data_sources/{}/query?filter_properties=title", segment(id));
    let start = Some((Window::default(), HashSet::new()));
    stream::try_unfold(start, move |state| {
        let (api, path, parent) = (api.clone(), path.clone(), parent.clone());
        async move {
            let Some((mut window, mut seen)) = state else { return Ok(None) };
            let listing = window.fetch(&api, &path).await?;
            let (next, is_truncated) = (listing.next()?, listing.is_truncated());
            let Records { good, skipped } = listing.results;
            let items = window.new_items(good, &parent);
            let onward = match next {
                Some(cursor) if !seen.insert(cursor.clone()) => return Err(repeated_cursor()),
                Some(cursor) => Some((Window { cursor: Some(cursor), ..window }, seen)),
                None if is_truncated => Some((window.next()?, HashSet::new())),
                None => None,
            };
            Ok(Some((Batch { items, skipped, ..Batch::default() }, onward)))
        }
    })
    .boxed()
}

/// One query of at most 10,000 results, and its progress.
#[derive(Default)]
struct Window {
    /// The creation time at which it starts.
    from: Option<String>,
    cursor: Option<String>,
    /// Whether Notion failed to produce a large page.
    is_slow: bool,
    /// The creation time of the last row, and the ids of the rows of that time.
    last: Option<String>,
    at_last: HashSet<String>,
}

impl Window {
    async fn fetch(&mut self, api: &ApiClient, path: &str) -> Result<Listing, CallError> {
        let page_size = if self.is_slow { SMALL_PAGE } else { PAGE_SIZE };
        match api.query(path, &self.body(page_size)).await {
            Err(error)
                if matches!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)) =>
            {
                self.is_slow = true;
                api.query(path, &self.body(SMALL_PAGE)).await
            }
            reply => reply,
        }
    }

    fn body(&self, page_size: usize) -> Value {
        let mut body = json!({
            "result_type": "page",
            "sorts": [{"timestamp": "created_time", "direction": "ascending"}],
            "page_size": page_size,
        });
        if let Some(from) = &self.from {
            body["filter"] = json!({"timestamp": "created_time", "created_time": {"on_or_after": from}});
        }
        if let Some(cursor) = &self.cursor {
            body["start_cursor"] = cursor.as_str().into();
        }
        body
    }

    /// The items of the rows that were not delivered yet.
    fn new_items(&mut self, rows: Vec<Object>, parent: &str) -> Vec<IntegrationItem> {
        let mut items = Vec::new();
        for row in rows {
            if row.created_time != self.last {
                self.last.clone_from(&row.created_time);
                self.at_last.clear();
            }
            if self.at_last.insert(row.id.clone()) {
                items.push(IntegrationItem { parent_path_or_name: Some(parent.to_owned()), ..row.into_item() });
            }
        }
        items
    }

    /// The window after a truncated one.
    fn next(self) -> Result<Self, CallError> {
        if self.last.is_none() || self.last == self.from {
            return Err(CallError::new(
                "More than 10,000 rows were created in the same minute, and Notion does not return more than that, so this was not read to its end.",
            ));
        }
        Ok(Self { from: self.last.clone(), cursor: None, ..self })
    }
}
