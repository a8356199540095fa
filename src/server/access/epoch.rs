//! The epoch of sessions and sign-in links. Each carries the epoch in which it was created and ends with it.
//!
//! An epoch ends for everybody at once: when somebody signs out everywhere, and when the API key changes.

use std::time::Duration;

use secrecy::ExposeSecret;

use crate::{
    model::{AppError, ErrorCode},
    server::{
        AppState,
        audit::Actor,
        crypto::{digest, random_secret},
    },
};

/// Where the store has the epoch's random number.
pub(super) const KEY: &str = "session-epoch";

/// Longer than any session. If the number is lost, all sessions end.
const LIFETIME: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The current epoch; `None` if there is none yet, so that no session is valid.
pub(super) async fn current(state: &AppState) -> Result<Option<String>, AppError> {
    Ok(state.sealed.get::<String>(KEY).await?.map(|number| of(state, &number.value)))
}

/// The current epoch, begun if there is none.
pub(super) async fn current_or_new(state: &AppState) -> Result<String, AppError> {
    if let Some(epoch) = current(state).await? {
        return Ok(epoch);
    }
    let number = random_secret();
    if !state.sealed.put_new(KEY, &number.expose_secret(), LIFETIME).await? {
        if let Some(epoch) = current(state).await? {
            return Ok(epoch);
        }
        // What is there does not open.
        state.sealed.put(KEY, &number.expose_secret(), LIFETIME).await?;
    }
    Ok(of(state, number.expose_secret()))
}

/// Ends all sessions and all unused sign-in links. It is an error if a failover of the store could bring them back.
pub async fn sign_out_everywhere(state: &AppState, actor: &Actor) -> Result<(), AppError> {
    let is_confirmed = state.sealed.put_replicated(KEY, &random_secret().expose_secret(), LIFETIME).await?;
    tracing::info!(by = actor.kind.label(), from = actor.address, is_confirmed, "signed out everywhere");
    if is_confirmed {
        return Ok(());
    }
    let detail = "All sessions have ended, but no replica of the store has confirmed it, so a failover could bring them back. Try again in a minute.";
    Err(AppError::new(ErrorCode::StoreUnavailable, detail))
}

/// An epoch is tied to the API key: with another key it is another epoch.
fn of(state: &AppState, number: &str) -> String {
    digest(&format!("{number} {}", state.config.api_key.expose_secret()))
}
