//! Keeping an access token fresh: refreshed ahead of its end, once however many ask, and what comes back is never lost.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::{
    AccessToken, ConnectionKey, Tokens,
    claim::{self, Watch},
    grant::{Grant, Stored},
    spend::Spending,
};
use crate::{
    model::{AppError, ErrorCode},
    server::{actor, failpoint, failure},
};

/// A token is refreshed when it ends within this time, or within half its life where that is shorter.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// Whoever needs a token waits this long for the next try that is allowed after a failure. Otherwise they are told when it
/// is.
const SHORT: SignedDuration = SignedDuration::from_secs(5);

/// No pause between two tries is longer; one that seems so was noted by a process whose clock is wrong.
const LONGEST: SignedDuration = SignedDuration::from_mins(30);

/// How long callers wait for a refresh while the old token is valid.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why a grant is to be refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Somebody asks for a token, and it ends soon.
    Due,
    /// The provider did not accept the token of this version of the grant, though it is not due.
    Refused(u64),
    /// Nobody asks: it is the keeper, ahead of time.
    Planned,
}

impl Why {
    fn holds(self, grant: &Grant, now: Timestamp) -> bool {
        grant.is_due(now, MARGIN)
            || match self {
                Self::Due => false,
                Self::Refused(version) => version == grant.version,
                Self::Planned => grant.planned_at.is_some_and(|at| at <= now),
            }
    }
}

impl Tokens {
    /// An access token that is good for a while, refreshed first when it is not.
    pub async fn fresh(&self, key: &ConnectionKey) -> Result<AccessToken, AppError> {
        let stored = self.read(key).await?.ok_or_else(|| key.not_connected())?;
        self.usable(key, &stored.grant)?;
        let now = (self.clock)();
        let token = self.open(key, &stored.grant)?.access_token(&stored.grant);
        if !stored.grant.is_due(now, MARGIN) {
            self.note_use(key, &stored).await;
            return Ok(token);
        }
        let valid = !stored.grant.is_expired(now);
        // While the provider is failing or slow, a valid token is served at once, not after each one's own try.
        if valid && (pause(&stored.grant, now).is_some() || self.is_being_refreshed(&stored.grant)) {
            return Ok(token);
        }
        let refresh = self.refresh(key, Why::Due);
        let refreshed = match valid {
            true => match tokio::time::timeout(PATIENCE, refresh).await {
                Ok(refreshed) => refreshed,
                // It goes on in its own task.
                Err(_) => return Ok(token),
            },
            false => refresh.await,
        };
        match refreshed {
            Err(error) if error.code != ErrorCode::ReconnectRequired && valid => {
                tracing::warn!(%key, error = %error.detail, "refresh failed; the old token is still valid and served");
                Ok(token)
            }
            refreshed => refreshed,
        }
    }

    /// Whether somebody has been refreshing it for longer than callers wait who have a valid token.
    fn is_being_refreshed(&self, grant: &Grant) -> bool {
        let seen = grant.claim.as_ref().map(|claim| self.watch.seen_for(claim));
        seen.is_some_and(|seen| seen > PATIENCE && seen < self.claim_life)
    }

    /// Refreshes, one at a time for a connection: in this process by waiting in line, between processes by a claim in the
    /// grant. Whoever comes second finds the first one's result, be it a grant or a failure.
    ///
    /// It runs as a task of its own: a caller who hangs up must not lose the answer that a provider already gave.
    pub(super) async fn refresh(&self, key: &ConnectionKey, why: Why) -> Result<AccessToken, AppError> {
        let (tokens, key, asked) = (self.clone(), key.clone(), Instant::now());
        let refresh = async move { tokens.refresh_in_line(&key, why, asked).await };
        let refresh = tokio::spawn(actor::carry(refresh));
        refresh.await.map_err(|error| failure::defect(&anyhow::Error::new(error)))?
    }

    /// Waits until no refresh is under way in this process.
    pub async fn refreshes_ended(&self) {
        self.leases.ended().await;
    }

    async fn refresh_in_line(&self, key: &ConnectionKey, why: Why, asked: Instant) -> Result<AccessToken, AppError> {
        let _lease = self.leases.acquire(&key.to_string()).await;
        loop {
            let stored = self.read(key).await?.ok_or_else(|| key.not_connected())?;
            self.usable(key, &stored.grant)?;
            let now = (self.clock)();
            if !why.holds(&stored.grant, now) {
                return Ok(self.open(key, &stored.grant)?.access_token(&stored.grant));
            }
            if let Some(error) = self.failures.since(&key.to_string(), asked) {
                return Err(error);
            }
            let seen = stored.grant.claim.as_ref().map(|claim| self.watch.seen_for(claim));
            if let Some(seen) = seen.filter(|seen| *seen < self.claim_life) {
                let is_valid = !matches!(why, Why::Refused(_)) && !stored.grant.is_expired(now);
                if is_valid && seen > PATIENCE {
                    return Ok(self.open(key, &stored.grant)?.access_token(&stored.grant));
                }
                Watch::wait().await;
                continue;
            }
            if let Some((pause, error)) = pause(&stored.grant, now) {
                if why == Why::Planned || pause > SHORT {
                    return Err(error);
                }
                tokio::time::sleep(pause.unsigned_abs()).await;
                continue;
            }
            // Before the claim: a grant that this process cannot open, or has no client for, is not its to claim.
            let (secrets, client) = (self.open(key, &stored.grant)?, self.oauth(key)?);
            failpoint::reach(failpoint::BEFORE_CLAIM);
            let began = Instant::now();
            match self.claim(key, &stored).await? {
                Some(claimed) if began.elapsed() < claim::HELD_UP => {
                    return Spending { tokens: self, key, why, claimed, secrets, client }.spend().await;
                }
                Some(claimed) => self.give_up(key, &claimed).await?,
                None => {}
            }
        }
    }

    /// Notes that a grant is used, and slides its deadline, unless that was done a moment ago. Where it cannot be noted, the
    /// token is no worse for it.
    async fn note_use(&self, key: &ConnectionKey, stored: &Stored) {
        let now = (self.clock)();
        if let Some(used) = stored.grant.used(now) {
            // Somebody who changed the grant meanwhile slid its deadline as well.
            if let Err(error) = self.write(key, stored, &used.planned(now)).await {
                tracing::warn!(%key, error = %error.detail, "the use of a grant could not be noted");
            }
            self.note_holder(key, &stored.grant).await;
        }
    }
}

/// How long nobody may ask the provider again, after refreshes that failed, and what to say meanwhile.
fn pause(grant: &Grant, now: Timestamp) -> Option<(SignedDuration, AppError)> {
    let trouble = grant.history.trouble()?;
    let pause = trouble.again_at.duration_since(now);
    if !pause.is_positive() || pause > LONGEST {
        return None;
    }
    let detail = match pause.as_mins() {
        0 => format!("{} It is tried again within a minute.", trouble.reason),
        minutes => format!("{} It is tried again in {} minutes.", trouble.reason, minutes + 1),
    };
    Some((pause, AppError::new(trouble.code, detail)))
}
