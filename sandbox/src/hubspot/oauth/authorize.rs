//! `/oauth/authorize`: asks the person, and sends the browser back with a code or with the refusal.

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

/// The query as it comes; a parameter that is missing is the page's to explain.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Request {
    client_id: String,
    redirect_uri: String,
    scope: String,
    optional_scope: String,
    optional_scopes: String,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

/// A request that has all it needs.
pub(crate) struct AuthorizationRequest {
    pub client_id: String,
    pub redirect_uri: Url,
    /// The redirect address as it was written; the token request must repeat it.
    raw_redirect_uri: String,
    pub scopes: Vec<String>,
    state: Option<String>,
    challenge: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Answer {
    decision: String,
}

pub(crate) async fn ask(Query(query): Query<Request>) -> Response {
    match check(query) {
        Ok(asked) => page(StatusCode::OK, consent::page(&asked), Some(&asked.redirect_uri)),
        Err(problem) => page(StatusCode::BAD_REQUEST, consent::error_page(problem), None),
    }
}

/// The form posts to the address of the page, so that the query says again what was asked.
pub(crate) async fn decide(
    State(hubspot): State<Arc<Hubspot>>,
    Query(query): Query<Request>,
    Form(answer): Form<Answer>,
) -> Response {
    let asked = match check(query) {
        Ok(asked) => asked,
        Err(problem) => return page(StatusCode::BAD_REQUEST, consent::error_page(problem), None),
    };
    let mut target = asked.redirect_uri;
    if answer.decision == "approve" {
        let code = hubspot.grants.sign_code(&Code {
            client_id: asked.client_id,
            redirect_uri: asked.raw_redirect_uri,
            scopes: asked.scopes,
            challenge: asked.challenge,
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
    if let Some(state) = asked.state {
        target.query_pairs_mut().append_pair("state", &state);
    }
    Redirect::to(target.as_str()).into_response()
}

fn check(query: Request) -> Result<AuthorizationRequest, &'static str> {
    if query.client_id.is_empty() {
        return Err("The request has no client_id.");
    }
    if query.client_id.starts_with("wrong") {
        return Err("There is no app with this client_id.");
    }
    let redirect_uri =
        Url::parse(&query.redirect_uri).map_err(|_| "The request has no redirect_uri that is an address.")?;
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
    // HubSpot grants this one to every app.
    if !scopes.iter().any(|scope| scope == "oauth") {
        scopes.push("oauth".to_owned());
    }
    let Request { client_id, redirect_uri: raw_redirect_uri, state, code_challenge: challenge, .. } = query;
    Ok(AuthorizationRequest { client_id, redirect_uri, raw_redirect_uri, scopes, state, challenge })
}

fn page(status: StatusCode, html: String, returns_to: Option<&Url>) -> Response {
    html::response(status, html, consent::STYLE, returns_to)
}
