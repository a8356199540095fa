//! `/v1/oauth/authorize`: asks the user which pages to share, then redirects back with a code or an error.

use std::sync::Arc;

use axum::{
    extract::{Query, RawForm, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use url::{Url, form_urlencoded};

use super::consent;
use crate::{
    grants::Code,
    notion::{
        Notion,
        ids::Object,
        workspace::{Share, Workspace, tree::TOP_PAGES},
    },
    reply::html,
};

/// The query before it is checked. The page explains what is missing.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Parameters {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    owner: String,
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
    state: Option<String>,
    challenge: Option<String>,
}

pub(crate) async fn ask(State(notion): State<Arc<Notion>>, Query(query): Query<Parameters>) -> Response {
    match check(query) {
        Ok(request) => {
            respond(StatusCode::OK, consent::page(&notion.workspace(), &request), Some(&request.redirect_uri))
        }
        Err(problem) => respond(StatusCode::BAD_REQUEST, consent::error_page(problem), None),
    }
}

/// The form posts to the page's own URL, so the query is the same as before.
pub(crate) async fn decide(
    State(notion): State<Arc<Notion>>,
    Query(query): Query<Parameters>,
    RawForm(form): RawForm,
) -> Response {
    let request = match check(query) {
        Ok(request) => request,
        Err(problem) => return respond(StatusCode::BAD_REQUEST, consent::error_page(problem), None),
    };
    let fields: Vec<(String, String)> = form_urlencoded::parse(&form).into_owned().collect();
    let mut target = request.redirect_uri;
    if fields.iter().any(|(name, value)| name == "decision" && value == "approve") {
        let now = notion.context.clock.now();
        let code = notion.grants.sign_code(&Code {
            client_id: request.client_id,
            redirect_uri: request.raw_redirect_uri,
            scopes: Vec::new(),
            challenge: request.challenge,
            resources: Share { top_pages: picked(&notion.workspace(), &fields), since: now },
            issued: now,
            nonce: rand::random(),
        });
        target.query_pairs_mut().append_pair("code", &code);
    } else {
        target.query_pairs_mut().append_pair("error", "access_denied");
    }
    if let Some(state) = request.state {
        target.query_pairs_mut().append_pair("state", &state);
    }
    Redirect::to(target.as_str()).into_response()
}

/// The pages that the user ticked. `None`, which means all pages, if the form had no list.
fn picked(workspace: &Workspace, fields: &[(String, String)]) -> Option<Vec<u32>> {
    fields.iter().find(|(name, _)| name == "picked")?;
    let ids = fields.iter().filter(|(name, _)| name == "page").map(|(_, id)| id);
    let top = |id: &String| match Object::named(workspace.seed, id) {
        Some(Object::Page(page)) if page < TOP_PAGES => Some(page),
        _ => None,
    };
    Some(ids.filter_map(top).collect())
}

fn check(query: Parameters) -> Result<AuthorizationRequest, &'static str> {
    if query.client_id.is_empty() {
        return Err("The request has no client_id.");
    }
    if query.client_id.starts_with("wrong") {
        return Err("There is no integration with this client_id.");
    }
    let redirect_uri = Url::parse(&query.redirect_uri).map_err(|_| "The redirect_uri is missing or not a URL.")?;
    if !matches!(redirect_uri.scheme(), "http" | "https") || !redirect_uri.has_host() {
        return Err("The redirect_uri must begin with http:// or https://.");
    }
    if query.response_type != "code" {
        return Err("The response_type must be code.");
    }
    if query.owner != "user" {
        return Err("The owner must be user.");
    }
    if query.code_challenge.is_some() && query.code_challenge_method.as_deref() != Some("S256") {
        return Err("The code_challenge_method must be S256.");
    }
    let Parameters { client_id, redirect_uri: raw_redirect_uri, state, code_challenge: challenge, .. } = query;
    Ok(AuthorizationRequest { client_id, redirect_uri, raw_redirect_uri, state, challenge })
}

fn respond(status: StatusCode, html: String, returns_to: Option<&Url>) -> Response {
    html::response(status, html, consent::STYLE, returns_to)
}
