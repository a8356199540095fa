//! `/oauth/authorize`: asks the user for consent, then redirects back with a code or an error.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use url::Url;

use super::consent;
use crate::{grants::Code, hubspot::Hubspot, reply::html};

/// The query before it is checked. The page explains what is missing.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Parameters {
    client_id: String,
    redirect_uri: String,
    scope: String,
    optional_scope: String,
    optional_scopes: String,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

/// A valid request.
pub(crate) struct AuthorizationRequest {
    pub client_id: String,
    pub redirect_uri: Url,
    /// The redirect URI exactly as it was sent; the token request must repeat it.
    raw_redirect_uri: String,
    pub scopes: Vec<String>,
    state: Option<String>,
    challenge: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Decision {
    decision: String,
}

pub(crate) async fn ask(Query(query): Query<Parameters>) -> Response {
    match check(query) {
        Ok(request) => respond(StatusCode::OK, consent::page(&request), Some(&request.redirect_uri)),
        Err(problem) => respond(StatusCode::BAD_REQUEST, consent::error_page(problem), None),
    }
}

/// The form posts to the page's own URL, so the query is the same as before.
pub(crate) async fn decide(
    State(hubspot): State<Arc<Hubspot>>,
    Query(query): Query<Parameters>,
    Form(form): Form<Decision>,
) -> Response {
    let request = match check(query) {
        Ok(request) => request,
        Err(problem) => return respond(StatusCode::BAD_REQUEST, consent::error_page(problem), None),
    };
    let mut target = request.redirect_uri;
    if form.decision == "approve" {
        let code = hubspot.grants.sign_code(&Code {
            client_id: request.client_id,
            redirect_uri: request.raw_redirect_uri,
            scopes: request.scopes,
            challenge: request.challenge,
            resources: (),
            issued: hubspot.context.clock.now(),
            nonce: rand::random(),
        });
        target.query_pairs_mut().append_pair("code", &code);
    } else {
        let mut pairs = target.query_pairs_mut();
        pairs
            .append_pair("error", "access_denied")
            .append_pair("error_description", "The user denied access to the account.");
    }
    if let Some(state) = request.state {
        target.query_pairs_mut().append_pair("state", &state);
    }
    Redirect::to(target.as_str()).into_response()
}

fn check(query: Parameters) -> Result<AuthorizationRequest, &'static str> {
    if query.client_id.is_empty() {
        return Err("The request has no client_id.");
    }
    if query.client_id.starts_with("wrong") {
        return Err("There is no app with this client_id.");
    }
    let redirect_uri = Url::parse(&query.redirect_uri).map_err(|_| "The redirect_uri is missing or not a URL.")?;
    if !matches!(redirect_uri.scheme(), "http" | "https") || !redirect_uri.has_host() {
        return Err("The redirect_uri must begin with http:// or https://.");
    }
    if query.scope.trim().is_empty() {
        return Err("The request has no scope.");
    }
    if query.code_challenge.is_some() && query.code_challenge_method.as_deref() != Some("S256") {
        return Err("The code_challenge_method must be S256.");
    }
    let mut scopes: Vec<String> = Vec::new();
    for scope in [&query.scope, &query.optional_scope, &query.optional_scopes]
        .into_iter()
        .flat_map(|list| list.split_whitespace())
    {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    // HubSpot grants this scope to every app.
    if !scopes.iter().any(|scope| scope == "oauth") {
        scopes.push("oauth".to_owned());
    }
    let Parameters { client_id, redirect_uri: raw_redirect_uri, state, code_challenge: challenge, .. } = query;
    Ok(AuthorizationRequest { client_id, redirect_uri, raw_redirect_uri, scopes, state, challenge })
}

fn respond(status: StatusCode, html: String, returns_to: Option<&Url>) -> Response {
    html::response(status, html, consent::STYLE, returns_to)
}
