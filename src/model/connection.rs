//! A user's connection to a provider, as its owner may see it: without any token.

use serde::{Deserialize, Serialize};

/// One user's grant for one account at one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Whether loading works or the person has to connect again.
    pub status: Status,
    /// Why they have to connect again, as a sentence.
    pub reason: Option<String>,
    /// Whose data it reads.
    pub account: Account,
    /// What was granted, in the provider's words.
    pub scopes: Vec<String>,
    /// When the person approved (RFC 3339, UTC).
    pub connected_at: String,
    /// When the access token ends (RFC 3339, UTC); null where the provider does not say.
    pub expires_at: Option<String>,
    /// When the grant ends unless it is used before (RFC 3339, UTC); null where the provider does not say.
    pub must_be_used_before: Option<String>,
    /// False when the provider gave nothing to renew the access with: once it ends, only connecting again helps.
    pub renewable: bool,
    /// What the granted scopes do not let be read: `deals`. A load reports these as failed.
    pub withheld: Vec<String>,
    /// When the access token was last refreshed (RFC 3339, UTC).
    pub last_refreshed_at: Option<String>,
    /// When somebody last used it, to a quarter of an hour (RFC 3339, UTC).
    pub last_used_at: String,
    /// When it is refreshed next (RFC 3339, UTC); null where nobody does that ahead of time: then it is refreshed when it
    /// is used.
    pub next_refresh_at: Option<String>,
    /// How often it was refreshed in the last 24 hours.
    pub refreshes_today: u32,
    /// How often that failed.
    pub failures_today: u32,
    /// Why the last refresh failed, as a sentence; null when it went well.
    pub trouble: Option<String>,
}

/// Whether a grant is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Tokens are had without asking anybody.
    Active,
    /// The grant is dead; only the person can make a new one.
    ReconnectRequired,
}

/// The account at the provider that a grant is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Account {
    /// The provider's id of it: HubSpot's hub id, the bot's id in a Notion workspace, Airtable's user id.
    pub id: String,
    /// What a person calls it: the hub's domain, the workspace's name, the user's e-mail address.
    pub name: Option<String>,
    /// Where its records are looked at, without a slash at the end: `https://app.hubspot.com/contacts/1234567`.
    pub url: Option<String>,
}

impl Account {
    /// What to show: the name with the id behind it, or the id alone.
    pub fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} ({})", self.id),
            None => self.id.clone(),
        }
    }
}
