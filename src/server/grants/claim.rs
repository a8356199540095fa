//! Claims: which process is refreshing a grant, written into the grant before the refresh token is sent.
//!
//! A claim is a lease and a write-ahead record in one. Exactly one process can write it (compare-and-swap), and only a
//! process whose claim is still in the grant may save what the provider returns, so a stale process never overwrites a
//! newer grant. A process that finds the claim of a crashed process knows that the refresh token may have been sent.
//!
//! No process trusts another's clock: a claim expires when it has been *seen* unchanged for [`LIFETIME`].
//!
//! One gap remains that no protocol can close: a provider that rotates refresh tokens issued new ones, and its response was
//! lost. The old token is then tried once more, and if the provider refuses it, the user is told what happened.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant as StdInstant},
};

use jiff::Timestamp;
use parking_lot::Mutex;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tracing::Instrument;

use super::{
    GrantError,
    grant::Grant,
    locks::KeyedLocks,
    vault::{Stored, Vault},
};
use crate::server::{connections::ConnectionKey, crypto};

/// How long a claim is respected: a request to a token endpoint (30 seconds at most), saving its response, and a margin.
pub(super) const LIFETIME: Duration = Duration::from_secs(75);

/// How long new tokens are kept for a store that is unavailable. Nobody sees our claim meanwhile, so nobody takes over;
/// and if somebody does so just after, nothing of theirs is overwritten.
const SAVE_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// A claim that took longer than this to write is released before anything is sent: another process may be about to take
/// over.
pub(super) const MAX_CLAIM_TIME: Duration = Duration::from_secs(10);

/// How often another process's claim is checked.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The pause between attempts to save while the store is unavailable.
pub(super) const SAVE_RETRY_INTERVAL: Duration = Duration::from_millis(300);

/// How long callers wait for a store that is unavailable. New tokens are kept for longer, see [`SAVE_TIMEOUT`].
pub(super) const CALLER_TIMEOUT: Duration = Duration::from_secs(20);

/// A refresh that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Claim {
    /// Random.
    pub(super) id: String,
    /// When it was made, by its owner's clock; for the log.
    pub(super) at: Timestamp,
}

/// When this process first saw each claim of another process. It is shared by all callers, so that a caller continues the
/// wait of one that gave up.
#[derive(Default)]
pub(super) struct ClaimWatch(Mutex<HashMap<String, Instant>>);

impl ClaimWatch {
    /// How long this process has seen the claim.
    pub(super) fn seen_for(&self, claim: &Claim) -> Duration {
        let mut seen = self.0.lock();
        if let Some(since) = seen.get(&claim.id) {
            return since.elapsed();
        }
        // Claims seen long ago have been taken over.
        seen.retain(|_, since| since.elapsed() < LIFETIME * 2);
        seen.insert(claim.id.clone(), Instant::now());
        Duration::ZERO
    }

    /// Starts all waits again: the store was unavailable, so a claim's owner may not have been able to save either.
    pub(super) fn restart(&self) {
        self.0.lock().clear();
    }

