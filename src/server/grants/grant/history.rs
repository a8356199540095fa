//! The recent refreshes of a grant: how many succeeded and failed, and when the next attempt is allowed.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::refusals::Refusals;
use crate::server::grants::GrantError;

/// How many hours are kept.
const HOURS: i64 = 24;

/// The pause after each consecutive failure; after the last of these it is [`STEADY`]. They allow eight attempts in the
/// first hour, which no later hour exceeds.
const PAUSES: [Duration; 8] = [
    Duration::from_secs(2),
    Duration::from_secs(8),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(18 * 60),
];

/// The pause after each further failure.
const STEADY: Duration = Duration::from_secs(10 * 60);

/// The recent refreshes of a grant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(in crate::server::grants) struct History {
    /// Successful refreshes by the hour since 1970.
    refreshes: BTreeMap<i64, u32>,
    /// Failed refreshes by the hour since 1970.
    failures: BTreeMap<i64, u32>,
    /// Set while refreshes fail.
    back_off: Option<BackOff>,
    #[serde(default)]
    pub(in crate::server::grants) refusals: Refusals,
}

/// The state after consecutive failures.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(in crate::server::grants) struct BackOff {
    /// The number of consecutive failures.
    failures: u32,
    pub(in crate::server::grants) error: RefreshError,
    /// No process retries before this.
    pub(in crate::server::grants) retry_at: Timestamp,
}

/// Why a refresh failed without killing the grant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "detail")]
pub(in crate::server::grants) enum RefreshError {
    /// A temporary failure at the provider.
    ProviderUnavailable(String),
    /// The provider rejects our client.
    ClientRejected(String),
}

impl RefreshError {
    /// The error as a sentence.
    pub(in crate::server::grants) fn detail(&self) -> &str {
        match self {
            Self::ProviderUnavailable(detail) | Self::ClientRejected(detail) => detail,
        }
    }

    /// The same error with a further sentence.
    pub(in crate::server::grants) fn with(&self, sentence: &str) -> Self {
        let detail = format!("{} {sentence}", self.detail());
        match self {
            Self::ProviderUnavailable(_) => Self::ProviderUnavailable(detail),
            Self::ClientRejected(_) => Self::ClientRejected(detail),
        }
    }
}

impl From<RefreshError> for GrantError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::ProviderUnavailable(detail) => Self::ProviderUnavailable(detail),
            RefreshError::ClientRejected(detail) => Self::ClientRejected(detail),
        }
    }
}

impl History {
    /// Records a successful refresh.
    pub(in crate::server::grants) fn succeeded(&mut self, now: Timestamp) {
        self.back_off = None;
        count(&mut self.refreshes, now);
        remove_old(&mut self.failures, now);
    }

    /// Records a failed refresh. `jitter` between 0 and 1 makes the pause up to a quarter longer, so that grants that
    /// failed together are not retried together.
    pub(in crate::server::grants) fn failed(&mut self, error: RefreshError, now: Timestamp, jitter: f64) {
        count(&mut self.failures, now);
        remove_old(&mut self.refreshes, now);
        let failures = self.back_off.as_ref().map_or(0, |back_off| back_off.failures);
        let pause = PAUSES.get(failures as usize).copied().unwrap_or(STEADY);
        let pause = SignedDuration::try_from(pause.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 4.0)).unwrap_or_default();
        self.back_off = Some(BackOff { failures: failures.saturating_add(1), error, retry_at: now + pause });
    }

    /// `None` if the last refresh succeeded.
    pub(in crate::server::grants) fn back_off(&self) -> Option<&BackOff> {
        self.back_off.as_ref()
    }

    /// The number of refreshes in the last 24 hours, to the hour.
    pub(in crate::server::grants) fn refreshes_last_24h(&self, now: Timestamp) -> u32 {
        sum(&self.refreshes, now)
    }

    /// The number of failed refreshes in the last 24 hours, to the hour.
    pub(in crate::server::grants) fn failures_last_24h(&self, now: Timestamp) -> u32 {
        sum(&self.failures, now)
    }
}

fn count(hours: &mut BTreeMap<i64, u32>, now: Timestamp) {
    remove_old(hours, now);
    let count = hours.entry(hour(now)).or_default();
    *count = count.saturating_add(1);
}

fn remove_old(hours: &mut BTreeMap<i64, u32>, now: Timestamp) {
    hours.retain(|at, _| *at > hour(now) - HOURS);
}

fn sum(hours: &BTreeMap<i64, u32>, now: Timestamp) -> u32 {
    hours.range(hour(now) - HOURS + 1..=hour(now)).map(|(_, count)| count).sum()
}

fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3600)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> RefreshError {
        RefreshError::ProviderUnavailable("It failed.".to_owned())
    }

    #[test]
    fn no_hour_has_more_than_eight_attempts_however_long_a_provider_fails() {
        for jitter in [0.0, 0.5, 1.0] {
            let (mut now, mut history, mut attempts) = (Timestamp::UNIX_EPOCH, History::default(), Vec::new());
            while attempts.len() < 60 {
                attempts.push(now);
                history.failed(failure(), now, jitter);
                now = history.back_off().unwrap().retry_at;
            }
            for first in &attempts {
                let within =
                    |at: &&Timestamp| **at >= *first && at.duration_since(*first) < SignedDuration::from_hours(1);
                assert!(attempts.iter().filter(within).count() <= 8, "from {first}: {attempts:?}");
            }
        }
    }

    #[test]
    fn a_success_ends_the_back_off_and_events_older_than_a_day_are_not_counted() {
        let (start, mut history) = (Timestamp::UNIX_EPOCH, History::default());
        let after = |hours| start + SignedDuration::from_hours(hours);
        history.failed(failure(), start, 0.0);
        history.succeeded(after(1));
        history.succeeded(after(2));
        assert_eq!(history.back_off(), None);
        assert_eq!((history.refreshes_last_24h(after(2)), history.failures_last_24h(after(2))), (2, 1));
        assert_eq!((history.refreshes_last_24h(after(25)), history.failures_last_24h(after(25))), (1, 0));
        history.succeeded(after(100));
        assert_eq!((history.refreshes.len(), history.failures.len()), (1, 0), "old hours are removed");
    }
}
