//! One request and its response.

use http::{HeaderMap, StatusCode};
use secrecy::ExposeSecret;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::task::JoinSet;
use tracing::Instrument;

use super::{AccessToken, ApiClient, Request, body, error::CallError, failure::Failure};
use crate::server::{
    error::internal,
    providers::{
        records::{from_object, mismatch},
        retry::header_number,
    },
};

/// The maximum size of a response in bytes. A page of 100 HubSpot records has about 60 KB.
const MAX_BODY: usize = 32 << 20;

/// The maximum size of an error response that is read for its error code.
const MAX_ERROR_BODY: usize = 64 << 10;

/// A response that arrived completely.
pub(super) struct Received {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// `None` if it is too large, or belongs to an error and was cut off.
    pub(super) body: Option<Vec<u8>>,
}

impl ApiClient {
    pub(super) async fn attempt<T: DeserializeOwned>(&self, request: &Request<'_>) -> Result<T, Failure> {
        let name = self.provider.name;
        let Some(body) = self.response(request).await?.body else {
            let detail =
                format!("{name} sent a response larger than {} MB, which Tributary doesn't read.", MAX_BODY >> 20);
            return Err(Failure::Final(CallError::new(detail)));
        };
        from_object(&body).map_err(|error| {
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
    async fn response(&self, request: &Request<'_>) -> Result<Received, Failure> {
        let mut request = request(&self.http).timeout(self.retry_policy.timeout);
        for (name, value) in self.provider.headers {
            request = request.header(*name, *value);
        }
        // A task of its own, which also reads the body: a load whose reader has paused is not polled. Meanwhile it must not
        // hold a permit that others wait for, and its timeout must not run. Dropping the set, with the load, aborts the task.
        let mut sending = JoinSet::new();
        sending.spawn(self.clone().send_within_limits(request).in_current_span());
        let received = sending.join_next().await.expect("one task was spawned");
        let (token, received) =
            received.map_err(|error| Failure::Final(CallError::NotAuthorized(internal(&error.into()))))??;
        let response = received.map_err(|error| self.connection_failure(&error))?;
        let header = self.provider.rate_limit.limit_header;
        if let Some(limit) = header.and_then(|name| header_number(&response.headers, name)) {
            self.limiter.set_limit(limit);
        }
        match response.status {
            status if status.is_success() => {
                if token.was_refused {
                    self.tokens.accepted(&token).await;
                }
                Ok(response)
            }
            StatusCode::UNAUTHORIZED => Err(Failure::Unauthorized(token)),
            _ => Err(self.error_response(&response)),
        }
    }

    /// Waits for its permits, which are returned when the response begins. The token is read last, since it may change
    /// during the wait.
    async fn send_within_limits(
        self,
        request: reqwest::RequestBuilder,
    ) -> Result<(AccessToken, reqwest::Result<Received>), Failure> {
        let part_permit = match &self.part_limiter {
            Some(limiter) => Some(limiter.acquire().await),
            None => None,
        };
        let permit = self.limiter.acquire().await;
        let token = self.tokens.access_token().await?;
        self.meter.count_request();
        let sent = request.bearer_auth(token.value.expose_secret()).send().await;
        drop((permit, part_permit));
        let received = match sent {
            Ok(response) => receive(response).await,
            Err(error) => Err(error),
        };
        Ok((token, received))
    }
}

async fn receive(mut response: reqwest::Response) -> reqwest::Result<Received> {
    let (status, headers) = (response.status(), response.headers().clone());
    let body = if status.is_success() {
        body::read(&mut response, MAX_BODY).await?
    } else {
        body::read(&mut response, MAX_ERROR_BODY).await.ok().flatten()
    };
    Ok(Received { status, headers, body })
}
