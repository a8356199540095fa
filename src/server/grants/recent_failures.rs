//! Failed refreshes that concurrent callers share.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::grant::RefreshError;
use crate::server::connections::ConnectionKey;

/// Failed refreshes older than this are forgotten.
const FAILURE_LIFETIME: Duration = Duration::from_secs(120);

/// The last failed refresh of each connection in this process, so that callers who waited for it get its error rather than
/// repeat it.
#[derive(Default)]
pub(super) struct RecentFailures(Mutex<HashMap<String, (Instant, RefreshError)>>);

impl RecentFailures {
    pub(super) fn record(&self, key: &ConnectionKey, error: RefreshError) {
        let mut failures = self.0.lock();
        failures.retain(|_, (at, _)| at.elapsed() < FAILURE_LIFETIME);
        failures.insert(key.to_string(), (Instant::now(), error));
    }

    /// The last failure, if it happened at this time or later.
    pub(super) fn since(&self, key: &ConnectionKey, earliest: Instant) -> Option<RefreshError> {
        let failures = self.0.lock();
        failures.get(&key.to_string()).filter(|(at, _)| *at >= earliest).map(|(_, error)| error.clone())
    }
}
