//! One-time sign-in links.

use std::time::Duration;

use http::HeaderValue;

use super::{Browser, epoch, one_time_link::LinkKind, session};
use crate::{model::AppError, server::AppState};

pub(super) const LINKS: LinkKind =
    LinkKind { name: "sign-in", path: "/sign-in", lifetime: Duration::from_secs(3600), again: Duration::from_secs(60) };

/// Creates a one-time sign-in link. Its sealed record is the current epoch, with which it ends.
pub async fn create(state: &AppState) -> Result<String, AppError> {
    LINKS.create(state, epoch::current_or_new(state).await?).await
}

/// Whether the link with this secret still works in this browser.
pub async fn works(state: &AppState, secret: &str, browser: &Browser) -> Result<bool, AppError> {
    let Some(epoch) = LINKS.find::<String>(state, secret, browser).await? else { return Ok(false) };
    Ok(epoch::current(state).await? == Some(epoch))
}

/// The cookie by which the page of the link recognises its browser, unless the browser has it.
pub fn cookie(state: &AppState, secret: &str, browser: &Browser) -> Option<HeaderValue> {
    LINKS.cookie(state, secret, browser)
}

/// Uses up the link with this secret and creates a session. Returns its `Set-Cookie` header, or `None` if the link was used
/// or has expired.
pub async fn redeem(state: &AppState, secret: &str, browser: &Browser) -> Result<Option<HeaderValue>, AppError> {
    // Its epoch is checked before the link is used.
    if !works(state, secret, browser).await? {
        return Ok(None);
    }
    let Some(epoch) = LINKS.press::<String>(state, secret, browser).await? else { return Ok(None) };
    tracing::info!("signed in");
    session::create(state, epoch, secret).await.map(Some)
}
