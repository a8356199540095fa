//! The rate limit of one-time links and callbacks, which need no credentials and cost a look into the store.
//!
//! Only requests that find nothing count, and only they are refused: whoever has a link or an attempt that works is not
//! stopped by others behind the same address, such as a proxy's.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

use crate::{
    model::{AppError, ErrorCode},
    server::{AppState, client_address::ClientAddress, connect::NothingFound, repeats::Repeats, views::Notice},
};

/// The log gets one line for all refusals within this time.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// What the middleware needs.
#[derive(Clone)]
pub(super) struct LinkLimit {
    state: AppState,
    refusals: Arc<Repeats>,
}

impl LinkLimit {
    pub(super) fn new(state: &AppState) -> Self {
        Self { state: state.clone(), refusals: Arc::new(Repeats::every(LOG_INTERVAL)) }
    }
}

/// Rejects requests that find nothing and are over the limit of their address (`TRIBUTARY_LINK_REQUESTS_PER_MINUTE`).
pub(super) async fn limit_link_requests(State(limit): State<LinkLimit>, request: Request, next: Next) -> Response {
    let client = request.extensions().get::<ClientAddress>().copied();
    let response = next.run(request).await;
    let found_nothing = response.status() == StatusCode::GONE || response.extensions().get::<NothingFound>().is_some();
    let Some(client) = client.filter(|_| found_nothing) else { return response };
    let Err(wait) = limit.state.link_limiter.check(client) else { return response };
    if let Some(refused) = limit.refusals.count() {
        tracing::warn!(refused, last = %client, "requests for links that do not exist were refused: one address sent too many");
    }
    too_many(wait)
}

fn too_many(wait: Duration) -> Response {
    let seconds = wait.as_secs() + 1;
    let unit = if seconds == 1 { "second" } else { "seconds" };
    let detail =
        format!("Too many links that don't work were opened from your address. Try again in {seconds} {unit}.");
    let mut response = Notice::from(AppError::new(ErrorCode::RateLimited, detail)).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
