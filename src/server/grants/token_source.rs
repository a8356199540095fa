//! The tokens of one connection, for a client that reads its account.

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
}

impl ConnectionTokens {
    pub fn new(refresher: Refresher, key: ConnectionKey, account_id: &str, actor: Actor) -> Self {
        Self { refresher, key, account_id: account_id.to_owned(), actor }
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

    async fn refresh(&self, refused: &AccessToken) -> Result<(), TokenError> {
        self.refresher.refresh(&self.key, Why::Refused(refused.version), &self.actor).await?;
        Ok(())
    }

    async fn mark_dead(&self, refused: &AccessToken) -> TokenError {
        let provider = self.key.provider;
        let name = provider.name;
        let reason = format!("{name} no longer lets us in. Somebody may have removed the app there.");
        match self.refresher.mark_dead(&self.key, refused.version, &reason, &self.actor).await {
            Ok(true) => GrantError::ReconnectRequired { provider, reason }.into(),
            Ok(false) => {
                TokenError::Unavailable(format!("Access to {name} was refreshed during the request. Load again."))
            }
            Err(error) => error.into(),
        }
    }
}
