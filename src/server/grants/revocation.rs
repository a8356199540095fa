//! Revoking grants and unsaved tokens, unless another connection of the same account depends on them.

use jiff::Timestamp;

use super::{Grant, GrantError, Vault, token_pair::TokenPair, vault::Stored};
use crate::{
    model::Account,
    server::{
        connections::{AccountIndex, ConnectionKey, Record},
        providers::client::oauth::{OAuthClients, TokenResponse},
    },
};

/// What became of a grant at its provider when it was deleted here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    Revoked,
    /// The provider does not let programs revoke grants.
    NotOffered,
    NotConfirmed,
    /// It was not revoked, because another connection of the same account depends on it.
    Shared,
}

impl Revocation {
    /// The revocation for the audit log.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Revoked => "The grant was revoked at the provider.",
            Self::NotOffered => "The provider does not let programs revoke grants.",
            Self::NotConfirmed => "The provider did not confirm that the grant is revoked.",
            Self::Shared => "The grant was not revoked, because another connection of the same account depends on it.",
        }
    }
}

/// Revokes grants at their providers.
#[derive(Clone)]
pub(super) struct Revoker {
    vault: Vault,
    clients: OAuthClients,
    accounts: AccountIndex,
}

impl Revoker {
    pub(super) fn new(vault: Vault, clients: OAuthClients, accounts: AccountIndex) -> Self {
        Self { vault, clients, accounts }
    }

    /// Whether a grant was made for the configured client. The tokens of another client are never sent.
    pub(super) fn is_of_our_client(&self, key: &ConnectionKey, grant: &Grant) -> bool {
        grant.connection.client_id == self.clients.client_id(key.provider)
    }

    /// Revokes newly issued tokens that will not be kept, unless a connection of the same account, this one or another,
    /// depends on the grant.
    pub(super) async fn discard(
        &self,
        key: &ConnectionKey,
        account: &Account,
        response: TokenResponse,
    ) -> Result<(), GrantError> {
        let record = Record::new(account.clone(), &self.clients.client_id(key.provider), Timestamp::UNIX_EPOCH);
        if !self.is_connected(key, &record).await? {
            self.revoke_unsaved(key, &(&response).into()).await?;
        }
        Ok(())
    }

    /// The same for the tokens of a refresh that could not be saved in time, if it issued any. A failure is logged.
    pub(super) async fn discard_issued(&self, key: &ConnectionKey, claimed: &Grant, next: &Grant) {
        if !next.is_alive() || next.version <= claimed.version {
            return;
        }
        let discard = async {
            if self.is_connected(key, &next.connection).await? {
                return Ok(());
            }
            tracing::info!(%key, "discarding the tokens of a refresh whose connection has ended meanwhile");
            self.revoke_unsaved(key, &self.vault.open(key, next)?).await
        };
        if let Err(error) = discard.await {
            let error: GrantError = error;
            tracing::warn!(%key, %error, "discarded tokens could not be revoked");
        }
    }

    /// Whether a connection of this account, the one of `key` or another, depends on its grant.
    async fn is_connected(&self, key: &ConnectionKey, record: &Record) -> Result<bool, GrantError> {
        let current = self.vault.find(key).await?;
        let is_current = current.is_some_and(|grant| grant.is_alive() && grant.connection.is_same_account(record));
        Ok(is_current || !self.other_connections(key, record).await?.is_empty())
    }

    /// Revokes a grant that has been deleted from the store.
    pub(super) async fn revoke(&self, key: &ConnectionKey, grant: &Grant) -> Revocation {
        self.accounts.remove(key, &grant.connection).await;
        self.try_revoke(key, grant).await.unwrap_or_else(|error| {
            tracing::warn!(%key, %error, "the grant could not be revoked");
            Revocation::NotConfirmed
        })
    }

    async fn try_revoke(&self, key: &ConnectionKey, grant: &Grant) -> Result<Revocation, GrantError> {
        if !self.is_of_our_client(key, grant) {
            return Err(GrantError::ClientRejected("the grant was made for another client".to_owned()));
        }
        if !self.other_connections(key, &grant.connection).await?.is_empty() {
            return Ok(Revocation::Shared);
        }
        let tokens = self.vault.open(key, grant)?;
        let client = self.clients.get(key.provider)?;
        let revoked = client.revoke(&tokens.access_token, tokens.refresh_token.as_ref()).await;
        match revoked.map_err(|error| GrantError::from_oauth(key.provider, error))? {
            true => Ok(Revocation::Revoked),
            false => Ok(Revocation::NotOffered),
        }
    }

    /// The other connections that are alive, readable and to the same account. Stale entries of the index are removed.
    pub(super) async fn other_connections(
        &self,
        key: &ConnectionKey,
        record: &Record,
    ) -> Result<Vec<ConnectionKey>, GrantError> {
        let mut others = Vec::new();
        for other in self.accounts.others(key, record).await? {
            let found = self.vault.read(&other).await?.map(|Stored { grant, .. }| grant);
            let is_same = |grant: &Grant| grant.is_alive() && grant.connection.is_same_account(record);
            // Only a grant that opens counts: a forged one must not prevent a revocation.
            if found.is_some_and(|grant| is_same(&grant) && self.vault.open(&other, &grant).is_ok()) {
                others.push(other);
            } else {
                self.accounts.remove(&other, record).await;
            }
        }
        Ok(others)
    }

    /// Revokes newly issued tokens that were not saved. A failure is logged.
    pub(super) async fn revoke_unsaved(&self, key: &ConnectionKey, tokens: &TokenPair) -> Result<(), GrantError> {
        let client = self.clients.get(key.provider)?;
        if let Err(error) = client.revoke(&tokens.access_token, tokens.refresh_token.as_ref()).await {
            tracing::warn!(%key, %error, "discarded tokens could not be revoked");
        }
        Ok(())
    }
}
