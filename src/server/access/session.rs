//! Sessions of signed-in browsers: a random cookie, whose digest the store knows for 12 idle hours.

use std::time::Duration;

use http::{HeaderMap, header};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;

use crate::{
    model::AppError,
    server::{AppState, failure, random},
};

const COOKIE: &str = "tributary_session";

/// A session ends after this time without a request.
const IDLE: Duration = Duration::from_secs(12 * 3600);

/// The store is told of a request at most this often.
const SLIDE: SignedDuration = SignedDuration::from_mins(10);

/// Makes a session, and the cookie for it.
pub(super) async fn begin(state: &AppState) -> Result<String, AppError> {
    let secret = random::token();
    touch(state, secret.expose_secret()).await?;
    Ok(cookie(state, COOKIE, secret.expose_secret(), "/", Duration::from_secs(30 * 24 * 3600)))
}

/// Whether the browser's session is alive; if so, it lives on.
pub(super) async fn is_alive(state: &AppState, headers: &HeaderMap) -> Result<bool, AppError> {
    let Some(secret) = cookie_value(headers, COOKIE) else { return Ok(false) };
    let Some(seen) = state.store.get(&key(secret)).await.map_err(failure::store)? else { return Ok(false) };
    let seen = String::from_utf8(seen).ok().and_then(|seen| seen.parse::<Timestamp>().ok());
    let Some(idle) = seen.map(|seen| (state.clock)().duration_since(seen)) else { return Ok(false) };
    // The store forgets it at that age too, by its own clock.
    if idle.unsigned_abs() > IDLE {
        return Ok(false);
    }
    if idle > SLIDE {
        touch(state, secret).await?;
    }
    Ok(true)
}

/// Ends the browser's session, and its cookie.
pub(super) async fn end(state: &AppState, headers: &HeaderMap) -> Result<String, AppError> {
    if let Some(secret) = cookie_value(headers, COOKIE) {
        state.store.take(&key(secret)).await.map_err(failure::store)?;
    }
    Ok(cookie(state, COOKIE, "", "/", Duration::ZERO))
}

/// A cookie that scripts cannot read and that other sites' requests do not carry, but their links do.
pub fn cookie(state: &AppState, name: &str, value: &str, path: &str, life: Duration) -> String {
    let secure = if state.config.public_url.scheme() == "https" { "; Secure" } else { "" };
    format!("{name}={value}; Path={path}; Max-Age={}; HttpOnly; SameSite=Lax{secure}", life.as_secs())
}

/// The value of a cookie that the browser sent.
pub fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

async fn touch(state: &AppState, secret: &str) -> Result<(), AppError> {
    let now = (state.clock)().to_string();
    state.store.put(&key(secret), now.as_bytes(), IDLE).await.map_err(failure::store)
}

fn key(secret: &str) -> String {
    format!("session/{}", random::digest(secret))
}
