//! Indexes in the file: each member with its place, and each place with its members.

use redb::{
    ReadTransaction, ReadableTable, ReadableTableMetadata, Table, TableDefinition, TableError, WriteTransaction,
};

use super::milliseconds_since_1970;
use crate::server::store::Range;

/// Index and member to place, and to the deadline in milliseconds since 1970.
const PLACES: TableDefinition<(&str, &str), (u64, u64)> = TableDefinition::new("places");

/// The same in order: index, place, member; to the deadline.
const ORDER: TableDefinition<(&str, u64, &str), u64> = TableDefinition::new("order");

/// How many members an index has.
const SIZES: TableDefinition<&str, u64> = TableDefinition::new("sizes");

/// The indexes, to be changed.
pub(super) struct Marks<'a> {
    places: Table<'a, (&'static str, &'static str), (u64, u64)>,
    order: Table<'a, (&'static str, u64, &'static str), u64>,
    sizes: Table<'a, &'static str, u64>,
}

impl<'a> Marks<'a> {
    /// Opens the tables, and makes them where there are none.
    pub(super) fn open(write: &'a WriteTransaction) -> Result<Self, TableError> {
        Ok(Self { places: write.open_table(PLACES)?, order: write.open_table(ORDER)?, sizes: write.open_table(SIZES)? })
    }

    pub(super) fn remove(&mut self, index: &str, member: &str) -> anyhow::Result<()> {
        let place = self.places.remove((index, member))?.map(|found| found.value().0);
        if let Some(place) = place {
            self.order.remove((index, place, member))?;
            self.count(index, |size| size.saturating_sub(1))?;
        }
        Ok(())
    }

    pub(super) fn add(&mut self, index: &str, member: &str, place: u64, deadline: u64) -> anyhow::Result<()> {
        self.places.insert((index, member), (place, deadline))?;
        self.order.insert((index, place, member), deadline)?;
        self.count(index, |size| size + 1)
    }

    /// Removes the members with the lowest places, until there are no more than so many.
    pub(super) fn make_room(&mut self, index: &str, most: usize) -> anyhow::Result<()> {
        let size = self.sizes.get(index)?.map_or(0, |size| size.value());
        let excess = usize::try_from(size)?.saturating_sub(most);
        let mut lowest = Vec::new();
        for entry in self.order.range((index, 0, "")..(index, Range::END + 1, ""))?.take(excess) {
            lowest.push(entry?.0.value().2.to_owned());
        }
        lowest.iter().try_for_each(|member| self.remove(index, member))
    }

    /// Removes the members with lower places.
    pub(super) fn remove_below(&mut self, index: &str, floor: u64) -> anyhow::Result<()> {
        let mut below = Vec::new();
        for entry in self.order.range((index, 0, "")..(index, floor, ""))? {
            below.push(entry?.0.value().2.to_owned());
        }
        below.iter().try_for_each(|member| self.remove(index, member))
    }

    /// Removes all members that are past their deadline.
    pub(super) fn sweep(&mut self, now: u64) -> anyhow::Result<()> {
        let mut past = Vec::new();
        for entry in self.places.iter()? {
            let (key, found) = entry?;
            if found.value().1 <= now {
                past.push((key.value().0.to_owned(), key.value().1.to_owned()));
            }
        }
        past.iter().try_for_each(|(index, member)| self.remove(index, member))
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

/// The members of an index within a range.
pub(super) fn within(read: &ReadTransaction, index: &str, range: Range) -> anyhow::Result<Vec<(String, u64)>> {
    let table = read.open_table(ORDER)?;
    if table.is_empty()? {
        return Ok(Vec::new());
    }
    let now = milliseconds_since_1970();
    let found = table.range((index, range.from, "")..(index, range.to.min(Range::END) + 1, ""))?;
    let living = |entry: Result<(redb::AccessGuard<'_, _>, redb::AccessGuard<'_, u64>), _>| match entry {
        Ok((key, deadline)) => {
            let (_, place, member): (&str, u64, &str) = redb::AccessGuard::value(&key);
            (deadline.value() > now).then(|| Ok((member.to_owned(), place)))
        }
        Err(error) => Some(Err(anyhow::Error::new::<redb::StorageError>(error))),
    };
    match range.descending {
        false => found.filter_map(living).take(range.most).collect(),
        true => found.rev().filter_map(living).take(range.most).collect(),
    }
}
