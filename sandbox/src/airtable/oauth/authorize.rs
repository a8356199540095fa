//! `/oauth2/v1/authorize`: asks the person which bases an app may see, and sends the browser back with a code or with what
//! is wrong (<https://airtable.com/developers/web/api/oauth-reference>). An app that cannot be told so, because its
//! redirect address is unusable, is told nothing: then the page itself says what is wrong.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use url::Url;

use self::request::Problem;
pub(crate) use self::request::{AuthorizationRequest, is_token};
use super::consent;
use crate::{
    airtable::{Airtable, SharedBases, form::Fields},
    grants::Code,
    reply::html,
};

mod request;

pub(crate) async fn ask(State(airtable): State<Arc<Airtable>>, RawQuery(query): RawQuery) -> Response {
    let asked = match AuthorizationRequest::read(&query.unwrap_or_default()) {
        Ok(asked) => asked,
        Err(problem) => return refuse(problem),
    };
    let all: Vec<usize> = (0..airtable.catalog.bases.len()).collect();
    page(StatusCode::OK, consent::page(&airtable.catalog, &asked, &all, None), Some(&asked.redirect_uri))
}

/// The form posts to the address of the page, so that the query says again what was asked.
pub(crate) async fn decide(State(airtable): State<Arc<Airtable>>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let asked = match AuthorizationRequest::read(&query.unwrap_or_default()) {
        Ok(asked) => asked,
        Err(problem) => return refuse(problem),
    };
    let fields = Fields::parse(&body);
    if fields.get("decision") != Some("approve") {
        return back(&asked.denied());
    }
    let bases: Vec<usize> = if fields.get("picked").is_some() {
        let picked: Vec<&str> = fields.all("base").collect();
        let indexes = airtable.catalog.bases.iter().enumerate();
        indexes.filter(|(_, base)| picked.contains(&base.id.as_str())).map(|(index, _)| index).collect()
    } else {
        // Without the form's own mark, as a test sends it, one field grants everything.
        (0..airtable.catalog.bases.len()).collect()
    };
    if bases.is_empty() {
        let problem = "Choose at least one base. An app that sees none cannot be connected.";
        let html = consent::page(&airtable.catalog, &asked, &bases, Some(problem));
        return page(StatusCode::BAD_REQUEST, html, Some(&asked.redirect_uri));
    }
    let code = airtable.grants.sign_code(&Code {
        client_id: asked.client_id.clone(),
        redirect_uri: asked.raw_redirect_uri.clone(),
        scopes: asked.scopes.clone(),
        challenge: Some(asked.challenge.clone()),
        resources: SharedBases { bases },
        issued: airtable.context.clock.now(),
        nonce: rand::random(),
    });
    back(&asked.granted(&code))
}

fn refuse(problem: Problem) -> Response {
    match problem {
        Problem::Told(url) => back(&url),
        Problem::Shown(sentence) => page(StatusCode::BAD_REQUEST, consent::error_page(sentence), None),
    }
}

fn back(url: &Url) -> Response {
    Redirect::to(url.as_str()).into_response()
}

fn page(status: StatusCode, html: String, returns_to: Option<&Url>) -> Response {
    html::response(status, html, consent::STYLE, returns_to)
}
