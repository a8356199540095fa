//! Signing in with a one-time link, and signing out.

use axum::{
    extract::{Path, State},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use http::header;
use leptos::prelude::*;

use super::{Confirmation, Notice};
use crate::{
    model::{AppError, ErrorCode},
    server::{
        AppState,
        access::{self, Browser},
    },
};

/// `GET /sign-in/{secret}`: one button. A browser that is signed in needs none.
pub async fn sign_in_view(
    State(state): State<AppState>,
    Path(secret): Path<String>,
    browser: Browser,
) -> Result<Response, Notice> {
    if browser.is_signed_in(&state).await? {
        return Ok(Redirect::to("/").into_response());
    }
    if !access::sign_in_link_works(&state, &secret, &browser).await? {
        return Err(expired().into());
    }
    let content = view! {
        <p>"This signs in this browser. It stays signed in for up to 7 days, and for up to 12 hours without use."</p>
        <p class="hint">"The link works once."</p>
    };
    let confirmation = Confirmation {
        title: "Sign in to Tributary".to_owned(),
        content: content.into_any(),
        button: "Sign in".to_owned(),
        action: format!("/sign-in/{secret}"),
        leads_to: None,
    };
    let cookie = access::sign_in_link_cookie(&state, &secret, &browser);
    Ok((AppendHeaders(cookie.map(|cookie| (header::SET_COOKIE, cookie))), confirmation).into_response())
}

/// `POST /sign-in/{secret}`: uses the link up and creates a session.
pub async fn sign_in(
    State(state): State<AppState>,
    Path(secret): Path<String>,
    browser: Browser,
) -> Result<Response, Notice> {
    if let Some(cookie) = access::redeem_sign_in_link(&state, &secret, &browser).await? {
        return Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response());
    }
    // The button was pressed twice, in a browser without the link's cookie.
    if browser.is_signed_in(&state).await? {
        return Ok(Redirect::to("/").into_response());
    }
    Err(expired().into())
}

fn expired() -> AppError {
    let detail = "This sign-in link was already used or has expired. Run `tributary sign-in` for a new one.";
    AppError::new(ErrorCode::LinkExpired, detail)
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
