//! Claims: which process is refreshing a grant, written into the grant before the refresh token is sent.
//!
//! A claim is a lease and a write-ahead record in one. Exactly one process can write it (compare-and-swap), and only a
//! process whose claim is still in the grant may save what the provider returns, so a stale process never overwrites a
//! newer grant. The one exception is a process that was cut off from the store while it received new tokens: if the one that
//! took over could do nothing with the old ones, the new ones are saved. A process that finds the claim of a crashed process knows that the refresh token may have been sent.
//!
//! No process trusts another's clock: a claim expires when it has been *seen* unchanged for [`LIFETIME`].
//!
//! One gap remains that no protocol can close: a provider that rotates refresh tokens issued new ones, and its response was
//! lost. The old token is then tried once more, and if the provider refuses it, the user is told what happened.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use parking_lot::Mutex;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{
    GrantError,
    commit::CALLER_TIMEOUT,
    locks::KeyedLocks,
    revocation::Revoker,
    vault::{Stored, Vault},
};
use crate::server::{connections::ConnectionKey, crypto};

/// How long a claim is respected: a request to a token endpoint (30 seconds at most), saving its response, and a margin.
const LIFETIME: Duration = Duration::from_secs(75);

/// A claim that took longer than this to write is released before anything is sent: another process may be about to take
/// over.
const MAX_CLAIM_TIME: Duration = Duration::from_secs(10);

/// How often another process's claim is checked.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

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
    pub(super) vault: Vault,
    pub(super) locks: Arc<KeyedLocks>,
    /// Gives up tokens that are not saved.
    pub(super) revoker: Revoker,
    /// How long another process's claim is respected.
    pub(super) lifetime: Duration,
    /// How long callers wait for a store that is unavailable. New tokens are kept for longer.
    pub(super) caller_timeout: Duration,
}

impl Claims {
    pub(super) fn new(vault: Vault, locks: Arc<KeyedLocks>, revoker: Revoker) -> Self {
        Self { vault, locks, revoker, lifetime: LIFETIME, caller_timeout: CALLER_TIMEOUT }
    }

    /// Writes our claim into the grant, in place of an expired one. `None` when another process was faster, or when writing it
    /// took too long to send anything under it.
    pub(super) async fn claim(&self, key: &ConnectionKey, stored: &Stored) -> Result<Option<Stored>, GrantError> {
        let (began, id) = (Instant::now(), crypto::random_secret().expose_secret().to_owned());
        let claim = Claim { id, at: (self.vault.clock)() };
        if let Some(expired) = &stored.grant.claim {
            tracing::warn!(%key, claimed_at = %expired.at, "taking over a refresh that was never finished");
        }
        let grant = stored.grant.claimed(claim.clone());
        let claimed = Stored { bytes: grant.to_bytes()?, grant };
        match self.vault.write(key, stored, &claimed.grant).await {
            Ok(true) if is_in_time(began, &claim, (self.vault.clock)()) => Ok(Some(claimed)),
            Ok(true) => {
                self.release(key, &claimed).await?;
                Ok(None)
            }
            Ok(false) => Ok(None),
            Err(error) => {
                // The store may have written it despite the error. Nothing was sent under it, so nobody has to wait for it.
                let next = claimed.grant.released(None);
                self.commit_in_background(key, claimed, next);
                Err(error)
            }
        }
    }
}

/// Whether a claim was written quickly enough to send something under it. A machine that sleeps stops the monotonic clock,
/// so the other one is checked, too.
fn is_in_time(began: Instant, claim: &Claim, now: Timestamp) -> bool {
    began.elapsed() < MAX_CLAIM_TIME && now.duration_since(claim.at).unsigned_abs() < MAX_CLAIM_TIME
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nothing_is_sent_under_a_claim_that_is_old_by_either_clock() {
        let (began, claim) = (Instant::now(), Claim { id: "a".to_owned(), at: Timestamp::UNIX_EPOCH });
        let after = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        assert!(is_in_time(began, &claim, after(9)));
        assert!(!is_in_time(began, &claim, after(10)), "the machine slept");
        assert!(!is_in_time(began, &claim, after(-3600)), "the clock was set");
        tokio::time::advance(MAX_CLAIM_TIME).await;
        assert!(!is_in_time(began, &claim, after(0)));
    }

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
