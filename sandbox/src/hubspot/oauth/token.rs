//! `POST /oauth/{version}/token`: exchanges a code or a refresh token for tokens.

use std::sync::Arc;

use axum::{
    extract::{Form, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::{
    grants::{InvalidToken, Refresh},
    hubspot::{HUB_ID, Hubspot, USER_ID, error::ApiError, switches::Hub},
    reply,
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Request {
    grant_type: String,
    client_id: String,
    client_secret: String,
    code: String,
    redirect_uri: String,
    code_verifier: Option<String>,
    refresh_token: String,
}

#[derive(Serialize)]
struct TokenResponse {
    token_type: &'static str,
    refresh_token: String,
    access_token: String,
    hub_id: u32,
    scopes: Vec<String>,
    expires_in: u32,
    user_id: u32,
    token_use: &'static str,
}

pub(crate) async fn token(
    State(hubspot): State<Arc<Hubspot>>,
    Path(version): Path<String>,
    Form(request): Form<Request>,
) -> Response {
    if !is_version(&version) {
        return ApiError::not_found().into_response();
    }
    match issue(&hubspot, &request) {
        Ok(tokens) => reply::json(StatusCode::OK, &tokens),
        Err(error) if version == "v1" => error.without_oauth_fields().into_response(),
        Err(error) => error.into_response(),
    }
}

pub(crate) fn is_version(version: &str) -> bool {
    matches!(version, "v1" | "v3" | "2026-03" | "2026-09")
}

/// Rejects empty credentials and those that begin with `wrong`, which stand for a configuration mistake. All others are
/// accepted.
pub(crate) fn check_client(client_id: &str, client_secret: &str) -> Result<(), ApiError> {
    let is_wrong = |text: &str| text.is_empty() || text.starts_with("wrong");
    match (is_wrong(client_id), is_wrong(client_secret)) {
        (true, _) => Err(ApiError::oauth("invalid_client", "BAD_CLIENT_ID", "missing or invalid client id")),
        (_, true) => Err(ApiError::oauth("invalid_client", "BAD_CLIENT_ID", "missing or invalid client secret")),
        _ => Ok(()),
    }
}

pub(crate) fn bad_refresh_token() -> ApiError {
    ApiError::oauth("invalid_grant", "BAD_REFRESH_TOKEN", "refresh token is invalid, expired or revoked")
}

fn issue(hubspot: &Hubspot, request: &Request) -> Result<TokenResponse, ApiError> {
    check_client(&request.client_id, &request.client_secret)?;
    match request.grant_type.as_str() {
        "authorization_code" => exchange(hubspot, request),
        "refresh_token" => refresh(hubspot, request),
        _ => Err(ApiError::oauth("unsupported_grant_type", "BAD_GRANT_TYPE", "missing or unknown grant type")),
    }
}

fn exchange(hubspot: &Hubspot, request: &Request) -> Result<TokenResponse, ApiError> {
    let now = hubspot.context.clock.now();
    let bad_code = || ApiError::oauth("invalid_grant", "BAD_AUTH_CODE", "missing or invalid auth code");
    let code = hubspot.grants.redeem_code::<()>(&request.code, now).ok_or_else(bad_code)?;
    if code.client_id != request.client_id || !code.is_verified(request.code_verifier.as_deref()) {
        return Err(bad_code());
    }
    if code.redirect_uri != request.redirect_uri {
        return Err(ApiError::oauth("invalid_grant", "BAD_REDIRECT_URI", "missing or mismatched redirect uri"));
    }
    hubspot.grants.counters.exchanges.increment();
    Ok(token_response(hubspot, &code.first_refresh(now)))
}

fn refresh(hubspot: &Hubspot, request: &Request) -> Result<TokenResponse, ApiError> {
    let now = hubspot.context.clock.now();
    let rotation = hubspot.switches.get().rotate_refresh;
    let used = hubspot.grants.refresh(&request.refresh_token, rotation, now).map_err(|invalid| {
        if matches!(invalid, InvalidToken::Reused) {
            hubspot.grants.counters.reused_tokens.increment();
        }
        bad_refresh_token()
    })?;
    if used.client_id != request.client_id {
        return Err(bad_refresh_token());
    }
    if hubspot.switches.get().hub == Hub::Gone {
        return Err(ApiError::oauth("access_denied", "BAD_HUB", "missing or unknown hub id"));
    }
    hubspot.grants.counters.refreshes.increment();
    Ok(token_response(hubspot, &hubspot.grants.rotate(&used, rotation, now)))
}

fn token_response(hubspot: &Hubspot, refresh: &Refresh<()>) -> TokenResponse {
    let expires_in = hubspot.switches.get().access_token_seconds;
    let now = hubspot.context.clock.now();
    let expires = now.saturating_add(SignedDuration::from_secs(expires_in.into())).unwrap_or(now);
    TokenResponse {
        token_type: "bearer",
        refresh_token: hubspot.grants.sign_refresh(refresh),
        access_token: hubspot.grants.sign_access(&refresh.access(now, expires)),
        hub_id: HUB_ID,
        scopes: refresh.scopes.clone(),
        expires_in,
        user_id: USER_ID,
        token_use: "access_token",
    }
}
