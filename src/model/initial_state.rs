//! The page's initial state: the server renders the page from it, and the browser hydrates from the same value.

use serde::{Deserialize, Serialize};

use super::{AppError, Card, IntegrationItem, Subject};

/// The initial state of the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct InitialState {
    /// Whether the browser is signed in. All other fields are empty when it is not.
    pub signed_in: bool,
    /// The user on whose behalf the page acts.
    pub subject: Subject,
    /// A problem to show first: an invalid id in the address, or an unavailable store.
    pub notice: Option<AppError>,
    pub cards: Vec<Card>,
    /// The first items, for a browser without WASM.
    pub first_page: Option<FirstPage>,
}

/// The first items of each stream of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstPage {
    /// The provider's name, such as `HubSpot`.
    pub provider: String,
    /// At most one of the provider's pages for each stream.
    pub items: Vec<IntegrationItem>,
    /// The sentence to show when there is nothing although nothing failed.
    pub nothing: Option<String>,
    /// One sentence for each stream that failed.
    pub failures: Vec<String>,
}
