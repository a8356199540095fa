//! Giving a refresh token to its provider, and keeping what comes back, whatever else goes wrong.

use std::time::{Duration, Instant};

use super::{
    AccessToken, ConnectionKey, OAuthClient, Rejection, Tokens,
    claim::{self, Settled},
    grant::{Grant, Stored},
    minted::Minted,
    refresh::Why,
    secrets::Secrets,
};
use crate::{
    model::{Action, AppError, ErrorCode},
    server::{actor, failpoint, failure},
};

/// How long between two tries to save what the provider answered, while the store is away.
pub(super) const SAVE_AGAIN: Duration = Duration::from_millis(300);

/// Callers wait this long for a store that is away; what the provider answered waits longer.
pub(super) const CALLERS_WAIT: Duration = Duration::from_secs(20);

/// A refresh token that is about to be spent. The grant holds our claim.
pub(super) struct Spending<'a> {
    pub(super) tokens: &'a Tokens,
    pub(super) key: &'a ConnectionKey,
    pub(super) why: Why,
    pub(super) claimed: Stored,
    pub(super) secrets: Secrets,
    pub(super) client: OAuthClient,
}

impl Spending<'_> {
    /// Gives the refresh token to the provider and saves what comes back.
    pub(super) async fn spend(self) -> Result<AccessToken, AppError> {
        failpoint::reach(failpoint::CLAIMED);
        let Self { tokens, key, why, claimed, secrets, client } = self;
        let minted = match &secrets.refresh_token {
            Some(refresh_token) => client.refresh(refresh_token).await,
            None => {
                let name = key.provider.name;
                Err(Rejection::Dead(format!("{name} ended the access and gave no refresh token to renew it with.")))
            }
        };
        failpoint::reach(failpoint::ANSWERED);
        let (grant, now) = (&claimed.grant, (tokens.clock)());
        match minted {
            Ok(minted) => {
                let minted = minted.or_keep(secrets.refresh_token, key.provider.oauth.rotates);
                let mut next = tokens.seal(key, grant.refreshed(now), &minted)?;
                if why != Why::Planned {
                    next.used_at = now;
                }
                tokens.keep_refreshed(key, claimed, next.planned(now), minted).await
            }
            Err(Rejection::Dead(reason)) => {
                let reason = told(key, grant, reason);
                tracing::warn!(%key, reason, "refresh refused; the person has to connect again");
                let next = tokens.seal(key, grant.died(&reason), &secrets.into())?;
                if let Settled::Done = tokens.settle_patiently(key, claimed, &next).await? {
                    tokens.trail.note(key, &next.account, Action::ReconnectRequired, Some(&reason)).await;
                }
                // Where somebody else changed it, theirs counts.
                let current = tokens.live(key).await?;
                Ok(tokens.open(key, &current)?.access_token(&current))
            }
            Err(rejection) => {
                tracing::warn!(%key, error = %rejection, "refresh failed");
                let mut next = grant.released(matches!(rejection, Rejection::Lost(_)).then_some(now));
                let error = AppError::from(rejection);
                let is_first = next.history.trouble().is_none();
                next.history.failed(&error, now, rand::random());
                tokens.failures.note(&key.to_string(), error.clone());
                let account = next.account.clone();
                // Whether that is saved or not: the refresh failed.
                if let Err(error) = tokens.settle_patiently(key, claimed, &next).await {
                    tracing::warn!(%key, error = %error.detail, "that a refresh failed could not be saved yet");
                }
                // The others in a row would soon push out of the trail what is rarer.
                if is_first {
                    tokens.trail.note(key, &account, Action::RefreshFailed, Some(&error.detail)).await;
                }
                Err(error)
            }
        }
    }
}

/// Why a grant is dead; and that its tokens may have been lost, where that can be.
fn told(key: &ConnectionKey, grant: &Grant, reason: String) -> String {
    let name = key.provider.name;
    match grant.unanswered.filter(|_| key.provider.oauth.rotates) {
        Some(since) => format!(
            "{reason} {name} did not answer an earlier refresh ({}), and may have made new tokens that were lost.",
            super::seconds(since)
        ),
        None => reason,
    }
}

