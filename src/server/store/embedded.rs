//! The embedded store: one redb file, owned by one process.

mod index;

use std::{
    ops::Bound,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use async_trait::async_trait;
use redb::{
    Database, DatabaseError, ReadTransaction, ReadableDatabase, ReadableTable, Table, TableDefinition, WriteTransaction,
};

use super::{Index, KeyPage, LAYOUT, LayoutMismatch, Range, Store, StoreError};
use index::IndexTables;

/// From a key to its deadline (milliseconds since 1970) and value.
const VALUES: TableDefinition<&str, (u64, &[u8])> = TableDefinition::new("values");

/// The one entry is the version of the layout.
const META: TableDefinition<&str, u32> = TableDefinition::new("meta");

/// The length of a page of keys.
const KEY_PAGE_SIZE: usize = 1000;

/// How often values past their deadline are removed. Readers never see them.
const SWEEP_INTERVAL: Duration = Duration::from_secs(600);

/// Another process has opened the file.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} is in use by another Tributary process. Stop that process, or give this one its own TRIBUTARY_DATA_DIR. To run several processes, set REDIS_URL.",
    .0.display()
)]
pub struct InUse(PathBuf);

#[derive(Clone)]
pub struct Embedded(Arc<Database>);

impl Embedded {
    /// Opens or creates the file. Needs a tokio runtime, on which expired values are removed while the store is open.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let database = Database::create(path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => InUse(path.to_owned()).into(),
            error => anyhow::Error::new(error).context(format!("{} cannot be opened", path.display())),
        })?;
        check_layout(&database, path)?;
        let database = Arc::new(database);
        tokio::spawn(sweep_while_alive(Arc::downgrade(&database)));
        Ok(Self(database))
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&ReadTransaction) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let database = self.0.clone();
        tokio::task::spawn_blocking(move || query(&database.begin_read()?)).await?
    }

    async fn transact<T: Send + 'static>(
        &self,
        change: impl FnOnce(&WriteTransaction) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let database = self.0.clone();
        tokio::task::spawn_blocking(move || {
            let write = database.begin_write()?;
            let result = change(&write)?;
            write.commit()?;
            Ok(result)
        })
        .await?
    }

    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Table<&str, (u64, &[u8])>) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        self.transact(move |write| change(&mut write.open_table(VALUES)?)).await
    }
}

#[async_trait]
impl Store for Embedded {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let key = key.to_owned();
        let read = self
            .read(move |read| Ok(read.open_table(VALUES)?.get(key.as_str())?.and_then(|found| current(found.value()))));
        Ok(read.await?)
    }

    async fn put(&self, key: &str, value: &[u8], lifetime: Duration) -> Result<(), StoreError> {
        let (key, value) = (key.to_owned(), value.to_owned());
        let put = self.write(move |table| {
            table.insert(key.as_str(), (deadline(lifetime), value.as_slice()))?;
            Ok(())
        });
        Ok(put.await?)
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let key = key.to_owned();
        let take = self.write(move |table| Ok(table.remove(key.as_str())?.and_then(|found| current(found.value()))));
        Ok(take.await?)
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let (key, expected, value) = (key.to_owned(), expected.map(<[u8]>::to_owned), value.to_owned());
        let swap = self.write(move |table| {
            let found = table.get(key.as_str())?.and_then(|found| current(found.value()));
            let unchanged = found == expected;
            if unchanged {
                table.insert(key.as_str(), (deadline(lifetime), value.as_slice()))?;
            }
            Ok(unchanged)
        });
        Ok(swap.await?)
    }

    async fn keys(&self, prefix: &str, after: Option<&str>) -> Result<KeyPage, StoreError> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        let read = self.read(move |read| {
            let table = read.open_table(VALUES)?;
            let start = after.as_deref().map_or(Bound::Included(prefix.as_str()), Bound::Excluded);
            let (mut keys, mut next) = (Vec::new(), None);
            for entry in table.range::<&str>((start, Bound::Unbounded))?.take(KEY_PAGE_SIZE) {
                let (key, found) = entry?;
                if !key.value().starts_with(&prefix) {
                    return Ok(KeyPage { keys, next: None });
                }
                if current(found.value()).is_some() {
                    keys.push(key.value().to_owned());
                }
                next = Some(key.value().to_owned());
            }
            Ok(KeyPage { keys, next })
        });
        Ok(read.await?)
    }

    async fn index_put(&self, index: &Index, member: &str, score: u64) -> Result<(), StoreError> {
        let (index, member) = (index.clone(), member.to_owned());
        let put = self.transact(move |write| {
            let mut tables = IndexTables::open(write)?;
            tables.remove(&index.name, &member)?;
            tables.add(&index.name, &member, score, deadline(index.lifetime))?;
            tables.truncate(&index.name, index.max_len)?;
            tables.remove_below(&index.name, index.min_score)
        });
        Ok(put.await?)
    }

    async fn index_remove(&self, index: &Index, member: &str) -> Result<(), StoreError> {
        let (name, member) = (index.name.clone(), member.to_owned());
        Ok(self.transact(move |write| IndexTables::open(write)?.remove(&name, &member)).await?)
    }

    async fn index_range(&self, index: &Index, range: Range) -> Result<Vec<(String, u64)>, StoreError> {
        let name = index.name.clone();
        Ok(self.read(move |read| index::range(read, &name, range)).await?)
    }
}

/// Refuses a file of another layout, and creates the tables of a new one.
fn check_layout(database: &Database, path: &Path) -> anyhow::Result<()> {
    let write = database.begin_write()?;
    {
        // The tables of another version may have other names.
        let is_empty = write.list_tables()?.next().is_none();
        let mut meta = write.open_table(META)?;
        let found = meta.get("layout")?.map(|layout| layout.value());
        LayoutMismatch::check(found, is_empty, || {
            (path.display().to_string(), format!("move {} away", path.display()))
        })?;
        meta.insert("layout", LAYOUT)?;
        write.open_table(VALUES)?;
        IndexTables::open(&write)?;
    }
    write.commit()?;
    Ok(())
}

async fn sweep_while_alive(database: Weak<Database>) {
    let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        ticks.tick().await;
        let Some(database) = database.upgrade() else { return };
        let swept =
            tokio::task::spawn_blocking(move || sweep(&database)).await.context("removing expired values panicked");
        if let Err(error) = swept.and_then(|swept| swept) {
            tracing::warn!(error = format!("{error:#}"), "expired values could not be removed");
        }
    }
}

fn sweep(database: &Database) -> anyhow::Result<()> {
    let now = milliseconds_since_1970();
    let write = database.begin_write()?;
    write.open_table(VALUES)?.retain(|_, (deadline, _)| deadline > now)?;
    IndexTables::open(&write)?.remove_expired(now)?;
    write.commit()?;
    Ok(())
}

fn current((deadline, value): (u64, &[u8])) -> Option<Vec<u8>> {
    (deadline > milliseconds_since_1970()).then(|| value.to_owned())
}

fn deadline(lifetime: Duration) -> u64 {
    milliseconds_since_1970().saturating_add(lifetime.as_millis().try_into().unwrap_or(u64::MAX))
}

fn milliseconds_since_1970() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_millis().try_into().unwrap_or(u64::MAX)
}
