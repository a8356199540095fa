//! One-time sign-in links.

use std::time::Duration;

use http::HeaderValue;
use secrecy::ExposeSecret;

use super::session;
use crate::{
    model::AppError,
    server::{
        AppState,
        crypto::{digest, random_secret},
    },
};

/// How long a sign-in link works.
const LIFETIME: Duration = Duration::from_secs(3600);

/// Creates a one-time sign-in link.
pub async fn create(state: &AppState) -> Result<String, AppError> {
    let secret = random_secret();
    let secret = secret.expose_secret();
    state.store.put(&key(secret), b"1", LIFETIME).await?;
    Ok(state.config.public(&format!("/sign-in/{secret}")))
}

/// Uses up the link with this secret and creates a session. Returns its `Set-Cookie` header, or `None` if the link was used
/// or has expired.
pub async fn redeem(state: &AppState, secret: &str) -> Result<Option<HeaderValue>, AppError> {
    if state.store.take(&key(secret)).await?.is_none() {
        return Ok(None);
    }
    tracing::info!("signed in");
    session::create(state).await.map(Some)
}

fn key(secret: &str) -> String {
    format!("sign-in/{}", digest(secret))
}
