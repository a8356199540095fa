//! Why a provider gave no token, in the cases that callers tell apart.

use crate::model::{AppError, ErrorCode};

/// Why a provider gave no token.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// The code or the refresh token is no good, and never will be.
    #[error("{0}")]
    Dead(String),
    /// Our client id, secret or redirect URL is no good.
    #[error("{0}")]
    Client(String),
    /// Anything that may pass.
    #[error("{0}")]
    Unavailable(String),
    /// The same, and the provider may have done what it was asked.
    #[error("{0}")]
    Lost(String),
}

impl From<Rejection> for AppError {
    fn from(rejection: Rejection) -> Self {
        let code = match rejection {
            Rejection::Dead(_) => ErrorCode::ReconnectRequired,
            Rejection::Client(_) => ErrorCode::ClientRejected,
            Rejection::Unavailable(_) | Rejection::Lost(_) => ErrorCode::ProviderUnavailable,
        };
        Self::new(code, rejection.to_string())
    }
}
