//! From one state of a grant to the next. The model check explores all orders of these transitions.

use jiff::{SignedDuration, Timestamp};

use super::{Grant, next_refresh};
use crate::server::{connections::Record, grants::claim::Claim};

/// A grant's last use is recorded, and its deadline extended, at most this often.
const USE_INTERVAL: SignedDuration = SignedDuration::from_mins(15);

impl Grant {
    /// The version of the grant that replaces `old`. Versions start at the current time, so that a version never returns
    /// after its grant was deleted.
    pub(in crate::server::grants) fn version_after(old: Option<&Self>, now: Timestamp) -> u64 {
        let start = u64::try_from(now.as_millisecond()).unwrap_or(1);
        old.map_or(start, |old| start.max(old.version + 1))
    }

    /// After a successful refresh, before the new tokens are applied.
    pub(in crate::server::grants) fn refreshed(&self, now: Timestamp) -> Self {
        let mut history = self.history.clone();
        history.succeeded(now);
        Self {
            version: self.version + 1,
            issued_at: now,
            last_refreshed_at: Some(now),
            history,
            claim: None,
            lost_response_at: None,
            ..self.clone()
        }
    }

    /// Dead for this reason.
    pub(in crate::server::grants) fn marked_dead(&self, reason: &str) -> Self {
        let connection = Record { dead: Some(reason.to_owned()), ..self.connection.clone() };
        Self { connection, version: self.version + 1, next_refresh_at: None, claim: None, ..self.clone() }
    }

    /// Under a claim. An expired claim that it replaces may have been sent, and its response lost with its process.
    pub(in crate::server::grants) fn claimed(&self, claim: Claim) -> Self {
        let expired = self.claim.as_ref().map(|expired| expired.at);
        Self { claim: Some(claim), lost_response_at: self.lost_response_at.or(expired), ..self.clone() }
    }

    /// Whether it still holds the claim of `claimed`. Only then may that claim's owner write it.
    pub(in crate::server::grants) fn is_claimed_as(&self, claimed: &Self) -> bool {
        self.claim == claimed.claim
    }

    /// Without a claim; `lost_response_at` if the provider may have issued new tokens all the same.
    pub(in crate::server::grants) fn released(&self, lost_response_at: Option<Timestamp>) -> Self {
        Self { claim: None, lost_response_at: self.lost_response_at.or(lost_response_at), ..self.clone() }
    }

    /// Used now; `None` if its last use was recorded recently.
    pub(in crate::server::grants) fn used(&self, now: Timestamp) -> Option<Self> {
        let is_due = now.duration_since(self.connection.last_used_at) >= USE_INTERVAL && self.claim.is_none();
        is_due.then(|| Self { connection: Record { last_used_at: now, ..self.connection.clone() }, ..self.clone() })
    }

    /// With the time of its next scheduled refresh, which follows from everything else in it.
    pub(in crate::server::grants) fn scheduled(self, now: Timestamp) -> Self {
        let next_refresh_at = self.is_alive().then(|| next_refresh::time(&self, now, rand::random()));
        Self { next_refresh_at, ..self }
    }
}
