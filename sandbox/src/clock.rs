//! The sandbox's idea of now. Tests put their own in, so that nothing has to wait for a token to expire.

use std::sync::Arc;

use jiff::Timestamp;

/// Tells the time.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The clock of the machine.
    pub(crate) fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// A clock that stands still until `Hands` move it.
    #[cfg(test)]
    pub(crate) fn manual(start: &str) -> (Self, Hands) {
        let start: Timestamp = start.parse().expect("a test gives a valid time");
        let hands = Hands(Arc::new(std::sync::Mutex::new(start)));
        let seen = hands.clone();
        (Self(Arc::new(move || *seen.0.lock().expect("no test panics while moving the hands"))), hands)
    }
}

/// What moves a manual clock.
#[cfg(test)]
#[derive(Clone)]
pub(crate) struct Hands(Arc<std::sync::Mutex<Timestamp>>);

#[cfg(test)]
impl Hands {
    pub(crate) fn advance(&self, by: jiff::SignedDuration) {
        let mut now = self.0.lock().expect("no test panics while moving the hands");
        *now += by;
    }
}
