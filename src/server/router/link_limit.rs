//! The rate limit of one-time links and callbacks, which need no credentials and cost a look into the store.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};

use crate::{
    model::{AppError, ErrorCode},
    server::{AppState, client_address::ClientAddress, views::Notice},
};

/// Rejects requests over the limit of their address (`TRIBUTARY_LINK_REQUESTS_PER_MINUTE`).
pub(super) async fn limit_link_requests(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let client = request.extensions().get::<ClientAddress>();
    let Some(Err(wait)) = client.map(|client| state.link_limiter.check(*client)) else {
        return next.run(request).await;
    };
    let seconds = wait.as_secs() + 1;
    let unit = if seconds == 1 { "second" } else { "seconds" };
    let detail = format!("Too many links were opened from your address. Try again in {seconds} {unit}.");
    let mut response = Notice::from(AppError::new(ErrorCode::RateLimited, detail)).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
