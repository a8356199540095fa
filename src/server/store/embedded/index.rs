//! Indexes in the redb file: from member to score, and in the order of the scores.

use redb::{
    ReadTransaction, ReadableTable, ReadableTableMetadata, Table, TableDefinition, TableError, WriteTransaction,
};

use super::clock::StoreClock;
use crate::server::store::Range;

/// From index and member to score and deadline (milliseconds since 1970).
const SCORES: TableDefinition<(&str, &str), (u64, u64)> = TableDefinition::new("index_scores");

/// From index, score and member to the deadline, in this order.
const ORDER: TableDefinition<(&str, u64, &str), u64> = TableDefinition::new("index_order");

/// From index to its number of members.
const SIZES: TableDefinition<&str, u64> = TableDefinition::new("index_sizes");

/// The tables of all indexes, open for writing.
pub(super) struct IndexTables<'a> {
    scores: Table<'a, (&'static str, &'static str), (u64, u64)>,
    order: Table<'a, (&'static str, u64, &'static str), u64>,
    sizes: Table<'a, &'static str, u64>,
}

impl<'a> IndexTables<'a> {
    /// Opens the tables, creating them if necessary.
    pub(super) fn open(write: &'a WriteTransaction) -> Result<Self, TableError> {
        Ok(Self { scores: write.open_table(SCORES)?, order: write.open_table(ORDER)?, sizes: write.open_table(SIZES)? })
    }

    pub(super) fn remove(&mut self, index: &str, member: &str) -> anyhow::Result<()> {
        let score = self.scores.remove((index, member))?.map(|found| found.value().0);
        if let Some(score) = score {
            self.order.remove((index, score, member))?;
            self.count(index, |size| size.saturating_sub(1))?;
        }
        Ok(())
    }

    pub(super) fn add(&mut self, index: &str, member: &str, score: u64, deadline: u64) -> anyhow::Result<()> {
        self.scores.insert((index, member), (score, deadline))?;
        self.order.insert((index, score, member), deadline)?;
        self.count(index, |size| size + 1)
    }

    /// Removes the members with the lowest scores until at most `max_len` are left.
    pub(super) fn truncate(&mut self, index: &str, max_len: usize) -> anyhow::Result<()> {
        let size = self.sizes.get(index)?.map_or(0, |size| size.value());
        let excess = usize::try_from(size)?.saturating_sub(max_len);
        let mut lowest = Vec::new();
        for entry in self.order.range((index, 0, "")..(index, Range::MAX + 1, ""))?.take(excess) {
            lowest.push(entry?.0.value().2.to_owned());
        }
        lowest.iter().try_for_each(|member| self.remove(index, member))
    }

    /// Removes the members with scores below `min_score`.
    pub(super) fn remove_below(&mut self, index: &str, min_score: u64) -> anyhow::Result<()> {
        let mut below = Vec::new();
        for entry in self.order.range((index, 0, "")..(index, min_score, ""))? {
            below.push(entry?.0.value().2.to_owned());
        }
        below.iter().try_for_each(|member| self.remove(index, member))
    }

    /// Removes up to `limit` members whose deadline is not after `until`. Returns how many.
    pub(super) fn remove_expired(&mut self, until: u64, limit: usize) -> anyhow::Result<usize> {
        let mut expired = Vec::new();
        for entry in self.scores.iter()? {
            if expired.len() == limit {
                break;
            }
            let (key, found) = entry?;
            if found.value().1 <= until {
                expired.push((key.value().0.to_owned(), key.value().1.to_owned()));
            }
        }
        expired.iter().try_for_each(|(index, member)| self.remove(index, member))?;
        Ok(expired.len())
    }

    fn count(&mut self, index: &str, change: impl FnOnce(u64) -> u64) -> anyhow::Result<()> {
        let size = self.sizes.get(index)?.map_or(0, |size| size.value());
        match change(size) {
            0 => self.sizes.remove(index)?.is_some(),
            size => self.sizes.insert(index, size)?.is_some(),
        };
        Ok(())
    }
}

/// The members of an index whose scores are in a range.
pub(super) fn range(
    read: &ReadTransaction,
    index: &str,
    range: Range,
    clock: &StoreClock,
) -> anyhow::Result<Vec<(String, u64)>> {
    let table = read.open_table(ORDER)?;
    if table.is_empty()? {
        return Ok(Vec::new());
    }
    let now = clock.now();
    let found = table.range((index, range.from, "")..(index, range.to.min(Range::MAX) + 1, ""))?;
    let current = |entry: Result<(redb::AccessGuard<'_, _>, redb::AccessGuard<'_, u64>), _>| match entry {
        Ok((key, deadline)) => {
            let (_, score, member): (&str, u64, &str) = redb::AccessGuard::value(&key);
            (deadline.value() > now).then(|| Ok((member.to_owned(), score)))
        }
        Err(error) => Some(Err(anyhow::Error::new::<redb::StorageError>(error))),
    };
    match range.descending {
        false => found.filter_map(current).take(range.limit).collect(),
        true => found.rev().filter_map(current).take(range.limit).collect(),
    }
}

/// Whether an index has a member, whatever its deadline.
pub(super) fn contains(read: &ReadTransaction, index: &str, member: &str) -> anyhow::Result<bool> {
    Ok(read.open_table(SCORES)?.get((index, member))?.is_some())
}
