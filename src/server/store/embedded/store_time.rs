//! The store's own idea of the time. Nothing is deleted by the clock alone: a clock that is months ahead for one start would
//! delete every grant.

use std::time::Duration;

/// How far the clock may differ from the store time. A program that was stopped for this long is normal.
pub(super) const TOLERANCE: u64 = milliseconds(Duration::from_secs(24 * 3600));

/// How long the program has to run with a clock that differs before the store trusts that clock.
const TRUST_AFTER: u64 = milliseconds(Duration::from_secs(24 * 3600));

/// The recorded time: it follows the clock as long as both agree, and otherwise counts how long the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StoreTime {
    /// Milliseconds since 1970.
    pub(super) trusted: u64,
    /// For how many milliseconds the program has run with a clock that differs; 0 while they agree.
    pub(super) doubted_for: u64,
}

impl StoreTime {
    /// The time of a store that agrees with the clock.
    pub(super) fn agreed(clock: u64) -> Self {
        Self { trusted: clock, doubted_for: 0 }
    }

    /// The time of a store that has recorded none.
    pub(super) fn unknown() -> Self {
        Self { trusted: 0, doubted_for: 0 }
    }

    pub(super) fn is_known(self) -> bool {
        self.trusted > 0
    }

    /// The time after the program has run for `elapsed`, with what the clock says now.
    pub(super) fn after(self, elapsed: Duration, clock: u64) -> Self {
        let elapsed = milliseconds(elapsed);
        let expected = self.trusted.saturating_add(elapsed);
        let doubted_for = self.doubted_for.saturating_add(elapsed);
        if clock.abs_diff(expected) <= TOLERANCE || doubted_for >= TRUST_AFTER {
            return Self::agreed(clock);
        }
        // Zero would mean that they agree.
        Self { trusted: expected, doubted_for: doubted_for.max(1) }
    }

    pub(super) fn doubts_the_clock(self) -> bool {
        self.doubted_for > 0
    }

    /// What had its deadline until here may be deleted: it expired long ago by the clock and by the store time.
    pub(super) fn deletes_until(self, clock: u64) -> u64 {
        self.trusted.min(clock).saturating_sub(TOLERANCE)
    }
}

pub(super) const fn milliseconds(duration: Duration) -> u64 {
    let milliseconds = duration.as_millis();
    if milliseconds > u64::MAX as u128 { u64::MAX } else { milliseconds as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;
    const DAY: u64 = 24 * HOUR;
    const NOW: u64 = 20_000 * DAY;
    /// A grant that is used every day.
    const DEADLINE: u64 = NOW + 30 * DAY;

    fn hours(hours: u64) -> Duration {
        Duration::from_secs(hours * 3600)
    }

    fn deletes(time: StoreTime, clock: u64) -> bool {
        DEADLINE <= time.deletes_until(clock)
    }

    #[test]
    fn a_clock_that_is_70_days_ahead_deletes_nothing_and_is_forgotten_when_it_comes_back() {
        let ahead = |hours: u64| NOW + 70 * DAY + hours * HOUR;
        let mut time = StoreTime::agreed(NOW).after(Duration::ZERO, ahead(0));
        for hour in 0..23 {
            assert!(time.doubts_the_clock() && !deletes(time, ahead(hour)), "after {hour} hours");
            time = time.after(hours(1), ahead(hour + 1));
        }
        let back = time.after(Duration::ZERO, NOW + 23 * HOUR);
        assert_eq!(back, StoreTime::agreed(NOW + 23 * HOUR));
        assert!(!deletes(back, NOW + 23 * HOUR));
    }

    #[test]
    fn a_clock_is_trusted_after_the_program_has_run_with_it_for_a_day_through_restarts() {
        // After a stop of 70 days, the clock is right.
        let mut clock = NOW + 70 * DAY;
        let mut time = StoreTime::agreed(NOW);
        for _ in 0..4 {
            time = time.after(Duration::ZERO, clock);
            assert!(time.doubts_the_clock() && !deletes(time, clock));
            // It runs for six hours a day.
            time = time.after(hours(6), clock + 6 * HOUR);
            clock += DAY;
        }
        assert_eq!(time, StoreTime::agreed(clock - DAY + 6 * HOUR));
        assert!(deletes(time, clock - DAY + 6 * HOUR));
    }

    #[test]
    fn stops_of_some_hours_are_trusted_and_what_expired_a_day_ago_is_deleted() {
        let mut time = StoreTime::agreed(NOW);
        for day in 1..=31 {
            assert!(!deletes(time, NOW + day * DAY), "on day {day}");
            time = time.after(hours(10), NOW + day * DAY);
            assert!(!time.doubts_the_clock());
        }
        assert!(deletes(time, NOW + 31 * DAY));
    }

    #[test]
    fn a_clock_that_is_behind_deletes_nothing_and_does_not_turn_the_time_back_at_once() {
        let behind = NOW - 70 * DAY;
        let time = StoreTime::agreed(NOW).after(Duration::ZERO, behind).after(hours(2), behind + 2 * HOUR);
        assert_eq!(time.trusted, NOW + 2 * HOUR);
        assert!(time.deletes_until(behind) < behind);
    }

    #[test]
    fn a_store_that_has_recorded_no_time_doubts_the_clock_for_a_day() {
        let time = StoreTime::unknown().after(Duration::ZERO, NOW);
        assert!(time.doubts_the_clock() && time.deletes_until(NOW) == 0);
        assert_eq!(time.after(hours(24), NOW + DAY), StoreTime::agreed(NOW + DAY));
    }
}