impl Tokens {
    /// Saves tokens that a provider just made.
    async fn keep_refreshed(
        &self,
        key: &ConnectionKey,
        claimed: Stored,
        next: Grant,
        minted: Minted,
    ) -> Result<AccessToken, AppError> {
        let settled = self.settle_patiently(key, claimed, &next).await;
        failpoint::reach(failpoint::SAVED);
        match settled? {
            Settled::Done => {
                tracing::info!(%key, version = next.version, "refreshed");
                self.trail.note(key, &next.account, Action::Refreshed, None).await;
                Ok(self.open(key, &next)?.access_token(&next))
            }
            Settled::Overtaken => {
                tracing::info!(%key, "somebody else changed the grant during the refresh; theirs counts");
                let current = self.live(key).await?;
                Ok(self.open(key, &current)?.access_token(&current))
            }
            Settled::Gone => {
                // What was revoked when the person disconnected is the token before this one.
                self.discard(key, &next.account, minted).await?;
                Err(key.not_connected())
            }
        }
    }

    /// Settles a claim, and again when the store fails: what a provider just made cannot be made twice. Callers are told
    /// after some seconds; it goes on without them. Nobody can take over while the store is away, and who does so after
    /// that is not overwritten.
    async fn settle_patiently(&self, key: &ConnectionKey, claimed: Stored, next: &Grant) -> Result<Settled, AppError> {
        let began = Instant::now();
        loop {
            match self.settle(key, &claimed, next).await {
                Err(error) if error.code == ErrorCode::StoreUnavailable => {
                    if began.elapsed() > CALLERS_WAIT {
                        self.settle_later(key, claimed, next.clone());
                        return Err(error);
                    }
                    tokio::time::sleep(SAVE_AGAIN).await;
                }
                settled => return settled,
            }
        }
    }

    /// Settles a claim in a task of its own, as soon as the store is back.
    fn settle_later(&self, key: &ConnectionKey, claimed: Stored, next: Grant) {
        let (tokens, key, began) = (self.clone(), key.clone(), Instant::now());
        tokio::spawn(actor::carry(async move {
            // A process that is asked to stop waits for this, for as long as it waits for refreshes.
            let _saving = tokens.leases.acquire(&format!("saving {key} {}", next.version)).await;
            while began.elapsed() < claim::SAVED {
                match tokens.settle(&key, &claimed, &next).await {
                    Err(error) if error.code == ErrorCode::StoreUnavailable => tokio::time::sleep(SAVE_AGAIN).await,
                    Ok(Settled::Done) => return tracing::info!(%key, "what a refresh brought is saved after all"),
                    _ => return,
                }
            }
            tracing::error!(%key, "what a refresh brought could not be saved; the store was away for too long");
        }));
    }

    /// Gives up a claim under which nothing was sent.
    pub(super) async fn give_up(&self, key: &ConnectionKey, claimed: &Stored) -> Result<(), AppError> {
        self.settle(key, claimed, &claimed.grant.released(None)).await?;
        Ok(())
    }

    /// Gives up a claim of which it is not known whether the store has it.
    pub(super) fn give_up_later(&self, key: &ConnectionKey, claimed: Stored) {
        let next = claimed.grant.released(None);
        self.settle_later(key, claimed, next);
    }

    /// Notes that the provider no longer accepts the grant of this version at all, and tells whether that counts: a newer
    /// grant is left alone, and one that somebody is refreshing is theirs to judge.
    ///
    /// It runs as a task of its own: a load whose reader has stopped reading must not keep the lease from others.
    pub(super) async fn bury(&self, key: &ConnectionKey, version: u64, reason: &str) -> Result<bool, AppError> {
        let (tokens, key, reason) = (self.clone(), key.clone(), reason.to_owned());
        let bury = async move { tokens.bury_in_line(&key, version, &reason).await };
        tokio::spawn(actor::carry(bury)).await.map_err(|error| failure::defect(&anyhow::Error::new(error)))?
    }

    async fn bury_in_line(&self, key: &ConnectionKey, version: u64, reason: &str) -> Result<bool, AppError> {
        let _lease = self.leases.acquire(&key.to_string()).await;
        let stored = self.read(key).await?;
        let Some(stored) = stored.filter(|stored| stored.grant.is_at(version)) else { return Ok(false) };
        let secrets = self.open(key, &stored.grant)?;
        let dead = self.seal(key, stored.grant.died(reason), &secrets.into())?;
        let buried = self.write(key, &stored, &dead).await?;
        tracing::warn!(%key, reason, buried, "the grant is dead; the person has to connect again");
        if buried {
            self.trail.note(key, &dead.account, Action::ReconnectRequired, Some(reason)).await;
        }
        Ok(buried)
    }
}
