//! One-time sign-in links. Opening one has no effect; the form on its page uses it up.

use std::time::Duration;

use http::HeaderValue;
use secrecy::ExposeSecret;

use super::{epoch, session};
use crate::{
    model::AppError,
    server::{
        AppState,
        crypto::{digest, random_secret},
    },
};

/// How long a sign-in link works.
const LIFETIME: Duration = Duration::from_secs(3600);

/// Creates a one-time sign-in link. Its sealed record is the current epoch, with which it ends.
pub async fn create(state: &AppState) -> Result<String, AppError> {
    let (secret, epoch) = (random_secret(), epoch::current_or_new(state).await?);
    let secret = secret.expose_secret();
    state.sealed.put(&key(secret), &epoch, LIFETIME).await?;
    Ok(state.config.public(&format!("/sign-in/{secret}")))
}

/// Whether the link with this secret still works.
pub async fn works(state: &AppState, secret: &str) -> Result<bool, AppError> {
    let Some(link) = state.sealed.get::<String>(&key(secret)).await? else { return Ok(false) };
    Ok(epoch::current(state).await?.as_ref() == Some(&link.value))
}

/// Uses up the link with this secret and creates a session. Returns its `Set-Cookie` header, or `None` if the link was used
/// or has expired.
pub async fn redeem(state: &AppState, secret: &str) -> Result<Option<HeaderValue>, AppError> {
    // Read first: a write that finds nothing still costs one.
    if !works(state, secret).await? {
        return Ok(None);
    }
    let Some(epoch) = state.sealed.take::<String>(&key(secret)).await? else { return Ok(None) };
    tracing::info!("signed in");
    session::create(state, epoch).await.map(Some)
}

fn key(secret: &str) -> String {
    format!("sign-in/{}", digest(secret))
}
