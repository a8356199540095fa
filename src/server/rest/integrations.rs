//! The classic contract under `/integrations/{provider}`.

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::input::{Fields, QueryFields, QueryOrFields};
use crate::{
    jsonl,
    model::{AppError, Connection, Status, Subject},
    server::{AppState, access::Caller, audit::Actor, connect, connections::ConnectionKey, grants::GrantError, load},
};

/// The header that tells a partial load from a complete one: `complete`, or `partial; failed=deals; skipped=contacts:2`.
const LOAD_HEADER: &str = "tributary-load";

/// The maximum length of that header in bytes. Proxies accept some kilobytes of headers in all.
const MAX_HEADER: usize = 2048;

/// The characters of stream names that are percent-encoded in that header. Users choose some of these names.
const ENCODED_IN_HEADER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The routes, to be nested under `/integrations/{provider}`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/authorize", get(authorize_redirect).post(authorize))
        .route("/credentials", get(connection).post(credentials).delete(disconnect))
        .route("/load", post(load_fields))
        .route("/items", get(load_query))
}

async fn authorize(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    _caller: Caller,
    Fields(subject): Fields,
) -> Result<Json<String>, AppError> {
    Ok(Json(connect::create_link(&state, &ConnectionKey::new(&subject, &provider)?).await?))
}

async fn authorize_redirect(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    caller: Caller,
    headers: HeaderMap,
    QueryFields(subject): QueryFields,
) -> Result<Redirect, AppError> {
    caller.reject_cross_site(&headers)?;
    Ok(Redirect::to(&connect::create_link(&state, &ConnectionKey::new(&subject, &provider)?).await?))
}

/// A connection, and its access token for callers with an API key. Never a refresh token.
#[derive(Serialize)]
struct Credentials {
    #[serde(flatten)]
    connection: Connection,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
}

async fn credentials(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    caller: Caller,
    Fields(subject): Fields,
) -> Result<Json<Credentials>, AppError> {
    let key = ConnectionKey::new(&subject, &provider)?;
    if !caller.has_api_key() {
        return Ok(Json(Credentials { connection: state.grants.connection(&key).await?, access_token: None }));
    }
    let token = match state.grants.refresher.access_token(&key, &caller.actor).await {
        // An unavailable store is not asked again.
        Err(error @ GrantError::Store(_)) => return Err(error.into()),
        token => token,
    };
    // Read after the refresh that the token may have needed, which may have found the grant dead.
    let connection = state.grants.connection(&key).await?;
    let access_token = match token {
        Ok(token) => {
            tracing::info!(%key, "access token read");
            state.audit.record_token_read(&caller.actor, &key, &connection.account).await;
            Some(token.value.expose_secret().to_owned())
        }
        Err(error) if connection.status == Status::Active => return Err(error.into()),
        Err(_) => None,
    };
    Ok(Json(Credentials { connection, access_token }))
}

async fn connection(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    _caller: Caller,
    QueryFields(subject): QueryFields,
) -> Result<Json<Connection>, AppError> {
    Ok(Json(state.grants.connection(&ConnectionKey::new(&subject, &provider)?).await?))
}

async fn disconnect(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    caller: Caller,
    QueryOrFields(subject): QueryOrFields,
) -> Result<StatusCode, AppError> {
    connect::disconnect(&state, &ConnectionKey::new(&subject, &provider)?, &caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn load_fields(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    caller: Caller,
    headers: HeaderMap,
    Fields(subject): Fields,
) -> Result<Response, AppError> {
    load(&state, &subject, &provider, &headers, &caller.actor).await
}

async fn load_query(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    caller: Caller,
    QueryFields(subject): QueryFields,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    caller.reject_cross_site(&headers)?;
    load(&state, &subject, &provider, &headers, &caller.actor).await
}

/// The items as JSON lines if the caller accepts them, otherwise as one array.
async fn load(
    state: &AppState,
    subject: &Subject,
    provider: &str,
    headers: &HeaderMap,
    actor: &Actor,
) -> Result<Response, AppError> {
    let load = load::start(state, &ConnectionKey::new(subject, provider)?, actor).await?;
    let accepted = headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    if accepted.into_iter().any(|value| value.contains(jsonl::CONTENT_TYPE)) {
        let lines = Body::from_stream(load.events().map(|event| jsonl::line(&event)).fuse());
        return Ok(([(header::CONTENT_TYPE, jsonl::CONTENT_TYPE)], lines).into_response());
    }
    let array = load.array().await?;
    let completeness = load_header(&array.failed, &array.skipped);
    let completeness = HeaderValue::try_from(completeness).map_err(|_| AppError::internal())?;
    let buffer = array.buffer;
    let pieces = array.body.into_iter().map(move |piece| {
        // Belongs to the body, and is dropped with it.
        let _ = &buffer;
        Ok::<_, std::convert::Infallible>(piece)
    });
    let body = Body::from_stream(stream::iter(pieces));
    let mut response = ([(header::CONTENT_TYPE, "application/json")], body).into_response();
    response.headers_mut().insert(LOAD_HEADER, completeness);
    Ok(response)
}

/// `complete`, or `partial; failed=deals; skipped=contacts:2`, and `; more=3` when not all names fit.
fn load_header(failed: &[String], skipped: &[(String, u64)]) -> String {
    if failed.is_empty() && skipped.is_empty() {
        return "complete".to_owned();
    }
    let encode = |name: &str| utf8_percent_encode(name, ENCODED_IN_HEADER).to_string();
    let failed = failed.iter().map(|name| ("; failed=", encode(name)));
    let skipped = skipped.iter().map(|(name, records)| ("; skipped=", format!("{}:{records}", encode(name))));
    let (mut header, mut list, mut more) = (String::from("partial"), "", 0);
    for (label, name) in failed.chain(skipped) {
        if header.len() + label.len() + name.len() > MAX_HEADER {
            more += 1;
            continue;
        }
        header.extend([if label == list { "," } else { label }, &name]);
        list = label;
    }
    if more > 0 { format!("{header}; more={more}") } else { header }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_header_names_what_failed_and_counts_what_was_skipped_up_to_its_maximum_length() {
        let (deals, contacts) = ("deals".to_owned(), ("a contact".to_owned(), 2));
        for (failed, skipped, header) in [
            (vec![], vec![], "complete"),
            (vec![deals.clone()], vec![], "partial; failed=deals"),
            (vec![], vec![contacts.clone(), ("b".to_owned(), 1)], "partial; skipped=a%20contact:2,b:1"),
            (vec![deals.clone(), deals], vec![contacts.clone()], "partial; failed=deals,deals; skipped=a%20contact:2"),
        ] {
            assert_eq!(load_header(&failed, &skipped), header);
        }
        let header = load_header(&vec!["x".repeat(500); 7], &[contacts, ("y".repeat(3000), 1)]);
        assert!(header.len() < MAX_HEADER + 20 && header.ends_with("; skipped=a%20contact:2; more=4"), "{header}");
    }
}
