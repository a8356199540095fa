//! The audit trail of an organisation: who did what with its connections, when, and from where.

use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When (RFC 3339, UTC).
    pub at: String,
    /// What.
    pub action: Action,
    /// The provider's word: `hubspot`; null for what concerns no connection.
    pub provider: Option<String>,
    /// The user whose connection it is.
    pub user_id: Option<String>,
    /// The account at the provider, as a person knows it.
    pub account: Option<String>,
    /// Who did it.
    pub by: By,
    /// The address that the request came from, as `203.0.113.7` or `203.0.113.7 by way of 10.0.0.1`.
    pub from: Option<String>,
    /// What else is to be known, as a sentence.
    pub detail: Option<String>,
}

/// What can happen to connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// An account was connected where none was.
    Connected,
    /// The same account was connected again: its grant was replaced.
    Reconnected,
    /// Another account was connected in place of the one before.
    AccountReplaced,
    /// The access token was refreshed.
    Refreshed,
    /// A refresh failed in a way that may pass.
    RefreshFailed,
    /// The provider no longer accepts the grant.
    Died,
    /// An access token was given to a program. Once a minute for each who reads one.
    TokenRead,
    /// A load began.
    Loaded,
    /// The grant was forgotten, and revoked where that can be done.
    Disconnected,
    /// Grants were sealed anew under another encryption key.
    KeysRotated,
}

impl Action {
    /// What is done so often that it would soon push all else out of a bounded trail.
    pub fn is_routine(self) -> bool {
        matches!(self, Self::Refreshed | Self::TokenRead | Self::Loaded)
    }

    /// What happened, for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Reconnected => "connected again",
            Self::AccountReplaced => "connected another account",
            Self::Refreshed => "refreshed",
            Self::RefreshFailed => "refresh failed",
            Self::Died => "has to be connected again",
            Self::TokenRead => "access token read",
            Self::Loaded => "loaded",
            Self::Disconnected => "disconnected",
            Self::KeysRotated => "encryption key rotated",
        }
    }
}

/// Who can do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A program with the API key.
    Program,
    /// A person at a browser: the signed-in operator, or a user who followed a link.
    Browser,
    /// Tributary, ahead of time.
    Keeper,
    /// Somebody at the command line.
    CommandLine,
}

impl By {
    /// Who, for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Program => "a program",
            Self::Browser => "a browser",
            Self::Keeper => "Tributary",
            Self::CommandLine => "the command line",
        }
    }
}

/// Some of a trail, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The latest first.
    pub entries: Vec<AuditEntry>,
    /// What to send as `before` for those that came before these; null when there are none.
    pub next: Option<String>,
}
