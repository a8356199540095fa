//! What a provider is: data, and a few functions from its replies to our items.
//!
//! A provider's file has paths, reply types and the mapping. It has no HTTP plumbing ([`Api`] does that), no storage
//! and no OAuth. To add one: its file, its line in [`ALL`], its stand-in in `sandbox`; `docs/add-a-provider.md` walks
//! through it.

mod airtable;
#[cfg(test)]
mod any;
mod api;
mod call_error;
mod hubspot;
mod notion;
mod pages;
mod retry;

use std::time::Duration;

use futures::future::BoxFuture;

use crate::model::{Account, AppError};

pub use api::Api;
use api::segment;
pub use call_error::CallError;
pub use pages::{Batch, Page, Pages, Source, follow};
pub use retry::Retries;

/// Every provider, in the order in which the page shows them.
pub static ALL: &[Provider] = &[hubspot::PROVIDER, notion::PROVIDER, airtable::PROVIDER];

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
    /// What lies there, and which scope reading it takes.
    pub contents: &'static [Content],
    /// The read-only scopes that a load needs, separated by spaces; empty where a provider has none.
    pub scopes: &'static str,
    /// Sent with every request for data.
    pub headers: &'static [(&'static str, &'static str)],
    /// The default of `…_AUTH_URL`: where people approve.
    pub auth_url: &'static str,
    /// The default of `…_API_URL`: where data is asked for.
    pub api_url: &'static str,
    /// How OAuth is done.
    pub oauth: OAuth,
    /// Words of its errors that no retry helps against, and what each means as a sentence.
    pub refusals: &'static [(&'static str, &'static str)],
    /// How many requests an account allows.
    pub quota: Quota,
    /// How many requests each part of an account allows, where a provider counts by part (see [`Api::part`]).
    pub part_quota: Option<Quota>,
    /// Asks whose account a token is for.
    pub identify: fn(Api) -> BoxFuture<'static, Result<Account, AppError>>,
    /// Where a load begins; all run at once.
    pub sources: fn(&Account) -> Vec<Source>,
    /// What to say when a load finds nothing, though nothing failed.
    pub nothing: &'static str,
    /// Where a person removes the app by hand, to stand after "Remove it".
    pub removed_in: &'static str,
}

/// One kind of thing at a provider.
pub struct Content {
    /// In the plural: `contacts`.
    pub name: &'static str,
    /// The scope that reading it takes, where there is one.
    pub scope: Option<&'static str>,
}

/// How a provider does OAuth 2.
pub struct OAuth {
    /// Where the person approves, behind `…_AUTH_URL`.
    pub authorize: &'static str,
    /// What the address to approve at needs beside the standard parameters.
    pub authorize_extra: &'static [(&'static str, &'static str)],
    /// Where codes and refresh tokens become access tokens.
    pub token: Endpoint,
    /// Where a token is told about, if anywhere (RFC 7662).
    pub introspect: Option<Endpoint>,
    /// Where a refresh token is revoked, if anywhere (RFC 7009).
    pub revoke: Option<Endpoint>,
    /// How these endpoints know us.
    pub client: ClientAuth,
    /// How a request to them is written.
    pub encoding: Encoding,
    /// Whether a refresh ends the refresh token that it used, so that one is never kept that is not sent again.
    pub rotates: bool,
    /// Whether connecting ends the refresh tokens that earlier connections of the same account hold.
    pub ends_earlier: bool,
}

/// A path, and behind which of a provider's two addresses it lies.
pub enum Endpoint {
    /// `…_AUTH_URL`.
    Auth(&'static str),
    /// `…_API_URL`.
    Api(&'static str),
}

/// How a client authenticates (RFC 6749, section 2.3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// Id and secret in the body.
    Body,
    /// HTTP Basic.
    Basic,
    /// HTTP Basic; or, for a client without a secret, its id in the body.
    BasicOrPublic,
}

/// How a request to a token endpoint is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As RFC 6749 has it.
    Form,
    /// The same fields as JSON.
    Json,
}

/// At most `requests` in any stretch of `per`, until the provider says another number.
pub struct Quota {
    /// Requests.
    pub requests: usize,
    /// In any stretch of this length.
    pub per: Duration,
    /// How long every further request is refused once that was too many, where the provider does not say it in a header.
    pub penalty: Option<Duration>,
    /// The header in which the provider says how many requests this account is allowed.
    pub told_in: Option<&'static str>,
    /// The header in which it says how many of them are left.
    pub left_in: Option<&'static str>,
}

impl Quota {
    /// So many requests in any stretch of so long, and nothing said in headers.
    pub const fn of(requests: usize, per: Duration) -> Self {
        Self { requests, per, penalty: None, told_in: None, left_in: None }
    }
}

impl Provider {
    /// The name of one of its variables: `HUBSPOT_CLIENT_ID`.
    pub fn variable(&self, suffix: &str) -> String {
        format!("{}_{suffix}", self.slug.to_uppercase())
    }

    /// The scopes that a load needs and that are not among the granted ones. A provider that reports no scopes has none
    /// missing.
    pub fn missing_scopes(&self, granted: &[String]) -> Vec<String> {
        let is_missing = |scope: &&str| !granted.is_empty() && !granted.iter().any(|one| one == scope);
        let mut missing: Vec<_> = self.contents.iter().filter_map(|content| content.scope).filter(is_missing).collect();
        missing.dedup();
        missing.into_iter().map(str::to_owned).collect()
    }
}
