//! Creation and modification times of records, and the dates in their cells. All are relative to a fixed moment, so
//! they do not depend on the current time.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{airtable::workspace::definition::DayRange, fixtures::dice::Dice};

/// A record: its dice and its times.
pub(crate) struct Row {
    pub dice: Dice,
    pub index: u64,
    pub created: Timestamp,
    pub modified: Timestamp,
}

/// The first record is created at this moment, and the others at most `LENGTH` seconds later. Airtable was founded in
/// 2012.
const FIRST: Timestamp = Timestamp::constant(1_609_754_400, 0);
const LENGTH: u64 = 5 * 365 * 24 * 3600;

const DAY: u64 = 24 * 3600;

impl Row {
    pub(crate) fn new(dice: Dice, index: u64) -> Self {
        let created = created(index);
        // One third of the records was never modified.
        let later = if dice.once_in(1, 3) { 0 } else { dice.below(2, 200 * DAY) };
        Self { dice, index, created, modified: created + SignedDuration::from_secs(later as i64) }
    }
}

/// Later records are created later, and ever closer together, so that any number of them fits into `LENGTH`. Airtable's
/// times are whole seconds.
fn created(index: u64) -> Timestamp {
    let seconds = u128::from(LENGTH) * u128::from(index) / u128::from(index + 70);
    FIRST + SignedDuration::from_secs(seconds as i64)
}

/// A timestamp as Airtable writes it.
pub(crate) fn format_time(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

pub(super) fn day(row: &Row, span: DayRange, purpose: u64) -> String {
    date_in_range(row, span, purpose).to_zoned(TimeZone::UTC).date().to_string()
}

/// A quarter of an hour between eight in the morning and eight in the evening.
pub(super) fn moment(row: &Row, span: DayRange, purpose: u64) -> String {
    let day = date_in_range(row, span, purpose).as_second().div_euclid(DAY as i64) * DAY as i64;
    let quarter = 8 * 3600 + 900 * row.dice.below(purpose + 2, 48) as i64;
    format_time(Timestamp::from_second(day + quarter).unwrap_or(row.created))
}

fn date_in_range(row: &Row, DayRange(from, to): DayRange, purpose: u64) -> Timestamp {
    let days = from + row.dice.below(purpose + 1, (to - from).unsigned_abs()) as i64;
    row.created + SignedDuration::from_secs(days * DAY as i64)
}
