//! Why a request failed, and whether it is worth sending again.

use std::time::Duration;

use http::StatusCode;

use super::{Api, LARGEST_ERROR, TIMEOUT, unavailable};
use crate::{
    model::{AppError, ErrorCode},
    server::{
        bounded,
        providers::{
            CallError,
            call_error::word,
            retry::{asked, passes},
        },
        tokens::AccessToken,
    },
};

/// Why one try failed.
pub(super) enum Failure {
    /// May succeed later; perhaps the provider said when.
    Passing { reason: String, status: Option<StatusCode>, wait: Option<Duration> },
    /// The token was not accepted.
    Unauthorized(AccessToken),
    /// Will not succeed.
    Final(CallError),
}

/// Why no token was to be had.
impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        match error.code {
            // The token endpoint failed, and may not the next time.
            ErrorCode::ProviderUnavailable => Self::Passing { reason: error.detail, status: None, wait: None },
            _ => Self::Final(error.into()),
        }
    }
}

impl Api {
    pub(super) fn lost(&self, error: &reqwest::Error) -> Failure {
        let name = self.provider.name;
        let reason = if error.is_timeout() {
            format!("{name} did not answer within {} seconds.", TIMEOUT.as_secs())
        } else if error.is_connect() {
            format!("{name} could not be reached.")
        } else {
            format!("The connection to {name} was lost.")
        };
        Failure::Passing { reason, status: None, wait: None }
    }

    pub(super) async fn refusal(&self, mut response: reqwest::Response) -> Failure {
        let (provider, status) = (self.provider, response.status());
        let wait = self.asked(&response);
        let word = bounded::read(&mut response, LARGEST_ERROR).await.ok().flatten().and_then(|body| word(&body));
        let meant = provider.refusals.iter().find(|(known, _)| Some(*known) == word.as_deref());
        if let Some((_, meaning)) = meant {
            return Failure::Final(CallError { status: Some(status), word, ..unavailable((*meaning).to_owned()) });
        }
        let name = provider.name;
        if passes(status) {
            let reason = match status {
                StatusCode::TOO_MANY_REQUESTS => format!("{name} asks for a pause: too many requests (429)."),
                status => format!("{name} failed with status {}.", status.as_u16()),
            };
            return Failure::Passing { reason, status: Some(status), wait };
        }
        let detail = match status {
            StatusCode::FORBIDDEN => {
                format!(
                    "{name} does not allow this to be read: a scope or permission is missing (403). Connect again with an account that may read it."
                )
            }
            status => format!("{name} refused the request with status {}.", status.as_u16()),
        };
        Failure::Final(CallError { status: Some(status), word, ..unavailable(detail) })
    }

    /// How long the provider asks to wait. After too many requests all others of the same account or part wait as well.
    fn asked(&self, response: &reqwest::Response) -> Option<Duration> {
        let (status, headers) = (response.status(), response.headers());
        let (quota, pace) = match (&self.provider.part_quota, &self.part_pace) {
            (Some(quota), Some(pace)) => (quota, pace),
            _ => (&self.provider.quota, &self.pace),
        };
        let wait = asked(status, headers, quota)?;
        if status == StatusCode::TOO_MANY_REQUESTS && wait <= self.retries.longest {
            pace.rest(wait);
        }
        Some(wait)
    }
}
