//! A claim on a grant: who is refreshing it, written into the grant before the refresh token is sent.
//!
//! It is a lease and a write-ahead note in one. Of all processes one gets to write it (compare-and-set), and only who
//! still finds its own claim in the grant may save what the provider answers: a stale loser never overwrites a winner.
//! Whoever finds a claim of a process that crashed knows that its refresh token may have been sent.
//!
//! No process trusts another's clock: a claim is over when it has been *seen* unchanged for [`LIFE`].
//!
//! The one window that nobody can close: a provider that ends a refresh token with its use made new tokens, and its answer
//! was lost. The old token is then tried once more, and if it is refused, the person is told what happened.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{
    ConnectionKey, Tokens,
    grant::{Grant, Stored},
};
use crate::{model::AppError, server::random};

/// How long a claim is respected: a call to a token endpoint (30 seconds at most), saving its answer, and some slack.
pub(super) const LIFE: Duration = Duration::from_secs(75);

/// For how long what a provider answered is kept, to be saved when the store is back. Nobody sees our claim while the store
/// is away, so nobody takes over; who does so in the moment after is not overwritten.
pub(super) const SAVED: Duration = Duration::from_secs(15 * 60);

/// A claim that is older than this when its owner is about to send is given up: the process was held up, and another may
/// be about to take over.
pub(super) const HELD_UP: Duration = Duration::from_secs(10);

/// How often a claim of somebody else is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A refresh that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Claim {
    /// Tells claims apart; no two are the same.
    pub(super) id: String,
    /// When it was made, by its maker's clock; for the log.
    pub(super) at: Timestamp,
}

/// Since when the claims of others have been seen. A process has one: what a caller saw who did not wait to the end counts
/// for the next.
#[derive(Default)]
pub(super) struct Watch(Mutex<HashMap<String, Instant>>);

impl Watch {
    /// For how long this process has seen the claim.
    pub(super) fn seen_for(&self, claim: &Claim) -> Duration {
        // A panic cannot leave the map half changed, so a poisoned lock is as good as any.
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(since) = seen.get(&claim.id) {
            return since.elapsed();
        }
        // One that was over long ago was taken over by somebody.
        seen.retain(|_, since| since.elapsed() < LIFE * 2);
        seen.insert(claim.id.clone(), Instant::now());
        Duration::ZERO
    }

    /// The store was away: for all that is known, so it was for whoever wants to save what they claimed for.
    pub(super) fn begin_anew(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Waits a little before the next look.
    pub(super) async fn wait() {
        tokio::time::sleep(LOOK).await;
    }
}

impl Tokens {
    /// Writes our claim into the grant, in place of one that is over. `None` when somebody else was faster.
    pub(super) async fn claim(&self, key: &ConnectionKey, stored: &Stored) -> Result<Option<Stored>, AppError> {
        let id = random::token().expose_secret().to_owned();
        let claim = Claim { id, at: (self.clock)() };
        let grant = stored.grant.claimed(claim);
        if let Some(crashed) = &stored.grant.claim {
            tracing::warn!(%key, begun = %crashed.at, "a refresh was begun and never ended; it is taken over");
        }
        let ours = self.write(key, stored, &grant).await;
        let claimed = Stored { bytes: grant.to_bytes()?, grant };
        match ours {
            Ok(ours) => Ok(ours.then_some(claimed)),
            Err(error) => {
                // The store may have taken it all the same. Nothing was sent under it, so nobody needs to wait for it.
                self.give_up_later(key, claimed);
                Err(error)
            }
        }
    }

    /// Writes `next` in place of a grant that holds our claim.
    pub(super) async fn settle(
        &self,
        key: &ConnectionKey,
        claimed: &Stored,
        next: &Grant,
    ) -> Result<Settled, AppError> {
        loop {
            let Some(current) = self.read(key).await? else { return Ok(Settled::Gone) };
            if current.grant == *next {
                // An earlier try that seemed to fail went well.
                return Ok(Settled::Done);
            }
            if !current.grant.is_held_as(&claimed.grant) {
                return Ok(Settled::Overtaken);
            }
            let mut next = next.clone();
            if next.version == current.grant.version {
                // The same tokens, perhaps sealed under another key meanwhile.
                next.sealed.clone_from(&current.grant.sealed);
            }
            // Whatever else changed in it meanwhile, such as its deadline, is in `next` anew.
            if self.write(key, &current, &next).await? {
                return Ok(Settled::Done);
            }
        }
    }
}

/// What became of a claim.
pub(super) enum Settled {
    /// What its owner wrote counts.
    Done,
    /// Somebody took over, or connected anew.
    Overtaken,
    /// The person disconnected.
    Gone,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_claim_is_counted_from_when_it_is_seen_whatever_its_makers_clock_says() {
        let claim = |id: &str, at: &str| Claim { id: id.to_owned(), at: at.parse().unwrap() };
        let watch = Watch::default();
        let long_ago = claim("a", "2001-01-01T00:00:00Z");
        assert_eq!(watch.seen_for(&long_ago), Duration::ZERO);
        tokio::time::advance(LIFE).await;
        assert_eq!(watch.seen_for(&long_ago), LIFE);
        assert_eq!(watch.seen_for(&claim("b", "2001-01-01T00:00:00Z")), Duration::ZERO, "another one is seen anew");
    }
}
