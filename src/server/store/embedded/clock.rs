//! The clock of the embedded store.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use super::store_time::{TOLERANCE, milliseconds};
use crate::server::clock::Clock;

/// Tells which values have expired, and when new ones will.
pub(super) struct StoreClock {
    clock: Clock,
    /// The store time when it was last recorded.
    trusted: AtomicU64,
}

impl StoreClock {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, trusted: AtomicU64::new(0) }
    }

    /// Milliseconds since 1970.
    pub(super) fn now(&self) -> u64 {
        (self.clock)().as_millisecond().try_into().unwrap_or_default()
    }

    pub(super) fn set_trusted(&self, trusted: u64) {
        self.trusted.store(trusted, Relaxed);
    }

    /// When a value ends that is to be kept for `lifetime`. What is kept for days counts from the later one of the clock and
    /// the store time: a grant that is written while the clock is months behind would have expired when it is right again.
    pub(super) fn deadline(&self, lifetime: Duration) -> u64 {
        let (now, lifetime) = (self.now(), milliseconds(lifetime));
        let from = if lifetime >= TOLERANCE { now.max(self.trusted.load(Relaxed)) } else { now };
        from.saturating_add(lifetime)
    }

    /// The time this long ago, by the clock or by the store time, whichever is earlier: what is older may be removed.
    pub(super) fn earliest(&self, max_age: Duration) -> u64 {
        self.now().min(self.trusted.load(Relaxed)).saturating_sub(milliseconds(max_age))
    }

    /// The value, unless its deadline has passed. When the clock goes back, the value is there again.
    pub(super) fn current<T>(&self, (deadline, value): (u64, T)) -> Option<T> {
        (deadline > self.now()).then_some(value)
    }
}
