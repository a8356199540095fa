//! What the page shows of one provider.

use serde::{Deserialize, Serialize};

use super::{AppError, Connection};

/// A provider, and the chosen user's connection to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The provider's slug, such as `hubspot`.
    pub provider: String,
    /// The provider's name, such as `HubSpot`.
    pub name: String,
    /// Whether a stand-in replaces the provider.
    pub sandbox: bool,
    /// What a load reads: `contacts`, `companies`, `deals`.
    pub contents: Vec<String>,
    /// The sentence for a load that finds nothing although nothing failed.
    pub nothing: String,
    pub state: CardState,
}

/// The state of a user's connection to a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardState {
    /// There is neither a client id nor a sandbox: the operator has to configure the provider.
    NotConfigured,
    NotConnected,
    /// Connected, or in need of reconnecting.
    Connected(Box<Connection>),
    /// The store is unavailable, so the state is not known.
    Unknown(AppError),
}
