//! When objects were created and edited: moments over several years that do not depend on the current time, in whole
//! minutes, as Notion rounds them.

use jiff::{SignedDuration, Timestamp};

use super::{Row, Workspace};
use crate::notion::ids::Object;

/// 3 October 2022. The first objects are created at this moment, and the others at most `SPAN` minutes later.
const FIRST: Timestamp = Timestamp::constant(1_664_784_000, 0);
const SPAN: u64 = 1_240 * 24 * 60;

/// The latest edit, in minutes after the creation.
const MAX_EDIT_DELAY: u64 = 200 * 24 * 60;

pub(crate) fn created(workspace: &Workspace, object: Object) -> Timestamp {
    let minutes = match object {
        Object::Page(index) => creation_minute(index),
        Object::Row(Row { source: 0, .. }) if workspace.crowded_minute => SPAN / 2,
        Object::Row(row) => creation_minute(row.index()),
        Object::Database(number) | Object::Source(number) => u64::from(number) * 11,
        Object::Block(block) => return created(workspace, block.page.object()),
        _ => 0,
    };
    FIRST + SignedDuration::from_mins(minutes as i64)
}

/// Some objects were never edited.
pub(crate) fn edited(workspace: &Workspace, object: Object) -> Timestamp {
    let created = created(workspace, object);
    let dice = workspace.dice(object);
    if dice.once_in(1, 9) {
        return created;
    }
    created + SignedDuration::from_mins(dice.below(2, MAX_EDIT_DELAY) as i64)
}

/// Later objects are created later, and ever closer together, so that any number of them fits into `SPAN`. Of half a
/// million, about a hundred share a minute, so windows of one minute are enough to separate them.
fn creation_minute(index: u32) -> u64 {
    SPAN * u64::from(index) / (u64::from(index) + 600)
}

/// A timestamp as Notion writes it, always with milliseconds.
pub(crate) fn format(time: Timestamp) -> String {
    format!("{time:.3}")
}
