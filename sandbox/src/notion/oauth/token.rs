//! `POST /v1/oauth/token`: exchanges a code or a refresh token for tokens.

use std::{collections::HashMap, sync::Arc};

use axum::{body::Bytes, extract::State, http::HeaderMap};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client;
use crate::{
    grants::{InvalidToken, Refresh},
    notion::{
        Notion,
        error::ApiError,
        ids::Object,
        reply::Reply,
        switches::Reconnect,
        workspace::{NAME, Share, people},
    },
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Request {
    grant_type: String,
    code: String,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: String,
}

/// The family of each integration's newest grant, by client id. The workspace's one user has one grant per integration
/// at a time.
pub(crate) type NewestGrants = HashMap<String, u64>;

pub(crate) async fn token(
    State(notion): State<Arc<Notion>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Reply, ApiError> {
    let (client_id, request) = client::read::<Request>(&notion, &headers, &body)?;
    match request.grant_type.as_str() {
        "authorization_code" => exchange(&notion, &client_id, &request),
        "refresh_token" => refresh(&notion, &client_id, &request.refresh_token),
        _ => {
            Err(notion
                .oauth_error("unsupported_grant_type", "The grant_type must be authorization_code or refresh_token."))
        }
    }
}

fn exchange(notion: &Notion, client_id: &str, request: &Request) -> Result<Reply, ApiError> {
    let now = notion.context.clock.now();
    let bad_code = || notion.oauth_error("invalid_grant", "Invalid code: this code has been revoked.");
    let code = notion.grants.redeem_code::<Share>(&request.code, now).ok_or_else(bad_code)?;
    if code.client_id != client_id || !code.is_verified(request.code_verifier.as_deref()) {
        return Err(bad_code());
    }
    // Required if the authorization request had one, which in the sandbox is always the case.
    if request.redirect_uri.as_deref() != Some(&code.redirect_uri) {
        return Err(
            notion.oauth_error("invalid_grant", "Invalid redirect_uri: it must match the authorization request.")
        );
    }
    let first = code.first_refresh(now);
    notion.newest.lock().insert(client_id.to_owned(), first.family);
    notion.grants.counters.exchanges.increment();
    Ok(token_response(notion, &first))
}

fn refresh(notion: &Notion, client_id: &str, token: &str) -> Result<Reply, ApiError> {
    let now = notion.context.clock.now();
    let rotation = notion.switches.get().old_pair_after_refresh;
    let bad_token = || notion.oauth_error("invalid_grant", "Invalid refresh_token: this token has been revoked.");
    let used = valid_refresh(notion, token).map_err(|invalid| {
        if matches!(invalid, InvalidToken::Reused) {
            notion.grants.counters.reused_tokens.increment();
        }
        bad_token()
    })?;
    if used.client_id != client_id {
        return Err(bad_token());
    }
    notion.grants.counters.refreshes.increment();
    Ok(token_response(notion, &notion.grants.rotate(&used, rotation, now)))
}

/// Verifies a refresh token that is still valid and was not superseded by a later connection.
pub(crate) fn valid_refresh(notion: &Notion, token: &str) -> Result<Refresh<Share>, InvalidToken> {
    let switches = notion.switches.get();
    let now = notion.context.clock.now();
    let refresh: Refresh<Share> = notion.grants.refresh(token, switches.old_pair_after_refresh, now)?;
    let newest = notion.newest.lock().get(&refresh.client_id).copied();
    let is_superseded = newest.is_some_and(|newest| newest != refresh.family);
    if is_superseded && switches.same_user_reconnect == Reconnect::Kills {
        Err(InvalidToken::Reused)
    } else {
        Ok(refresh)
    }
}

fn token_response(notion: &Notion, refresh: &Refresh<Share>) -> Reply {
    let switches = notion.switches.get();
    let now = notion.context.clock.now();
    let life = switches.access_token_seconds.map(|seconds| SignedDuration::from_secs(seconds.into()));
    let expires = life.and_then(|life| now.saturating_add(life).ok()).unwrap_or(Timestamp::MAX);
    let refresh_token = (!switches.refresh_token_null).then(|| notion.grants.sign_refresh(refresh));
    let workspace = notion.workspace();
    Reply::ok(json!({
        "access_token": notion.grants.sign_access(&refresh.access(now, expires)), "token_type": "bearer",
        "refresh_token": refresh_token, "bot_id": workspace.id(people::bot(&refresh.client_id)),
        "workspace_id": workspace.id(Object::Workspace), "workspace_name": NAME, "workspace_icon": "📚",
        "owner": {"type": "user", "user": people::person(&workspace, people::OWNER)},
        "duplicated_template_id": Value::Null,
    }))
}
