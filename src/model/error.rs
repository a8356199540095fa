//! Errors as they cross the wire: a sentence for a person and a stable code for a program.

use serde::{Deserialize, Serialize};
use server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};

/// The body of every error response: `{"detail": "<a sentence>", "code": "<a stable code>"}`. It never includes a
/// provider's response body, a token or a stack trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{detail}")]
pub struct AppError {
    /// What happened and what to do, for a person.
    pub detail: String,
    pub code: ErrorCode,
}

/// The cases that a caller can tell apart, each with its HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// 400: a value is not valid.
    InvalidInput,
    /// 401: neither a signed-in browser nor a valid API key.
    Unauthorized,
    /// 403: a cross-site request, or one that this caller may not make.
    Forbidden,
    /// 404: no such path or provider.
    NotFound,
    /// 404: this user has not connected this provider.
    NotConnected,
    /// 405: the path exists, but not for this method.
    MethodNotAllowed,
    /// 408: the body of the request did not arrive in time.
    BodyTimeout,
    /// 409: the provider has no client id and the sandbox is off.
    NotConfigured,
    /// 409: the grant is dead; the user has to reconnect.
    ReconnectRequired,
    /// 410: a one-time link that was used or has expired.
    LinkExpired,
    /// 413: the body is too large, or an array response would be.
    TooLarge,
    /// 422: a required field is missing.
    MissingField,
    /// 429: too many requests from this address, or too many loads at once; `Retry-After` says when to try again.
    RateLimited,
    /// 502: the provider rejects the client id or secret; the operator has to correct them.
    ClientRejected,
    /// 502: the provider failed or did not respond.
    ProviderUnavailable,
    /// 503: the store is unavailable; the next request tries it again.
    StoreUnavailable,
    /// 500: a bug in Tributary.
    Internal,
    /// The response did not reach the page. Created in the browser, never sent.
    Disconnected,
}

impl ErrorCode {
    pub fn status(self) -> http::StatusCode {
        use http::StatusCode as S;
        match self {
            Self::InvalidInput => S::BAD_REQUEST,
            Self::Unauthorized => S::UNAUTHORIZED,
            Self::Forbidden => S::FORBIDDEN,
            Self::NotFound | Self::NotConnected => S::NOT_FOUND,
            Self::MethodNotAllowed => S::METHOD_NOT_ALLOWED,
            Self::BodyTimeout => S::REQUEST_TIMEOUT,
            Self::NotConfigured | Self::ReconnectRequired => S::CONFLICT,
            Self::LinkExpired => S::GONE,
            Self::TooLarge => S::PAYLOAD_TOO_LARGE,
            Self::MissingField => S::UNPROCESSABLE_ENTITY,
            Self::RateLimited => S::TOO_MANY_REQUESTS,
            Self::ClientRejected | Self::ProviderUnavailable => S::BAD_GATEWAY,
            Self::StoreUnavailable => S::SERVICE_UNAVAILABLE,
            Self::Internal | Self::Disconnected => S::INTERNAL_SERVER_ERROR,
        }
    }
}

impl AppError {
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), code }
    }

    /// A bug in Tributary. The log has the details.
    pub fn internal() -> Self {
        Self::new(
            ErrorCode::Internal,
            "Something went wrong in Tributary. Look for this response's X-Request-Id in the log.",
        )
    }

    /// The user has to reconnect. `provider` is the name, such as `HubSpot`.
    pub fn reconnect(provider: &str, reason: &str) -> Self {
        Self::new(ErrorCode::ReconnectRequired, format!("{reason} Reconnect {provider} to go on."))
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn status_code(&self) -> http::StatusCode {
        self.code.status()
    }

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let is_unreadable = match &error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => true,
            // In the browser, these are about the response.
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Deserialization(_) => cfg!(feature = "ssr"),
            _ => false,
        };
        if is_unreadable {
            let detail = "The request's fields could not be read. Reload the page and try again.";
            return Self::new(ErrorCode::InvalidInput, detail);
        }
        let detail = "The connection to Tributary was lost. Check that it is running, then try again.";
        Self::new(ErrorCode::Disconnected, detail)
    }
}
