//! Creating and deleting grants as users connect and disconnect.

use std::{sync::Arc, time::Instant};

use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;

use super::{
    Grant, GrantError, Refresher, Vault,
    commit::{CALLER_TIMEOUT, SAVE_RETRY_INTERVAL},
    revocation::Revocation,
};
use crate::{
    model::{Account, Action, Connection, Status},
    server::{
        audit::{Actor, AuditLog},
        clock::rfc3339,
        connections::{AccountIndex, ConnectionKey, Record},
        providers::client::oauth::{OAuthClient, OAuthClients, TokenResponse},
        store::StoreError,
    },
};

/// The grants of all users. Cheap to clone.
#[derive(Clone)]
pub struct Grants {
    pub vault: Vault,
    pub refresher: Refresher,
}

/// How connecting an account ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connected {
    /// Whether another user is connected with the same account, and the provider may end their grant.
    pub may_end_another: bool,
}

impl Grants {
    pub fn new(vault: Vault, clients: OAuthClients, accounts: AccountIndex, audit: Arc<AuditLog>) -> Self {
        Self { refresher: Refresher::new(vault.clone(), clients, accounts, audit), vault }
    }

    /// The same with another time for which claims of other processes are respected; for tests, which cannot wait as long.
    pub fn with_claim_lifetime(self, lifetime: std::time::Duration) -> Self {
        Self { refresher: self.refresher.with_claim_lifetime(lifetime), ..self }
    }

    /// The same with another time for which callers of a refresh wait for the store; for tests.
    pub fn with_caller_timeout(self, timeout: std::time::Duration) -> Self {
        Self { refresher: self.refresher.with_caller_timeout(timeout), ..self }
    }

    /// The OAuth client of a connection's provider.
    pub fn oauth(&self, key: &ConnectionKey) -> Result<Arc<OAuthClient>, GrantError> {
        Ok(self.refresher.clients.get(key.provider)?)
    }

    /// A connection as its owner may see it.
    pub async fn connection(&self, key: &ConnectionKey) -> Result<Connection, GrantError> {
        let grant = self.vault.find(key).await?.ok_or(GrantError::NotConnected(key.provider))?;
        let usable = self.refresher.require_usable(key, &grant);
        let now = (self.vault.clock)();
        let is_scheduled = self.vault.schedule.is_enabled() && grant.is_alive() && grant.is_refreshable();
        let next_refresh_at = is_scheduled.then(|| rfc3339(grant.next_attempt_at(now)));
        let connection = Connection { next_refresh_at, ..grant.into_connection(key.provider, now) };
        Ok(match usable {
            Err(GrantError::ReconnectRequired { reason, .. }) => {
                Connection { status: Status::ReconnectRequired, reason: Some(reason), ..connection }
            }
            _ => connection,
        })
    }

    /// The record of a usable connection: connected, alive, and made for the configured client.
    pub async fn usable(&self, key: &ConnectionKey) -> Result<Record, GrantError> {
        Ok(self.refresher.read_usable(key).await?.grant.connection)
    }

    /// The other account that a user is connected with, if connecting `account` would replace it. Retries while the store
    /// fails, since the authorization code cannot be used again.
    pub async fn replaced_account(
        &self,
        key: &ConnectionKey,
        account: &Account,
    ) -> Result<Option<Account>, GrantError> {
        let store_key = key.to_string();
        let bytes = with_retry(|| self.vault.store.get(&store_key).boxed()).await?;
        // An unreadable grant is nothing to ask the user about.
        let grant = bytes.and_then(|bytes| Grant::from_bytes(&bytes).ok());
        let grant = grant.filter(|grant| self.refresher.revoker.is_of_our_client(key, grant));
        Ok(grant.map(|grant| grant.connection.account).filter(|connected| connected.id != account.id))
    }

    /// Saves a new grant in place of any other. If that was another account's, its grant is revoked.
    pub async fn connect(
        &self,
        key: &ConnectionKey,
        account: Account,
        response: TokenResponse,
        issued_at: Timestamp,
        actor: &Actor,
    ) -> Result<Connected, GrantError> {
        let _lock = self.refresher.lock(key).await;
        let (replaced, grant) = self.save(key, account, &response, issued_at).await?;
        self.vault.schedule.set_for(key, grant.next_refresh_at).await;
        let record = &grant.connection;
        tracing::info!(%key, account = record.account.id, scopes = record.scopes.join(" "), "connected");

        self.refresher.accounts.put(key, record, grant.version).await;
        // The grant is saved, so a failure to find the account's other connections is not an error.
        let may_end_another = key.provider.oauth.invalidates_earlier_grants
            && match self.refresher.revoker.other_connections(key, record).await {
                Ok(others) => !others.is_empty(),
                Err(error) => {
                    tracing::warn!(%key, %error, "the account's other connections could not be found");
                    false
                }
            };
        let detail = may_end_another
            .then_some("Another user is connected with the same account. The provider may end their grant.");
        let action = match replaced {
            None => Action::Connected,
            Some(old) if old.connection.is_same_account(record) => Action::Reconnected,
            Some(old) => {
                self.refresher.revoker.revoke(key, &old).await;
                Action::AccountReplaced
            }
        };
        self.refresher.audit.record(actor, key, &record.account, action, detail).await;
        Ok(Connected { may_end_another })
    }

