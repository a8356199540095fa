//! Grants: an account's tokens, encrypted in the vault and kept fresh.
//!
//! Each type has one job. [`Vault`] reads and writes grants. [`Refresher`] returns access tokens and refreshes them.
//! [`Grants`] creates and deletes grants as users connect and disconnect, and describes their connections.
//! [`RefreshScheduler`] refreshes grants ahead of time. Tokens are in clear only here and in `providers::client`.
//!
//! `docs/vault.md` describes what is encrypted, and a refresh step by step.

mod claim;
mod commit;
mod error;
mod exchange;
mod grant;
mod key_rotation;
mod lifecycle;
mod locks;
mod recent_failures;
mod refresh;
mod refresher;
mod refusal;
mod revocation;
mod schedule;
mod scheduler;
mod token_pair;
mod token_source;
mod vault;

#[cfg(test)]
mod model;

pub use error::GrantError;
pub use grant::Grant;
pub use key_rotation::{AbandonError, KeyUsage, Rotated};
pub use lifecycle::{Connected, Grants};
pub use refresher::Refresher;
pub use revocation::Revocation;
pub use scheduler::RefreshScheduler;
pub use token_source::ConnectionTokens;
pub use vault::Vault;
