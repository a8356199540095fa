//! Airtable's way with too many calls: one call over the limit, and for thirty seconds none succeeds
//! (<https://airtable.com/developers/web/api/rate-limits>).

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use super::switches::Switches;
use crate::rate_limit::RollingWindow;

/// A limit whose breach is punished, separately for each key.
pub(crate) struct PenaltyLimit {
    window: RollingWindow,
    until: Mutex<HashMap<String, Timestamp>>,
}

/// The call is refused.
pub(crate) struct Refused;

impl PenaltyLimit {
    /// At most so many calls in any second.
    pub(crate) fn new(calls_per_second: usize) -> Self {
        Self { window: RollingWindow::new(calls_per_second, SignedDuration::from_secs(1)), until: Mutex::default() }
    }

    pub(crate) fn acquire(&self, key: &str, switches: &Switches, now: Timestamp) -> Result<(), Refused> {
        let mut until = self.until.lock();
        let is_punished = until.get(key).is_some_and(|end| now < *end);
        if !is_punished && self.window.acquire(key, now).is_ok() {
            return Ok(());
        }
        if !is_punished || switches.penalty_extends {
            let length = SignedDuration::from_secs(switches.penalty_seconds.into());
            until.insert(key.to_owned(), now.saturating_add(length).unwrap_or(now));
        }
        Err(Refused)
    }

    pub(crate) fn clear(&self) {
        self.window.clear();
        self.until.lock().clear();
    }
}
