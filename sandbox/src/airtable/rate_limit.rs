//! Airtable's rate limits: after one call over the limit, all calls are rejected for thirty seconds
//! (<https://airtable.com/developers/web/api/rate-limits>).

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use super::switches::Switches;
use crate::rate_limit::RollingWindow;

/// A limit with a penalty, counted separately for each key.
pub(crate) struct PenaltyLimit {
    window: RollingWindow,
    penalties: Mutex<HashMap<String, Timestamp>>,
}

/// The call is rejected.
pub(crate) struct Rejected;

impl PenaltyLimit {
    /// At most this many calls in any second.
    pub(crate) fn new(calls_per_second: usize) -> Self {
        Self { window: RollingWindow::new(calls_per_second, SignedDuration::from_secs(1)), penalties: Mutex::default() }
    }

    pub(crate) fn acquire(&self, key: &str, switches: &Switches, now: Timestamp) -> Result<(), Rejected> {
        let mut penalties = self.penalties.lock();
        let is_in_penalty = penalties.get(key).is_some_and(|end| now < *end);
        if !is_in_penalty && self.window.acquire(key, now).is_ok() {
            return Ok(());
        }
        if !is_in_penalty || switches.penalty_extends {
            let length = SignedDuration::from_secs(switches.penalty_seconds.into());
            penalties.insert(key.to_owned(), now.saturating_add(length).unwrap_or(now));
        }
        Err(Rejected)
    }

    pub(crate) fn clear(&self) {
        self.window.clear();
        self.penalties.lock().clear();
    }
}
