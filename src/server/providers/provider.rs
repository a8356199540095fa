//! What Tributary knows about a provider.

use std::{fmt, time::Duration};

use futures::future::BoxFuture;

use super::{
    ItemStream,
    client::{ApiClient, CallError},
};
use crate::model::Account;

/// A provider.
pub struct Provider {
    /// The provider in addresses and keys, such as `hubspot`; in capitals, the prefix of its variables.
    pub slug: &'static str,
    /// The provider's name, such as `HubSpot`.
    pub name: &'static str,
    /// What a load reads.
    pub contents: &'static [Content],
    /// The read-only scopes that a load needs, separated by spaces; empty if the provider has no scopes.
    pub scopes: &'static str,
    /// Headers of every request to the data API.
    pub headers: &'static [(&'static str, &'static str)],
    /// The default of `…_AUTH_URL`, where users approve.
    pub auth_url: &'static str,
    /// The default of `…_API_URL`, the data API.
    pub api_url: &'static str,
    pub oauth: OAuth,
    /// JSON pointers to the error code in the body of an error response, in order of preference.
    pub error_code_at: &'static [&'static str],
    /// Error codes of the data API that no retry can fix, each with its sentence.
    pub final_errors: &'static [(&'static str, &'static str)],
    /// Statuses that this provider uses for temporary failures, beyond the usual ones.
    pub transient_statuses: &'static [u16],
    /// The rate limit of an account.
    pub rate_limit: RateLimit,
    /// The rate limit of a part of an account, if the provider has one (see [`ApiClient::part`]).
    pub part_rate_limit: Option<RateLimit>,
    /// Asks which account a token is for.
    pub identify: fn(ApiClient) -> BoxFuture<'static, Result<Account, CallError>>,
    /// The streams with which a load starts; they run concurrently and may discover further ones.
    pub streams: fn(&Account) -> Vec<ItemStream>,
    /// The sentence for a load that finds nothing although nothing failed.
    pub nothing: &'static str,
    /// Where users remove the app by hand; completes "Remove Tributary in …".
    pub removed_in: &'static str,
}

/// One kind of thing that a load reads.
pub struct Content {
    /// In the plural, such as `contacts`.
    pub name: &'static str,
    /// The scope that reading it requires.
    pub scope: Option<&'static str>,
}

/// How a provider implements OAuth 2.
pub struct OAuth {
    /// The path below `…_AUTH_URL` where users approve.
    pub authorize: &'static str,
    /// Further parameters of the authorization request.
    pub authorize_extra: &'static [(&'static str, &'static str)],
    pub token: Endpoint,
    /// Token introspection (RFC 7662).
    pub introspect: Option<Endpoint>,
    /// Token revocation (RFC 7009).
    pub revoke: Option<Endpoint>,
    /// How we authenticate at these endpoints.
    pub client_auth: ClientAuth,
    /// The encoding of requests to them.
    pub encoding: Encoding,
    /// The field of an error response with the error code; RFC 6749 calls it `error`.
    pub error_fields: &'static [&'static str],
    /// Error codes of a refresh which mean that the grant is dead, beyond `invalid_grant`, each with its sentence.
    pub dead_grant_errors: &'static [(&'static str, &'static str)],
    /// The field of a token response that lists the granted scopes, if not the standard `scope`.
    pub scopes_field: Option<&'static str>,
    /// The field of a token response with the lifetime of the refresh token in seconds.
    pub refresh_expires_in_field: Option<&'static str>,
    /// Whether a refresh invalidates the refresh token that it used.
    pub rotates: bool,
    /// Whether connecting invalidates the refresh tokens of earlier connections to the same account.
    pub invalidates_earlier_grants: bool,
}

impl OAuth {
    /// The defaults of RFC 6749; a provider overrides what it does otherwise.
    pub const STANDARD: Self = Self {
        authorize: "/oauth/authorize",
        authorize_extra: &[],
        token: Endpoint::Api("/oauth/token"),
        introspect: None,
        revoke: None,
        client_auth: ClientAuth::Basic,
        encoding: Encoding::Form,
        error_fields: &["error"],
        dead_grant_errors: &[],
        scopes_field: None,
        refresh_expires_in_field: None,
        rotates: false,
        invalidates_earlier_grants: false,
    };
}

/// A path below one of a provider's two base addresses.
pub enum Endpoint {
    /// Behind `…_AUTH_URL`.
    Auth(&'static str),
    /// Behind `…_API_URL`.
    Api(&'static str),
}

/// How a client authenticates (RFC 6749, section 2.3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// Id and secret in the body.
    Body,
    /// HTTP Basic authentication.
    Basic,
    /// HTTP Basic authentication, or the id in the body for a public client, which has no secret.
    BasicOrPublic,
}

/// How a request to a token endpoint is encoded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As RFC 6749 requires.
    Form,
    /// The same fields as a JSON object.
    Json,
}

/// At most `requests` in any window of length `window`.
pub struct RateLimit {
    /// The documented limit. The provider may announce another one in `limit_header`.
    pub requests: usize,
    pub window: Duration,
    /// How long all requests are refused after the limit was exceeded, if the provider does not say so in a header.
    pub penalty: Option<Duration>,
    /// The response header with the limit of this account.
    pub limit_header: Option<&'static str>,
    /// The response header with the number of requests left in the window.
    pub remaining_header: Option<&'static str>,
}

impl RateLimit {
    /// A limit without penalty or headers.
    pub const fn new(requests: usize, window: Duration) -> Self {
        Self { requests, window, penalty: None, limit_header: None, remaining_header: None }
    }
}

impl Provider {
    /// The name of one of its variables, such as `HUBSPOT_CLIENT_ID`.
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

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug)
    }
}
