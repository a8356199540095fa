//! The workspace's members and the integration's bot.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{NAME, Workspace};
use crate::{
    fixtures::vocabulary::{FIRST_NAMES, LAST_NAMES, ascii},
    notion::ids::Object,
};

/// The number of members.
pub(crate) const COUNT: u8 = 14;

const DOMAIN: &str = "northwind-press.example";

/// The member who connects apps.
pub(crate) const OWNER: u8 = 0;

/// An integration's bot, which is the same each time the integration is connected.
pub(crate) fn bot(client_id: &str) -> Object {
    let digest = Sha256::digest(client_id);
    let bits = digest.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte));
    Object::Bot(bits >> 4)
}

pub(crate) fn name(workspace: &Workspace, user: u8) -> String {
    let dice = workspace.dice(Object::User(user));
    // Different first names, so that no two members share one.
    let first = FIRST_NAMES[(usize::from(user) * 3 + 1) % FIRST_NAMES.len()];
    format!("{first} {}", dice.pick(2, &LAST_NAMES))
}

pub(crate) fn email(workspace: &Workspace, user: u8) -> String {
    let name = name(workspace, user);
    let (first, last) = name.split_once(' ').unwrap_or((&name, ""));
    format!("{}.{}@{DOMAIN}", ascii(first), ascii(last))
}

/// A user with only an id, as in `created_by`.
pub(crate) fn reference(workspace: &Workspace, user: u8) -> Value {
    json!({"object": "user", "id": workspace.id(Object::User(user))})
}

pub(crate) fn person(workspace: &Workspace, user: u8) -> Value {
    let picture = format!("https://images.{DOMAIN}/{user}.png");
    let picture = (!workspace.dice(Object::User(user)).once_in(3, 3)).then_some(picture);
    json!({
        "object": "user", "id": workspace.id(Object::User(user)), "name": name(workspace, user), "avatar_url": picture,
        "type": "person", "person": {"email": email(workspace, user)},
    })
}

pub(crate) fn bot_user(workspace: &Workspace, client_id: &str) -> Value {
    json!({
        "object": "user", "id": workspace.id(bot(client_id)), "name": client_id, "avatar_url": null, "type": "bot",
        "bot": {
            "owner": {"type": "user", "user": person(workspace, OWNER)},
            "workspace_id": workspace.id(Object::Workspace), "workspace_name": NAME,
            "workspace_limits": {"max_file_upload_size_in_bytes": 5_242_880},
        },
    })
}
