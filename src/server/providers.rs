//! The providers: one table of data and small functions, and the client that talks to them.
//!
//! A provider's own file has its paths, its reply types and their mapping to items. Whatever is special about a provider is
//! data or a function there; no other code asks which provider it is dealing with. `docs/add-a-provider.md` describes how
//! to add one. Nothing here knows how grants are kept or how a load is delivered.

pub mod client;
mod label;
mod paginate;
mod provider;
pub mod rate_limit;
mod records;
mod registration;
pub mod retry;

mod airtable;
#[cfg(feature = "test-support")]
mod example;
mod hubspot;
mod notion;

#[cfg(test)]
mod any_json;

pub use label::identify;
pub use paginate::{Batch, ItemStream, Page, Pages, paginate};
pub use provider::{ClientAuth, Content, Encoding, Endpoint, OAuth, Provider, RateLimit};
pub use records::Records;
pub use registration::{ClientCredentials, Registration};

/// Every provider, in the order in which the page shows them.
pub static ALL: &[Provider] = &[
    hubspot::PROVIDER,
    notion::PROVIDER,
    airtable::PROVIDER,
    #[cfg(feature = "test-support")]
    example::PROVIDER,
];

/// The provider with this slug.
pub fn find(slug: &str) -> Option<&'static Provider> {
    ALL.iter().find(|provider| provider.slug == slug)
}
