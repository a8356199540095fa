//! Notion's lists: pages of objects under a cursor, from search and from queries.

use futures::Stream;
use serde::Deserialize;
use serde_json::json;

use super::object::Object;
use crate::{
    model::{AppError, ErrorCode},
    server::providers::{Api, Page, follow},
};

/// The most that Notion gives at once.
pub(super) const PAGE_SIZE: usize = 100;

/// One answer. It may be short, or even empty, long before the end: only `has_more` tells.
#[derive(Deserialize)]
pub(super) struct Listing {
    pub(super) results: Vec<Object>,
    has_more: bool,
    next_cursor: Option<String>,
    request_status: Option<RequestStatus>,
}

#[derive(Deserialize)]
struct RequestStatus {
    #[serde(rename = "type")]
    kind: String,
}

impl Listing {
    /// Where the next page begins; `None` after the last.
    pub(super) fn next(&self) -> Result<Option<String>, AppError> {
        if self.has_more && self.next_cursor.is_none() {
            let detail = "Notion said that there is more, but not where, so this was not read to its end. Load again.";
            return Err(AppError::new(ErrorCode::ProviderUnavailable, detail));
        }
        Ok(self.next_cursor.clone().filter(|_| self.has_more))
    }

    /// Whether Notion ended the list at its limit of 10,000 results rather than at its end.
    pub(super) fn is_cut(&self) -> bool {
        self.request_status.as_ref().is_some_and(|status| status.kind == "incomplete")
    }
}

/// Everything of a kind (`page`, `data_source`) that search returns. What is edited meanwhile moves to the end, where it
/// comes a second time; the other way round it would be missed.
pub(super) fn search(api: Api, kind: &'static str) -> impl Stream<Item = Result<Vec<Object>, AppError>> + Send {
    follow(move |cursor| {
        let api = api.clone();
        async move {
            let mut body = json!({
                "filter": {"property": "object", "value": kind},
                "sort": {"timestamp": "last_edited_time", "direction": "ascending"},
                "page_size": PAGE_SIZE,
            });
            if let Some(cursor) = cursor {
                body["start_cursor"] = cursor.into();
            }
            let listing: Listing = api.query("/v1/search", &body).await?;
            Ok(Page { next: listing.next()?, content: listing.results })
        }
    })
}
