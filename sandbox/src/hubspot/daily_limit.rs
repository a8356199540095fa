//! The daily limit: all apps of an account together may make this many calls between two midnights in its time zone.

use jiff::Timestamp;
use parking_lot::Mutex;

use super::UTC_OFFSET_SECONDS;
use crate::rate_limit::LimitReached;

const DAY: i64 = 24 * 3600;

#[derive(Default)]
pub(crate) struct DailyLimit(Mutex<Counted>);

/// The number of calls on a day. Days are counted from 1970.
#[derive(Default)]
struct Counted {
    day: i64,
    calls: u64,
}

impl DailyLimit {
    /// Counts a call and returns how many are left. A rejected call is not counted.
    pub(crate) fn acquire(&self, max: u64, now: Timestamp) -> Result<u64, LimitReached> {
        let day = (now.as_second() + UTC_OFFSET_SECONDS).div_euclid(DAY);
        let mut counted = self.0.lock();
        if counted.day != day {
            *counted = Counted { day, calls: 0 };
        }
        if counted.calls >= max {
            return Err(LimitReached);
        }
        counted.calls += 1;
        Ok(max - counted.calls)
    }

    pub(crate) fn clear(&self) {
        *self.0.lock() = Counted::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_the_accounts_time_zone() {
        let daily = DailyLimit::default();
        let at = |time: &str| time.parse().unwrap();
        assert!(matches!(daily.acquire(2, at("2026-11-22T05:00:00Z")), Ok(1)));
        assert!(matches!(daily.acquire(2, at("2026-11-22T23:00:00Z")), Ok(0)));
        assert!(daily.acquire(2, at("2026-11-23T04:59:59Z")).is_err());
        assert!(matches!(daily.acquire(2, at("2026-11-23T05:00:00Z")), Ok(1)));
    }
}
