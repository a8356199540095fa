//! What the page starts with, rendered by the server and handed to the browser's half as it is.

use serde::{Deserialize, Serialize};

use super::{AppError, Card, IntegrationItem, Subject};

/// The page's first state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Landing {
    /// Whether the browser is signed in. Everything else is empty when it is not.
    pub signed_in: bool,
    /// On whose behalf the page acts.
    pub subject: Subject,
    /// Something the person should know before anything else: a bad id in the address, the store away.
    pub notice: Option<AppError>,
    /// The providers.
    pub cards: Vec<Card>,
    /// The first items, for a browser without WASM that asked for them.
    pub first_page: Option<FirstPage>,
}

/// The first items of each stream of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstPage {
    /// The name of the provider whose items these are: `HubSpot`.
    pub source: String,
    /// At most one provider page a stream.
    pub items: Vec<IntegrationItem>,
    /// What to say when there is nothing, though nothing failed.
    pub nothing: Option<String>,
    /// What could not be read, a sentence a stream.
    pub failures: Vec<String>,
}
