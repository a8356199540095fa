//! What the page shows of one provider.

use serde::{Deserialize, Serialize};

use super::{AppError, Connection};

/// A provider, and how the chosen user stands with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The word in our URLs: `hubspot`.
    pub provider: String,
    /// The provider's name as people write it: `HubSpot`.
    pub name: String,
    /// Whether a stand-in answers for the provider.
    pub sandbox: bool,
    /// What lies there: `contacts`, `companies`, `deals`.
    pub contents: Vec<String>,
    /// What to say when a load finds nothing, though nothing failed.
    pub nothing: String,
    /// How the user stands with it.
    pub state: CardState,
}

/// How a user stands with a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardState {
    /// No client id, and no sandbox: the operator has to configure it.
    NotConfigured,
    /// Can be connected.
    NotConnected,
    /// Is connected, or was.
    Connected(Box<Connection>),
    /// It is not known: the store is away.
    Unknown(AppError),
}
