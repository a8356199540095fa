//! From one state of a grant to the next. The model check explores all orders of these transitions.

use jiff::{SignedDuration, Timestamp};

use super::{Grant, next_refresh};
use crate::server::{connections::Record, grants::claim::Claim};

/// A grant's last use is recorded, and its deadline extended, at most this often.
const USE_INTERVAL: SignedDuration = SignedDuration::from_mins(15);

/// The time between two visits past its deadline.
const OVERDUE_INTERVAL: SignedDuration = SignedDuration::from_hours(6);

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
            corrected_at: if self.is_issued_ahead(now) { Some(now) } else { self.corrected_at },
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

    /// Dead because the token endpoint refused its refresh token.
    pub(in crate::server::grants) fn refused(&self, reason: &str) -> Self {
        Self { refused_version: Some(self.version), ..self.marked_dead(reason) }
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

    /// Whether new tokens, which `next` has and the owner of `claimed` received, succeed this grant although it no longer
    /// holds that claim: it still has the tokens that were exchanged for them, or is dead because those were refused when
    /// another process took over. If the provider rotates refresh tokens, no others are valid.
    pub(in crate::server::grants) fn is_succeeded_by(&self, claimed: &Self, next: &Self) -> bool {
        let has_new_tokens = next.is_alive() && next.version > claimed.version;
        has_new_tokens && (self.version == claimed.version || self.refused_version == Some(claimed.version))
    }

    /// The same grant under the version that follows `current`, which it replaces. Its tokens have to be encrypted again.
    pub(in crate::server::grants) fn succeeding(&self, current: &Self) -> Self {
        Self { version: current.version + 1, ..self.clone() }
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

    /// With a new deadline, and the time of its next scheduled refresh, which follows from everything else in it.
    pub(in crate::server::grants) fn scheduled(self, now: Timestamp) -> Self {
        let next_refresh_at = self.is_alive().then(|| next_refresh::time(&self, now, rand::random()));
        let ends_at = Some(self.expires_unused_at(now));
        Self { next_refresh_at, ends_at, overdue_visits: 0, ..self }
    }

    /// After a visit past its deadline that could not refresh it.
    pub(in crate::server::grants) fn visited_overdue(&self, now: Timestamp) -> Self {
        let overdue_visits = self.overdue_visits.saturating_add(1);
        Self { overdue_visits, next_refresh_at: Some(now + OVERDUE_INTERVAL), ..self.clone() }
    }
}
