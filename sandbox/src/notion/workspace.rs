//! The workspace: which objects it has, how they are nested, and which of them a grant covers.
//!
//! Each object is computed from the seed and its number when it is requested, so a million of them take no memory.
//! Nothing here knows the API's endpoints.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::objects::TRASH;
use super::ids::Object;
use crate::fixtures::dice::Dice;

pub(crate) mod blocks;
pub(crate) mod containers;
pub(crate) mod links;
mod objects;
pub(crate) mod people;
pub(crate) mod schema;
pub(crate) mod text;
pub(crate) mod times;
pub(crate) mod titles;
pub(crate) mod tree;
pub(crate) mod values;
mod vocabulary;

pub(crate) use self::objects::{Block, Page, Row};

pub(crate) const NAME: &str = "Northwind Press";

/// Each data source's share of all rows in percent. The first one gets the remainder.
const ROW_SHARES: [u32; 6] = [52, 20, 12, 8, 5, 3];

/// The sizes and the current time that a request works with.
#[derive(Clone, Copy)]
pub(crate) struct Workspace {
    pub seed: u64,
    /// Pages outside of data sources.
    pub pages: u32,
    /// Rows of each data source.
    pub rows: [u32; 6],
    /// See [`super::Switches::crowded_minute`].
    pub crowded_minute: bool,
    pub now: Timestamp,
}

/// What the user shared: everything, or some of the top-level pages with everything below them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Share {
    pub top_pages: Option<Vec<u32>>,
    /// When the user shared it. A refresh does not change it.
    pub since: Timestamp,
}

impl Workspace {
    /// A workspace with this many pages, and this many rows in all data sources together.
    pub(crate) fn new(seed: u64, pages: u32, rows: u32, crowded_minute: bool, now: Timestamp) -> Self {
        Self { seed, pages, rows: split(rows), crowded_minute, now }
    }

    pub(crate) fn id(&self, object: Object) -> String {
        object.id(self.seed)
    }

    pub(crate) fn dice(&self, object: Object) -> Dice {
        let (subject, number) = match object {
            Object::Workspace => (50, 0),
            Object::Page(index) => (51, index.into()),
            Object::Row(row) => (52, row.bits()),
            Object::Database(number) => (53, number.into()),
            Object::Source(number) => (54, number.into()),
            Object::Block(block) => (55, block.bits()),
            Object::User(number) => (56, number.into()),
            Object::Bot(bits) | Object::Cursor(bits) => (57, bits),
        };
        Dice::new(self.seed, subject, number)
    }

    /// Whether the object exists, in the trash or not.
    pub(crate) fn exists(&self, object: Object) -> bool {
        match object {
            Object::Page(index) => index < self.pages,
            Object::Row(Row { source, number }) => {
                let rows = self.rows.get(usize::from(source)).copied().unwrap_or_default();
                number.checked_sub(TRASH).map_or(number < rows, |number| number < trashed(rows))
            }
            Object::Database(number) => usize::from(number) < containers::DATABASES.len(),
            Object::Source(number) => usize::from(number) < ROW_SHARES.len(),
            Object::Block(block) => self.exists(block.page.object()) && blocks::exists(self, block),
            Object::User(number) => number < people::COUNT,
            Object::Workspace | Object::Bot(_) | Object::Cursor(_) => false,
        }
    }

    /// The numbers of a data source's rows, or of those in its trash.
    pub(crate) fn rows_of(&self, source: u8, in_trash: bool) -> std::ops::Range<u32> {
        let rows = self.rows[usize::from(source)];
        if in_trash { TRASH..TRASH + trashed(rows) } else { 0..rows }
    }

    /// Whether a grant covers this object.
    pub(crate) fn covers(&self, object: Object, share: &Share) -> bool {
        let Some(top_pages) = &share.top_pages else { return true };
        tree::top_of(self, object).is_some_and(|top| top_pages.contains(&top))
    }
}

/// Splits the rows between the data sources.
fn split(rows: u32) -> [u32; 6] {
    let mut shares = ROW_SHARES.map(|weight| (u64::from(rows) * u64::from(weight) / 100) as u32);
    shares[0] += rows - shares.iter().sum::<u32>();
    shares
}

/// There is one row in the trash for every twenty rows.
fn trashed(rows: u32) -> u32 {
    rows / 20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_all_data_sources_add_up_to_the_total() {
        for rows in [0, 1, 7, 600, 99_999] {
            assert_eq!(split(rows).iter().sum::<u32>(), rows);
        }
        assert_eq!(split(600), [312, 120, 72, 48, 30, 18]);
    }
}
