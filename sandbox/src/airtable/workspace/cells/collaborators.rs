//! The people who work in the workspace.

use serde_json::{Value, json};

use crate::{airtable::workspace::ids, fixtures::dice::Dice};

/// Names and what stands before the @ of their addresses.
const PEOPLE: [(&str, &str); 7] = [
    ("Sam Rivers", "sam.rivers"),
    ("Ingrid Sørensen", "ingrid"),
    ("Kwame Mensah", "kwame.mensah"),
    ("Łucja Wiśniak", "lucja"),
    ("Tomás Núñez", "tomas.nunez"),
    ("佐藤 結衣", "yui.sato"),
    ("Ada O'Neill", "ada"),
];

/// Who is behind every grant.
pub(crate) const USER: usize = 0;

/// Whom a record was created and last changed by are thrown for with these.
pub(crate) const CREATOR: u64 = 3;
pub(crate) const EDITOR: u64 = 4;

/// A person as a cell or a comment shows them.
pub(crate) fn person(seed: u64, index: usize) -> Value {
    let (name, _) = PEOPLE[index % PEOPLE.len()];
    json!({"id": ids::named(seed, "usr", name), "email": address(index), "name": name})
}

pub(crate) fn address(index: usize) -> String {
    let (_, mailbox) = PEOPLE[index % PEOPLE.len()];
    format!("{mailbox}@birch-studio.example")
}

pub(crate) fn by(seed: u64, dice: Dice, purpose: u64) -> Value {
    person(seed, dice.below(purpose, PEOPLE.len() as u64) as usize)
}

/// One to three people, nobody twice.
pub(super) fn team(seed: u64, dice: Dice, purpose: u64) -> Value {
    let first = dice.below(purpose + 1, PEOPLE.len() as u64) as usize;
    let size = 1 + dice.below(purpose + 2, 3) as usize;
    (0..size).map(|step| person(seed, first + 2 * step)).collect()
}
