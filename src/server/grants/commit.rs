//! Commits: what the owner of a claim has to save, whatever happens to the store and to the claim meanwhile.

use std::time::{Duration, Instant};

use tracing::Instrument;

use super::{GrantError, claim::Claims, grant::Grant, vault::Stored};
use crate::server::connections::ConnectionKey;

/// How long new tokens are kept for a store that is unavailable. Nobody sees our claim meanwhile, so nobody takes over;
/// and if somebody does so just after, nothing of theirs is overwritten.
const SAVE_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// The pause between attempts to save while the store is unavailable.
pub(super) const SAVE_RETRY_INTERVAL: Duration = Duration::from_millis(300);

/// How long callers wait for a store that is unavailable. New tokens are kept for longer, see [`SAVE_TIMEOUT`].
pub(super) const CALLER_TIMEOUT: Duration = Duration::from_secs(20);

/// What became of a commit.
pub(super) enum Committed {
    /// The new grant is saved.
    Done,
    /// Another process took over and is exchanging the same refresh token. The new tokens are saved when it has finished,
    /// unless it gets newer ones.
    Waiting,
    /// Another process took over and got newer tokens, or the user connected again.
    Superseded,
    /// The user disconnected.
    Deleted,
}

impl Claims {
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
        let began = Instant::now();
        loop {
            match self.commit(key, &claimed, next).await {
                unsaved @ (Ok(Committed::Waiting) | Err(GrantError::Store(_)))
                    if began.elapsed() > self.caller_timeout =>
                {
                    self.commit_in_background(key, claimed, next.clone());
                    return unsaved;
                }
                Ok(Committed::Waiting) | Err(GrantError::Store(_)) => tokio::time::sleep(SAVE_RETRY_INTERVAL).await,
                committed => return committed,
            }
        }
    }

    pub(super) fn commit_in_background(&self, key: &ConnectionKey, claimed: Stored, next: Grant) {
        let (claims, key, began) = (self.clone(), key.clone(), Instant::now());
        let commit = async move {
            // Shutdown waits for this lock as it waits for refreshes.
            let _saving = claims.locks.acquire(&format!("saving {key} {}", next.version)).await;
            while began.elapsed() < SAVE_TIMEOUT {
                match claims.commit(&key, &claimed, &next).await {
                    Ok(Committed::Waiting) | Err(GrantError::Store(_)) => tokio::time::sleep(SAVE_RETRY_INTERVAL).await,
                    Ok(Committed::Done) => {
                        return tracing::info!(%key, "saved the result of a refresh after an outage of the store");
                    }
                    Ok(Committed::Superseded | Committed::Deleted) => {
                        return claims.revoker.discard_issued(&key, &claimed.grant, &next).await;
                    }
                    Err(error) => return tracing::error!(%key, %error, "the result of a refresh could not be saved"),
                }
            }
            tracing::error!(%key, "the result of a refresh was not saved: the store was unavailable for too long");
        };
        tokio::spawn(commit.in_current_span());
    }

    /// Writes `next` if the grant still holds our claim, or if another process took over and could do nothing with the tokens
    /// that we have exchanged.
    async fn commit(&self, key: &ConnectionKey, claimed: &Stored, next: &Grant) -> Result<Committed, GrantError> {
        loop {
            let Some(current) = self.vault.read(key).await? else { return Ok(Committed::Deleted) };
            if current.grant == *next {
                // An earlier attempt that seemed to fail succeeded.
                return Ok(Committed::Done);
            }
            let next = if current.grant.is_claimed_as(&claimed.grant) {
                let mut next = next.clone();
                if next.version == current.grant.version {
                    // The tokens are the same, but a key rotation may have re-encrypted them meanwhile.
                    next.sealed.clone_from(&current.grant.sealed);
                }
                next
            } else if current.grant.is_succeeded_by(&claimed.grant, next) {
                let seen = current.grant.claim.as_ref().map(|claim| self.vault.claims.seen_for(claim));
                if seen.is_some_and(|seen| seen < self.lifetime) {
                    return Ok(Committed::Waiting);
                }
                tracing::warn!(%key, was_dead = !current.grant.is_alive(), "saving tokens although another process took over");
                self.vault.seal(key, next.succeeding(&current.grant), &self.vault.open(key, next)?)?
            } else {
                return Ok(Committed::Superseded);
            };
            // Anything else that changed meanwhile is set anew by `next`.
            if self.vault.write(key, &current, &next).await? {
                return Ok(Committed::Done);
            }
        }
    }
}
