//! A fixed-window rate limit: a client may use all of it in one burst, and then nothing until the window ends
//! (developers.notion.com/reference/request-limits).

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

/// The length of a window, which begins with the first request after the last one ended.
const WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// A limit that is counted separately for each key.
pub(crate) struct FixedWindow {
    max: u32,
    windows: Mutex<HashMap<String, (Timestamp, u32)>>,
}

impl FixedWindow {
    pub(crate) fn new(max: u32) -> Self {
        Self { max, windows: Mutex::default() }
    }

    /// Counts a request, or returns in how many seconds the window ends. A rejected request is not counted.
    pub(crate) fn acquire(&self, key: &str, now: Timestamp) -> Result<(), i64> {
        let mut windows = self.windows.lock();
        let (began, count) = windows.entry(key.to_owned()).or_insert((now, 0));
        if now.duration_since(*began) >= WINDOW {
            (*began, *count) = (now, 0);
        }
        if *count >= self.max {
            let left = WINDOW - now.duration_since(*began);
            // Rounded up, so that a client that waits that long is not too early.
            return Err(left.as_secs() + i64::from(left.subsec_nanos() > 0));
        }
        *count += 1;
        Ok(())
    }

    pub(crate) fn clear(&self) {
        self.windows.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_available_again_when_its_window_ends() {
        let limit = FixedWindow::new(2);
        let at = |millisecond| Timestamp::from_millisecond(millisecond).unwrap();
        assert_eq!(limit.acquire("a", at(0)), Ok(()));
        assert_eq!(limit.acquire("a", at(40_000)), Ok(()));
        assert_eq!(limit.acquire("a", at(48_500)), Err(12));
        assert_eq!(limit.acquire("b", at(48_500)), Ok(()));
        assert_eq!(limit.acquire("a", at(60_000)), Ok(()));
    }
}
