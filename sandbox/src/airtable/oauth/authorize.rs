//! `/oauth2/v1/authorize`: asks the user which bases to share, then redirects back with a code or an error
//! (<https://airtable.com/developers/web/api/oauth-reference>). If the redirect URI is unusable, the page shows the
//! error instead.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use url::Url;

use self::request::RequestError;
pub(crate) use self::request::{AuthorizationRequest, is_opaque_value};
use super::consent;
use crate::{
    airtable::{Airtable, SharedBases, form::Fields},
    grants::Code,
    reply::html,
};

mod request;

pub(crate) async fn ask(State(airtable): State<Arc<Airtable>>, RawQuery(query): RawQuery) -> Response {
    let request = match AuthorizationRequest::read(&query.unwrap_or_default()) {
        Ok(request) => request,
        Err(error) => return reject(error),
    };
    let all: Vec<usize> = (0..airtable.catalog.bases.len()).collect();
    respond(StatusCode::OK, consent::page(&airtable.catalog, &request, &all, None), Some(&request.redirect_uri))
}

/// The form posts to the page's own URL, so the query is the same as before.
pub(crate) async fn decide(State(airtable): State<Arc<Airtable>>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let request = match AuthorizationRequest::read(&query.unwrap_or_default()) {
        Ok(request) => request,
        Err(error) => return reject(error),
    };
    let fields = Fields::parse(&body);
    if fields.get("decision") != Some("approve") {
        return redirect(&request.denied());
    }
    let bases: Vec<usize> = if fields.get("picked").is_some() {
        let picked: Vec<&str> = fields.all("base").collect();
        let indexes = airtable.catalog.bases.iter().enumerate();
        indexes.filter(|(_, base)| picked.contains(&base.id.as_str())).map(|(index, _)| index).collect()
    } else {
        // A form without this hidden field, as a test sends it, grants all bases.
        (0..airtable.catalog.bases.len()).collect()
    };
    if bases.is_empty() {
        let problem = "Choose at least one base. An app that sees none cannot be connected.";
        let html = consent::page(&airtable.catalog, &request, &bases, Some(problem));
        return respond(StatusCode::BAD_REQUEST, html, Some(&request.redirect_uri));
    }
    let code = airtable.grants.sign_code(&Code {
        client_id: request.client_id.clone(),
        redirect_uri: request.raw_redirect_uri.clone(),
        scopes: request.scopes.clone(),
        challenge: Some(request.challenge.clone()),
        resources: SharedBases { bases },
        issued: airtable.context.clock.now(),
        nonce: rand::random(),
    });
    redirect(&request.granted(&code))
}

fn reject(error: RequestError) -> Response {
    match error {
        RequestError::Redirect(url) => redirect(&url),
        RequestError::Page(sentence) => respond(StatusCode::BAD_REQUEST, consent::error_page(sentence), None),
    }
}

fn redirect(url: &Url) -> Response {
    Redirect::to(url.as_str()).into_response()
}

fn respond(status: StatusCode, html: String, returns_to: Option<&Url>) -> Response {
    html::response(status, html, consent::STYLE, returns_to)
}
