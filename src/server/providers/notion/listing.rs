//! Notion's paginated lists, from search and from queries.

use futures::Stream;
use serde::Deserialize;
use serde_json::json;

use super::object::Object;
use crate::server::providers::{
    Page, Records,
    client::{ApiClient, CallError},
    paginate,
    paginate::{MAX_CURSOR, oversized_cursor},
};

/// The maximum page size.
pub(super) const PAGE_SIZE: usize = 100;

/// One page. It may be short or even empty long before the end; only `has_more` tells.
#[derive(Deserialize)]
pub(super) struct Listing {
    pub(super) results: Records<Object>,
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
    /// The cursor of the next page; `None` on the last.
    pub(super) fn next(&self) -> Result<Option<String>, CallError> {
        if self.has_more && self.next_cursor.is_none() {
            return Err(CallError::new(
                "Notion announced a further page without a cursor, so this was not read to its end. Load again.",
            ));
        }
        let next = self.next_cursor.as_ref().filter(|_| self.has_more);
        if next.is_some_and(|cursor| cursor.len() > MAX_CURSOR) {
            return Err(oversized_cursor());
        }
        Ok(next.cloned())
    }

    /// Whether Notion ended the list at its limit of 10,000 results.
    pub(super) fn is_truncated(&self) -> bool {
        self.request_status.as_ref().is_some_and(|status| status.kind == "incomplete")
    }
}

/// All objects of a kind (`page`, `data_source`) that search returns. They are sorted by the time of the last edit, oldest
/// first: an object that is edited meanwhile moves to the end and comes twice. The other way round it would be missed.
pub(super) fn search(
    api: ApiClient,
    kind: &'static str,
) -> impl Stream<Item = Result<Records<Object>, CallError>> + Send {
    paginate(move |cursor| {
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
