//! Refreshing a grant: once however many callers ask, and its result is never lost.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use tracing::Instrument;

use super::{
    GrantError, Refresher,
    claim::ClaimWatch,
    exchange::Exchange,
    grant::{Grant, RefreshError},
    refresher::{MARGIN, PATIENCE},
};
use crate::server::{audit::Actor, connections::ConnectionKey, failpoint, providers::client::AccessToken};

/// A caller waits for a retry that is allowed within this time. Otherwise it gets the error at once.
const MAX_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// Back-off never lasts longer. A longer one was recorded by a process whose clock is wrong, and is ignored.
const MAX_BACK_OFF: SignedDuration = SignedDuration::from_mins(30);

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
                Self::Refused(version) => version == grant.version && grant.may_refresh_refused(now),
                Self::Scheduled => grant.scheduled_at(now).is_none_or(|at| at <= now),
            }
    }
}

impl Refresher {
    /// Refreshes a grant. Concurrent callers share one refresh: within this process by a lock, between processes by a claim
    /// in the grant.
    ///
    /// It runs in a task of its own, so that a caller that hangs up does not lose the provider's response. If there is nothing
    /// to do, or a refused token was refreshed too recently, it returns the current token.
    pub(super) async fn refresh(
        &self,
        key: &ConnectionKey,
        why: Why,
        actor: &Actor,
    ) -> Result<AccessToken, GrantError> {
        let (refresher, key, actor, started) = (self.clone(), key.clone(), actor.clone(), Instant::now());
        let refresh = async move { refresher.refresh_locked(&key, why, &actor, started).await };
        tokio::spawn(refresh.in_current_span()).await.map_err(anyhow::Error::new)?
    }

    async fn refresh_locked(
        &self,
        key: &ConnectionKey,
        why: Why,
        actor: &Actor,
        started: Instant,
    ) -> Result<AccessToken, GrantError> {
        let _lock = self.lock(key).await;
        loop {
            let stored = self.read_usable(key).await?;
            let now = (self.vault.clock)();
            if !why.applies(&stored.grant, now) {
                return Ok(self.vault.open(key, &stored.grant)?.into_access_token(&stored.grant));
            }
            if let Some(error) = self.failures.since(key, started) {
                return Err(error.into());
            }
            let seen = stored.grant.claim.as_ref().map(|claim| self.vault.claims.seen_for(claim));
            if let Some(seen) = seen.filter(|seen| *seen < self.claims.lifetime) {
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
            if let Some(claimed) = self.claims.claim(key, &stored).await? {
                return Exchange { refresher: self, key, why, actor, claimed, tokens, client }.run().await;
            }
        }
    }
}

/// How long no process may retry after failed refreshes, and what to report meanwhile.
pub(super) fn back_off(grant: &Grant, now: Timestamp) -> Option<(SignedDuration, RefreshError)> {
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
