//! Access tokens that stay valid for a while, refreshed ahead of expiry.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use tokio::sync::{OwnedMutexGuard, watch};

use super::{
    GrantError, Vault,
    claim::Claims,
    grant::Grant,
    locks::KeyedLocks,
    recent_failures::RecentFailures,
    refresh::{Why, back_off},
    revocation::Revoker,
    vault::Stored,
};
use crate::server::{
    audit::{Actor, AuditLog},
    connections::{AccountIndex, ConnectionKey},
    crypto::random_secret,
    providers::client::{AccessToken, oauth::OAuthClients},
};

/// A token is refreshed when it expires within this time, or within half its lifetime if that is shorter.
pub(super) const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// How long callers wait for a refresh while the old token is still valid.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Returns access tokens, and refreshes them. Cheap to clone.
#[derive(Clone)]
pub struct Refresher {
    pub(super) vault: Vault,
    pub(super) clients: OAuthClients,
    pub(super) revoker: Revoker,
    pub(super) accounts: AccountIndex,
    pub(super) audit: Arc<AuditLog>,
    pub(super) claims: Claims,
    pub(super) failures: Arc<RecentFailures>,
    locks: Arc<KeyedLocks>,
    given_up: watch::Sender<bool>,
}

impl Refresher {
    pub fn new(vault: Vault, clients: OAuthClients, accounts: AccountIndex, audit: Arc<AuditLog>) -> Self {
        let locks = Arc::<KeyedLocks>::default();
        let revoker = Revoker::new(vault.clone(), clients.clone(), accounts.clone());
        let claims = Claims::new(vault.clone(), locks.clone(), revoker.clone());
        let (failures, given_up) = (Arc::default(), watch::Sender::default());
        Self { vault, clients, revoker, accounts, audit, claims, failures, locks, given_up }
    }

    /// The same with another time for which claims of other processes are respected; for tests.
    pub(super) fn with_claim_lifetime(self, lifetime: Duration) -> Self {
        Self { claims: Claims { lifetime, ..self.claims }, ..self }
    }

    /// The same with another time for which callers wait for the store; for tests.
    pub(super) fn with_caller_timeout(self, caller_timeout: Duration) -> Self {
        Self { claims: Claims { caller_timeout, ..self.claims }, ..self }
    }

    /// An access token that stays valid for a while, refreshed first if necessary.
    pub async fn access_token(&self, key: &ConnectionKey, actor: &Actor) -> Result<AccessToken, GrantError> {
        let stored = self.read_usable(key).await?;
        let now = (self.vault.clock)();
        let token = self.vault.open(key, &stored.grant)?.into_access_token(&stored.grant);
        if !stored.grant.needs_refresh(now, MARGIN) {
            self.record_use(key, &stored).await;
            return Ok(token);
        }
        let is_valid = !stored.grant.is_expired(now);
        // While the provider fails or is slow, a valid token is returned at once rather than after another attempt.
        if is_valid && (back_off(&stored.grant, now).is_some() || self.is_being_refreshed(&stored.grant)) {
            return Ok(token);
        }
        let refresh = self.refresh(key, Why::Expiring, actor);
        let refreshed = if is_valid {
            match tokio::time::timeout(PATIENCE, refresh).await {
                Ok(refreshed) => refreshed,
                // The refresh continues in its own task.
                Err(_) => return Ok(token),
            }
        } else {
            refresh.await
        };
        match refreshed {
            Err(GrantError::ReconnectRequired { provider, reason }) => {
                Err(GrantError::ReconnectRequired { provider, reason })
            }
            Err(error) if is_valid => {
                tracing::warn!(%key, %error, "refresh failed; the old token is still valid and is used");
                Ok(token)
            }
            refreshed => refreshed,
        }
    }

    /// Waits until no token is being issued to this process that it has not saved.
    pub async fn idle(&self) {
        self.locks.released().await;
    }

    /// Makes [`Refresher::idle`] wait until the guard is dropped: for as long as an authorization code is being exchanged and
    /// its tokens are not saved.
    pub async fn connecting(&self) -> OwnedMutexGuard<()> {
        self.locks.acquire(&format!("connecting {}", random_secret().expose_secret())).await
    }

    /// Ends [`Refresher::given_up_connecting`] for all its callers.
    pub fn give_up_connecting(&self) {
        self.given_up.send_replace(true);
    }

    /// Waits until the process is about to exit, when tokens whose account is still unknown should be revoked.
    pub async fn given_up_connecting(&self) {
        // It fails if the sender is dropped, and this has one.
        let _ = self.given_up.subscribe().wait_for(|given_up| *given_up).await;
    }

    /// Waits until no other task of this process changes the grant.
    pub(super) async fn lock(&self, key: &ConnectionKey) -> OwnedMutexGuard<()> {
        self.locks.acquire(&key.to_string()).await
    }

    /// Fails unless the grant is alive and was made for the configured client. A grant of another client is left as it is:
    /// it works again when that client's id is configured again.
    pub(super) fn require_usable(&self, key: &ConnectionKey, grant: &Grant) -> Result<(), GrantError> {
        let provider = key.provider;
        if let Some(reason) = &grant.connection.dead {
            return Err(GrantError::ReconnectRequired { provider, reason: reason.clone() });
        }
        if !self.revoker.is_of_our_client(key, grant) {
            let reason = "This connection was made with another client id, or with the sandbox.".to_owned();
            return Err(GrantError::ReconnectRequired { provider, reason });
        }
        Ok(())
    }

    pub(super) async fn read_usable(&self, key: &ConnectionKey) -> Result<Stored, GrantError> {
        let stored = self.vault.read(key).await?.ok_or(GrantError::NotConnected(key.provider))?;
        self.require_usable(key, &stored.grant)?;
        Ok(stored)
    }

    /// The token of the current grant, whoever wrote it.
    pub(super) async fn current_token(&self, key: &ConnectionKey) -> Result<AccessToken, GrantError> {
        let Stored { grant, .. } = self.read_usable(key).await?;
        Ok(self.vault.open(key, &grant)?.into_access_token(&grant))
    }

    /// Whether another process has been refreshing it for longer than callers wait who have a valid token.
    fn is_being_refreshed(&self, grant: &Grant) -> bool {
        let seen = grant.claim.as_ref().map(|claim| self.vault.claims.seen_for(claim));
        seen.is_some_and(|seen| seen > PATIENCE && seen < self.claims.lifetime)
    }

    /// Records that a grant is used, and extends its deadline, unless that was done recently. A failure does not affect the
    /// caller.
    async fn record_use(&self, key: &ConnectionKey, stored: &Stored) {
        let now = (self.vault.clock)();
        if let Some(used) = stored.grant.used(now) {
            // If another process changed the grant meanwhile, it extended the deadline as well.
            if let Err(error) = self.vault.write(key, stored, &used.scheduled(now)).await {
                tracing::warn!(%key, %error, "the use of a grant could not be recorded");
            }
            self.accounts.put(key, &stored.grant.connection, stored.grant.version).await;
        }
    }
}
