//! Connect links: one-time links with which a user's own browser connects, without being signed in. Opening one has no
//! effect; the form on its page uses it up.

use secrecy::ExposeSecret;

use super::{LIFETIME, Target, sealed_key};
use crate::{
    model::{AppError, ErrorCode},
    server::{AppState, connections::ConnectionKey, crypto::random_secret},
};

/// Creates a link for the user's own browser. It works once, for ten minutes.
pub async fn create(state: &AppState, key: &ConnectionKey) -> Result<String, AppError> {
    // An unconfigured provider is an error now, rather than in the user's browser.
    state.grants.oauth(key)?;
    let secret = random_secret();
    let secret = secret.expose_secret();
    state.sealed.put(&sealed_key("connect-link", secret), &Target::new(key), LIFETIME).await?;
    Ok(state.config.public(&format!("/connect/{secret}")))
}

/// The connection that the link with this secret is for.
pub(super) async fn find(state: &AppState, secret: &str) -> Result<ConnectionKey, AppError> {
    let found = state.sealed.get::<Target>(&sealed_key("connect-link", secret)).await?;
    Ok(found.ok_or_else(expired)?.value.key()?)
}

/// Uses up the link with this secret.
pub(super) async fn take(state: &AppState, secret: &str) -> Result<ConnectionKey, AppError> {
    // Read first: a write that finds nothing still costs one.
    find(state, secret).await?;
    let taken = state.sealed.take::<Target>(&sealed_key("connect-link", secret)).await?;
    Ok(taken.ok_or_else(expired)?.key()?)
}

fn expired() -> AppError {
    let detail = "This link has already been used, or is older than ten minutes. Ask for a new one where you got it.";
    AppError::new(ErrorCode::LinkExpired, detail)
}
