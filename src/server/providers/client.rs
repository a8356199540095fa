//! The client of a provider's data API: access tokens, rate limits, retries, and errors as sentences.
//!
//! Beside it, [`oauth`] is the client of a provider's token endpoints.

mod body;
mod error;
mod failure;
mod meter;
pub mod oauth;
mod token_source;

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use secrecy::ExposeSecret;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use tokio::task::JoinSet;
use tracing::Instrument;

use super::{
    Provider,
    rate_limit::{RateLimiter, RateLimiters},
    records::mismatch,
    retry::{RetryPolicy, header_number},
};
use crate::server::error::internal;

pub use error::{CallError, ProviderError};
pub use meter::{Meter, Retry};
pub use token_source::{AccessToken, TokenError, TokenSource, UnsavedToken};

use failure::Failure;
use oauth::OAuthClient;

/// The timeout of a request, including the response body.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The maximum size of a response in bytes. A page of 100 HubSpot records has about 60 KB.
const MAX_BODY: usize = 32 << 20;

/// The maximum size of an error response that is read for its error code.
const MAX_ERROR_BODY: usize = 64 << 10;

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

    async fn attempt<T: DeserializeOwned>(&self, request: &Request<'_>) -> Result<T, Failure> {
        let mut response = self.response(request).await?;
        let name = self.provider.name;
        let body = body::read(&mut response, MAX_BODY).await.map_err(|error| self.connection_failure(&error))?;
        let Some(body) = body else {
            let detail =
                format!("{name} sent a response larger than {} MB, which Tributary doesn't read.", MAX_BODY >> 20);
            return Err(Failure::Final(CallError::new(detail)));
        };
        serde_json::from_slice(&body).map_err(|error| {
            // A body that is no JSON may have been cut off on the way, so it is worth a retry. The same request would only
            // repeat a whole response of another form.
            if serde_json::from_slice::<IgnoredAny>(&body).is_ok() {
                return self.unexpected_form(&mismatch::<T>(&body));
            }
            let (provider, line, column) = (self.provider.slug, error.line(), error.column());
            tracing::debug!(provider, line, column, "unreadable response");
            let reason = format!("{name} sent a response that can't be read.");
            Failure::Transient { reason, status: None, retry_after: None }
        })
    }

    /// Sends a request once. Returns a successful response.
    async fn response(&self, request: &Request<'_>) -> Result<reqwest::Response, Failure> {
        let mut request = request(&self.http).timeout(TIMEOUT);
        for (name, value) in self.provider.headers {
            request = request.header(*name, *value);
        }
        // A task of its own: a load whose reader has paused is not polled, and must not hold a permit that others wait for.
        // Dropping the set, with the load, aborts the task.
        let mut sending = JoinSet::new();
        sending.spawn(self.clone().send_within_limits(request).in_current_span());
        let sent = sending.join_next().await.expect("one task was spawned");
        let (token, sent) =
            sent.map_err(|error| Failure::Final(CallError::NotAuthorized(internal(&error.into()))))??;
        let response = sent.map_err(|error| self.connection_failure(&error))?;
        let header = self.provider.rate_limit.limit_header;
        if let Some(limit) = header.and_then(|name| header_number(response.headers(), name)) {
            self.limiter.set_limit(limit);
        }
        match response.status() {
            status if status.is_success() => {
                if token.was_refused {
                    self.tokens.accepted(&token).await;
                }
                Ok(response)
            }
            StatusCode::UNAUTHORIZED => Err(Failure::Unauthorized(token)),
            _ => Err(self.error_response(response).await),
        }
    }

    /// Waits for its permits, which are returned when the response begins. The token is read last, since it may change
    /// during the wait.
    async fn send_within_limits(
        self,
        request: reqwest::RequestBuilder,
    ) -> Result<(AccessToken, reqwest::Result<reqwest::Response>), Failure> {
        let _part_permit = match &self.part_limiter {
            Some(limiter) => Some(limiter.acquire().await),
            None => None,
        };
        let _permit = self.limiter.acquire().await;
        let token = self.tokens.access_token().await?;
        self.meter.count_request();
        let sent = request.bearer_auth(token.value.expose_secret()).send().await;
        Ok((token, sent))
    }
}

/// An id as a path segment. The providers' ids are alphanumeric; anything else cannot leave its segment.
pub fn segment(id: &str) -> PercentEncode<'_> {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
    utf8_percent_encode(id, RESERVED)
}

/// Builds a request, possibly more than once.
type Request<'a> = dyn Fn(&reqwest::Client) -> reqwest::RequestBuilder + Sync + 'a;
