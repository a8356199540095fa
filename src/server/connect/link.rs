//! Connect links: one-time links with which a user's own browser connects, without being signed in.

use http::HeaderValue;

use super::{LIFETIME, Target};
use crate::{
    model::{AppError, ErrorCode},
    server::{
        AppState,
        access::{Browser, LinkKind},
        connections::ConnectionKey,
    },
};

/// Whoever comes back from the provider's page may press the button again, until the account is connected.
const LINKS: LinkKind = LinkKind { name: "connect-link", path: "/connect", lifetime: LIFETIME, again: LIFETIME };

/// Creates a link for the user's own browser. It works once, for ten minutes.
pub async fn create(state: &AppState, key: &ConnectionKey) -> Result<String, AppError> {
    // An unconfigured provider is an error now, rather than in the user's browser.
    state.grants.oauth(key)?;
    LINKS.create(state, Target::new(key)).await
}

/// The connection that the link with this secret is for.
pub(super) async fn find(state: &AppState, secret: &str, browser: &Browser) -> Result<ConnectionKey, AppError> {
    Ok(LINKS.find::<Target>(state, secret, browser).await?.ok_or_else(expired)?.key()?)
}

/// The cookie by which the page of the link recognises its browser, unless the browser has it.
pub(super) fn cookie(state: &AppState, secret: &str, browser: &Browser) -> Option<HeaderValue> {
    LINKS.cookie(state, secret, browser)
}

/// Uses up the link with this secret, for all other browsers.
pub(super) async fn press(state: &AppState, secret: &str, browser: &Browser) -> Result<ConnectionKey, AppError> {
    Ok(LINKS.press::<Target>(state, secret, browser).await?.ok_or_else(expired)?.key()?)
}

/// Uses it up for all browsers: the account that it was for is connected.
pub(super) async fn remove(state: &AppState, secret: &str) {
    if let Err(error) = LINKS.remove(state, secret).await {
        tracing::warn!(
            error = error.detail,
            "a used connect link was not deleted; its browser may use it until it expires"
        );
    }
}

fn expired() -> AppError {
    let detail = "This link has already been used, or is older than ten minutes. Ask for a new one where you got it.";
    AppError::new(ErrorCode::LinkExpired, detail)
}
