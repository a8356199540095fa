//! One request to a token endpoint: written and read as `oauth2` has it, whatever the provider makes of that.

use std::collections::HashMap;

use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use super::TIMEOUT;
use crate::server::{
    bounded,
    providers::{Encoding, Provider},
};

/// The largest answer that is read, in bytes. Tokens have some hundred.
pub(super) const LARGEST: usize = 256 << 10;

pub(super) async fn call(
    http: reqwest::Client,
    provider: &Provider,
    mut request: oauth2::HttpRequest,
) -> Result<oauth2::HttpResponse, Lost> {
    if provider.oauth.encoding == Encoding::Json {
        request = as_json(request);
    }
    let mut request = reqwest::Request::try_from(request)?;
    *request.timeout_mut() = Some(TIMEOUT);
    for (name, value) in provider.headers {
        request.headers_mut().insert(*name, HeaderValue::from_static(value));
    }
    let mut answer = http.execute(request).await?;
    let status = answer.status();
    // 409 is Airtable's answer to a refresh that follows too soon upon another: who sent that one has the new tokens.
    if status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::CONFLICT) {
        return Err(Lost::Status(status));
    }
    let mut parts = oauth2::HttpResponse::new(Vec::new());
    *parts.status_mut() = status;
    *parts.headers_mut() = answer.headers().clone();
    let body = bounded::read(&mut answer, LARGEST).await?.ok_or(Lost::TooLarge)?;
    *parts.body_mut() = if status.is_success() { body } else { with_standard_word(body) };
    Ok(parts)
}

/// Notion may say in `code` what the standard says in `error`.
fn with_standard_word(body: Vec<u8>) -> Vec<u8> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(&body) else { return body };
    match fields.get("code").cloned() {
        Some(code @ Value::String(_)) if !fields.contains_key("error") => {
            fields.insert("error".to_owned(), code);
            serde_json::to_vec(&fields).unwrap_or(body)
        }
        _ => body,
    }
}

/// The same fields as JSON.
fn as_json(request: oauth2::HttpRequest) -> oauth2::HttpRequest {
    let (mut head, body) = request.into_parts();
    let fields = url::form_urlencoded::parse(&body).collect::<HashMap<_, _>>();
    // A map of strings can always be written.
    let body = serde_json::to_vec(&fields).unwrap_or_default();
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    oauth2::HttpRequest::from_parts(head, body)
}

/// A call to the token endpoint that brought no answer of its own kind.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    #[error("lost")]
    Http(#[from] reqwest::Error),
    #[error("status {0}")]
    Status(StatusCode),
    #[error("too large")]
    TooLarge,
}
