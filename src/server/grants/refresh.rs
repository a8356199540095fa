//! Fresh access tokens: refreshed ahead of expiry, once however many callers ask, and never lost.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;
use tracing::Instrument;

use super::{
    GrantError, Vault,
    claim::{self, ClaimWatch, Claims},
    exchange::Exchange,
    grant::{Grant, RefreshError},
    locks::KeyedLocks,
    vault::Stored,
};
use crate::{
    model::Action,
    server::{
        audit::{Actor, AuditLog},
        connections::{AccountIndex, ConnectionKey},
        failpoint,
        providers::client::{AccessToken, oauth::OAuthClients},
    },
};

/// A token is refreshed when it expires within this time, or within half its lifetime if that is shorter.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// A caller waits for a retry that is allowed within this time. Otherwise it gets the error at once.
const MAX_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// Back-off never lasts longer. A longer one was recorded by a process whose clock is wrong, and is ignored.
const MAX_BACK_OFF: SignedDuration = SignedDuration::from_mins(30);

/// How long callers wait for a refresh while the old token is still valid.
const PATIENCE: Duration = Duration::from_secs(2);

/// Failed refreshes older than this are forgotten.
const FAILURE_LIFETIME: Duration = Duration::from_secs(120);

/// Returns access tokens, and refreshes them. Cheap to clone.
#[derive(Clone)]
pub struct Refresher {
    pub(super) vault: Vault,
    pub(super) clients: OAuthClients,
    pub(super) accounts: AccountIndex,
    pub(super) audit: Arc<AuditLog>,
    pub(super) claims: Claims,
    pub(super) failures: Arc<RecentFailures>,
    locks: Arc<KeyedLocks>,
    claim_lifetime: Duration,
}

/// Why a grant is to be refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// A caller needs a token, and it expires soon.
    Expiring,
    /// The provider refused the token of this version of the grant, although it has not expired.
    Refused(u64),
    /// The scheduler refreshes it ahead of time.
    Scheduled,
}

impl Why {
    fn applies(self, grant: &Grant, now: Timestamp) -> bool {
        grant.needs_refresh(now, MARGIN)
            || match self {
                Self::Expiring => false,
                Self::Refused(version) => version == grant.version,
                Self::Scheduled => grant.next_refresh_at.is_some_and(|at| at <= now),
            }
    }
}

impl Refresher {
    pub fn new(vault: Vault, clients: OAuthClients, accounts: AccountIndex, audit: Arc<AuditLog>) -> Self {
        let locks = Arc::<KeyedLocks>::default();
        let claims = Claims::new(vault.clone(), locks.clone());
        let failures = Arc::default();
        Self { vault, clients, accounts, audit, claims, failures, locks, claim_lifetime: claim::LIFETIME }
    }

