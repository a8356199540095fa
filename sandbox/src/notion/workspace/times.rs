//! When things were made and changed: fixed moments over some years, in whole minutes, as Notion rounds them.

use jiff::{SignedDuration, Timestamp};

use super::{Row, Workspace};
use crate::notion::ids::Object;

/// 3 October 2022. Everything is made from here on, and nothing later than `SPAN` after it.
const FIRST: Timestamp = Timestamp::constant(1_664_784_000, 0);
const SPAN: u64 = 1_240 * 24 * 60;

/// A change comes at most so many minutes after the beginning, and all of them lie in the past.
const LATER: u64 = 200 * 24 * 60;

pub(crate) fn created(workspace: &Workspace, object: Object) -> Timestamp {
    let minutes = match object {
        Object::Page(index) => growing(index),
        Object::Row(Row { source: 0, .. }) if workspace.crowded_minute => SPAN / 2,
        Object::Row(row) => growing(row.index()),
        Object::Database(number) | Object::Source(number) => u64::from(number) * 11,
        Object::Block(block) => return created(workspace, block.page.object()),
        _ => 0,
    };
    FIRST + SignedDuration::from_mins(minutes as i64)
}

/// Some things were never changed.
pub(crate) fn edited(workspace: &Workspace, object: Object) -> Timestamp {
    let created = created(workspace, object);
    let dice = workspace.dice(object);
    if dice.once_in(1, 9) {
        return created;
    }
    created + SignedDuration::from_mins(dice.below(2, LATER) as i64)
}

/// Later things were made later, ever more of them in a day, however many there are. Half a million share a minute by the
/// hundred, so that windows of a minute are enough to tell them apart.
fn growing(index: u32) -> u64 {
    SPAN * u64::from(index) / (u64::from(index) + 600)
}

/// A moment as Notion writes it, always with milliseconds.
pub(crate) fn format(time: Timestamp) -> String {
    format!("{time:.3}")
}
