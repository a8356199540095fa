//! Why a provider issued no token, in the cases that callers tell apart.

/// Why a token endpoint issued no token. Each holds a sentence.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OAuthError {
    /// The authorization code or refresh token is invalid for good.
    #[error("{0}")]
    InvalidGrant(String),
    /// The client id, secret or redirect URL is wrong.
    #[error("{0}")]
    InvalidClient(String),
    /// A temporary failure. The provider issued nothing.
    #[error("{0}")]
    Unavailable(String),
    /// A temporary failure without a usable response. The provider may have issued tokens.
    #[error("{0}")]
    NoResponse(String),
}
