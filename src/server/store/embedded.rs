//! The embedded store: one redb file, owned by one process.

mod clock;
mod database;
mod housekeeping;
mod index;
mod store_time;
mod tables;
mod writer;

use std::{
    ops::Bound,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use redb::{ReadTransaction, ReadableTable};

use super::{Index, KeyPage, Range, Store, StoreError};
use crate::server::{clock::Clock, failpoint};
use clock::StoreClock;
use database::SharedDatabase;
use housekeeping::Housekeeping;
use writer::{Effect, Writer};

/// The length of a page of keys.
const KEY_PAGE_SIZE: usize = 1000;

/// The key of the probe.
const PROBE_KEY: &str = "probe";

/// Another process has opened the file.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} is in use by another Tributary process. Stop that process, or give this one its own TRIBUTARY_DATA_DIR. To run several processes, set REDIS_URL.",
    .0.display()
)]
pub struct InUse(PathBuf);

/// How the file is used.
pub struct Options {
    /// How much memory may be used to keep parts of the file.
    pub cache_bytes: usize,
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: 32 << 20, clock: Arc::new(failpoint::now) }
    }
}

#[derive(Clone)]
pub struct Embedded {
    // Dropped before the database: the writer uses it until then.
    writer: Arc<Writer>,
    database: Arc<SharedDatabase>,
    clock: Arc<StoreClock>,
}

impl Embedded {
    /// Opens or creates the file with the default options.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        Self::open_with(path, Options::default())
    }

    /// Opens or creates the file.
    pub fn open_with(path: &Path, Options { cache_bytes, clock }: Options) -> anyhow::Result<Self> {
        let mut database = database::open(path, cache_bytes)?;
        let mark = rand::random();
        let is_new = tables::check_layout(&database, path, mark)?;
        let clock = Arc::new(StoreClock::new(clock));
        let housekeeping = Housekeeping::start(path, &mut database, is_new, clock.clone())?;
        let database = Arc::new(SharedDatabase::new(database, mark, path, cache_bytes));
        let writer = Arc::new(Writer::start(database.clone(), housekeeping)?);
        Ok(Self { writer, database, clock })
    }

    /// Looks something up. After an error, the file is opened again.
    async fn look_up<T>(&self, query: impl FnOnce(&ReadTransaction) -> anyhow::Result<T>) -> anyhow::Result<T> {
        self.database.look_up(query).await.inspect_err(|_| self.writer.read_failed())
    }

    /// Reads many entries. After an error, the file is opened again.
    async fn scan<T: Send + 'static>(
        &self,
        query: impl FnOnce(&ReadTransaction) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        self.database.scan(query).await.inspect_err(|_| self.writer.read_failed())
    }

    async fn current(&self, key: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let found = self.look_up(|read| tables::value(read, key)).await?;
        Ok(found.and_then(|found| self.clock.current(found)))
    }
}

#[async_trait]
impl Store for Embedded {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.current(key).await?)
    }

    async fn put(&self, key: &str, value: &[u8], lifetime: Duration) -> Result<(), StoreError> {
        let (key, value, deadline) = (key.to_owned(), value.to_owned(), self.clock.deadline(lifetime));
        let put = self.writer.change(move |tables| {
            tables.values.insert(key.as_str(), (deadline, value.as_slice()))?;
            Ok(((), Effect::Changed))
        });
        Ok(put.await?)
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        // Strangers can ask for keys that do not exist, and should not cause writes.
        if self.current(key).await?.is_none() {
            return Ok(None);
        }
        let (key, clock) = (key.to_owned(), self.clock.clone());
        let take = self.writer.change(move |tables| {
            let taken = tables.values.remove(key.as_str())?.map(|found| (found.value().0, found.value().1.to_owned()));
            let effect = if taken.is_some() { Effect::Changed } else { Effect::None };
            Ok((taken.and_then(|taken| clock.current(taken)), effect))
        });
        Ok(take.await?)
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        if self.current(key).await?.as_deref() != expected {
            return Ok(false);
        }
        let (key, expected, value) = (key.to_owned(), expected.map(<[u8]>::to_owned), value.to_owned());
        let (clock, deadline) = (self.clock.clone(), self.clock.deadline(lifetime));
        let swap = self.writer.change(move |tables| {
            let found = tables.values.get(key.as_str())?.map(|found| (found.value().0, found.value().1.to_owned()));
            if found.and_then(|found| clock.current(found)) != expected {
                return Ok((false, Effect::None));
            }
            tables.values.insert(key.as_str(), (deadline, value.as_slice()))?;
            Ok((true, Effect::Changed))
        });
        Ok(swap.await?)
    }

    async fn keys(&self, prefix: &str, after: Option<&str>) -> Result<KeyPage, StoreError> {
        let (prefix, after, clock) = (prefix.to_owned(), after.map(str::to_owned), self.clock.clone());
        let read = self.scan(move |read| {
            let table = tables::values(read)?;
            let start = after.as_deref().map_or(Bound::Included(prefix.as_str()), Bound::Excluded);
            let (mut keys, mut next) = (Vec::new(), None);
            for entry in table.range::<&str>((start, Bound::Unbounded))?.take(KEY_PAGE_SIZE) {
                let (key, found) = entry?;
                if !key.value().starts_with(&prefix) {
                    return Ok(KeyPage { keys, next: None });
                }
                keys.extend(clock.current((found.value().0, key.value().to_owned())));
                next = Some(key.value().to_owned());
            }
            Ok(KeyPage { keys, next })
        });
        Ok(read.await?)
    }

    async fn index_put(&self, index: &Index, member: &str, score: u64) -> Result<(), StoreError> {
        let (index, member, clock) = (index.clone(), member.to_owned(), self.clock.clone());
        let deadline = clock.deadline(index.lifetime);
        let put = self.writer.change(move |tables| {
            tables.indexes.remove(&index.name, &member)?;
            tables.indexes.add(&index.name, &member, score, deadline)?;
            tables.indexes.truncate(&index.name, index.max_len)?;
            if let Some(max_age) = index.max_age {
                tables.indexes.remove_below(&index.name, clock.earliest(max_age))?;
            }
            Ok(((), Effect::Changed))
        });
        Ok(put.await?)
    }

    async fn index_remove(&self, index: &Index, member: &str) -> Result<(), StoreError> {
        if !self.look_up(|read| index::contains(read, &index.name, member)).await? {
            return Ok(());
        }
        let (name, member) = (index.name.clone(), member.to_owned());
        let remove = self.writer.change(move |tables| {
            tables.indexes.remove(&name, &member)?;
            Ok(((), Effect::Changed))
        });
        Ok(remove.await?)
    }

    async fn index_range(&self, index: &Index, range: Range) -> Result<Vec<(String, u64)>, StoreError> {
        let (name, clock) = (index.name.clone(), self.clock.clone());
        Ok(self.scan(move |read| index::range(read, &name, range, &clock)).await?)
    }

    async fn probe(&self) -> Result<(), StoreError> {
        super::probe::write_and_read_back(self, PROBE_KEY).await
    }
}
