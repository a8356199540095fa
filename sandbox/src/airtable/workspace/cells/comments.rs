//! Comments on records. Most records have none.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Row, collaborators, format_time};
use crate::airtable::workspace::{catalog::Table, definition::SENTENCES, ids};

const SUBJECT: u64 = 500;

pub(crate) fn count(row: &Row) -> u64 {
    if row.dice.once_in(SUBJECT, 4) { 1 + row.dice.below(SUBJECT + 1, 6) } else { 0 }
}

pub(crate) fn id(seed: u64, table: &Table, row: &Row, number: u64) -> String {
    ids::named(seed, "com", &format!("{}/{}/{number}", table.definition.name, row.index))
}

/// The comment with this number, counted from the oldest.
pub(crate) fn comment(seed: u64, table: &Table, row: &Row, number: u64) -> Value {
    let purpose = SUBJECT + 10 * (number + 1);
    let at = row.created + SignedDuration::from_hours((number * 30 + row.dice.below(purpose, 24)) as i64);
    let is_edited = row.dice.once_in(purpose + 1, 5);
    let mut comment = json!({
        "id": id(seed, table, row, number),
        "author": collaborators::pick(seed, row.dice, purpose + 2),
        "text": row.dice.pick(purpose + 3, SENTENCES),
        "createdTime": format_time(at),
        "lastUpdatedTime": is_edited.then(|| format_time(at + SignedDuration::from_mins(7))),
        "reactions": [],
    });
    if row.dice.once_in(purpose + 4, 3) {
        let asked = collaborators::pick(seed, row.dice, purpose + 5);
        comment["text"] = format!("@[{}] what do you think?", asked["id"].as_str().unwrap_or_default()).into();
        let id = asked["id"].as_str().unwrap_or_default().to_owned();
        comment["mentioned"] = json!({
            id: {"type": "user", "id": asked["id"], "displayName": asked["name"], "email": asked["email"]},
        });
    }
    if row.dice.once_in(purpose + 6, 4) {
        let reader = collaborators::pick(seed, row.dice, purpose + 7);
        comment["reactions"] = json!([{
            "emoji": {"unicodeCharacter": "1f44d"},
            "reactingUser": {"userId": reader["id"], "email": reader["email"], "name": reader["name"]},
        }]);
    }
    if number > 0 && row.dice.once_in(purpose + 8, 4) {
        comment["parentCommentId"] = id(seed, table, row, 0).into();
    }
    comment
}
