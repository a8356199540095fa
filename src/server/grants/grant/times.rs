//! When a grant's tokens expire, when they need a refresh, and how long the grant is kept.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Grant;

/// How long a grant is kept after its last use, unless the provider keeps it for longer.
const LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How much longer the store keeps it, so that the scheduler finds it and ends it properly.
const KEPT_PAST_DEADLINE: SignedDuration = SignedDuration::from_hours(60 * 24);

/// How far ahead the clock may have been under which a token was issued. The expiry of the token is wrong by as much.
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(15);

impl Grant {
    /// How long the store keeps it from now on.
    pub(in crate::server::grants) fn lifetime(&self, now: Timestamp) -> Duration {
        if !self.is_alive() {
            return LIFETIME.unsigned_abs();
        }
        let ends_at = self.ends_at.unwrap_or_else(|| self.expires_unused_at(now));
        (ends_at.duration_since(now).max(SignedDuration::ZERO) + KEPT_PAST_DEADLINE).unsigned_abs()
    }

    /// Whether it is past its deadline, and nobody is refreshing it.
    pub(in crate::server::grants) fn is_overdue(&self, now: Timestamp) -> bool {
        self.is_alive() && self.claim.is_none() && self.ends_at.is_some_and(|at| at <= now)
    }

    /// When the scheduler is to refresh it. A time later than any it can have was set by a process whose clock was ahead, and
    /// does not count.
    pub(in crate::server::grants) fn scheduled_at(&self, now: Timestamp) -> Option<Timestamp> {
        if self.has_wrong_expiry(now) {
            return None;
        }
        let unused = self
            .refresh_expires_at
            .map(|at| at.duration_since(self.issued_at))
            .map_or(LIFETIME, |theirs| theirs.max(LIFETIME));
        self.next_refresh_at.filter(|at| at.duration_since(now) <= unused)
    }

    /// When the scheduler is to refresh it if it has no such time.
    pub(in crate::server::grants) fn rescheduled_at(self, now: Timestamp) -> Option<Timestamp> {
        if self.has_wrong_expiry(now) { Some(now) } else { self.scheduled(now).next_refresh_at }
    }

    /// When it expires if nobody uses it from now on.
    pub(in crate::server::grants) fn expires_unused_at(&self, now: Timestamp) -> Timestamp {
        let ours = now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
        self.refresh_expires_at.map_or(ours, |theirs| theirs.max(ours))
    }

    pub(in crate::server::grants) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// Whether the access token expires within the margin, or within half its lifetime: a token that lives for ten minutes
    /// must not be refreshed on each use.
    pub(in crate::server::grants) fn needs_refresh(&self, now: Timestamp, margin: SignedDuration) -> bool {
        // Without a refresh token it is used until it expires.
        if !self.has_refresh_token {
            return self.is_expired(now);
        }
        self.has_wrong_expiry(now)
            || self
                .expires_at
                .is_some_and(|at| at.duration_since(now) < margin.min(at.duration_since(self.issued_at) / 2))
    }

    /// Whether its token was issued by a clock that is ahead of this one, so that it may have expired long before
    /// `expires_at`. If a token before it was replaced for this reason less than half a lifetime ago, it is younger than
    /// that and will do: otherwise two processes with different clocks would refresh it in turn.
    fn has_wrong_expiry(&self, now: Timestamp) -> bool {
        let Some(expires_at) = self.expires_at.filter(|_| self.has_refresh_token) else { return false };
        let is_young = |at: Timestamp| now.duration_since(at).abs() < expires_at.duration_since(self.issued_at) / 2;
        self.is_issued_ahead(now) && !self.corrected_at.is_some_and(is_young)
    }

    /// Whether its token was issued by a clock that is ahead of this one.
    pub(super) fn is_issued_ahead(&self, now: Timestamp) -> bool {
        self.issued_at.duration_since(now) > MAX_AHEAD
    }

    /// Whether its access token expires and can be refreshed ahead of time.
    pub(in crate::server::grants) fn is_refreshable(&self) -> bool {
        self.has_refresh_token && self.expires_at.is_some()
    }

    /// Whether a refresh may follow a refusal of its access token. Without a refresh token it would end the grant, so that
    /// takes a refusal that lasts.
    pub(in crate::server::grants) fn may_refresh_refused(&self, now: Timestamp) -> bool {
        let refusals = &self.history.refusals;
        if self.has_refresh_token { refusals.may_refresh(now) } else { refusals.are_lasting() }
    }

    /// When the scheduler may try next: as scheduled, or after the back-off.
    pub(in crate::server::grants) fn next_attempt_at(&self, now: Timestamp) -> Timestamp {
        let scheduled = self.scheduled_at(now).filter(|at| *at > now);
        let retry_at = self.history.back_off().map(|back_off| back_off.retry_at);
        // With neither, another process is refreshing it.
        scheduled.or(retry_at).unwrap_or(now + SignedDuration::from_mins(1)).max(now + SignedDuration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Account;

    #[test]
    fn the_store_keeps_a_grant_until_long_after_its_deadline() {
        let start = Timestamp::UNIX_EPOCH;
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        let grant = Grant::new(Account { id: "1".into(), name: None, url: None }, "client", 1, start).scheduled(start);
        assert_eq!(grant.ends_at, Some(start + days(30)));
        for (now, kept) in [(0, 90), (29, 61), (31, 60)] {
            assert_eq!(grant.lifetime(start + days(now)), days(kept).unsigned_abs(), "on day {now}");
        }
        assert!(!grant.is_overdue(start + days(29)) && grant.is_overdue(start + days(30)));
    }

    #[test]
    fn a_token_issued_by_a_clock_that_was_ahead_is_refreshed_once_and_not_in_turn_by_two_clocks() {
        let start = Timestamp::UNIX_EPOCH;
        let (hours, minutes) = (SignedDuration::from_hours, SignedDuration::from_mins);
        let issued = |grant: Grant, at: Timestamp| Grant { expires_at: Some(at + minutes(30)), ..grant.refreshed(at) };
        let new = Grant::new(Account { id: "1".into(), name: None, url: None }, "client", 1, start);
        let ahead = issued(new.clone(), start + hours(2));
        assert!(ahead.needs_refresh(start, minutes(5)) && ahead.clone().rescheduled_at(start) == Some(start));
        let right = issued(ahead, start);
        assert!(!right.needs_refresh(start, minutes(5)));
        // The other process does not know better.
        let again = issued(right, start + hours(2) + minutes(1));
        assert!(!again.needs_refresh(start + minutes(14), minutes(5)));
        assert!(again.needs_refresh(start + minutes(15), minutes(5)));
        let a_little = issued(new, start + minutes(15));
        assert!(!a_little.needs_refresh(start, minutes(5)));
    }

    #[test]
    fn a_token_needs_a_refresh_five_minutes_ahead_or_at_half_of_a_short_lifetime() {
        let start = Timestamp::UNIX_EPOCH;
        let margin = SignedDuration::from_mins(5);
        for (lifetime, due_after) in [(1800, 1501), (600, 301), (60, 31)] {
            let mut grant = Grant::new(Account { id: "1".into(), name: None, url: None }, "client", 1, start);
            grant.expires_at = Some(start + SignedDuration::from_secs(lifetime));
            assert!(!grant.needs_refresh(start + SignedDuration::from_secs(due_after - 1), margin), "{lifetime}");
            assert!(grant.needs_refresh(start + SignedDuration::from_secs(due_after), margin), "{lifetime}");
        }
    }
}
