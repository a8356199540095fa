//! The client of a provider's data API: access tokens, rate limits, retries, and errors as sentences.
//!
//! Beside it, [`oauth`] is the client of a provider's token endpoints.

mod attempt;
mod body;
mod error;
mod failure;
#[cfg(test)]
mod fuzz;
mod meter;
pub mod oauth;
mod token_source;

use std::sync::Arc;

use http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Provider,
    rate_limit::{RateLimiter, RateLimiters},
    retry::RetryPolicy,
};

pub use error::{CallError, ProviderError};
pub use meter::{Meter, Retry};
pub use token_source::{AccessToken, TokenError, TokenSource, UnsavedToken};

use failure::Failure;
use oauth::OAuthClient;

/// How often a request is sent again because its token was replaced while it was in flight. A provider that rotates
/// tokens invalidates them under requests in flight, and several processes may refresh in quick succession.
const MAX_REPLACED_TOKENS: u32 = 20;

/// How often a request is sent again although the provider refuses a valid token. A new token may take a second to be
/// known everywhere; a refusal that lasts is not worth a longer wait.
const MAX_REFUSALS: u32 = 3;

/// Access to one account's data.
#[derive(Clone)]
pub struct ApiClient {
    pub provider: &'static Provider,
    /// The base address of the data API, without a trailing slash.
    pub base_url: Arc<str>,
    /// The HTTP client of the whole process, which shares connections and TLS sessions.
    pub http: reqwest::Client,
    pub tokens: Arc<dyn TokenSource>,
    pub oauth: Arc<OAuthClient>,
    /// The rate limit of the account.
    pub limiter: Arc<RateLimiter>,
    /// The rate limit of the part of the account that is being read.
    pub part_limiter: Option<Arc<RateLimiter>>,
    pub limiters: Arc<RateLimiters>,
    pub retry_policy: RetryPolicy,
    pub meter: Arc<Meter>,
}

impl ApiClient {
    /// The same access under the rate limit of one part of the account, such as an Airtable base.
    pub fn part(&self, id: &str) -> Self {
        let limit = self.provider.part_rate_limit.as_ref();
        let part_limiter = limit.map(|limit| self.limiters.for_part(self.provider.slug, id, limit));
        Self { part_limiter, ..self.clone() }
    }

    /// `GET`s a path below the base address.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, CallError> {
        self.send(&|http| http.get(format!("{}{path}", self.base_url)).query(query)).await
    }

    /// `POST`s JSON to a path below the base address. Only for requests that change nothing, because a request whose
    /// response is lost is sent again.
    pub async fn query<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, CallError> {
        self.send(&|http| http.post(format!("{}{path}", self.base_url)).json(body)).await
    }

    /// What the provider's introspection endpoint (RFC 7662) says about the access token.
    pub async fn introspect<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        let token = self.tokens.access_token().await.map_err(|error| match error {
            TokenError::Unavailable(reason) => CallError::new(reason),
            TokenError::Final(error) => CallError::NotAuthorized(error),
        })?;
        self.oauth.introspect(&token.value).await.map_err(|error| CallError::new(error.to_string()))
    }

    /// Sends a request until it succeeds, fails for good, or was retried often enough.
    async fn send<T: DeserializeOwned>(&self, request: &Request<'_>) -> Result<T, CallError> {
        let (mut retries, mut refusals, mut replaced, mut refreshed) = (0, 0, 0, false);
        loop {
            let failure = match self.attempt(request).await {
                Ok(value) => return Ok(value),
                Err(Failure::Unauthorized(token)) => match self.is_replaced(&token).await {
                    // The refusal says nothing about the token's successor.
                    Ok(true) if replaced < MAX_REPLACED_TOKENS => {
                        replaced += 1;
                        continue;
                    }
                    Ok(_) if !refreshed => match self.tokens.refresh(&token).await {
                        Ok(true) => {
                            refreshed = true;
                            continue;
                        }
                        Ok(false) => Failure::Unauthorized(token),
                        Err(error) => Failure::from(error),
                    },
                    Ok(_) => Failure::Unauthorized(token),
                    Err(error) => Failure::from(error),
                },
                Err(failure) => failure,
            };
            let mut is_last = retries == self.retry_policy.max_retries;
            let (reason, status, retry_after) = match failure {
                Failure::Final(error) => return Err(error),
                Failure::Transient { reason, status, retry_after } => (reason, status, retry_after),
                // The API may not know a new token yet, or be failing. The token endpoint decides whether a grant is dead.
                Failure::Unauthorized(token) => {
                    is_last |= refusals == MAX_REFUSALS;
                    refusals += 1;
                    if is_last {
                        self.tokens.refused(&token).await;
                    }
                    let reason = format!("{} refuses a valid access token (401).", self.provider.name);
                    (reason, Some(StatusCode::UNAUTHORIZED), None)
                }
            };
            let give_up = |detail| {
                Err(CallError::Provider(ProviderError { detail: format!("{reason} {detail}"), status, code: None }))
            };
            match retry_after {
                _ if is_last => {
                    return give_up(format!("Gave up after {} attempts. Load again in a few minutes.", retries + 1));
                }
                Some(wait) if wait > self.retry_policy.max_wait => {
                    let minutes = wait.as_secs().div_ceil(60);
                    return give_up(format!("It asks us to wait {minutes} minutes. Load again after that."));
                }
                _ => {
                    retries += 1;
                    let wait = self.retry_policy.wait(retries, retry_after);
                    self.meter.count_retry(Retry { attempt: retries + 1, wait, reason }).await;
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// Whether a token that the provider refused has been replaced meanwhile.
    async fn is_replaced(&self, refused: &AccessToken) -> Result<bool, TokenError> {
        Ok(self.tokens.access_token().await?.version > refused.version)
    }
}

/// An id as a path segment. The providers' ids are alphanumeric; anything else cannot leave its segment.
pub fn segment(id: &str) -> PercentEncode<'_> {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
    utf8_percent_encode(id, RESERVED)
}

/// Builds a request, possibly more than once.
type Request<'a> = dyn Fn(&reqwest::Client) -> reqwest::RequestBuilder + Sync + 'a;
