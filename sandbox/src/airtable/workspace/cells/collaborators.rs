//! The workspace's collaborators.

use serde_json::{Value, json};

use crate::{airtable::workspace::ids, fixtures::dice::Dice};

/// Names, and the local parts of their e-mail addresses.
const COLLABORATORS: [(&str, &str); 7] = [
    ("Sam Rivers", "sam.rivers"),
    ("Ingrid Sørensen", "ingrid"),
    ("Kwame Mensah", "kwame.mensah"),
    ("Łucja Wiśniak", "lucja"),
    ("Tomás Núñez", "tomas.nunez"),
    ("佐藤 結衣", "yui.sato"),
    ("Ada O'Neill", "ada"),
];

/// The collaborator that every grant belongs to.
pub(crate) const USER: usize = 0;

/// The purposes for which a record's creator and last editor are chosen.
pub(crate) const CREATOR: u64 = 3;
pub(crate) const EDITOR: u64 = 4;

/// A collaborator as a cell or comment shows them.
pub(crate) fn collaborator(seed: u64, index: usize) -> Value {
    let (name, _) = COLLABORATORS[index % COLLABORATORS.len()];
    json!({"id": ids::named(seed, "usr", name), "email": address(index), "name": name})
}

pub(crate) fn address(index: usize) -> String {
    let (_, mailbox) = COLLABORATORS[index % COLLABORATORS.len()];
    format!("{mailbox}@birch-studio.example")
}

pub(crate) fn pick(seed: u64, dice: Dice, purpose: u64) -> Value {
    collaborator(seed, dice.below(purpose, COLLABORATORS.len() as u64) as usize)
}

/// One to three different collaborators.
pub(super) fn team(seed: u64, dice: Dice, purpose: u64) -> Value {
    let first = dice.below(purpose + 1, COLLABORATORS.len() as u64) as usize;
    let size = 1 + dice.below(purpose + 2, 3) as usize;
    (0..size).map(|step| collaborator(seed, first + 2 * step)).collect()
}
