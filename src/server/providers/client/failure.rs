//! Why one attempt failed, and whether to retry it.

use std::time::Duration;

use http::StatusCode;

use super::{
    AccessToken, ApiClient, TokenError,
    attempt::Received,
    error::{CallError, ProviderError, error_code},
};
use crate::server::providers::retry::{is_transient, retry_after};

/// Why one attempt failed.
pub(super) enum Failure {
    /// A later attempt may succeed; `retry_after` if the provider said when.
    Transient { reason: String, status: Option<StatusCode>, retry_after: Option<Duration> },
    /// The provider refused the access token.
    Unauthorized(AccessToken),
    /// Retrying does not help.
    Final(CallError),
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Unavailable(reason) => Self::Transient { reason, status: None, retry_after: None },
            TokenError::Final(error) => Self::Final(CallError::NotAuthorized(error)),
        }
    }
}

impl ApiClient {
    /// A request without a complete response.
    pub(super) fn connection_failure(&self, error: &reqwest::Error) -> Failure {
        let name = self.provider.name;
        let reason = if error.is_timeout() {
            format!("{name} did not respond within {} seconds.", self.retry_policy.timeout.as_secs())
        } else if error.is_connect() {
            format!("{name} could not be reached.")
        } else {
            format!("The connection to {name} was lost.")
        };
        Failure::Transient { reason, status: None, retry_after: None }
    }

    /// A complete response that is not in the provider's documented form.
    pub(super) fn unexpected_form(&self, mismatch: &str) -> Failure {
        let (provider, name) = (self.provider.slug, self.provider.name);
        tracing::warn!(provider, mismatch, "a response is not in the documented form");
        let detail = format!(
            "{name} sent a response in a form that Tributary doesn't know ({mismatch}). If it happens again, Tributary needs an update."
        );
        Failure::Final(CallError::new(detail))
    }

    /// A response that is neither a success nor a 401.
    pub(super) fn error_response(&self, response: &Received) -> Failure {
        let (provider, status) = (self.provider, response.status);
        let retry_after = self.pause_after(response);
        let code = response.body.as_ref().and_then(|body| error_code(body, provider.error_code_at));
        let final_error = |detail: String, code| {
            Failure::Final(CallError::Provider(ProviderError { detail, status: Some(status), code }))
        };
        if let Some((_, sentence)) = provider.final_errors.iter().find(|(known, _)| Some(*known) == code.as_deref()) {
            return final_error((*sentence).to_owned(), code);
        }
        let name = provider.name;
        if is_transient(status, provider.transient_statuses) {
            let reason = match status {
                StatusCode::TOO_MANY_REQUESTS => format!("{name} received too many requests (429)."),
                status => format!("{name} failed with status {}.", status.as_u16()),
            };
            return Failure::Transient { reason, status: Some(status), retry_after };
        }
        let detail = match status {
            StatusCode::FORBIDDEN => format!(
                "{name} does not allow this to be read: a scope or permission is missing (403). Reconnect with an account that may read it."
            ),
            status => format!("{name} refused the request with status {}.", status.as_u16()),
        };
        final_error(detail, code)
    }

    /// How long the provider asks to wait. After a 429, all requests for the same account or part wait.
    fn pause_after(&self, response: &Received) -> Option<Duration> {
        let (limit, limiter) = match (&self.provider.part_rate_limit, &self.part_limiter) {
            (Some(limit), Some(limiter)) => (limit, limiter),
            _ => (&self.provider.rate_limit, &self.limiter),
        };
        let wait = retry_after(response.status, &response.headers, limit)?;
        if response.status == StatusCode::TOO_MANY_REQUESTS && wait <= self.retry_policy.max_wait {
            limiter.pause(wait);
        }
        Some(wait)
    }
}
