//! The store in one file beside the program. One process owns it.

mod marks;

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

use super::{Index, Keys, Range, Store, StoreError};
use marks::Marks;

/// Key to deadline (milliseconds since 1970) and value.
const VALUES: TableDefinition<&str, (u64, &[u8])> = TableDefinition::new("values");

/// How many keys are given at once.
const KEYS_AT_ONCE: usize = 1000;

/// How often values past their deadline are removed. They are absent to readers all the while.
const SWEEP: Duration = Duration::from_secs(600);

/// Another process owns the file.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} is in use by another Tributary. Stop that one, or give this one its own TRIBUTARY_DATA_DIR; to run several together, set REDIS_URL.",
    .0.display()
)]
pub struct InUse(PathBuf);

/// A store in a redb file.
#[derive(Clone)]
pub struct Embedded(Arc<Database>);

impl Embedded {
    /// Opens or makes the file. Needs a tokio runtime, on which it sweeps as long as the store lives.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let database = Database::create(path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => InUse(path.to_owned()).into(),
            error => anyhow::Error::new(error).context(format!("{} cannot be opened", path.display())),
        })?;
        let write = database.begin_write()?;
        write.open_table(VALUES)?;
        Marks::open(&write)?;
        write.commit()?;
        let database = Arc::new(database);
        tokio::spawn(sweep_while_alive(Arc::downgrade(&database)));
        Ok(Self(database))
    }

    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&ReadTransaction) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let database = self.0.clone();
        tokio::task::spawn_blocking(move || look(&database.begin_read()?)).await?
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

    async fn replace(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let (key, expected, value) = (key.to_owned(), expected.map(<[u8]>::to_owned), value.to_owned());
        let replace = self.write(move |table| {
            let found = table.get(key.as_str())?.and_then(|found| current(found.value()));
            let unchanged = found == expected;
            if unchanged {
                table.insert(key.as_str(), (deadline(lifetime), value.as_slice()))?;
            }
            Ok(unchanged)
        });
        Ok(replace.await?)
    }

    async fn keys(&self, prefix: &str, after: Option<&str>) -> Result<Keys, StoreError> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        let read = self.read(move |read| {
            let table = read.open_table(VALUES)?;
            let start = after.as_deref().map_or(Bound::Included(prefix.as_str()), Bound::Excluded);
            let (mut keys, mut next) = (Vec::new(), None);
            for entry in table.range::<&str>((start, Bound::Unbounded))?.take(KEYS_AT_ONCE) {
                let (key, found) = entry?;
                if !key.value().starts_with(&prefix) {
                    return Ok(Keys { keys, next: None });
                }
                if current(found.value()).is_some() {
                    keys.push(key.value().to_owned());
                }
                next = Some(key.value().to_owned());
            }
            Ok(Keys { keys, next })
        });
        Ok(read.await?)
    }

    async fn mark(&self, index: &Index, member: &str, place: Option<u64>) -> Result<(), StoreError> {
        let (index, member) = (index.clone(), member.to_owned());
        let mark = self.transact(move |write| {
            let mut marks = Marks::open(write)?;
            marks.remove(&index.name, &member)?;
            if let Some(place) = place {
                marks.add(&index.name, &member, place, deadline(index.lifetime))?;
                marks.make_room(&index.name, index.most)?;
                marks.remove_below(&index.name, index.floor)?;
            }
            Ok(())
        });
        Ok(mark.await?)
    }

    async fn marked(&self, index: &Index, range: Range) -> Result<Vec<(String, u64)>, StoreError> {
        let name = index.name.clone();
        Ok(self.read(move |read| marks::within(read, &name, range)).await?)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read(|_| Ok(())).await?;
        Ok(())
    }
}

async fn sweep_while_alive(database: Weak<Database>) {
    let mut ticks = tokio::time::interval(SWEEP);
    loop {
        ticks.tick().await;
        let Some(database) = database.upgrade() else { return };
        let swept = tokio::task::spawn_blocking(move || sweep(&database)).await.context("sweeping panicked");
        if let Err(error) = swept.and_then(|swept| swept) {
            tracing::warn!(error = format!("{error:#}"), "values past their deadline could not be removed");
        }
    }
}

fn sweep(database: &Database) -> anyhow::Result<()> {
    let now = milliseconds_since_1970();
    let write = database.begin_write()?;
    write.open_table(VALUES)?.retain(|_, (deadline, _)| deadline > now)?;
    Marks::open(&write)?.sweep(now)?;
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
