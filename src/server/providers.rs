//! What a provider is: data, and a few functions from its replies to our items.
//!
//! A provider's file has paths, reply types and the mapping. It has no HTTP plumbing ([`Api`] does that), no storage
//! and no OAuth. To add one: its file, its line in [`ALL`], its variables in `config`, its stand-in in `sandbox`.

mod api;
mod hubspot;
mod pages;
mod retry;

use std::time::Duration;

use futures::future::BoxFuture;

use crate::model::{Account, AppError};

pub use api::Api;
pub use pages::{Page, Pages, follow};
pub use retry::Retries;

/// Every provider, in the order in which the page shows them.
pub static ALL: &[Provider] = &[hubspot::PROVIDER];

/// The provider with this slug.
pub fn find(slug: &str) -> Option<&'static Provider> {
    ALL.iter().find(|provider| provider.slug == slug)
}

/// Everything that is known of a provider.
pub struct Provider {
    /// The word in our URLs and keys: `hubspot`. In capitals it is the prefix of the provider's variables.
    pub slug: &'static str,
    /// The name as people write it.
    pub name: &'static str,
    /// The read-only scopes that a load needs, separated by spaces.
    pub scopes: &'static str,
    /// Where OAuth happens.
    pub oauth: OAuth,
    /// How many requests an account allows.
    pub quota: Quota,
    /// Asks whose account a token is for.
    pub identify: fn(Api) -> BoxFuture<'static, Result<Account, AppError>>,
    /// What can be loaded; all run at once.
    pub streams: &'static [Stream],
}

/// A provider's OAuth endpoints: the paths behind `…_AUTH_URL` (authorize) and `…_API_URL` (the others).
pub struct OAuth {
    /// Where the person approves.
    pub authorize: &'static str,
    /// Where codes and refresh tokens become access tokens.
    pub token: &'static str,
    /// Where a token is told about, if anywhere (RFC 7662).
    pub introspect: Option<&'static str>,
    /// Where a refresh token is revoked, if anywhere (RFC 7009).
    pub revoke: Option<&'static str>,
}

/// At most `requests` in any stretch of `per`, until the provider says another number.
pub struct Quota {
    /// Requests.
    pub requests: usize,
    /// In any stretch of this length.
    pub per: Duration,
    /// The header in which the provider says how many requests this account is allowed.
    pub told_in: Option<&'static str>,
    /// The header in which it says how many of them are left.
    pub left_in: Option<&'static str>,
}

/// One kind of thing that a provider holds.
pub struct Stream {
    /// Its name in reports: `contacts`.
    pub name: &'static str,
    /// Reads all of it, page by page. Dropping the pages stops the reading.
    pub pages: fn(Api, &Account) -> Pages,
}
