//! Sessions of signed-in browsers: a random cookie, under whose digest the store has a sealed record.
//!
//! A session ends after 12 idle hours, 7 days after signing in, and with its [`epoch`].

use std::time::Duration;

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::{Browser, epoch, sign_in_link::LINKS};
use crate::{
    model::AppError,
    server::{
        AppState,
        crypto::{digest, random_secret},
    },
};

const COOKIE: &str = "tributary_session";

/// A session ends this long after signing in, however much it is used.
const MAX_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

/// A session ends after this time without a request.
const IDLE_TIMEOUT: Duration = Duration::from_secs(12 * 3600);

/// A session is extended at most this often.
const EXTEND_INTERVAL: SignedDuration = SignedDuration::from_mins(10);

/// A session, as it is sealed. The record is written again when the session is used.
#[derive(Serialize, Deserialize)]
struct Session {
    begun_at: Timestamp,
    epoch: String,
    /// The secret of the sign-in link, which still works in this browser for a minute, and not once it signs out.
    #[serde(default)]
    link: String,
}

/// Creates a session. Returns its `Set-Cookie` header.
pub(super) async fn create(state: &AppState, epoch: String, link: &str) -> Result<HeaderValue, AppError> {
    let secret = random_secret();
    let secret = secret.expose_secret();
    let session = Session { begun_at: (state.clock)(), epoch, link: link.to_owned() };
    state.sealed.put(&key(secret), &session, IDLE_TIMEOUT).await?;
    Ok(Browser::set_cookie(state, COOKIE, secret, "/", MAX_AGE))
}

/// Whether the browser has a session, which this extends. A failing store is an error rather than a no.
pub(super) async fn is_alive(state: &AppState, browser: &Browser) -> Result<bool, AppError> {
    let Some(secret) = browser.cookie(COOKIE) else { return Ok(false) };
    let key = key(&secret);
    let Some(session) = state.sealed.get::<Session>(&key).await? else { return Ok(false) };
    let (now, Session { begun_at, epoch, .. }) = ((state.clock)(), &session.value);
    let left = MAX_AGE.saturating_sub(now.duration_since(*begun_at).unsigned_abs());
    if left.as_secs() == 0 || epoch::current(state).await?.as_ref() != Some(epoch) {
        return Ok(false);
    }
    if now.duration_since(session.sealed_at) > EXTEND_INTERVAL {
        // If somebody signs out meanwhile, this must not bring the session back.
        state.sealed.replace(&key, &session, &session.value, IDLE_TIMEOUT.min(left)).await?;
    }
    Ok(true)
}

/// Ends the browser's session. Returns the header that deletes its cookie.
pub async fn end(state: &AppState, browser: &Browser) -> Result<HeaderValue, AppError> {
    if let Some(secret) = browser.cookie(COOKIE)
        && let Some(session) = state.sealed.take::<Session>(&key(&secret)).await?
    {
        LINKS.remove(state, &session.link).await?;
    }
    Ok(Browser::set_cookie(state, COOKIE, "", "/", Duration::ZERO))
}

fn key(secret: &str) -> String {
    format!("session/{}", digest(secret))
}
