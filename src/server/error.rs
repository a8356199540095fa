//! The edge: internal errors become [`AppError`] here, are logged here, and become responses here.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::{crypto::SealedError, store::StoreError};
use crate::model::{AppError, ErrorCode};

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = %error, "store unavailable");
        Self::new(ErrorCode::StoreUnavailable, "Tributary can't reach its store. Try again in a minute.")
    }
}

impl From<SealedError> for AppError {
    fn from(error: SealedError) -> Self {
        match error {
            SealedError::Store(error) => error.into(),
            SealedError::Internal(error) => internal(&error),
        }
    }
}

/// Logs a bug and hides it from the caller.
pub fn internal(error: &anyhow::Error) -> AppError {
    tracing::error!(error = format!("{error:#}"), "internal error");
    AppError::internal()
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let mut response = (self.code.status(), axum::Json(&self)).into_response();
        let hint = match self.code {
            ErrorCode::StoreUnavailable | ErrorCode::RateLimited => Some((header::RETRY_AFTER, "5")),
            ErrorCode::Unauthorized => Some((header::WWW_AUTHENTICATE, "Bearer")),
            _ => None,
        };
        if let Some((name, value)) = hint {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// The error for a body over the limit of the router.
pub const TOO_LARGE: &str = "The body is larger than 16 KB, the limit of every endpoint.";

/// Rewrites the plain-text errors of axum and tower-http into the form of [`AppError`].
pub async fn uniform_errors(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_uniform = kind.starts_with(b"application/json") || kind.starts_with(b"text/html");
    let (code, detail) = match response.status() {
        _ if is_uniform => return response,
        StatusCode::METHOD_NOT_ALLOWED => (
            ErrorCode::MethodNotAllowed,
            "This address doesn't support that method. The Allow header lists the ones it does.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (ErrorCode::TooLarge, TOO_LARGE),
        status if status.is_client_error() => {
            (ErrorCode::InvalidInput, "The request can't be read. Check its address and its fields.")
        }
        _ => return response,
    };
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut response = AppError::new(code, detail).into_response();
    response.headers_mut().extend(allow.map(|allow| (header::ALLOW, allow)));
    response
}
