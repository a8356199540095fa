//! Disconnecting: the grant is deleted here and revoked at the provider.

use axum::{
    extract::{Form, State, rejection::FormRejection},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use tracing::Instrument;

use crate::{
    model::{AppError, ErrorCode, Subject},
    server::{
        AppState,
        access::Browser,
        audit::Actor,
        connections::ConnectionKey,
        grants::{GrantError, Revocation},
        providers::Provider,
        views::{Notice, home_path},
    },
};

/// The page's form, for a browser without WASM.
#[derive(Deserialize)]
pub struct DisconnectForm {
    org_id: String,
    user_id: String,
    provider: String,
}

/// `POST /disconnect`: the server function of that name, for a browser without WASM.
pub async fn disconnect_form(
    State(state): State<AppState>,
    browser: Browser,
    form: Result<Form<DisconnectForm>, FormRejection>,
) -> Result<Response, Notice> {
    let actor = browser.require_signed_in(&state).await?;
    let Ok(Form(DisconnectForm { org_id, user_id, provider })) = form else {
        let detail = "The form needs the fields org_id, user_id and provider.";
        return Err(AppError::new(ErrorCode::MissingField, detail).into());
    };
    let subject = Subject::new(org_id, user_id)?;
    let key = ConnectionKey::new(&subject, &provider).map_err(AppError::from)?;
    let home = home_path(&subject);
    match disconnect(&state, &key, &actor).await? {
        Disconnected { advice: None, .. } => Ok(Redirect::to(&home).into_response()),
        Disconnected { title, advice: Some(advice) } => Ok(Notice::message(title, advice, home).into_response()),
    }
}

/// How disconnecting ended.
pub struct Disconnected {
    pub title: String,
    /// What the user has to know or do, as sentences.
    pub advice: Option<String>,
}

/// Deletes a grant and revokes it.
pub async fn disconnect(state: &AppState, key: &ConnectionKey, actor: &Actor) -> Result<Disconnected, GrantError> {
    let (grants, provider) = (state.grants.clone(), key.provider);
    // A task of its own: once the grant is deleted, it is revoked even if the caller hangs up.
    let (key, actor) = (key.clone(), actor.clone());
    let disconnected = tokio::spawn(async move { grants.disconnect(&key, &actor).await }.in_current_span());
    let revocation = disconnected.await.map_err(anyhow::Error::new)??;
    let Provider { name, removed_in, .. } = provider;
    let advice = match revocation {
        Revocation::Revoked => None,
        Revocation::NotOffered => Some(format!(
            "{name} still lists Tributary, because it does not let programs revoke access. Remove Tributary in {removed_in}."
        )),
        Revocation::NotConfirmed => {
            Some(format!("{name} did not confirm that the access is revoked. Remove Tributary in {removed_in}."))
        }
        Revocation::Shared => {
            Some(format!("{name} still lists Tributary, because another user here is connected with the same account."))
        }
    };
    Ok(Disconnected { title: format!("{name} is disconnected."), advice })
}
