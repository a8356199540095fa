//! Where a client gets its access tokens. `grants` implements it; clients know nothing of how grants are kept.

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::model::AppError;

/// An access token.
#[derive(Debug, Clone)]
pub struct AccessToken {
    pub value: SecretString,
    /// `None` when the provider does not say.
    pub expires_at: Option<Timestamp>,
    /// The id of the account that it gives access to.
    pub account_id: String,
    /// The version of the grant that it belongs to.
    pub version: u64,
    /// Whether the provider's API refused tokens of this grant, and has not accepted one since.
    pub was_refused: bool,
}

/// A source of access tokens for one account.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// A token that is valid now.
    async fn access_token(&self) -> Result<AccessToken, TokenError>;

    /// Replaces a token that the provider refused (401). Returns whether there is another one: a token that was refreshed for
    /// that reason just before is not refreshed again.
    async fn refresh(&self, refused: &AccessToken) -> Result<bool, TokenError>;

    /// A request was given up because the provider refused the token, and a refresh could not help.
    async fn refused(&self, token: &AccessToken);

    /// The provider accepted a token that says that others [were refused](AccessToken::was_refused).
    async fn accepted(&self, token: &AccessToken);
}

/// Why there is no access token.
#[derive(Debug)]
pub enum TokenError {
    /// The token endpoint failed, and may succeed later. The text is a sentence.
    Unavailable(String),
    /// Retrying does not help. The error is what the caller is told.
    Final(AppError),
}

/// One token that belongs to no stored grant yet.
pub struct UnsavedToken(AccessToken);

impl UnsavedToken {
    /// A token that a provider has just issued.
    pub fn new(value: SecretString) -> Self {
        let (expires_at, account_id) = (None, String::new());
        Self(AccessToken { value, expires_at, account_id, version: 0, was_refused: false })
    }
}

#[async_trait]
impl TokenSource for UnsavedToken {
    async fn access_token(&self) -> Result<AccessToken, TokenError> {
        Ok(self.0.clone())
    }

    async fn refresh(&self, _: &AccessToken) -> Result<bool, TokenError> {
        Ok(false)
    }

    async fn refused(&self, _: &AccessToken) {}

    async fn accepted(&self, _: &AccessToken) {}
}
