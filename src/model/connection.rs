//! A user's connection to a provider. It never includes a token.

use serde::{Deserialize, Serialize};

/// One user's connection to one account at one provider. Times are RFC 3339 in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    pub status: Status,
    /// Why the user has to reconnect, as a sentence.
    pub reason: Option<String>,
    pub account: Account,
    /// The granted scopes, as the provider writes them.
    pub scopes: Vec<String>,
    /// Scopes that a load needs and that were not granted. A load reports the streams that need them as failed.
    pub missing_scopes: Vec<String>,
    pub connected_at: String,
    /// When the access token expires; null when the provider does not say.
    pub expires_at: Option<String>,
    /// When the grant expires unless it is used; null when the provider sets no such limit.
    pub must_be_used_before: Option<String>,
    /// False when the provider issued no refresh token: the user has to reconnect when the access token expires.
    pub renewable: bool,
    /// When the access token was last refreshed.
    pub last_refreshed_at: Option<String>,
    /// When one of its tokens was last requested, to the nearest quarter of an hour.
    pub last_used_at: String,
    /// When the scheduler refreshes it next; null when it is refreshed on use.
    pub next_refresh_at: Option<String>,
    pub refreshes_last_24h: u32,
    pub refresh_failures_last_24h: u32,
    /// Why loads currently fail although the grant is alive, as a sentence; null when the provider accepts its tokens.
    pub last_access_error: Option<String>,
    /// Why the last refresh failed, as a sentence; null when it succeeded.
    pub last_refresh_error: Option<String>,
}

/// Whether a connection can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Active,
    /// The grant is dead: only the user can create a new one.
    ReconnectRequired,
}

/// An account at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Account {
    /// HubSpot's hub id, the id of the bot in a Notion workspace, or Airtable's user id.
    pub id: String,
    /// The hub's domain, the workspace's name, or the user's e-mail address.
    pub name: Option<String>,
    /// The prefix of links to its records, without a trailing slash: `https://app.hubspot.com/contacts/1234567`.
    pub url: Option<String>,
}

impl Account {
    /// `name (id)`, or the id alone.
    pub fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} ({})", self.id),
            None => self.id.clone(),
        }
    }
}
