//! The tables of the redb file.

use std::path::Path;

use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, Table, TableDefinition, TableError, WriteTransaction,
};

use super::{index::IndexTables, store_time::StoreTime};
use crate::server::store::{LAYOUT, LayoutMismatch};

/// From a key to its deadline (milliseconds since 1970) and value.
const VALUES: TableDefinition<&str, (u64, &[u8])> = TableDefinition::new("values");

/// The version of the layout, and the mark of the process that opened the file last.
const META: TableDefinition<&str, u32> = TableDefinition::new("meta");

/// The store time.
const TIMES: TableDefinition<&str, u64> = TableDefinition::new("times");

/// The tables that changes concern, open for writing.
pub(super) struct Tables<'a> {
    pub(super) values: Table<'a, &'static str, (u64, &'static [u8])>,
    pub(super) indexes: IndexTables<'a>,
    times: Table<'a, &'static str, u64>,
}

impl<'a> Tables<'a> {
    /// Opens the tables, creating them if necessary.
    pub(super) fn open(write: &'a WriteTransaction) -> anyhow::Result<Self> {
        Ok(Self {
            values: write.open_table(VALUES)?,
            indexes: IndexTables::open(write)?,
            times: write.open_table(TIMES)?,
        })
    }

    /// Removes up to `limit` values and members of indexes whose deadline is not after `until`. Returns how many.
    pub(super) fn remove_expired(&mut self, until: u64, limit: usize) -> anyhow::Result<usize> {
        let mut expired = Vec::new();
        for entry in self.values.iter()? {
            if expired.len() == limit {
                break;
            }
            let (key, found) = entry?;
            if found.value().0 <= until {
                expired.push(key.value().to_owned());
            }
        }
        for key in &expired {
            self.values.remove(key.as_str())?;
        }
        Ok(expired.len() + self.indexes.remove_expired(until, limit - expired.len())?)
    }

    pub(super) fn record_time(&mut self, time: StoreTime) -> anyhow::Result<()> {
        self.times.insert("trusted", time.trusted)?;
        self.times.insert("doubted_for", time.doubted_for)?;
        Ok(())
    }

    /// The recorded time; `None` in a new file, and in one of a version that recorded none.
    pub(super) fn recorded_time(&self) -> anyhow::Result<Option<StoreTime>> {
        let [trusted, doubted_for] = [self.times.get("trusted")?, self.times.get("doubted_for")?];
        Ok(trusted
            .zip(doubted_for)
            .map(|(trusted, doubted_for)| StoreTime { trusted: trusted.value(), doubted_for: doubted_for.value() }))
    }
}

/// The deadline and value of a key.
pub(super) fn value(read: &ReadTransaction, key: &str) -> anyhow::Result<Option<(u64, Vec<u8>)>> {
    let found = read.open_table(VALUES)?.get(key)?;
    Ok(found.map(|found| (found.value().0, found.value().1.to_owned())))
}

/// The table of values, for reading.
pub(super) fn values(read: &ReadTransaction) -> anyhow::Result<impl ReadableTable<&'static str, (u64, &'static [u8])>> {
    Ok(read.open_table(VALUES)?)
}

/// Refuses a file of another layout, and creates the tables of a new one. Leaves a mark by which this process knows the file
/// again. Returns whether it is new.
pub(super) fn check_layout(database: &Database, path: &Path, mark: u32) -> anyhow::Result<bool> {
    let write = database.begin_write()?;
    // The tables of another version may have other names.
    let is_empty = write.list_tables()?.next().is_none();
    {
        let mut meta = write.open_table(META)?;
        let found = meta.get("layout")?.map(|layout| layout.value());
        LayoutMismatch::check(found, is_empty, || {
            (path.display().to_string(), format!("move {} away", path.display()))
        })?;
        meta.insert("layout", LAYOUT)?;
        meta.insert("mark", mark)?;
        Tables::open(&write)?;
    }
    write.commit()?;
    Ok(is_empty)
}

/// The mark that the last process left that opened the file.
pub(super) fn mark(database: &Database) -> anyhow::Result<Option<u32>> {
    match database.begin_read()?.open_table(META) {
        Ok(meta) => Ok(meta.get("mark")?.map(|mark| mark.value())),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
