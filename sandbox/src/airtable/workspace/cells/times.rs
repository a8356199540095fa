//! When records were made and changed, and the dates in them. All are relative to fixed moments, never to now.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{airtable::workspace::definition::DayRange, fixtures::dice::Dice};

/// A record: what everything in it is thrown with, and its times.
pub(crate) struct Row {
    pub dice: Dice,
    pub index: u64,
    pub created: Timestamp,
    pub modified: Timestamp,
}

/// Records are created from here on, and none later than `LENGTH` after it. Airtable began in 2012.
const FIRST: Timestamp = Timestamp::constant(1_609_754_400, 0);
const LENGTH: u64 = 5 * 365 * 24 * 3600;

const DAY: u64 = 24 * 3600;

impl Row {
    pub(crate) fn new(dice: Dice, index: u64) -> Self {
        let created = created(index);
        // A third of the records was never touched again.
        let later = if dice.once_in(1, 3) { 0 } else { dice.below(2, 200 * DAY) };
        Self { dice, index, created, modified: created + SignedDuration::from_secs(later as i64) }
    }
}

/// Later records were created later, ever more of them in a day, however many there are. Airtable counts whole seconds.
fn created(index: u64) -> Timestamp {
    let seconds = u128::from(LENGTH) * u128::from(index) / u128::from(index + 70);
    FIRST + SignedDuration::from_secs(seconds as i64)
}

/// A moment as Airtable writes it.
pub(crate) fn written(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

pub(super) fn day(row: &Row, span: DayRange, purpose: u64) -> String {
    some_day(row, span, purpose).to_zoned(TimeZone::UTC).date().to_string()
}

/// At a quarter of an hour between eight in the morning and eight in the evening.
pub(super) fn moment(row: &Row, span: DayRange, purpose: u64) -> String {
    let day = some_day(row, span, purpose).as_second().div_euclid(DAY as i64) * DAY as i64;
    let quarter = 8 * 3600 + 900 * row.dice.below(purpose + 2, 48) as i64;
    written(Timestamp::from_second(day + quarter).unwrap_or(row.created))
}

fn some_day(row: &Row, DayRange(from, to): DayRange, purpose: u64) -> Timestamp {
    let days = from + row.dice.below(purpose + 1, (to - from).unsigned_abs()) as i64;
    row.created + SignedDuration::from_secs(days * DAY as i64)
}