    /// Waits before the next check.
    pub(super) async fn poll() {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Writes claims into grants, and commits what their owners have to save.
#[derive(Clone)]
pub(super) struct Claims {
    vault: Vault,
    locks: Arc<KeyedLocks>,
}

/// What became of a commit.
pub(super) enum Committed {
    /// The new grant is saved.
    Done,
    /// Another process took over, or the user connected again.
    Superseded,
    /// The user disconnected.
    Deleted,
}

impl Claims {
    pub(super) fn new(vault: Vault, locks: Arc<KeyedLocks>) -> Self {
        Self { vault, locks }
    }

    /// Writes our claim into the grant, in place of an expired one. `None` when another process was faster.
    pub(super) async fn claim(&self, key: &ConnectionKey, stored: &Stored) -> Result<Option<Stored>, GrantError> {
        let id = crypto::random_secret().expose_secret().to_owned();
        let claim = Claim { id, at: (self.vault.clock)() };
        if let Some(expired) = &stored.grant.claim {
            tracing::warn!(%key, claimed_at = %expired.at, "taking over a refresh that was never finished");
        }
        let grant = stored.grant.claimed(claim);
        let claimed = Stored { bytes: grant.to_bytes()?, grant };
        match self.vault.write(key, stored, &claimed.grant).await {
            Ok(true) => Ok(Some(claimed)),
            Ok(false) => Ok(None),
            Err(error) => {
                // The store may have written it despite the error. Nothing was sent under it, so nobody has to wait for it.
                let next = claimed.grant.released(None);
                self.commit_in_background(key, claimed, next);
                Err(error)
            }
        }
    }

    /// Releases a claim under which nothing was sent.
    pub(super) async fn release(&self, key: &ConnectionKey, claimed: &Stored) -> Result<(), GrantError> {
        self.commit(key, claimed, &claimed.grant.released(None)).await?;
        Ok(())
    }

    /// Writes `next` in place of a grant that holds our claim, retrying while the store fails: new tokens cannot be issued
    /// twice. After [`CALLER_TIMEOUT`] it returns an error and continues in the background.
    pub(super) async fn commit_with_retry(
        &self,
        key: &ConnectionKey,
        claimed: Stored,
        next: &Grant,
    ) -> Result<Committed, GrantError> {
        let began = StdInstant::now();
        loop {
            match self.commit(key, &claimed, next).await {
                Err(error @ GrantError::Store(_)) if began.elapsed() > CALLER_TIMEOUT => {
                    self.commit_in_background(key, claimed, next.clone());
                    return Err(error);
                }
                Err(GrantError::Store(_)) => tokio::time::sleep(SAVE_RETRY_INTERVAL).await,
                committed => return committed,
            }
        }
    }

    fn commit_in_background(&self, key: &ConnectionKey, claimed: Stored, next: Grant) {
        let (claims, key, began) = (self.clone(), key.clone(), StdInstant::now());
        let commit = async move {
            // Shutdown waits for this lock as it waits for refreshes.
            let _saving = claims.locks.acquire(&format!("saving {key} {}", next.version)).await;
            while began.elapsed() < SAVE_TIMEOUT {
                match claims.commit(&key, &claimed, &next).await {
                    Err(GrantError::Store(_)) => tokio::time::sleep(SAVE_RETRY_INTERVAL).await,
                    Ok(Committed::Done) => {
                        return tracing::info!(%key, "saved the result of a refresh after an outage of the store");
                    }
                    _ => return,
                }
            }
            tracing::error!(%key, "the result of a refresh was not saved: the store was unavailable for too long");
        };
        tokio::spawn(commit.in_current_span());
    }

    /// Writes `next` if the grant still holds our claim.
    async fn commit(&self, key: &ConnectionKey, claimed: &Stored, next: &Grant) -> Result<Committed, GrantError> {
        loop {
            let Some(current) = self.vault.read(key).await? else { return Ok(Committed::Deleted) };
            if current.grant == *next {
                // An earlier attempt that seemed to fail succeeded.
                return Ok(Committed::Done);
            }
            if !current.grant.is_claimed_as(&claimed.grant) {
                return Ok(Committed::Superseded);
            }
            let mut next = next.clone();
            if next.version == current.grant.version {
                // The tokens are the same, but a key rotation may have re-encrypted them meanwhile.
                next.sealed.clone_from(&current.grant.sealed);
            }
            // Anything else that changed meanwhile is set anew by `next`.
            if self.vault.write(key, &current, &next).await? {
                return Ok(Committed::Done);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_claim_ages_from_when_it_is_first_seen_whatever_its_owners_clock_says() {
        let claim = |id: &str, at: &str| Claim { id: id.to_owned(), at: at.parse().unwrap() };
        let watch = ClaimWatch::default();
        let long_ago = claim("a", "2001-01-01T00:00:00Z");
        assert_eq!(watch.seen_for(&long_ago), Duration::ZERO);
        tokio::time::advance(LIFETIME).await;
        assert_eq!(watch.seen_for(&long_ago), LIFETIME);
        assert_eq!(watch.seen_for(&claim("b", "2001-01-01T00:00:00Z")), Duration::ZERO, "another claim starts at zero");
    }
}
