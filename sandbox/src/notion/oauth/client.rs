//! Client authentication at the OAuth endpoints, which accept HTTP Basic and a JSON body and nothing else.

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::DeserializeOwned;

use crate::notion::{Notion, error::ApiError};

/// The client id and the body of a request.
pub(crate) fn read<T: DeserializeOwned>(
    notion: &Notion,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(String, T), ApiError> {
    let error = |code, message| ApiError::oauth(notion.switches.get().oauth_error_keys, code, message);
    let client_id = identify(headers).ok_or_else(|| error("invalid_client", "Client authentication failed."))?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") {
        return Err(error("invalid_request", "The body must be JSON, with the content type application/json."));
    }
    let request = serde_json::from_slice(body).map_err(|_| error("invalid_request", "Error parsing JSON body."))?;
    Ok((client_id, request))
}

/// The client id. Credentials that are empty or begin with `wrong` stand for a configuration mistake; all others are
/// accepted.
fn identify(headers: &HeaderMap) -> Option<String> {
    let (scheme, credentials) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let credentials = STANDARD.decode(credentials.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let credentials = String::from_utf8(credentials).ok()?;
    let (id, secret) = credentials.split_once(':')?;
    let is_wrong = |text: &str| text.is_empty() || text.starts_with("wrong");
    (!is_wrong(id) && !is_wrong(secret)).then(|| id.to_owned())
}
