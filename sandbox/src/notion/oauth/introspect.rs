//! What a token is, and its end.

use std::sync::Arc;

use axum::{body::Bytes, extract::State, http::HeaderMap};
use serde::Deserialize;
use serde_json::json;

use super::{client, token::valid_refresh};
use crate::notion::{Notion, error::ApiError, reply::Reply};

#[derive(Deserialize)]
pub(crate) struct Request {
    token: String,
}

/// What a token stands for: the family of its grant, and since when it is there.
struct Known {
    family: u64,
    client_id: String,
    issued: jiff::Timestamp,
}

/// The scope is in words that Notion does not document; RFC 7662 says no more about a dead token than that it is not active.
pub(crate) async fn introspect(
    State(notion): State<Arc<Notion>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Reply, ApiError> {
    let (client_id, request) = client::read::<Request>(&notion, &headers, &body)?;
    let known = find(&notion, &request.token).filter(|known| known.client_id == client_id);
    Ok(Reply::ok(known.map_or_else(
        || json!({"active": false}),
        |known| json!({"active": true, "scope": "read_content read_user_with_email", "iat": known.issued.as_second()}),
    )))
}

/// Ends the whole grant, whichever of its tokens is named. One that is not known is as good as revoked (RFC 7009).
pub(crate) async fn revoke(
    State(notion): State<Arc<Notion>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Reply, ApiError> {
    let (client_id, request) = client::read::<Request>(&notion, &headers, &body)?;
    if let Some(known) = find(&notion, &request.token).filter(|known| known.client_id == client_id) {
        notion.grants.revoke(known.family);
        notion.grants.counters.revocations.increment();
    }
    Ok(Reply::ok(json!({})))
}

fn find(notion: &Notion, token: &str) -> Option<Known> {
    if let Some(access) = notion.valid_access(token) {
        return Some(Known { family: access.family, client_id: access.client_id, issued: access.issued });
    }
    let refresh = valid_refresh(notion, token).ok()?;
    Some(Known { family: refresh.family, client_id: refresh.client_id, issued: refresh.issued })
}