    /// Writes a new grant. Returns the grant that it replaced, and the new one.
    async fn save(
        &self,
        key: &ConnectionKey,
        account: Account,
        response: &TokenResponse,
        issued_at: Timestamp,
    ) -> Result<(Option<Grant>, Grant), GrantError> {
        let (now, store_key) = ((self.vault.clock)(), key.to_string());
        let (store, client_id) = (&self.vault.store, self.refresher.clients.client_id(key.provider));
        loop {
            let bytes = with_retry(|| store.get(&store_key).boxed()).await?;
            // An unreadable grant is replaced like any other.
            let old = bytes.as_deref().and_then(|bytes| Grant::from_bytes(bytes).ok());
            let version = Grant::version_after(old.as_ref(), now);
            let grant = Grant::new(account.clone(), &client_id, version, issued_at);
            let grant = self.vault.seal_response(key, grant, response)?.scheduled(now);
            let (new, lifetime) = (grant.to_bytes()?, grant.lifetime(now));
            // The authorization code is used up, so its tokens must survive a short outage of the store. If an attempt that
            // seemed to fail succeeded, the next round replaces the tokens with themselves.
            let saved =
                with_retry(|| store.compare_and_swap_replicated(&store_key, bytes.as_deref(), &new, lifetime).boxed());
            // A concurrent refresh by a process whose clock is ahead may have taken this version.
            if saved.await? {
                return Ok((old, grant));
            }
        }
    }

    /// Deletes a grant, and revokes it at the provider unless another connection depends on it.
    pub async fn disconnect(&self, key: &ConnectionKey, actor: &Actor) -> Result<Revocation, GrantError> {
        let _lock = self.refresher.lock(key).await;
        let (store_key, store) = (key.to_string(), &self.vault.store);
        let Some(seen) = store.get(&store_key).await? else { return Err(GrantError::NotConnected(key.provider)) };
        let taken = match store.take_replicated(&store_key).await {
            Ok(taken) => taken.ok_or(GrantError::NotConnected(key.provider))?,
            // An attempt that seemed to fail may have taken it. Then what was read before is revoked.
            Err(_) => with_retry(|| store.take_replicated(&store_key).boxed()).await?.unwrap_or(seen),
        };
        let grant = Grant::from_bytes(&taken)?;
        self.vault.schedule.set_for(key, None).await;
        let revocation = self.refresher.revoker.revoke(key, &grant).await;
        let account = &grant.connection.account;
        tracing::info!(%key, account = account.id, ?revocation, "disconnected");
        self.refresher.audit.record(actor, key, account, Action::Disconnected, Some(revocation.sentence())).await;
        Ok(revocation)
    }

    /// Gives up tokens that will not be kept, unless a connection of the same account depends on them.
    pub async fn discard(
        &self,
        key: &ConnectionKey,
        account: &Account,
        response: TokenResponse,
    ) -> Result<(), GrantError> {
        self.refresher.revoker.discard(key, account, response).await
    }

    /// Gives up tokens whose account is not known, unless something is connected: that may be the same account.
    pub async fn discard_unidentified(&self, key: &ConnectionKey, response: TokenResponse) {
        let revoked = match self.vault.find(key).await {
            Ok(Some(_)) => return,
            Ok(None) => self.refresher.revoker.revoke_unsaved(key, &(&response).into()).await,
            Err(error) => Err(error),
        };
        if let Err(error) = revoked {
            tracing::warn!(%key, %error, "unidentified tokens could not be revoked");
        }
    }
}

/// Retries an operation for [`CALLER_TIMEOUT`] while the store fails.
async fn with_retry<'a, T>(operation: impl Fn() -> BoxFuture<'a, Result<T, StoreError>>) -> Result<T, StoreError> {
    let began = Instant::now();
    loop {
        match operation().await {
            Err(error) if began.elapsed() > CALLER_TIMEOUT => return Err(error),
            Err(_) => tokio::time::sleep(SAVE_RETRY_INTERVAL).await,
            Ok(result) => return Ok(result),
        }
    }
}
