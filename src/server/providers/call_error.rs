//! Why a call to a provider failed: the sentence for people, and what a provider's file may decide by.

use http::StatusCode;
use serde_json::Value;

use crate::model::AppError;

/// The longest error word that we take for one.
const LONGEST_WORD: usize = 64;

/// A call that failed for good, or was tried often enough.
#[derive(Debug)]
pub struct CallError {
    /// What happened and what to do.
    pub error: AppError,
    /// The status of the last answer, if there was one.
    pub status: Option<StatusCode>,
    /// The provider's own word for it: `LIST_RECORDS_ITERATOR_NOT_AVAILABLE`, `object_not_found`.
    pub word: Option<String>,
}

impl From<AppError> for CallError {
    fn from(error: AppError) -> Self {
        Self { error, status: None, word: None }
    }
}

impl From<CallError> for AppError {
    fn from(failed: CallError) -> Self {
        failed.error
    }
}

/// The word of an error's body: HubSpot's `category`, Notion's `code`, Airtable's `error` or `error.type`, the last also
/// in a list `errors`. It is a name and never a text, so nothing of the provider's body gets any further.
pub(super) fn word(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let places = ["/category", "/code", "/error/type", "/error", "/errors/0/error"];
    let word = places.iter().find_map(|place| body.pointer(place)?.as_str())?;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    (word.len() <= LONGEST_WORD && word.chars().all(is_name)).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_providers_word_is_found() {
        for (body, found) in [
            (r#"{"status":"error","message":"no","category":"MISSING_SCOPES"}"#, Some("MISSING_SCOPES")),
            (r#"{"object":"error","code":"object_not_found","message":"no"}"#, Some("object_not_found")),
            (r#"{"error":{"type":"INVALID_REQUEST_UNKNOWN","message":"no"}}"#, Some("INVALID_REQUEST_UNKNOWN")),
            (r#"{"error":"NOT_FOUND"}"#, Some("NOT_FOUND")),
            (r#"{"errors":[{"error":"RATE_LIMIT_REACHED","message":"no"}]}"#, Some("RATE_LIMIT_REACHED")),
            (r#"{"error":"a whole sentence about somebody@example.com"}"#, None),
            ("<html>", None),
            ("[]", None),
        ] {
            assert_eq!(word(body.as_bytes()).as_deref(), found, "{body}");
        }
    }
}
