//! Where everything that outlives a request is kept: sessions, attempts to connect, grants, and indexes of them.
//!
//! Every value has a deadline, and one that is past it is absent. Trouble with the store is an error, never an absence.

mod embedded;
mod index;
mod redis;

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;

pub use embedded::{Embedded, InUse};
pub use index::{Index, Range};
pub use redis::Redis;

/// A key-value store with deadlines. Safe to share between tasks; [`Redis`] also between processes.
#[async_trait]
pub trait Store: Send + Sync {
    /// The value, if there is one and its deadline is ahead.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Sets the value, whatever was there, until `lifetime` from now.
    async fn put(&self, key: &str, value: &[u8], lifetime: Duration) -> Result<(), StoreError>;

    /// Reads and removes in one step: of all who take a value, one gets it.
    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Sets the value only if it is still `expected`, or still absent where nothing is expected (in one step), and tells
    /// whether it was.
    async fn replace(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError>;

    /// Some of the keys that begin with `prefix`, and where to go on; `after` is `None` first. Keys that are there all the
    /// while come at least once, perhaps twice; those that come and go meanwhile may be missed.
    async fn keys(&self, prefix: &str, after: Option<&str>) -> Result<Keys, StoreError>;

    /// Puts a member into an index, or moves it there; without a place, removes it.
    async fn mark(&self, index: &Index, member: &str, place: Option<u64>) -> Result<(), StoreError>;

    /// The members of an index in a range, with their places.
    async fn marked(&self, index: &Index, range: Range) -> Result<Vec<(String, u64)>, StoreError>;

    /// Answers when the store does.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// Some keys, and where to go on; the last ones when there is nowhere.
#[derive(Debug, Default)]
pub struct Keys {
    /// In no order.
    pub keys: Vec<String>,
    /// For the next call.
    pub next: Option<String>,
}

/// The store did not do what it was asked. It may do so the next time.
#[derive(Debug, thiserror::Error)]
#[error("the store is unavailable: {0:#}")]
pub struct StoreError(#[from] anyhow::Error);

/// The embedded store's file in the data folder.
pub const FILE: &str = "tributary.redb";

/// Opens Redis or Valkey at `redis_url`, or else the embedded file in `data_dir`.
pub async fn open(redis_url: Option<&str>, data_dir: &Path) -> anyhow::Result<Arc<dyn Store>> {
    Ok(match redis_url {
        Some(url) => Arc::new(Redis::connect(url).await?),
        None => Arc::new(Embedded::open(&data_dir.join(FILE))?),
    })
}
