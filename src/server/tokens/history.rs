//! What happened to a grant lately: how often it was refreshed and how often that failed, and when the next try may be.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::model::{AppError, ErrorCode};

/// How long what happened counts as lately. It is counted by hours.
const DAY: i64 = 24;

/// How long after each failure in a row the next try may be. From the eighth on it is [`STEADY`]. The eight tries that these
/// make in the first hour are the most that any hour sees.
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

/// What happened to a grant lately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct History {
    /// Hours since 1970, each with how often the grant was refreshed in it.
    refreshes: BTreeMap<i64, u32>,
    /// The same for refreshes that failed.
    failures: BTreeMap<i64, u32>,
    /// What is wrong since the last refresh that went well.
    trouble: Option<Trouble>,
}

/// Failures in a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Trouble {
    /// How many.
    pub(super) times: u32,
    /// The last one, as a sentence.
    pub(super) reason: String,
    /// And as a word.
    pub(super) code: ErrorCode,
    /// Before this nobody asks the provider again.
    pub(super) again_at: Timestamp,
}

impl History {
    /// A refresh went well.
    pub(super) fn refreshed(&mut self, now: Timestamp) {
        self.trouble = None;
        count(&mut self.refreshes, now);
        forget_old(&mut self.failures, now);
    }

    /// A refresh failed in a way that may pass. `spread` between 0 and 1 makes the pause up to a quarter longer, so that
    /// what failed together is not tried again together.
    pub(super) fn failed(&mut self, error: &AppError, now: Timestamp, spread: f64) {
        count(&mut self.failures, now);
        forget_old(&mut self.refreshes, now);
        let times = self.trouble.as_ref().map_or(0, |trouble| trouble.times);
        let pause = PAUSES.get(times as usize).copied().unwrap_or(STEADY);
        let pause = SignedDuration::try_from(pause.mul_f64(1.0 + spread.clamp(0.0, 1.0) / 4.0)).unwrap_or_default();
        let (times, reason, code) = (times.saturating_add(1), error.detail.clone(), error.code);
        self.trouble = Some(Trouble { times, reason, code, again_at: now + pause });
    }

    /// What is wrong since the last refresh that went well, if anything.
    pub(super) fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// How often the grant was refreshed in the last 24 hours, to the hour.
    pub(super) fn refreshes_in_a_day(&self, now: Timestamp) -> u32 {
        in_a_day(&self.refreshes, now)
    }

    /// How often that failed.
    pub(super) fn failures_in_a_day(&self, now: Timestamp) -> u32 {
        in_a_day(&self.failures, now)
    }
}

fn count(hours: &mut BTreeMap<i64, u32>, now: Timestamp) {
    forget_old(hours, now);
    let times = hours.entry(hour(now)).or_default();
    *times = times.saturating_add(1);
}

fn forget_old(hours: &mut BTreeMap<i64, u32>, now: Timestamp) {
    hours.retain(|at, _| *at > hour(now) - DAY);
}

fn in_a_day(hours: &BTreeMap<i64, u32>, now: Timestamp) -> u32 {
    hours.range(hour(now) - DAY + 1..=hour(now)).map(|(_, times)| times).sum()
}

fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3600)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> AppError {
        AppError::new(ErrorCode::ProviderUnavailable, "It failed.")
    }

    #[test]
    fn no_hour_sees_more_than_eight_tries_however_long_a_provider_fails() {
        for spread in [0.0, 0.5, 1.0] {
            let (mut now, mut history, mut tries) = (Timestamp::UNIX_EPOCH, History::default(), Vec::new());
            while tries.len() < 60 {
                tries.push(now);
                history.failed(&failure(), now, spread);
                now = history.trouble().unwrap().again_at;
            }
            for first in &tries {
                let within =
                    |at: &&Timestamp| **at >= *first && at.duration_since(*first) < SignedDuration::from_hours(1);
                assert!(tries.iter().filter(within).count() <= 8, "from {first}: {tries:?}");
            }
        }
    }

    #[test]
    fn what_went_well_ends_the_trouble_and_what_is_a_day_old_counts_no_more() {
        let (start, mut history) = (Timestamp::UNIX_EPOCH, History::default());
        let after = |hours| start + SignedDuration::from_hours(hours);
        history.failed(&failure(), start, 0.0);
        history.refreshed(after(1));
        history.refreshed(after(2));
        assert_eq!(history.trouble(), None);
        assert_eq!((history.refreshes_in_a_day(after(2)), history.failures_in_a_day(after(2))), (2, 1));
        assert_eq!((history.refreshes_in_a_day(after(25)), history.failures_in_a_day(after(25))), (1, 0));
        history.refreshed(after(100));
        assert_eq!((history.refreshes.len(), history.failures.len()), (1, 0), "it does not grow");
    }
}
