//! Refreshes that failed lately, so that many who wait for one connection do not all make the same failing call.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::model::AppError;

/// Failures older than this are forgotten.
const FORGOTTEN: Duration = Duration::from_secs(120);

/// The last failure of each connection, in this process.
#[derive(Default)]
pub(super) struct Failures(Mutex<HashMap<String, (Instant, AppError)>>);

impl Failures {
    /// A refresh just failed.
    pub(super) fn note(&self, key: &str, error: AppError) {
        // A panic cannot leave the map half changed, so a poisoned lock is as good as any.
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.retain(|_, (at, _)| at.elapsed() < FORGOTTEN);
        failures.insert(key.to_owned(), (Instant::now(), error));
    }

    /// How the last refresh failed, if that was at this time or later.
    pub(super) fn since(&self, key: &str, earliest: Instant) -> Option<AppError> {
        let failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(key).filter(|(at, _)| *at >= earliest).map(|(_, error)| error.clone())
    }
}
