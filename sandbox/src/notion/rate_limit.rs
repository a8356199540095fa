//! Budgets of requests for fixed windows of time: all of one may be spent in a burst, and then nothing until the window ends
//! (developers.notion.com/reference/request-limits).

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

/// A window begins with the first request that finds none open.
const WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// So many requests in each window, separately for each key.
pub(crate) struct FixedWindow {
    max: u32,
    open: Mutex<HashMap<String, (Timestamp, u32)>>,
}

impl FixedWindow {
    pub(crate) fn new(max: u32) -> Self {
        Self { max, open: Mutex::default() }
    }

    /// Spends one request, or says in how many seconds the window ends. A refused request spends nothing.
    pub(crate) fn acquire(&self, key: &str, now: Timestamp) -> Result<(), i64> {
        let mut open = self.open.lock();
        let (began, spent) = open.entry(key.to_owned()).or_insert((now, 0));
        if now.duration_since(*began) >= WINDOW {
            (*began, *spent) = (now, 0);
        }
        if *spent >= self.max {
            let left = WINDOW - now.duration_since(*began);
            // Rounded up, so that who waits as long as it is told does not come too early.
            return Err(left.as_secs() + i64::from(left.subsec_nanos() > 0));
        }
        *spent += 1;
        Ok(())
    }

    pub(crate) fn clear(&self) {
        self.open.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_budget_is_whole_again_when_its_window_ends() {
        let budget = FixedWindow::new(2);
        let at = |millisecond| Timestamp::from_millisecond(millisecond).unwrap();
        assert_eq!(budget.acquire("a", at(0)), Ok(()));
        assert_eq!(budget.acquire("a", at(40_000)), Ok(()));
        assert_eq!(budget.acquire("a", at(48_500)), Err(12));
        assert_eq!(budget.acquire("b", at(48_500)), Ok(()));
        assert_eq!(budget.acquire("a", at(60_000)), Ok(()));
    }
}
