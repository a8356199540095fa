//! The audit log of an organisation: who did what to its connections, when, and from where.

use serde::{Deserialize, Serialize};

use super::LoadOutcome;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// RFC 3339, UTC, to the millisecond.
    pub at: String,
    pub action: Action,
    /// The provider's slug, such as `hubspot`; null when the event concerns no single connection.
    pub provider: Option<String>,
    /// The user whose connection it is.
    pub user_id: Option<String>,
    /// The account at the provider, as [`Account::label`](super::Account::label) writes it.
    pub account: Option<String>,
    pub by: ActorKind,
    /// The client address of the request. A proxy's report of it counts if the proxy is trusted (`TRIBUTARY_TRUSTED_PROXIES`).
    pub from: Option<String>,
    /// Further details, as a sentence.
    pub detail: Option<String>,
    /// The result of a load; null for all other events.
    pub load: Option<LoadSummary>,
    /// How many events this is the last of: loads that one caller repeats are one entry.
    #[serde(default = "one")]
    pub count: u64,
}

fn one() -> u64 {
    1
}

/// The result of a load in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadSummary {
    pub outcome: LoadOutcome,
    /// Delivered records.
    pub records: u64,
    /// Records that could not be read.
    pub skipped: u64,
    /// How long it took.
    pub milliseconds: u64,
    /// The streams that were not read to their end; the first ones, if there are many.
    pub missing: Vec<String>,
}

/// What can happen to connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// An account was connected where there was none.
    Connected,
    /// The same account was connected again, which replaces its grant.
    Reconnected,
    /// A different account replaced the connected one.
    AccountReplaced,
    /// The access token was refreshed.
    Refreshed,
    /// A refresh failed for a reason that may be temporary. Repeated failures are one entry.
    RefreshFailed,
    /// The grant is dead.
    ReconnectRequired,
    /// The grant ended by its deadline: it was neither used nor could it be refreshed. It was revoked where the provider allows
    /// it.
    Expired,
    /// An API key read an access token. At most one entry a minute for each reader.
    TokenRead,
    /// A load ended, completely or not.
    LoadEnded,
    /// The grant was deleted, and revoked where the provider allows it.
    Disconnected,
    /// Grants were re-encrypted under another key.
    EncryptionKeysRotated,
}

impl Action {
    /// Routine events are so frequent that they would push all others out of a log of limited length.
    pub fn is_routine(self) -> bool {
        matches!(self, Self::Refreshed | Self::TokenRead | Self::LoadEnded)
    }

    /// The event for a person.
    pub fn description(self) -> &'static str {
        match self {
            Self::Connected => "Connected",
            Self::Reconnected => "Reconnected",
            Self::AccountReplaced => "Account replaced",
            Self::Refreshed => "Token refreshed",
            Self::RefreshFailed => "Refresh failed",
            Self::ReconnectRequired => "Reconnect required",
            Self::Expired => "Expired",
            Self::TokenRead => "Access token read",
            Self::LoadEnded => "Load ended",
            Self::Disconnected => "Disconnected",
            Self::EncryptionKeysRotated => "Encryption keys rotated",
        }
    }
}

/// Who caused an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A program that presented the API key.
    ApiKey,
    /// A browser: the signed-in operator, or a user with a connect link.
    Browser,
    /// The refresh scheduler.
    Scheduler,
    CommandLine,
}

impl ActorKind {
    /// The actor for a person.
    pub fn label(self) -> &'static str {
        match self {
            Self::ApiKey => "API key",
            Self::Browser => "browser",
            Self::Scheduler => "Tributary",
            Self::CommandLine => "command line",
        }
    }
}

/// One page of the log, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    pub entries: Vec<AuditEntry>,
    /// The value of `before` for the next, older page; null on the last.
    pub next: Option<String>,
}
