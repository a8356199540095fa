//! Dates: a day, a range of days, or a moment with an offset or a time zone.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use serde_json::{Value, json};

use super::{Dates, Object, Workspace, author, people, times};
use crate::{fixtures::dice::Dice, notion::workspace::vocabulary::TIME_ZONES};

/// A date at most two months after the row was created, or none.
pub(crate) fn date(created: Timestamp, dates: Dates, dice: Dice) -> Value {
    if dice.once_in(0, 6) {
        return Value::Null;
    }
    let day = day_of(created).saturating_add((dice.below(1, 60) as i64).days());
    match dates {
        Dates::Day => json!({"start": day.to_string(), "end": null, "time_zone": null}),
        Dates::Range => {
            let end = day.saturating_add((dice.below(2, 90) as i64 + 1).days()).to_string();
            json!({"start": day.to_string(), "end": (!dice.once_in(3, 4)).then_some(end), "time_zone": null})
        }
        Dates::Time => {
            let (zone, offset) = dice.pick(4, &TIME_ZONES);
            let (hour, minute) = (8 + dice.below(5, 10), dice.below(6, 4) * 15);
            let moment = |hour: u64, offset: &str| format!("{day}T{hour:02}:{minute:02}:00.000{offset}");
            if dice.once_in(7, 2) {
                return json!({"start": moment(hour, offset), "end": null, "time_zone": null});
            }
            json!({"start": moment(hour, offset), "end": moment(hour + 1, offset), "time_zone": zone})
        }
    }
}

/// The date one week later.
pub(crate) fn week_later(date: &Value) -> Value {
    let start = date["start"].as_str().and_then(|start| start.parse::<Date>().ok());
    start.map_or(
        Value::Null,
        |start| json!({"start": start.saturating_add(7.days()).to_string(), "end": null, "time_zone": null}),
    )
}

/// The verification of a handbook page: never verified, verified until some day, or expired.
pub(crate) fn verification(workspace: &Workspace, object: Object, dice: Dice) -> Value {
    if dice.once_in(0, 3) {
        return json!({"state": "unverified", "verified_by": null, "date": null});
    }
    let start = times::edited(workspace, object);
    let end = start + SignedDuration::from_hours(24 * 90);
    let state = if end < workspace.now { "expired" } else { "verified" };
    let date = json!({"start": times::format(start), "end": times::format(end), "time_zone": null});
    json!({"state": state, "verified_by": people::reference(workspace, author(workspace, object)), "date": date})
}

fn day_of(time: Timestamp) -> Date {
    time.to_zoned(jiff::tz::TimeZone::UTC).date()
}
