//! Where a request to a provider gets its token.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use super::{ConnectionKey, Tokens, refresh::Why};
use crate::model::{AppError, ErrorCode};

/// An access token, and the version of the grant that it is from.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token in clear.
    pub value: SecretString,
    /// When it ends, where the provider says so.
    pub expires_at: Option<Timestamp>,
    /// Whose data it opens.
    pub(super) account: String,
    pub(super) version: u64,
}

/// A source of tokens for one connection.
#[derive(Clone)]
pub struct Bearer {
    tokens: Tokens,
    key: ConnectionKey,
    from: From,
}

/// Where its tokens are from.
#[derive(Clone)]
enum From {
    /// The stored grant, as long as it is for this account.
    Stored { account: String },
    /// A token that was just minted and belongs to no stored grant yet.
    Held(AccessToken),
}

impl Bearer {
    /// Tokens of the stored grant, refreshed as needed; none when it is for another account by then, because a load must
    /// not go on with the data of somebody else.
    pub fn stored(tokens: Tokens, key: ConnectionKey, account: &str) -> Self {
        Self { tokens, key, from: From::Stored { account: account.to_owned() } }
    }

    /// One token, before its grant is saved.
    pub fn held(tokens: Tokens, key: ConnectionKey, value: SecretString) -> Self {
        let token = AccessToken { value, expires_at: None, account: String::new(), version: 0 };
        Self { tokens, key, from: From::Held(token) }
    }

    /// A token that is good now.
    pub async fn fresh(&self) -> Result<AccessToken, AppError> {
        let account = match &self.from {
            From::Held(token) => return Ok(token.clone()),
            From::Stored { account } => account,
        };
        let token = self.tokens.fresh(&self.key).await?;
        if token.account != *account {
            let name = self.key.provider.name;
            let detail = format!("Another {name} account was connected while this one was read. Load again.");
            return Err(AppError::new(ErrorCode::NotConnected, detail));
        }
        Ok(token)
    }

    /// Whether `token`, which the provider did not accept (401), has been replaced meanwhile.
    pub async fn is_outdated(&self, token: &AccessToken) -> Result<bool, AppError> {
        Ok(self.fresh().await?.version > token.version)
    }

    /// The provider did not accept `token` (401), the current one: makes sure that the next [`Bearer::fresh`] gives another.
    pub async fn renew(&self, token: &AccessToken) -> Result<(), AppError> {
        if matches!(self.from, From::Stored { .. }) {
            self.tokens.refresh(&self.key, Why::Refused(token.version)).await?;
        }
        Ok(())
    }

    /// The provider did not accept `token`, which it had just made: no further one will help.
    pub async fn dead(&self, token: &AccessToken) -> AppError {
        let name = self.key.provider.name;
        let reason = format!("{name} no longer accepts this grant.");
        let buried = match &self.from {
            From::Held(_) => Ok(true),
            From::Stored { .. } => self.tokens.bury(&self.key, token.version, &reason).await,
        };
        match buried {
            Ok(true) => AppError::reconnect(name, &reason),
            Ok(false) => {
                let detail = format!("{name}'s access was renewed while this was read. Load again.");
                AppError::new(ErrorCode::ProviderUnavailable, detail)
            }
            Err(error) => error,
        }
    }

    /// What the provider tells about the token (RFC 7662), where it has an endpoint for that.
    pub async fn introspect<T: DeserializeOwned>(&self) -> Result<T, AppError> {
        let token = self.fresh().await?;
        let introspected = self.tokens.oauth(&self.key)?.introspect(&token.value).await;
        introspected.map_err(AppError::from)
    }
}
