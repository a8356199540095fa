//! The REST API under `/integrations/{provider}`: what programs call.

mod input;

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

use super::{
    AppState,
    access::{self, Caller},
    connect, load,
};
use crate::{
    jsonl,
    model::{AppError, Connection, ErrorCode, Status, Subject},
};
use input::{Fields, QueryFields};

/// Tells a partial load from a whole one: `complete`, or `partial; failed=deals`.
const LOAD: &str = "tributary-load";

/// The longest value of that header, in bytes. Proxies take some kilobytes of headers in all.
const LONGEST_HEADER: usize = 2048;

/// What is percent-encoded in the names of failed streams, which people chose: all but what cannot be mistaken.
const IN_HEADER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The routes, to be nested under `/integrations/{provider}`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/authorize", get(authorize_redirect).post(authorize))
        .route("/oauth2callback", get(connect::callback))
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
    Ok(Json(connect::link(&state, &subject, &provider).await?))
}

async fn authorize_redirect(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    _caller: Caller,
    headers: HeaderMap,
    QueryFields(subject): QueryFields,
) -> Result<Redirect, AppError> {
    access::refuse_links_of_other_sites(&headers)?;
    Ok(Redirect::to(&connect::link(&state, &subject, &provider).await?))
}

/// A connection, and for programs its access token. Never a refresh token.
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
    let key = state.tokens.key(&subject, &provider)?;
    let fresh = match caller {
        Caller::Program => Some(state.tokens.fresh(&key).await),
        Caller::Browser => None,
    };
    // A store that is away is not asked twice.
    if let Some(Err(error)) = &fresh
        && error.code == ErrorCode::StoreUnavailable
    {
        return Err(error.clone());
    }
    // Read after the refresh that the token may have needed, and that may have found the grant dead.
    let connection = state.tokens.connection(&key).await?;
    let access_token = match fresh {
        Some(Ok(token)) => {
            tracing::info!(%key, "access token read");
            state.trail.note_read(&key, &connection.account).await;
            Some(token.value.expose_secret().to_owned())
        }
        Some(Err(error)) if connection.status == Status::Active => return Err(error),
        Some(Err(_)) | None => None,
    };
    Ok(Json(Credentials { connection, access_token }))
}

async fn connection(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    _caller: Caller,
    QueryFields(subject): QueryFields,
) -> Result<Json<Connection>, AppError> {
    Ok(Json(state.tokens.connection(&state.tokens.key(&subject, &provider)?).await?))
}

async fn disconnect(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    _caller: Caller,
    input: input::Either,
) -> Result<StatusCode, AppError> {
    connect::disconnect(&state, &input.subject(), &provider).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn load_fields(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    _caller: Caller,
    headers: HeaderMap,
    Fields(subject): Fields,
) -> Result<Response, AppError> {
    loaded(&state, &subject, &provider, &headers).await
}

async fn load_query(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    _caller: Caller,
    QueryFields(subject): QueryFields,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    loaded(&state, &subject, &provider, &headers).await
}

/// What is told of a partial load: `partial; failed=deals`, and how many more where that would not fit into a header.
fn partial(failed: &[String]) -> String {
    let mut told = String::from("partial; failed=");
    for (place, name) in failed.iter().enumerate() {
        let name = utf8_percent_encode(name, IN_HEADER).to_string();
        if told.len() + name.len() > LONGEST_HEADER {
            return format!("{told}; more={}", failed.len() - place);
        }
        told.extend([if place > 0 { "," } else { "" }, &name]);
    }
    told
}

/// JSON lines for those who accept them, else one array.
async fn loaded(
    state: &AppState,
    subject: &Subject,
    provider: &str,
    headers: &HeaderMap,
) -> Result<Response, AppError> {
    let load = load::begin(state, subject, provider).await?;
    let accepts = headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    if accepts.into_iter().any(|value| value.contains(jsonl::CONTENT_TYPE)) {
        let lines = Body::from_stream(load.events().map(|event| jsonl::line(&event)).fuse());
        return Ok(([(header::CONTENT_TYPE, jsonl::CONTENT_TYPE)], lines).into_response());
    }
    let whole = load.whole().await?;
    let told = match whole.failed.as_slice() {
        [] => HeaderValue::from_static("complete"),
        failed => HeaderValue::try_from(partial(failed)).map_err(|_| AppError::internal())?,
    };
    let body = Body::from_stream(stream::iter(whole.body.into_iter().map(Ok::<_, std::convert::Infallible>)));
    let mut response = ([(header::CONTENT_TYPE, "application/json")], body).into_response();
    response.headers_mut().insert(LOAD, told);
    Ok(response)
}
