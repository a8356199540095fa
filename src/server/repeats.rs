//! Events that anybody can cause as often as they like. All of them within some time get one line in the log.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Counts events of one kind between the lines of the log about them.
#[derive(Debug)]
pub struct Repeats {
    interval: Duration,
    /// How many events there were since the last line, and when that was.
    since: Mutex<(u64, Option<Instant>)>,
}

impl Repeats {
    /// At most one line in this time.
    pub const fn every(interval: Duration) -> Self {
        Self { interval, since: Mutex::new((0, None)) }
    }

    /// Counts an event. If it is time for a line, returns how many events it stands for.
    pub fn count(&self) -> Option<u64> {
        let (count, logged_at) = &mut *self.since.lock();
        *count += 1;
        if logged_at.is_some_and(|at| at.elapsed() <= self.interval) {
            return None;
        }
        *logged_at = Some(Instant::now());
        Some(std::mem::take(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_within_the_interval_share_a_line() {
        let repeats = Repeats::every(Duration::from_secs(3600));
        assert_eq!([repeats.count(), repeats.count(), repeats.count()], [Some(1), None, None]);
    }

    #[test]
    fn a_line_stands_for_all_events_since_the_one_before() {
        let repeats = Repeats::every(Duration::from_secs(3600));
        for _ in 0..3 {
            repeats.count();
        }
        repeats.since.lock().1 = None;
        assert_eq!(repeats.count(), Some(3));
    }
}
