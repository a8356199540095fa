//! Why a call to a data API failed: the sentence for people, and what a provider's file may decide by.

use http::StatusCode;
use serde_json::Value;

use crate::model::{AppError, ErrorCode};

/// The maximum length of an error code.
const MAX_CODE: usize = 64;

/// A call that failed for good, or was retried often enough.
#[derive(Debug)]
pub enum CallError {
    /// The provider failed, refused the request, or did not respond.
    Provider(ProviderError),
    /// The request could not be authorised: there is no usable access token, or a scope is missing. The error is what the
    /// caller is told.
    NotAuthorized(AppError),
}

/// What the provider responded, if it did.
#[derive(Debug)]
pub struct ProviderError {
    /// What happened and what to do, as sentences.
    pub detail: String,
    /// The status of the last response.
    pub status: Option<StatusCode>,
    /// The provider's error code, such as `LIST_RECORDS_ITERATOR_NOT_AVAILABLE`.
    pub code: Option<String>,
}

impl CallError {
    /// An error without a response.
    pub fn new(detail: impl Into<String>) -> Self {
        Self::Provider(ProviderError { detail: detail.into(), status: None, code: None })
    }

    /// The provider's error code, if it sent one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Provider(error) => error.code.as_deref(),
            Self::NotAuthorized(_) => None,
        }
    }

    /// The status of the last response, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Provider(error) => error.status,
            Self::NotAuthorized(_) => None,
        }
    }
}

impl From<CallError> for AppError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Provider(error) => Self::new(ErrorCode::ProviderUnavailable, error.detail),
            CallError::NotAuthorized(error) => error,
        }
    }
}

/// The error code in the body of an error response, at the first of these JSON pointers that leads to a string. It is
/// accepted only if it looks like an identifier, so no text of the provider goes any further.
pub(super) fn error_code(body: &[u8], pointers: &[&str]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let code = pointers.iter().find_map(|pointer| body.pointer(pointer)?.as_str())?;
    identifier(code).map(str::to_owned)
}

/// The text, if it looks like an identifier of reasonable length.
pub(super) fn identifier(text: &str) -> Option<&str> {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    (text.len() <= MAX_CODE && text.chars().all(is_allowed)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::providers;

    #[test]
    fn each_providers_error_code_is_found_and_text_is_ignored() {
        for (provider, body, found) in [
            ("hubspot", r#"{"status":"error","message":"no","category":"MISSING_SCOPES"}"#, Some("MISSING_SCOPES")),
            ("notion", r#"{"object":"error","code":"object_not_found","message":"no"}"#, Some("object_not_found")),
            ("airtable", r#"{"error":{"type":"INVALID_REQUEST","message":"no"}}"#, Some("INVALID_REQUEST")),
            ("airtable", r#"{"error":"NOT_FOUND"}"#, Some("NOT_FOUND")),
            ("airtable", r#"{"errors":[{"error":"RATE_LIMIT_REACHED"}]}"#, Some("RATE_LIMIT_REACHED")),
            ("airtable", r#"{"error":"a whole sentence about somebody@example.com"}"#, None),
            ("notion", "<html>", None),
            ("hubspot", "[]", None),
        ] {
            let pointers = providers::find(provider).unwrap().error_code_at;
            assert_eq!(error_code(body.as_bytes(), pointers).as_deref(), found, "{body}");
        }
    }
}
