//! Airtable's way with too many calls: one call over the limit, and for thirty seconds none succeeds
//! (<https://airtable.com/developers/web/api/rate-limits>).

use std::{collections::HashMap, sync::Mutex};

use jiff::{SignedDuration, Timestamp};

use super::switches::Switches;
use crate::{limits::Window, world::held};

/// A limit whose breach is punished, separately for each key.
pub(crate) struct Penalty {
    window: Window,
    until: Mutex<HashMap<String, Timestamp>>,
}

/// The call is refused.
pub(crate) struct Refused;

impl Penalty {
    /// At most so many calls in any second.
    pub(crate) fn new(calls_per_second: usize) -> Self {
        Self { window: Window::new(calls_per_second, SignedDuration::from_secs(1)), until: Mutex::default() }
    }

    pub(crate) fn knock(&self, key: &str, switches: &Switches, now: Timestamp) -> Result<(), Refused> {
        let mut until = held(&self.until);
        let is_punished = until.get(key).is_some_and(|end| now < *end);
        if !is_punished && self.window.take(key, now).is_ok() {
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
        held(&self.until).clear();
    }
}
