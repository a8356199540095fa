//! The rows of a data source: a query, and beyond 10,000 results further ones.

use std::collections::HashSet;

use futures::{StreamExt, stream};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    listing::{Listing, PAGE_SIZE},
    object::Object,
};
use crate::{
    model::{AppError, ErrorCode, IntegrationItem},
    server::providers::{Api, Batch, Pages, segment},
};

/// The page size that is tried when Notion cannot make a large page in time, as its answer to such a query suggests.
const SMALL_PAGE: usize = 25;

/// Reads all rows of the data source, whose title is `parent`.
///
/// Rows come in the order of their creation. A query ends after 10,000 results; the next one begins at the creation time
/// of the last row, and leaves out what was delivered of that time.
pub(super) fn read(api: Api, id: &str, parent: String) -> Pages {
    // Of a row's properties, the title is all that an item needs; it has the same id in every data source.
    let path = format!("/v1/data_sources/{}/query?filter_properties=title", segment(id));
    let start = Some((Window::default(), HashSet::new()));
    stream::try_unfold(start, move |state| {
        let (api, path, parent) = (api.clone(), path.clone(), parent.clone());
        async move {
            let Some((mut window, mut seen)) = state else { return Ok(None) };
            let listing = window.fetch(&api, &path).await?;
            let (next, is_cut) = (listing.next()?, listing.is_cut());
            let items = window.take(listing.results, &parent);
            let onward = match next {
                Some(cursor) if !seen.insert(cursor.clone()) => return Err(repeated()),
                Some(cursor) => Some((Window { cursor: Some(cursor), ..window }, seen)),
                None if is_cut => Some((window.next()?, HashSet::new())),
                None => None,
            };
            Ok(Some((Batch::from(items), onward)))
        }
    })
    .boxed()
}

/// One query of at most 10,000 results, and how far it is.
#[derive(Default)]
struct Window {
    /// The creation time at which it begins.
    from: Option<String>,
    cursor: Option<String>,
    /// Whether large pages were too much for Notion.
    is_slow: bool,
    /// The creation time of the last row, and the rows of that time.
    last: Option<String>,
    at_last: HashSet<String>,
}

impl Window {
    async fn fetch(&mut self, api: &Api, path: &str) -> Result<Listing, AppError> {
        let page_size = if self.is_slow { SMALL_PAGE } else { PAGE_SIZE };
        match api.query(path, &self.body(page_size)).await {
            Err(failed)
                if matches!(failed.status, Some(StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)) =>
            {
                self.is_slow = true;
                Ok(api.query(path, &self.body(SMALL_PAGE)).await?)
            }
            reply => Ok(reply?),
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

    /// The items of rows that were not delivered yet.
    fn take(&mut self, rows: Vec<Object>, parent: &str) -> Vec<IntegrationItem> {
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

    /// The window after one that was cut.
    fn next(self) -> Result<Self, AppError> {
        if self.last.is_none() || self.last == self.from {
            let detail = "More than 10,000 rows were created in the same minute, and Notion does not give more than that, so this was not read to its end.";
            return Err(AppError::new(ErrorCode::ProviderUnavailable, detail));
        }
        Ok(Self { from: self.last.clone(), cursor: None, ..self })
    }
}

fn repeated() -> AppError {
    let detail = "Notion named the same page twice, so this was not read to its end. Load again.";
    AppError::new(ErrorCode::ProviderUnavailable, detail)
}
