//! The sandbox's clock. Tests use one that they move themselves, so that no test waits for a token to expire.

use std::sync::Arc;

use jiff::Timestamp;

#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    pub(crate) fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// A clock that stands still until the [`ManualClock`] is advanced.
    #[cfg(test)]
    pub(crate) fn manual(start: &str) -> (Self, ManualClock) {
        let start: Timestamp = start.parse().expect("a test gives a valid time");
        let manual = ManualClock(Arc::new(parking_lot::Mutex::new(start)));
        let shown = manual.clone();
        (Self(Arc::new(move || *shown.0.lock())), manual)
    }
}

#[cfg(test)]
#[derive(Clone)]
pub(crate) struct ManualClock(Arc<parking_lot::Mutex<Timestamp>>);

#[cfg(test)]
impl ManualClock {
    pub(crate) fn advance(&self, by: jiff::SignedDuration) {
        *self.0.lock() += by;
    }
}
