//! What went wrong inside, told once to the log and once, as a sentence, to whoever asked.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::store::StoreError;
use crate::model::{AppError, ErrorCode};

/// The store is away.
pub fn store(error: StoreError) -> AppError {
    tracing::error!(error = %error, "the store failed");
    AppError::new(ErrorCode::StoreUnavailable, "Tributary cannot reach its store just now. Try again in a minute.")
}

/// Puts the errors that libraries answer with on their own into the form of all our errors.
pub async fn in_our_words(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let ours = kind.starts_with(b"application/json") || kind.starts_with(b"text/html");
    let (code, detail) = match response.status() {
        _ if ours => return response,
        StatusCode::METHOD_NOT_ALLOWED => (ErrorCode::MethodNotAllowed, "This address does not take that method."),
        StatusCode::PAYLOAD_TOO_LARGE => {
            (ErrorCode::TooLarge, "The body is larger than 16 KB, which is more than anything here takes.")
        }
        status if status.is_client_error() => {
            (ErrorCode::InvalidInput, "The request cannot be read. Check its address and its fields.")
        }
        _ => return response,
    };
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut response = AppError::new(code, detail).into_response();
    response.headers_mut().extend(allow.map(|allow| (header::ALLOW, allow)));
    response
}

/// A defect of ours.
pub fn defect(error: &anyhow::Error) -> AppError {
    tracing::error!(error = format!("{error:#}"), "defect");
    AppError::internal()
}
