//! The security headers of responses.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, header};

use crate::server::AppState;

/// The content security policy of responses without one of their own.
pub const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'";

/// The default headers of every response.
const DEFAULTS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Browsers use https for this host for a year. Other hosts of the domain are not ours to decide about.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds the security headers that a response does not set itself.
pub async fn security_headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // On localhost it would be in the way of everything else that is developed there.
    if state.config.public_url.scheme() == "https" && !state.config.is_local() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}
