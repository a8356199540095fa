//! Introspection and revocation.

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

struct TokenInfo {
    family: u64,
    client_id: String,
    issued: jiff::Timestamp,
}

/// Notion does not document the values of `scope`. RFC 7662 returns no more than `active` for an invalid token.
pub(crate) async fn introspect(
    State(notion): State<Arc<Notion>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Reply, ApiError> {
    let (client_id, request) = client::read::<Request>(&notion, &headers, &body)?;
    let token = find(&notion, &request.token).filter(|token| token.client_id == client_id);
    Ok(Reply::ok(token.map_or_else(
        || json!({"active": false}),
        |token| json!({"active": true, "scope": "read_content read_user_with_email", "iat": token.issued.as_second()}),
    )))
}

/// Revokes the whole grant, whichever of its tokens is named. An unknown token is not an error (RFC 7009).
pub(crate) async fn revoke(
    State(notion): State<Arc<Notion>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Reply, ApiError> {
    let (client_id, request) = client::read::<Request>(&notion, &headers, &body)?;
    if let Some(token) = find(&notion, &request.token).filter(|token| token.client_id == client_id) {
        notion.grants.revoke(token.family);
        notion.grants.counters.revocations.increment();
    }
    Ok(Reply::ok(json!({})))
}

fn find(notion: &Notion, token: &str) -> Option<TokenInfo> {
    if let Some(access) = notion.valid_access(token) {
        return Some(TokenInfo { family: access.family, client_id: access.client_id, issued: access.issued });
    }
    let refresh = valid_refresh(notion, token).ok()?;
    Some(TokenInfo { family: refresh.family, client_id: refresh.client_id, issued: refresh.issued })
}
