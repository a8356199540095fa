//! What went wrong, as a sentence for a person and a stable word for a program.

use serde::{Deserialize, Serialize};
use server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};

/// An error as it is answered: `{"detail": "<a sentence>", "code": "<a stable word>"}`. It never holds a provider's
/// body, a token or a stack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{detail}")]
pub struct AppError {
    /// What happened and what to do, for a person.
    pub detail: String,
    /// The case, for a program.
    pub code: ErrorCode,
}

/// Every case that a caller can tell apart, with its HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// 400: a value breaks its rule.
    InvalidInput,
    /// 401: neither a signed-in browser nor an API key.
    Unauthorized,
    /// 403: another site is calling, or this caller may not.
    Forbidden,
    /// 404: no such path or provider.
    NotFound,
    /// 404: this user has not connected this provider.
    NotConnected,
    /// 405: the address is there, but not for that method.
    MethodNotAllowed,
    /// 409: the provider has no client id and the sandbox is off.
    NotConfigured,
    /// 409: the grant is dead; the person has to connect again.
    ReconnectRequired,
    /// 410: a one-time link or sign-in link that was used or is too old.
    LinkExpired,
    /// 413: more than we read.
    TooLarge,
    /// 422: a field is missing.
    MissingField,
    /// 502: the provider does not accept our client id or secret; the operator has to mend that.
    ClientRejected,
    /// 502: the provider failed or did not answer.
    ProviderUnavailable,
    /// 503: the store is away; it will be tried again with the next request.
    StoreUnavailable,
    /// 500: a defect of ours.
    Internal,
    /// The answer did not reach the page. Made in the browser, never sent.
    Disconnected,
}

impl ErrorCode {
    /// The HTTP status of the case.
    pub fn status(self) -> http::StatusCode {
        use http::StatusCode as S;
        match self {
            Self::InvalidInput => S::BAD_REQUEST,
            Self::Unauthorized => S::UNAUTHORIZED,
            Self::Forbidden => S::FORBIDDEN,
            Self::NotFound | Self::NotConnected => S::NOT_FOUND,
            Self::MethodNotAllowed => S::METHOD_NOT_ALLOWED,
            Self::NotConfigured | Self::ReconnectRequired => S::CONFLICT,
            Self::LinkExpired => S::GONE,
            Self::TooLarge => S::PAYLOAD_TOO_LARGE,
            Self::MissingField => S::UNPROCESSABLE_ENTITY,
            Self::ClientRejected | Self::ProviderUnavailable => S::BAD_GATEWAY,
            Self::StoreUnavailable => S::SERVICE_UNAVAILABLE,
            Self::Internal | Self::Disconnected => S::INTERNAL_SERVER_ERROR,
        }
    }
}

impl AppError {
    /// An error with its sentence.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), code }
    }

    /// A defect of ours; what it was stands in the log.
    pub fn internal() -> Self {
        Self::new(
            ErrorCode::Internal,
            "Something went wrong in Tributary. Its log says what, under this answer's request id.",
        )
    }

    /// The person has to connect again.
    pub fn reconnect(provider: &str, reason: &str) -> Self {
        Self::new(ErrorCode::ReconnectRequired, format!("{reason} Connect {provider} again."))
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn status_code(&self) -> http::StatusCode {
        self.code.status()
    }

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
                Self::new(ErrorCode::InvalidInput, "The request's fields could not be read.")
            }
            _ => Self::new(
                ErrorCode::Disconnected,
                "The connection to Tributary was lost. Check that it is running, then try again.",
            ),
        }
    }
}
