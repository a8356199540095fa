//! All HTTP to a provider's data API: bearer, quota, retries, and errors as sentences.

use std::{sync::Arc, time::Duration};

use http::{StatusCode, header};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;

use super::{
    Provider, Retries,
    retry::{asked, number, passes},
};
use crate::{
    model::{AppError, ErrorCode},
    server::{
        load::{Meter, Pace},
        tokens::{AccessToken, Bearer},
    },
};

/// No request waits longer for its whole answer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The largest answer that we read, in bytes. A page of 100 HubSpot records has about 60 KB.
const LARGEST: usize = 32 << 20;

/// One connection's access to its provider.
#[derive(Clone)]
pub struct Api {
    /// The provider, for its name in errors.
    pub provider: &'static Provider,
    /// `…_API_URL`.
    pub base: Arc<str>,
    /// The program's one HTTP client: connections and TLS sessions are shared.
    pub http: reqwest::Client,
    /// Where tokens come from.
    pub bearer: Bearer,
    /// Keeps all requests of the account under the provider's quota.
    pub pace: Arc<Pace>,
    /// How failures that pass are met.
    pub retries: Retries,
    /// Who counts.
    pub meter: Arc<Meter>,
}

/// Why one try failed.
enum Failure {
    /// May succeed later; perhaps the provider said when.
    Passing { reason: String, wait: Option<Duration> },
    /// The token was not accepted.
    Unauthorized(AccessToken),
    /// Will not succeed.
    Final(AppError),
}

/// Why no token was to be had.
impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        match error.code {
            // The token endpoint failed, and may not the next time.
            ErrorCode::ProviderUnavailable => Self::Passing { reason: error.detail, wait: None },
            _ => Self::Final(error),
        }
    }
}

impl Api {
    /// Gets `path` (behind the base) with a query, as a `T`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, AppError> {
        self.send(&|http| http.get(format!("{}{path}", self.base)).query(query)).await
    }

    /// Sends until it succeeds, or fails for good, or was sent often enough.
    async fn send<T: DeserializeOwned>(
        &self,
        request: &(dyn Fn(&reqwest::Client) -> reqwest::RequestBuilder + Sync),
    ) -> Result<T, AppError> {
        let mut retries = 0;
        let mut replayed = false;
        loop {
            let failure = match self.attempt(request).await {
                Ok(value) => return Ok(value),
                // The token was revoked or rotated under the request: once, a new one is asked for.
                Err(Failure::Unauthorized(token)) if !replayed => match self.bearer.refuse(&token).await {
                    Ok(()) => {
                        replayed = true;
                        continue;
                    }
                    Err(error) => Failure::from(error),
                },
                Err(failure) => failure,
            };
            match failure {
                Failure::Final(error) => return Err(error),
                Failure::Unauthorized(token) => return Err(self.bearer.dead(&token).await),
                Failure::Passing { reason, .. } if retries == self.retries.most => {
                    let detail = format!("{reason} It was tried {} times. Load again in a few minutes.", retries + 1);
                    return Err(AppError::new(ErrorCode::ProviderUnavailable, detail));
                }
                Failure::Passing { reason, wait: Some(asked) } if asked > self.retries.longest => {
                    let detail = format!(
                        "{reason} It asks to wait {} minutes. Load again after that.",
                        asked.as_secs().div_ceil(60)
                    );
                    return Err(AppError::new(ErrorCode::ProviderUnavailable, detail));
                }
                Failure::Passing { reason, wait } => {
                    retries += 1;
                    let wait = self.retries.wait(retries, wait);
                    self.meter.retrying(retries + 1, wait, reason).await;
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        request: &(dyn Fn(&reqwest::Client) -> reqwest::RequestBuilder + Sync),
    ) -> Result<T, Failure> {
        let token = self.bearer.fresh().await?;
        self.pace.turn().await;
        self.meter.sent();
        let request = request(&self.http).bearer_auth(token.value.expose_secret()).timeout(TIMEOUT);
        let mut response = request.send().await.map_err(|error| self.lost(&error))?;
        let quota = &self.provider.quota;
        if let Some(told) = quota.told_in.and_then(|name| number(response.headers(), name)) {
            self.pace.allow(told);
        }
        match response.status() {
            status if status.is_success() => {}
            StatusCode::UNAUTHORIZED => return Err(Failure::Unauthorized(token)),
            status => return Err(self.refusal(status, response.headers())),
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.lost(&error))? {
            if body.len() + chunk.len() > LARGEST {
                let name = self.provider.name;
                let detail = format!("{name} sent an answer larger than {} MB, which is not read.", LARGEST >> 20);
                return Err(Failure::Final(AppError::new(ErrorCode::ProviderUnavailable, detail)));
            }
            body.extend_from_slice(&chunk);
        }
        // What cannot be read may have been cut short on the way, so it is worth another try.
        serde_json::from_slice(&body).map_err(|error| {
            tracing::debug!(
                provider = self.provider.slug,
                line = error.line(),
                column = error.column(),
                "unreadable answer"
            );
            Failure::Passing {
                reason: format!("{} sent an answer that cannot be read.", self.provider.name),
                wait: None,
            }
        })
    }

    fn lost(&self, error: &reqwest::Error) -> Failure {
        let name = self.provider.name;
        let reason = if error.is_timeout() {
            format!("{name} did not answer within {} seconds.", TIMEOUT.as_secs())
        } else if error.is_connect() {
            format!("{name} could not be reached.")
        } else {
            format!("The connection to {name} was lost.")
        };
        Failure::Passing { reason, wait: None }
    }

    fn refusal(&self, status: StatusCode, headers: &header::HeaderMap) -> Failure {
        let name = self.provider.name;
        if passes(status) {
            let reason = match status {
                StatusCode::TOO_MANY_REQUESTS => format!("{name} asks for a pause: too many requests (429)."),
                status => format!("{name} failed with status {}.", status.as_u16()),
            };
            return Failure::Passing { reason, wait: asked(status, headers, &self.provider.quota) };
        }
        let detail = match status {
            StatusCode::FORBIDDEN => {
                format!(
                    "{name} does not allow this to be read: a scope or permission is missing (403). Connect again with an account that may read it."
                )
            }
            status => format!("{name} refused the request with status {}.", status.as_u16()),
        };
        Failure::Final(AppError::new(ErrorCode::ProviderUnavailable, detail))
    }
}
