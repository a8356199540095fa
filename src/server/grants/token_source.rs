//! The tokens of one connection, for a client that reads its account.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use async_trait::async_trait;

use super::{GrantError, Refresher, refresh::Why};
use crate::server::{
    audit::Actor,
    connections::ConnectionKey,
    providers::client::{AccessToken, TokenError, TokenSource},
};

/// The tokens of one connection, as long as it is to the same account: a load must not continue with the data of another
/// account that was connected meanwhile.
pub struct ConnectionTokens {
    refresher: Refresher,
    key: ConnectionKey,
    account_id: String,
    actor: Actor,
    /// Whether a token was refused to this client, and no refresh could help.
    was_refused: AtomicBool,
}

impl ConnectionTokens {
    pub fn new(refresher: Refresher, key: ConnectionKey, account_id: &str, actor: Actor) -> Self {
        Self { refresher, key, account_id: account_id.to_owned(), actor, was_refused: AtomicBool::new(false) }
    }
}

#[async_trait]
impl TokenSource for ConnectionTokens {
    async fn access_token(&self) -> Result<AccessToken, TokenError> {
        let token = self.refresher.access_token(&self.key, &self.actor).await?;
        if token.account_id != self.account_id {
            return Err(GrantError::AccountChanged(self.key.provider).into());
        }
        Ok(token)
    }

    async fn refresh(&self, refused: &AccessToken) -> Result<bool, TokenError> {
        let token = self.refresher.refresh(&self.key, Why::Refused(refused.version), &self.actor).await?;
        Ok(token.version != refused.version)
    }

    async fn refused(&self, token: &AccessToken) {
        self.was_refused.store(true, Relaxed);
        self.refresher.record_refused(&self.key, token).await;
    }

    async fn accepted(&self, token: &AccessToken) {
        // Other requests of the same load are still being refused.
        if !self.was_refused.load(Relaxed) {
            self.refresher.record_accepted(&self.key, token).await;
        }
    }
}
