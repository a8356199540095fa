//! Keeping an access token fresh: refreshed ahead of its end, once however many ask, and what comes back is never lost.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::{
    AccessToken, ConnectionKey, Rejection, Tokens,
    claim::{self, Settled, Watch},
    grant::{Grant, Stored},
};
use crate::{
    model::{Action, AppError, ErrorCode},
    server::{actor, failpoint, failure},
};

/// A token is refreshed when it ends within this time, or within half its life where that is shorter.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// Whoever needs a token waits this long for the next try that is allowed after a failure. Otherwise they are told when it
/// is.
const SHORT: SignedDuration = SignedDuration::from_secs(5);

/// No pause between two tries is longer; one that seems so was noted by a process whose clock is wrong.
const LONGEST: SignedDuration = SignedDuration::from_mins(30);

/// How long between two tries to save what the provider answered, while the store is away.
const SAVE_AGAIN: Duration = Duration::from_millis(300);

/// How long after a claim of another process was seen callers still wait for its end while the old token is valid.
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
            self.note_use(key, &stored).await?;
            return Ok(token);
        }
        let valid = !stored.grant.is_expired(now);
        // While the provider is failing, a valid token is served at once rather than after each one's own failed try.
        if valid && pause(&stored.grant, now).is_some() {
            return Ok(token);
        }
        match self.refresh(key, Why::Due).await {
            Err(error) if error.code != ErrorCode::ReconnectRequired && valid => {
                tracing::warn!(%key, error = %error.detail, "refresh failed; the old token is still valid and served");
                Ok(token)
            }
            refreshed => refreshed,
        }
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
            failpoint::reach(failpoint::BEFORE_CLAIM);
            let began = Instant::now();
            match self.claim(key, &stored).await? {
                Some(claimed) if began.elapsed() < claim::HELD_UP => return self.spend(key, &claimed, began).await,
                Some(claimed) => {
                    self.settle(key, &claimed, &claimed.grant.released(None)).await?;
                }
                None => {}
            }
        }
    }

    /// Gives the refresh token to the provider and saves what comes back. The grant holds our claim.
    async fn spend(&self, key: &ConnectionKey, claimed: &Stored, began: Instant) -> Result<AccessToken, AppError> {
        failpoint::reach(failpoint::CLAIMED);
        let grant = &claimed.grant;
        let secrets = self.open(key, grant)?;
        let (name, rotates) = (key.provider.name, key.provider.oauth.rotates);
        let minted = match &secrets.refresh_token {
            Some(refresh_token) => self.oauth(key)?.refresh(refresh_token).await,
            None => {
                Err(Rejection::Dead(format!("{name} ended the access and gave no refresh token to renew it with.")))
            }
        };
        failpoint::reach(failpoint::ANSWERED);
        let (mut failed, mut made) = (None, None);
        let next = match minted {
            Ok(minted) => {
                let minted = made.insert(minted.or_keep(secrets.refresh_token, rotates));
                let now = (self.clock)();
                self.seal(key, grant.refreshed(now), minted)?.planned(now)
            }
            Err(Rejection::Dead(reason)) => {
                let reason = match grant.unanswered.filter(|_| rotates) {
                    Some(since) => format!(
                        "{reason} {name} did not answer an earlier refresh ({}), and may have made new tokens that were lost.",
                        super::seconds(since)
                    ),
                    None => reason,
                };
                tracing::warn!(%key, reason, "refresh refused; the person has to connect again");
                self.seal(key, grant.died(&reason), &secrets.into())?
            }
            Err(rejection) => {
                tracing::warn!(%key, error = %rejection, "refresh failed");
                let now = (self.clock)();
                let mut next = grant.released(matches!(rejection, Rejection::Lost(_)).then_some(now));
                let error = AppError::from(rejection);
                next.history.failed(error.detail.clone(), now, rand::random());
                self.failures.note(&key.to_string(), error.clone());
                failed = Some(error);
                next
            }
        };
        let settled = self.settle_patiently(key, claimed, &next, began).await;
        failpoint::reach(failpoint::SAVED);
        if let Some(error) = failed {
            self.trail.note(key, &grant.account, Action::RefreshFailed, Some(&error.detail)).await;
            return Err(error);
        }
        match (settled?, made) {
            (Settled::Done, _) => {}
            (Settled::Overtaken, _) => {
                tracing::info!(%key, "somebody else changed the grant during the refresh; theirs counts");
                let current = self.live(key).await?;
                return Ok(self.open(key, &current)?.access_token(&current));
            }
            (Settled::Gone, made) => {
                // What was revoked when the person disconnected is the token before this one.
                if let Some(minted) = made {
                    self.oauth(key)?.discard(minted).await;
                }
                return Err(key.not_connected());
            }
        }
        if let Err(error) = next.alive(key) {
            self.trail.note(key, &next.account, Action::Died, Some(&error.detail)).await;
            return Err(error);
        }
        tracing::info!(%key, version = next.version, "refreshed");
        self.trail.note(key, &next.account, Action::Refreshed, None).await;
        Ok(self.open(key, &next)?.access_token(&next))
    }

    /// Notes that the provider no longer accepts the grant of this version at all, and tells whether that counts: a newer
    /// grant is left alone, and one that somebody is refreshing is theirs to judge.
    pub(super) async fn bury(&self, key: &ConnectionKey, version: u64, reason: &str) -> Result<bool, AppError> {
        let _lease = self.leases.acquire(&key.to_string()).await;
        let stored = self.read(key).await?;
        let Some(stored) = stored.filter(|stored| stored.grant.is_at(version)) else { return Ok(false) };
        let secrets = self.open(key, &stored.grant)?;
        let dead = self.seal(key, stored.grant.died(reason), &secrets.into())?;
        let buried = self.write(key, &stored, &dead).await?;
        tracing::warn!(%key, reason, buried, "the grant is dead; the person has to connect again");
        if buried {
            self.trail.note(key, &dead.account, Action::Died, Some(reason)).await;
        }
        Ok(buried)
    }

    /// Settles a claim, and again when the store fails: what a provider just made cannot be made twice.
    async fn settle_patiently(
        &self,
        key: &ConnectionKey,
        claimed: &Stored,
        next: &Grant,
        began: Instant,
    ) -> Result<Settled, AppError> {
        loop {
            match self.settle(key, claimed, next).await {
                Err(error) if error.code == ErrorCode::StoreUnavailable && began.elapsed() < claim::SAVED => {
                    tokio::time::sleep(SAVE_AGAIN).await;
                }
                settled => return settled,
            }
        }
    }

    /// Notes that a grant is used, and slides its deadline, unless that was done a moment ago.
    async fn note_use(&self, key: &ConnectionKey, stored: &Stored) -> Result<(), AppError> {
        let now = (self.clock)();
        if let Some(used) = stored.grant.used(now) {
            // Somebody who changed the grant meanwhile slid its deadline as well.
            self.write(key, stored, &used.planned(now)).await?;
        }
        Ok(())
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
    Some((pause, AppError::new(ErrorCode::ProviderUnavailable, detail)))
}
