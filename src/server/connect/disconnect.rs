//! Disconnecting: the grant is revoked at the provider and forgotten.

use axum::{
    extract::{Form, State, rejection::FormRejection},
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use serde::Deserialize;
use tracing::Instrument;

use super::home;
use crate::{
    model::{AppError, ErrorCode, Subject},
    server::{AppState, access, failure, notice::Notice},
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
        let revoked = disconnect(&state, &subject, &provider).await?;
        let provider = state.tokens.key(&subject, &provider)?.provider;
        Ok((revoked, subject, provider))
    };
    match disconnect.await {
        Ok((true, subject, _)) => Redirect::to(&home(&subject)).into_response(),
        Ok((false, subject, provider)) => Notice::not_revoked(provider, home(&subject)).into_response(),
        Err(error) => Notice::error(&error).into_response(),
    }
}

/// Revokes and forgets a connection, and tells whether the provider confirmed that.
pub async fn disconnect(state: &AppState, subject: &Subject, provider: &str) -> Result<bool, AppError> {
    let (tokens, key) = (state.tokens.clone(), state.tokens.key(subject, provider)?);
    // A task of its own: once the grant is taken, the revocation is sent even when the caller hangs up.
    let forgotten = tokio::spawn(async move { tokens.forget(&key).await }.in_current_span());
    forgotten.await.map_err(|error| failure::defect(&error.into()))?
}
