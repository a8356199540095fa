//! When a grant's tokens end, when they are to be renewed, and how long it is kept.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Grant;
use crate::server::tokens::minted::Minted;

/// How long a grant is kept after its last use, unless the provider keeps it for longer.
const LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Grant {
    /// How long the store keeps it from now on.
    pub(in crate::server::tokens) fn lifetime(&self, now: Timestamp) -> Duration {
        self.ends_unused_at(now).duration_since(now).unsigned_abs()
    }

    /// When it ends if nobody uses it from now on.
    pub(in crate::server::tokens) fn ends_unused_at(&self, now: Timestamp) -> Timestamp {
        let ours = now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
        self.refresh_expires_at.map_or(ours, |theirs| theirs.max(ours))
    }

    /// Notes what the provider said about tokens that were just minted. Tokens that are only sealed again say nothing.
    pub(in crate::server::tokens) fn take_terms(&mut self, minted: &Minted) {
        if let Some(terms) = &minted.terms {
            self.renewable = minted.secrets.refresh_token.is_some();
            let refresh_expires_at = |life| self.issued_at.checked_add(life).ok();
            self.refresh_expires_at = terms.refresh_expires_in.and_then(refresh_expires_at);
            self.expires_at = terms.expires_in.and_then(|life| self.issued_at.checked_add(life).ok());
            if !terms.scopes.is_empty() {
                self.scopes.clone_from(&terms.scopes);
            }
        }
    }

    pub(in crate::server::tokens) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// Whether the token ends within the margin, or within half its life: a token that lives ten minutes must not be
    /// refreshed each time it is asked for.
    pub(in crate::server::tokens) fn is_due(&self, now: Timestamp, margin: SignedDuration) -> bool {
        // One that cannot be renewed is used to its end.
        if !self.renewable {
            return self.is_expired(now);
        }
        self.expires_at.is_some_and(|at| at.duration_since(now) < margin.min(at.duration_since(self.issued_at) / 2))
    }

    /// Whether its access token ends and can be renewed: what a keeper can do something about.
    pub(in crate::server::tokens) fn is_renewed(&self) -> bool {
        self.renewable && self.expires_at.is_some()
    }

    /// When the keeper may try next: as planned, or after the pause that failures ask for.
    pub(in crate::server::tokens) fn next_try(&self, now: Timestamp) -> Timestamp {
        let planned = self.planned_at.filter(|at| *at > now);
        let again = self.history.trouble().map(|trouble| trouble.again_at);
        // Somebody else is at it.
        planned.or(again).unwrap_or(now + SignedDuration::from_mins(1)).max(now + SignedDuration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Account;

    #[test]
    fn a_token_is_due_five_minutes_ahead_or_at_half_a_short_life() {
        let start = Timestamp::UNIX_EPOCH;
        let margin = SignedDuration::from_mins(5);
        for (life, due_after) in [(1800, 1501), (600, 301), (60, 31)] {
            let mut grant = Grant::new(Account { id: "1".into(), name: None, url: None }, "client", 1, start);
            grant.expires_at = Some(start + SignedDuration::from_secs(life));
            assert!(!grant.is_due(start + SignedDuration::from_secs(due_after - 1), margin), "{life}");
            assert!(grant.is_due(start + SignedDuration::from_secs(due_after), margin), "{life}");
        }
    }
}
