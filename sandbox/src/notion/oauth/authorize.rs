//! `/v1/oauth/authorize`: asks the person which pages to share, and sends the browser back with a code or with the refusal.

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

/// The query as it comes; a parameter that is missing is the page's to explain.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Request {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    owner: String,
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
    state: Option<String>,
    challenge: Option<String>,
}

pub(crate) async fn ask(State(notion): State<Arc<Notion>>, Query(query): Query<Request>) -> Response {
    match check(query) {
        Ok(asked) => page(StatusCode::OK, consent::page(&notion.workspace(), &asked), Some(&asked.redirect_uri)),
        Err(problem) => page(StatusCode::BAD_REQUEST, consent::error_page(problem), None),
    }
}

/// The form posts to the address of the page, so that the query says again what was asked.
pub(crate) async fn decide(
    State(notion): State<Arc<Notion>>,
    Query(query): Query<Request>,
    RawForm(form): RawForm,
) -> Response {
    let asked = match check(query) {
        Ok(asked) => asked,
        Err(problem) => return page(StatusCode::BAD_REQUEST, consent::error_page(problem), None),
    };
    let fields: Vec<(String, String)> = form_urlencoded::parse(&form).into_owned().collect();
    let mut target = asked.redirect_uri;
    if fields.iter().any(|(name, value)| name == "decision" && value == "approve") {
        let now = notion.context.clock.now();
        let code = notion.grants.sign_code(&Code {
            client_id: asked.client_id,
            redirect_uri: asked.raw_redirect_uri,
            scopes: Vec::new(),
            challenge: asked.challenge,
            resources: Share { top_pages: picked(&notion.workspace(), &fields), since: now },
            issued: now,
            nonce: rand::random(),
        });
        target.query_pairs_mut().append_pair("code", &code);
    } else {
        target.query_pairs_mut().append_pair("error", "access_denied");
    }
    if let Some(state) = asked.state {
        target.query_pairs_mut().append_pair("state", &state);
    }
    Redirect::to(target.as_str()).into_response()
}

/// The pages that were ticked; all there are, now and later, if the form had no list to tick.
fn picked(workspace: &Workspace, fields: &[(String, String)]) -> Option<Vec<u32>> {
    fields.iter().find(|(name, _)| name == "picked")?;
    let ids = fields.iter().filter(|(name, _)| name == "page").map(|(_, id)| id);
    let top = |id: &String| match Object::named(workspace.seed, id) {
        Some(Object::Page(page)) if page < TOP_PAGES => Some(page),
        _ => None,
    };
    Some(ids.filter_map(top).collect())
}

fn check(query: Request) -> Result<AuthorizationRequest, &'static str> {
    if query.client_id.is_empty() {
        return Err("The request has no client_id.");
    }
    if query.client_id.starts_with("wrong") {
        return Err("There is no integration with this client_id.");
    }
    let redirect_uri =
        Url::parse(&query.redirect_uri).map_err(|_| "The request has no redirect_uri that is an address.")?;
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
    let Request { client_id, redirect_uri: raw_redirect_uri, state, code_challenge: challenge, .. } = query;
    Ok(AuthorizationRequest { client_id, redirect_uri, raw_redirect_uri, state, challenge })
}

fn page(status: StatusCode, html: String, returns_to: Option<&Url>) -> Response {
    html::response(status, html, consent::STYLE, returns_to)
}
