//! What is known about a connection apart from its tokens.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Account, Status};

/// The record of a connection. It is stored inside the connection's grant, so that both change together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Record {
    /// The client id that the user connected with. Only that client may refresh or revoke the grant.
    pub client_id: String,
    pub account: Account,
    /// The granted scopes, as the provider writes them.
    pub scopes: Vec<String>,
    pub connected_at: Timestamp,
    /// When one of its tokens was last requested, to the nearest quarter of an hour; at first, when the user connected.
    pub last_used_at: Timestamp,
    /// Why the grant is dead; `None` while it is alive.
    pub dead: Option<String>,
}

impl Record {
    /// The record of an account that was just connected.
    pub fn new(account: Account, client_id: &str, now: Timestamp) -> Self {
        Self {
            client_id: client_id.to_owned(),
            account,
            scopes: Vec::new(),
            connected_at: now,
            last_used_at: now,
            dead: None,
        }
    }

    pub fn status(&self) -> Status {
        if self.is_alive() { Status::Active } else { Status::ReconnectRequired }
    }

    pub fn is_alive(&self) -> bool {
        self.dead.is_none()
    }

    /// Whether both are connected to the same account by the same client.
    pub fn is_same_account(&self, other: &Self) -> bool {
        self.account.id == other.account.id && self.client_id == other.client_id
    }
}
