//! The records of a stream that could not be read: how many, and the first of them.

use std::collections::HashSet;

use crate::model::SkippedRecord;

/// How many of them a report names.
const MAX_NAMED: usize = 10;

/// The maximum number of ids that are kept to recognise records that a provider returns twice.
const MAX_IDS: usize = 10_000;

/// The skipped records of one stream.
#[derive(Default)]
pub(super) struct Skips {
    pub(super) count: u64,
    /// The first ones.
    pub(super) first: Vec<SkippedRecord>,
    ids: HashSet<String>,
}

impl Skips {
    /// Adds records. One that was added before, by its id, is not counted again.
    pub(super) fn add(&mut self, records: Vec<SkippedRecord>) {
        for record in records {
            if let Some(id) = &record.id
                && (self.ids.contains(id) || self.ids.len() < MAX_IDS && !self.ids.insert(id.clone()))
            {
                continue;
            }
            self.count += 1;
            if self.first.len() < MAX_NAMED {
                self.first.push(record);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_comes_twice_is_counted_once_and_the_first_ten_are_named() {
        let record = |id: Option<usize>| SkippedRecord { id: id.map(|id| id.to_string()), reason: String::new() };
        let mut skips = Skips::default();
        skips.add((0..20).map(|id| record(Some(id % 15))).collect());
        skips.add(vec![record(None), record(None)]);
        assert_eq!((skips.count, skips.first.len()), (17, 10));
    }
}