    /// The same with another time for which claims of other processes are respected; for tests.
    pub(super) fn with_claim_lifetime(self, claim_lifetime: Duration) -> Self {
        Self { claim_lifetime, ..self }
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

    /// Refreshes a grant. Concurrent callers share one refresh: within this process by a lock, between processes by a claim
    /// in the grant.
    ///
    /// It runs in a task of its own, so that a caller that hangs up does not lose the provider's response.
    pub(super) async fn refresh(
        &self,
        key: &ConnectionKey,
        why: Why,
        actor: &Actor,
    ) -> Result<AccessToken, GrantError> {
        let (refresher, key, actor, asked) = (self.clone(), key.clone(), actor.clone(), Instant::now());
        let refresh = async move { refresher.refresh_locked(&key, why, &actor, asked).await };
        tokio::spawn(refresh.in_current_span()).await.map_err(anyhow::Error::new)?
    }

    /// Marks the grant of this version dead. Returns whether it did: a newer grant is left alone, and so is one that is
    /// being refreshed.
    ///
    /// It runs in a task of its own, so that a load whose reader has paused does not hold the lock.
    pub(super) async fn mark_dead(
        &self,
        key: &ConnectionKey,
        version: u64,
        reason: &str,
        actor: &Actor,
    ) -> Result<bool, GrantError> {
        let (refresher, key, reason, actor) = (self.clone(), key.clone(), reason.to_owned(), actor.clone());
        let mark = async move { refresher.mark_dead_locked(&key, version, &reason, &actor).await };
        tokio::spawn(mark.in_current_span()).await.map_err(anyhow::Error::new)?
    }

    /// Waits until this process is refreshing nothing.
    pub async fn idle(&self) {
        self.locks.released().await;
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
        if !self.is_of_our_client(key, grant) {
            let reason = "This connection was made with another client id, or with the sandbox.".to_owned();
            return Err(GrantError::ReconnectRequired { provider, reason });
        }
        Ok(())
    }

    /// Whether a grant was made for the configured client. The tokens of another client are never sent.
    pub(super) fn is_of_our_client(&self, key: &ConnectionKey, grant: &Grant) -> bool {
        grant.connection.client_id == self.client_id(key)
    }

    /// The configured client id; empty if there is none.
    pub(super) fn client_id(&self, key: &ConnectionKey) -> String {
        self.clients.get(key.provider).map(|client| client.client_id().to_owned()).unwrap_or_default()
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
        seen.is_some_and(|seen| seen > PATIENCE && seen < self.claim_lifetime)
    }

    async fn refresh_locked(
        &self,
        key: &ConnectionKey,
        why: Why,
        actor: &Actor,
        asked: Instant,
    ) -> Result<AccessToken, GrantError> {
        let _lock = self.lock(key).await;
        loop {
            let stored = self.read_usable(key).await?;
            let now = (self.vault.clock)();
            if !why.applies(&stored.grant, now) {
                return Ok(self.vault.open(key, &stored.grant)?.into_access_token(&stored.grant));
            }
            if let Some(error) = self.failures.since(key, asked) {
                return Err(error.into());
            }
            let seen = stored.grant.claim.as_ref().map(|claim| self.vault.claims.seen_for(claim));
            if let Some(seen) = seen.filter(|seen| *seen < self.claim_lifetime) {
                let is_valid = !matches!(why, Why::Refused(_)) && !stored.grant.is_expired(now);
                if is_valid && seen > PATIENCE {
                    return Ok(self.vault.open(key, &stored.grant)?.into_access_token(&stored.grant));
                }
                ClaimWatch::poll().await;
                continue;
            }
            if let Some((pause, error)) = back_off(&stored.grant, now) {
                if why == Why::Scheduled || pause > MAX_PAUSE {
                    return Err(error.into());
                }
                tokio::time::sleep(pause.unsigned_abs()).await;
                continue;
            }
            // Before the claim: a process must not claim a grant that it cannot decrypt, or has no client for.
            let (tokens, client) = (self.vault.open(key, &stored.grant)?, self.clients.get(key.provider)?);
            failpoint::hit(failpoint::BEFORE_CLAIM);
            let began = Instant::now();
            match self.claims.claim(key, &stored).await? {
                Some(claimed) if began.elapsed() < claim::MAX_CLAIM_TIME => {
                    return Exchange { refresher: self, key, why, actor, claimed, tokens, client }.run().await;
                }
                Some(claimed) => self.claims.release(key, &claimed).await?,
                None => {}
            }
        }
    }

    async fn mark_dead_locked(
        &self,
        key: &ConnectionKey,
        version: u64,
        reason: &str,
        actor: &Actor,
    ) -> Result<bool, GrantError> {
        let _lock = self.lock(key).await;
        let stored = self.vault.read(key).await?;
        let Some(stored) = stored.filter(|stored| stored.grant.is_at(version)) else { return Ok(false) };
        let tokens = self.vault.open(key, &stored.grant)?;
        let dead = self.vault.seal(key, stored.grant.marked_dead(reason), &tokens)?;
        let marked = self.vault.write(key, &stored, &dead).await?;
        tracing::warn!(%key, reason, marked, "grant refused; the user has to reconnect");
        if marked {
            let account = &dead.connection.account;
            self.audit.record(actor, key, account, Action::ReconnectRequired, Some(reason)).await;
        }
        Ok(marked)
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

/// How long no process may retry after failed refreshes, and what to report meanwhile.
fn back_off(grant: &Grant, now: Timestamp) -> Option<(SignedDuration, RefreshError)> {
    let back_off = grant.history.back_off()?;
    let pause = back_off.retry_at.duration_since(now);
    if !pause.is_positive() || pause > MAX_BACK_OFF {
        return None;
    }
    let error = match pause.as_mins() {
        0 => back_off.error.with("The next attempt is within a minute."),
        minutes => back_off.error.with(&format!("The next attempt is in {} minutes.", minutes + 1)),
    };
    Some((pause, error))
}

/// The last failed refresh of each connection in this process, so that callers who waited for it get its error rather than
/// repeat it.
#[derive(Default)]
pub(super) struct RecentFailures(Mutex<HashMap<String, (Instant, RefreshError)>>);

impl RecentFailures {
    pub(super) fn record(&self, key: &ConnectionKey, error: RefreshError) {
        let mut failures = self.0.lock();
        failures.retain(|_, (at, _)| at.elapsed() < FAILURE_LIFETIME);
        failures.insert(key.to_string(), (Instant::now(), error));
    }

    /// The last failure, if it happened at this time or later.
    fn since(&self, key: &ConnectionKey, earliest: Instant) -> Option<RefreshError> {
        let failures = self.0.lock();
        failures.get(&key.to_string()).filter(|(at, _)| *at >= earliest).map(|(_, error)| error.clone())
    }
}
