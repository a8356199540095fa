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
}

/// A source of access tokens for one account.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// A token that is valid now.
    async fn access_token(&self) -> Result<AccessToken, TokenError>;

    /// Replaces a token that the provider refused (401).
    async fn refresh(&self, refused: &AccessToken) -> Result<(), TokenError>;

    /// The provider also refused the token that a refresh brought. Returns the error to report.
    async fn mark_dead(&self, refused: &AccessToken) -> TokenError;
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
pub struct UnsavedToken {
    token: AccessToken,
    provider: &'static str,
}

impl UnsavedToken {
    /// A token that the provider with this name has just issued.
    pub fn new(value: SecretString, provider: &'static str) -> Self {
        Self { token: AccessToken { value, expires_at: None, account_id: String::new(), version: 0 }, provider }
    }
}

#[async_trait]
impl TokenSource for UnsavedToken {
    async fn access_token(&self) -> Result<AccessToken, TokenError> {
        Ok(self.token.clone())
    }

    async fn refresh(&self, _: &AccessToken) -> Result<(), TokenError> {
        Ok(())
    }

    async fn mark_dead(&self, _: &AccessToken) -> TokenError {
        let reason = format!("{} refuses the access token that it has just issued.", self.provider);
        TokenError::Final(AppError::reconnect(self.provider, &reason))
    }
}
