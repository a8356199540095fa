//! The store for everything that outlives a request: sessions, attempts to connect, grants, and indexes of them.
//!
//! Every value has a deadline; a value past its deadline is absent. A failing store is an error, never an absence.

mod embedded;
mod index;
mod layout;
mod probe;
mod redis;

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;

pub use embedded::{Embedded, InUse, Options as EmbeddedOptions};
pub use index::{Index, Range};
pub use layout::{LAYOUT, LayoutMismatch};
pub use probe::{Finding, Probe};
pub use redis::{Eviction, Redis};

/// A key-value store with deadlines. Tasks can share a store; processes can share [`Redis`].
#[async_trait]
pub trait Store: Send + Sync {
    /// The value, unless it is absent.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Sets the value for `lifetime`, whatever was there.
    async fn put(&self, key: &str, value: &[u8], lifetime: Duration) -> Result<(), StoreError>;

    /// Removes and returns the value atomically: of several concurrent callers, exactly one gets it.
    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Sets the value atomically if the current one is `expected` (`None`: absent). Returns whether it was.
    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError>;

    /// [`Store::compare_and_swap`] for what cannot be had again, such as grants: it also waits, for a second at most, until a
    /// replica has the value, if the store has replicas. A write that none has confirmed is logged, and counts as written.
    async fn compare_and_swap_replicated(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        self.compare_and_swap(key, expected, value, lifetime).await
    }

    /// [`Store::put`], with the wait of [`Store::compare_and_swap_replicated`]. Returns whether a replica has the value, if the
    /// store has replicas.
    async fn put_replicated(&self, key: &str, value: &[u8], lifetime: Duration) -> Result<bool, StoreError> {
        self.put(key, value, lifetime).await?;
        Ok(true)
    }

    /// [`Store::take`], with the wait of [`Store::compare_and_swap_replicated`].
    async fn take_replicated(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.take(key).await
    }

    /// A page of the keys that begin with `prefix`; `after` is `None` for the first page. Keys that exist throughout are
    /// returned at least once, possibly twice; keys that come or go meanwhile may be missed.
    async fn keys(&self, prefix: &str, after: Option<&str>) -> Result<KeyPage, StoreError>;

    /// Adds a member to an index, or changes its score.
    async fn index_put(&self, index: &Index, member: &str, score: u64) -> Result<(), StoreError>;

    /// Removes a member from an index.
    async fn index_remove(&self, index: &Index, member: &str) -> Result<(), StoreError>;

    /// The members of an index whose scores are in a range, with their scores.
    async fn index_range(&self, index: &Index, range: Range) -> Result<Vec<(String, u64)>, StoreError>;

    /// Succeeds if what is written can be read back. An error that may be shown to anybody is a [`Finding`].
    async fn probe(&self) -> Result<(), StoreError> {
        probe::write_and_read_back(self, &probe::unique_key()).await
    }
}

/// A page of keys.
#[derive(Debug, Default)]
pub struct KeyPage {
    /// In no particular order.
    pub keys: Vec<String>,
    /// `after` for the next page; `None` on the last.
    pub next: Option<String>,
}

/// The store failed. The next attempt may succeed, and the operation may have taken effect despite the error.
#[derive(Debug, thiserror::Error)]
#[error("the store is unavailable: {0:#}")]
pub struct StoreError(#[from] anyhow::Error);

/// The name of the embedded store's file in the data folder.
pub const FILE: &str = "tributary.redb";

/// Opens Redis or Valkey at this address, with the operator's decision about eviction, or else the embedded store in
/// `data_dir`, which may use `cache_bytes` of memory for parts of its file.
///
/// # Errors
///
/// [`InUse`] when another process owns the embedded store, [`LayoutMismatch`] when another version wrote the store.
pub async fn open(
    redis: Option<(&str, Eviction)>,
    data_dir: &Path,
    cache_bytes: usize,
) -> anyhow::Result<Arc<dyn Store>> {
    Ok(match redis {
        Some((url, eviction)) => Arc::new(Redis::connect_with(url, eviction).await?),
        None => {
            let options = EmbeddedOptions { cache_bytes, ..EmbeddedOptions::default() };
            Arc::new(Embedded::open_with(&data_dir.join(FILE), options)?)
        }
    })
}
