//! Disconnecting: the grant is revoked at the provider and forgotten.

use axum::{
    extract::{Form, State, rejection::FormRejection},
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use serde::Deserialize;

use super::home;
use crate::{
    model::{AppError, ErrorCode, Subject},
    server::{AppState, access, actor, failure, notice::Notice, providers::Provider, tokens::Revocation},
};

/// What the page's form sends where there is no WASM.
#[derive(Deserialize)]
pub struct DisconnectForm {
    org_id: String,
    user_id: String,
    provider: String,
}

/// `POST /disconnect`: the same as the server function, for a browser without WASM.
pub async fn disconnect_form(
    State(state): State<AppState>,
    headers: HeaderMap,
    form: Result<Form<DisconnectForm>, FormRejection>,
) -> Response {
    let disconnect = async {
        if !access::is_signed_in(&state, &headers).await? {
            return Err(access::not_signed_in());
        }
        let Ok(Form(DisconnectForm { org_id, user_id, provider })) = form else {
            return Err(AppError::new(ErrorCode::MissingField, "The form lacks org_id, user_id or provider."));
        };
        let subject = Subject::new(org_id, user_id)?;
        Ok((disconnect(&state, &subject, &provider).await?, subject))
    };
    match disconnect.await {
        Ok((Disconnected { advice: None, .. }, subject)) => Redirect::to(&home(&subject)).into_response(),
        Ok((Disconnected { title, advice: Some(advice) }, subject)) => {
            Notice::sentence(title, advice, home(&subject)).into_response()
        }
        Err(error) => Notice::error(&error).into_response(),
    }
}

/// How a connection ended.
pub struct Disconnected {
    /// What happened.
    pub title: String,
    /// What is left for the person to do, if anything, as a sentence.
    pub advice: Option<String>,
}

/// Revokes and forgets a connection.
pub async fn disconnect(state: &AppState, subject: &Subject, provider: &str) -> Result<Disconnected, AppError> {
    let (tokens, key) = (state.tokens.clone(), state.tokens.key(subject, provider)?);
    let provider = key.provider;
    // A task of its own: once the grant is taken, the revocation is sent even when the caller hangs up.
    let forgotten = tokio::spawn(actor::carry(async move { tokens.forget(&key).await }));
    let revocation = forgotten.await.map_err(|error| failure::defect(&error.into()))??;
    let Provider { name, removed_in, .. } = provider;
    let why = match revocation {
        Revocation::Done => None,
        Revocation::NotOffered => Some(format!("{name} does not let programs revoke access.")),
        Revocation::NotConfirmed => Some(format!("{name} did not confirm that the access is revoked.")),
        Revocation::Shared => {
            let advice = "The same account is connected for another user here, so its access was not revoked.";
            return Ok(Disconnected { title: format!("{name} is forgotten here."), advice: Some(advice.to_owned()) });
        }
    };
    Ok(match why {
        None => Disconnected { title: format!("{name} is disconnected."), advice: None },
        Some(why) => Disconnected {
            title: format!("{name} is forgotten here."),
            advice: Some(format!("{why} Remove Tributary in {removed_in}.")),
        },
    })
}
