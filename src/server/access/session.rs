//! Sessions of signed-in browsers: a random cookie whose digest the store keeps for 12 idle hours.

use std::time::Duration;

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;

use super::Browser;
use crate::{
    model::AppError,
    server::{
        AppState,
        crypto::{digest, random_secret},
    },
};

const COOKIE: &str = "tributary_session";

/// The lifetime of the cookie; the session itself ends earlier when it is idle.
const COOKIE_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// A session ends after this time without a request.
const IDLE_TIMEOUT: Duration = Duration::from_secs(12 * 3600);

/// A session is extended at most this often.
const EXTEND_INTERVAL: SignedDuration = SignedDuration::from_mins(10);

/// Creates a session. Returns its `Set-Cookie` header.
pub(super) async fn create(state: &AppState) -> Result<HeaderValue, AppError> {
    let secret = random_secret();
    let secret = secret.expose_secret();
    extend(state, secret).await?;
    Ok(Browser::set_cookie(state, COOKIE, secret, "/", COOKIE_LIFETIME))
}

/// Whether the browser has a session, which this extends. A failing store is an error rather than a no.
pub(super) async fn is_alive(state: &AppState, browser: &Browser) -> Result<bool, AppError> {
    let Some(secret) = browser.cookie(COOKIE) else { return Ok(false) };
    let Some(last_request) = state.store.get(&key(&secret)).await? else { return Ok(false) };
    let last_request = String::from_utf8(last_request).ok().and_then(|time| time.parse::<Timestamp>().ok());
    let Some(idle) = last_request.map(|at| (state.clock)().duration_since(at)) else { return Ok(false) };
    // The store removes the session at that age too, by its own clock.
    if idle.unsigned_abs() > IDLE_TIMEOUT {
        return Ok(false);
    }
    if idle > EXTEND_INTERVAL {
        extend(state, &secret).await?;
    }
    Ok(true)
}

/// Ends the browser's session. Returns the header that deletes its cookie.
pub async fn end(state: &AppState, browser: &Browser) -> Result<HeaderValue, AppError> {
    if let Some(secret) = browser.cookie(COOKIE) {
        state.store.take(&key(&secret)).await?;
    }
    Ok(Browser::set_cookie(state, COOKIE, "", "/", Duration::ZERO))
}

async fn extend(state: &AppState, secret: &str) -> Result<(), AppError> {
    let now = (state.clock)().to_string();
    Ok(state.store.put(&key(secret), now.as_bytes(), IDLE_TIMEOUT).await?)
}

fn key(secret: &str) -> String {
    format!("session/{}", digest(secret))
}
