//! One request to a token endpoint: encoded and decoded as `oauth2` expects, however the provider deviates from RFC 6749.

use std::collections::HashMap;

use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use super::TIMEOUT;
use crate::server::providers::{Encoding, Provider, client::body};

/// The maximum size of a response in bytes. Token responses have a few hundred. It bounds the tokens that are kept.
pub(super) const MAX_BODY: usize = 64 << 10;

/// A request that got no OAuth response.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error("connection failed")]
    Http(#[from] reqwest::Error),
    #[error("status {0}")]
    Status(StatusCode),
    #[error("response too large")]
    TooLarge,
}

pub(super) async fn send(
    http: reqwest::Client,
    provider: &Provider,
    mut request: oauth2::HttpRequest,
) -> Result<oauth2::HttpResponse, RequestError> {
    if provider.oauth.encoding == Encoding::Json {
        request = with_json_body(request);
    }
    let mut request = reqwest::Request::try_from(request)?;
    *request.timeout_mut() = Some(TIMEOUT);
    for (name, value) in provider.headers {
        request.headers_mut().insert(*name, HeaderValue::from_static(value));
    }
    let mut response = http.execute(request).await?;
    let status = response.status();
    // A conflict: Airtable responds so to a refresh that follows another one too soon, and Notion asks to try again.
    let is_transient =
        status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::CONFLICT);
    if is_transient {
        return Err(RequestError::Status(status));
    }
    let mut parts = oauth2::HttpResponse::new(Vec::new());
    *parts.status_mut() = status;
    *parts.headers_mut() = response.headers().clone();
    let body = body::read(&mut response, MAX_BODY).await?.ok_or(RequestError::TooLarge)?;
    *parts.body_mut() = if status.is_success() { body } else { with_standard_error(body, provider.oauth.error_fields) };
    Ok(parts)
}

/// The same error response with its error code in the standard field `error`.
pub(super) fn with_standard_error(body: Vec<u8>, error_fields: &[&str]) -> Vec<u8> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(&body) else { return body };
    let code = error_fields.iter().find_map(|field| fields.get(*field).filter(|code| code.is_string()).cloned());
    match code {
        Some(code) => {
            fields.insert("error".to_owned(), code);
            serde_json::to_vec(&fields).unwrap_or(body)
        }
        None => body,
    }
}

/// The same request with its form fields as JSON.
fn with_json_body(request: oauth2::HttpRequest) -> oauth2::HttpRequest {
    let (mut head, body) = request.into_parts();
    let fields = url::form_urlencoded::parse(&body).collect::<HashMap<_, _>>();
    // A map of strings always serializes.
    let body = serde_json::to_vec(&fields).unwrap_or_default();
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    oauth2::HttpRequest::from_parts(head, body)
}
