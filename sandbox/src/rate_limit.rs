//! A rolling-window rate limit: at most so many requests in any stretch of so much time.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

/// A limit that is counted separately for each key.
pub(crate) struct RollingWindow {
    pub max: usize,
    pub length: SignedDuration,
    requests: Mutex<HashMap<String, VecDeque<Timestamp>>>,
}

/// The limit is reached.
#[derive(Debug, PartialEq)]
pub(crate) struct LimitReached;

impl RollingWindow {
    pub(crate) fn new(max: usize, length: SignedDuration) -> Self {
        Self { max, length, requests: Mutex::default() }
    }

    /// Counts a request and returns how many are left. A rejected request is not counted.
    pub(crate) fn acquire(&self, key: &str, now: Timestamp) -> Result<usize, LimitReached> {
        let mut requests = self.requests.lock();
        let times = requests.entry(key.to_owned()).or_default();
        while times.front().is_some_and(|first| now.duration_since(*first) >= self.length) {
            times.pop_front();
        }
        if times.len() >= self.max {
            return Err(LimitReached);
        }
        times.push_back(now);
        Ok(self.max - times.len())
    }

    pub(crate) fn clear(&self) {
        self.requests.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_stops_counting_when_the_window_has_moved_past_it() {
        let window = RollingWindow::new(2, SignedDuration::from_secs(10));
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(window.acquire("a", at(0)), Ok(1));
        assert_eq!(window.acquire("a", at(6)), Ok(0));
        assert!(window.acquire("a", at(9)).is_err());
        assert!(window.acquire("b", at(9)).is_ok());
        assert!(window.acquire("a", at(10)).is_ok());
        assert!(window.acquire("a", at(15)).is_err());
    }
}
