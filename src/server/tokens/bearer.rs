//! Where a request to a provider gets its token.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use super::{ConnectionKey, Tokens};
use crate::model::AppError;

/// An access token, and the version of the grant that it is from.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token in clear.
    pub value: SecretString,
    /// When it ends, where the provider says so.
    pub expires_at: Option<Timestamp>,
    pub(super) version: u64,
}

/// A source of tokens for one connection.
#[derive(Clone)]
pub struct Bearer {
    tokens: Tokens,
    key: ConnectionKey,
    /// A token that was just minted and belongs to no stored grant yet.
    held: Option<AccessToken>,
}

impl Bearer {
    /// Tokens of the stored grant, refreshed as needed.
    pub fn stored(tokens: Tokens, key: ConnectionKey) -> Self {
        Self { tokens, key, held: None }
    }

    /// One token, before its grant is saved.
    pub fn held(tokens: Tokens, key: ConnectionKey, value: SecretString) -> Self {
        Self { tokens, key, held: Some(AccessToken { value, expires_at: None, version: 0 }) }
    }

    /// A token that is good now.
    pub async fn fresh(&self) -> Result<AccessToken, AppError> {
        match &self.held {
            Some(token) => Ok(token.clone()),
            None => self.tokens.fresh(&self.key).await,
        }
    }

    /// Whether `token`, which the provider did not accept (401), has been replaced meanwhile.
    pub async fn is_outdated(&self, token: &AccessToken) -> Result<bool, AppError> {
        Ok(self.fresh().await?.version > token.version)
    }

    /// The provider did not accept `token` (401), the current one: makes sure that the next [`Bearer::fresh`] gives another.
    pub async fn renew(&self, token: &AccessToken) -> Result<(), AppError> {
        if self.held.is_none() {
            self.tokens.refresh(&self.key, Some(token.version)).await?;
        }
        Ok(())
    }

    /// The provider did not accept `token`, which it had just made: no further one will help.
    pub async fn dead(&self, token: &AccessToken) -> AppError {
        let name = self.key.provider.name;
        let reason = format!("{name} no longer accepts this grant.");
        if self.held.is_none()
            && let Err(error) = self.tokens.bury(&self.key, token.version, &reason).await
        {
            return error;
        }
        AppError::reconnect(name, &reason)
    }

    /// What the provider tells about the token (RFC 7662), where it has an endpoint for that.
    pub async fn introspect<T: DeserializeOwned>(&self) -> Result<T, AppError> {
        let token = self.fresh().await?;
        let introspected = self.tokens.oauth(&self.key)?.introspect(&token.value).await;
        introspected.map_err(AppError::from)
    }
}
