//! `POST /oauth2/v1/token`: exchanges a code or a refresh token for tokens
//! (<https://airtable.com/developers/web/api/oauth-reference>).

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::json;

use super::{authorize::is_opaque_value, client, refresh};
use crate::{
    airtable::{Airtable, SharedBases, form::Fields},
    grants::{Code, Refresh},
    reply,
};

#[derive(Serialize)]
struct TokenResponse {
    access_token: String,
    refresh_token: String,
    /// With a trailing space, as Airtable documents.
    token_type: &'static str,
    scope: String,
    expires_in: u32,
    refresh_expires_in: u32,
}

/// An error of the token endpoint: an error code of RFC 6749 and a description.
#[derive(Debug)]
pub(crate) struct TokenError {
    pub status: StatusCode,
    pub error: &'static str,
    pub description: &'static str,
}

const PARAMETERS: [&str; 7] =
    ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "refresh_token", "scope"];

pub(crate) async fn token(State(airtable): State<Arc<Airtable>>, headers: HeaderMap, body: Bytes) -> Response {
    match issue(&airtable, &headers, &body) {
        Ok(tokens) => reply::json(StatusCode::OK, &tokens),
        Err(error) => error.into_response(),
    }
}

fn issue(airtable: &Airtable, headers: &HeaderMap, body: &[u8]) -> Result<TokenResponse, TokenError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(TokenError::invalid_request("The body must be application/x-www-form-urlencoded"));
    }
    let fields = Fields::parse(body);
    // Before anything is checked, because a code is used up by the first request that contains it, even if that request
    // fails.
    let code = fields
        .get("code")
        .and_then(|code| airtable.grants.redeem_code::<SharedBases>(code, airtable.context.clock.now()));
    let outcome = process(airtable, headers, &fields, code.as_ref());
    let is_used_up = airtable.switches.get().code_burn_on_failure;
    if let (Err(_), Some(code), false) = (&outcome, &code, is_used_up) {
        airtable.grants.restore_code(code);
    }
    outcome
}

fn process(
    airtable: &Airtable,
    headers: &HeaderMap,
    fields: &Fields<'_>,
    code: Option<&Code<SharedBases>>,
) -> Result<TokenResponse, TokenError> {
    if fields.repeated(&PARAMETERS).is_some() {
        return Err(TokenError::invalid_request("A parameter must not be repeated"));
    }
    let client_id = client::authenticate(headers, fields).map_err(TokenError::invalid_client)?;
    match fields.get("grant_type") {
        Some("authorization_code") => exchange(airtable, fields, &client_id, code),
        Some("refresh_token") => {
            let (refresh, scopes) = refresh::rotate(airtable, fields, &client_id)?;
            airtable.grants.counters.refreshes.increment();
            Ok(token_response(airtable, &refresh, scopes))
        }
        Some(_) => Err(TokenError::bad_request("unsupported_grant_type", "The grant_type is not supported")),
        None => Err(TokenError::invalid_request("The parameter grant_type is required")),
    }
}

fn exchange(
    airtable: &Airtable,
    fields: &Fields<'_>,
    client_id: &str,
    code: Option<&Code<SharedBases>>,
) -> Result<TokenResponse, TokenError> {
    let required =
        |name| fields.get(name).ok_or_else(|| TokenError::invalid_request("A required parameter is missing"));
    let (_, redirect_uri, verifier) = (required("code")?, required("redirect_uri")?, required("code_verifier")?);
    if !is_opaque_value(verifier, 43, 128) {
        let rule = "The code_verifier must be 43 to 128 of the characters a-z A-Z 0-9 . - _";
        return Err(TokenError::invalid_request(rule));
    }
    let code = code.ok_or(TokenError::invalid_grant("The code is invalid, expired or was used before"))?;
    if code.client_id != client_id || code.redirect_uri != redirect_uri {
        return Err(TokenError::invalid_grant("The code was issued to another client_id or redirect_uri"));
    }
    if !code.is_verified(Some(verifier)) {
        return Err(TokenError::invalid_grant("The code_verifier does not match the code_challenge"));
    }
    airtable.grants.counters.exchanges.increment();
    let refresh = code.clone().first_refresh(airtable.context.clock.now());
    let scopes = refresh.scopes.clone();
    Ok(token_response(airtable, &refresh, scopes))
}

fn token_response(airtable: &Airtable, refresh: &Refresh<SharedBases>, scopes: Vec<String>) -> TokenResponse {
    let switches = airtable.switches.get();
    let now = airtable.context.clock.now();
    let life = SignedDuration::from_secs(switches.access_token_seconds.into());
    let mut access = refresh.access(now, now.saturating_add(life).unwrap_or(now));
    access.scopes = scopes;
    TokenResponse {
        scope: access.scopes.join(" "),
        access_token: airtable.grants.sign_access(&access),
        refresh_token: airtable.grants.sign_refresh(refresh),
        token_type: "Bearer ",
        expires_in: switches.access_token_seconds,
        refresh_expires_in: switches.refresh_token_seconds,
    }
}

impl TokenError {
    pub(crate) fn invalid_request(description: &'static str) -> Self {
        Self::bad_request("invalid_request", description)
    }

    pub(crate) fn invalid_grant(description: &'static str) -> Self {
        Self::bad_request("invalid_grant", description)
    }

    pub(crate) fn bad_request(error: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description }
    }

    fn invalid_client(description: &'static str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, error: "invalid_client", description }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        reply::json(self.status, &json!({"error": self.error, "error_description": self.description}))
    }
}
