//! The records. Each is computed from the seed and its index when it is requested, so a million of them take no memory.

use jiff::{SignedDuration, Timestamp};

use super::catalog::ObjectType;
use crate::{fixtures::dice::Dice, hubspot::data::owners};

mod companies;
mod contacts;
mod deals;
pub(crate) mod links;

/// A record. Its times are relative to a fixed moment, so they do not depend on when they are computed.
pub(crate) struct Row {
    pub id: u64,
    pub created: Timestamp,
    pub modified: Timestamp,
    /// The values of the properties, including those that every type has.
    values: Vec<(&'static str, Option<String>)>,
}

/// The first record is created at this moment, and the others at most `SPAN` milliseconds later.
const FIRST: Timestamp = Timestamp::constant(1_693_555_200, 0);
const SPAN: u64 = 3 * 365 * 24 * 3600 * 1000;

/// Ids have gaps, as in an account in use: each stretch of this many numbers contains one id.
const STRETCH: u64 = 23;

/// The greatest id. Larger numbers from a client are reduced to this before anything is computed from them.
const LAST_ID: u64 = u64::MAX / 2;

impl Row {
    /// `None` if the property is not set or does not exist.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).and_then(|(_, value)| value.as_deref())
    }
}

/// A time as Java formats it: without milliseconds if they are zero, and otherwise with three digits.
pub(crate) fn format_time(time: Timestamp) -> String {
    if time.subsec_millisecond() == 0 { time.to_string() } else { format!("{time:.3}") }
}

pub(crate) fn row(seed: u64, kind: ObjectType, index: u64, companies: u64) -> Row {
    let dice = dice(seed, kind, index);
    let id = id(seed, kind, index);
    let created = created(index);
    let modified = modified(dice, created);
    let mut values = match kind {
        ObjectType::Contacts => contacts::values(seed, dice, index, companies),
        ObjectType::Companies => companies::values(seed, dice, index),
        ObjectType::Deals => deals::values(seed, dice, index, companies, created),
    };
    values.push((owners::OWNER_PROPERTY, owners::owner_id(dice)));
    values.push(("createdate", Some(format_time(created))));
    values.push((kind.modified_property(), Some(format_time(modified))));
    values.push(("hs_object_id", Some(id.to_string())));
    Row { id, created, modified, values }
}

/// The index of the record with this id, if an index has it.
pub(crate) fn index_of(seed: u64, kind: ObjectType, wanted: u64) -> Option<u64> {
    let index = wanted.min(LAST_ID).checked_sub(first_id(kind))? / STRETCH;
    (id(seed, kind, index) == wanted).then_some(index)
}

/// The index of the first record with this id or a greater one.
pub(crate) fn seek(seed: u64, kind: ObjectType, from: u64) -> u64 {
    let from = from.min(LAST_ID);
    let index = from.saturating_sub(first_id(kind)) / STRETCH;
    if id(seed, kind, index) < from { index + 1 } else { index }
}

pub(crate) fn id(seed: u64, kind: ObjectType, index: u64) -> u64 {
    first_id(kind) + index * STRETCH + dice(seed, kind, index).below(0, STRETCH)
}

fn dice(seed: u64, kind: ObjectType, index: u64) -> Dice {
    Dice::new(seed, first_id(kind), index)
}

fn first_id(kind: ObjectType) -> u64 {
    match kind {
        ObjectType::Contacts => 101_455_700_000,
        ObjectType::Companies => 23_981_400_000,
        ObjectType::Deals => 31_204_600_000,
    }
}

/// Later records are created later, and ever closer together, so that any number of them fits into `SPAN`.
fn created(index: u64) -> Timestamp {
    let milliseconds = u128::from(SPAN) * u128::from(index) / u128::from(index + 2000);
    FIRST + SignedDuration::from_millis(milliseconds as i64)
}

/// Some records were never changed, and some were changed on a full second, whose time has no milliseconds.
fn modified(dice: Dice, created: Timestamp) -> Timestamp {
    if dice.once_in(1, 9) {
        return created;
    }
    let later = dice.below(2, 50 * 24 * 3600 * 1000);
    let later = if dice.once_in(3, 7) { later - later % 1000 } else { later };
    let modified = created + SignedDuration::from_millis(later as i64);
    if dice.once_in(3, 7) { Timestamp::constant(modified.as_second(), 0).max(created) } else { modified }
}
