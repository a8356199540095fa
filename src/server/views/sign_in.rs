//! Signing in with a one-time link, and signing out.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::header;

use super::Notice;
use crate::{
    model::{AppError, ErrorCode},
    server::{
        AppState,
        access::{self, Browser},
    },
};

/// `GET /sign-in/{secret}`: uses the link up and creates a session.
pub async fn sign_in(
    State(state): State<AppState>,
    Path(secret): Path<String>,
    browser: Browser,
) -> Result<Response, Notice> {
    if let Some(cookie) = access::redeem_sign_in_link(&state, &secret).await? {
        return Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response());
    }
    if browser.is_signed_in(&state).await? {
        return Ok(Redirect::to("/").into_response());
    }
    let detail = "This sign-in link was already used or has expired. Run `tributary sign-in` for a new one.";
    Err(AppError::new(ErrorCode::LinkExpired, detail).into())
}

/// `POST /sign-out`: ends the session.
pub async fn sign_out(State(state): State<AppState>, browser: Browser) -> Result<Response, AppError> {
    let cookie = access::end_session(&state, &browser).await?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

/// `POST /sign-out-everywhere`: ends all sessions, this one included.
pub async fn sign_out_everywhere(State(state): State<AppState>, browser: Browser) -> Result<Response, Notice> {
    let actor = browser.require_signed_in(&state).await?;
    access::sign_out_everywhere(&state, &actor).await?;
    Ok(sign_out(State(state), browser).await?)
}
