//! The schedule: an index of connections by the time of their next refresh.
//!
//! It is a hint. The grants have the truth, and the scheduler adds what the index lacks.

use std::{borrow::Cow, sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::server::{
    clock::Clock,
    connections::ConnectionKey,
    store::{Index, Range, Store, StoreError},
};

/// The time of each connection's next refresh, in milliseconds since 1970.
const INDEX: Index = Index {
    name: Cow::Borrowed("next-refresh"),
    max_len: UNLIMITED,
    max_age: None,
    lifetime: Duration::from_secs(400 * 24 * 3600),
};

/// How many due connections are read from the index at once.
const BATCH: usize = 200;

const UNLIMITED: usize = 1_000_000_000;

/// When each connection is refreshed next.
#[derive(Clone)]
pub(super) struct Schedule {
    store: Arc<dyn Store>,
    clock: Clock,
    enabled: bool,
}

impl Schedule {
    pub(super) fn new(store: Arc<dyn Store>, clock: Clock, enabled: bool) -> Self {
        Self { store, clock, enabled }
    }

    /// Whether a scheduler refreshes grants ahead of time.
    pub(super) fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Schedules a connection, or removes it from the schedule.
    pub(super) async fn set_for(&self, key: &ConnectionKey, at: Option<Timestamp>) {
        if self.enabled {
            self.set(&key.to_string(), at).await;
        }
    }

    /// The same by the text of the key. A failure is logged, and mended by the next full scan.
    pub(super) async fn set(&self, key: &str, at: Option<Timestamp>) {
        let set = match at {
            Some(at) => self.store.index_put(&INDEX, key, milliseconds(at)).await,
            None => self.store.index_remove(&INDEX, key).await,
        };
        if let Err(error) = set {
            tracing::warn!(key, %error, "the next refresh could not be scheduled");
        }
    }

    /// All scheduled connections.
    pub(super) async fn all(&self) -> Result<Vec<String>, StoreError> {
        self.up_to(Range::MAX, UNLIMITED).await
    }

    /// Some of the connections that are due.
    pub(super) async fn due(&self) -> Result<Vec<String>, StoreError> {
        self.up_to(milliseconds((self.clock)()), BATCH).await
    }

    async fn up_to(&self, at: u64, limit: usize) -> Result<Vec<String>, StoreError> {
        let found = self.store.index_range(&INDEX, Range::up_to(at, limit)).await?;
        Ok(found.into_iter().map(|(key, _)| key).collect())
    }
}

fn milliseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or_default()
}
