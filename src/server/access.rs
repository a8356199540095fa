//! Who is asking. Nothing but the health checks is open to everybody.
//!
//! A browser signs in with a one-time link, which makes a session; a program sends the API key as a bearer.

mod origin;
mod session;

use axum::{
    Json,
    extract::{FromRef, FromRequestParts, Path, Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode, header, request::Parts};
use secrecy::ExposeSecret;
use serde_json::json;
use subtle::ConstantTimeEq;

use super::{AppState, failure, notice::Notice, random};
use crate::model::{AppError, ErrorCode};

pub use origin::{foreign_site, refuse_foreign_hosts, security_headers};
pub use session::{cookie, cookie_value};

/// How long a sign-in link can be opened.
const SIGN_IN: std::time::Duration = std::time::Duration::from_secs(3600);

/// Who may call the REST API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A program with the API key. It may read access tokens.
    Program,
    /// A signed-in browser. It never gets a token.
    Browser,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    AppState: FromRef<S>,
{
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AppError> {
        identify(&AppState::from_ref(state), &parts.headers).await
    }
}

/// Lets the request through only for a signed-in browser or a program.
pub async fn require_signed_in(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match identify(&state, request.headers()).await {
        Ok(_) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Refuses what a link or form on another site had this browser do: such a request carries the session's cookie too, and
/// could have the operator connect on behalf of whom that site likes. Programs do not send the header.
pub fn refuse_links_of_other_sites(headers: &HeaderMap) -> Result<(), AppError> {
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        let detail = "Connecting begins on Tributary's own page, not on another site. Open the page and try there.";
        return Err(AppError::new(ErrorCode::Forbidden, detail));
    }
    Ok(())
}

/// The answer to a browser that is not signed in.
pub fn not_signed_in() -> AppError {
    unauthorized(
        "You are not signed in. Send an API key as Authorization: Bearer <key>, or open the sign-in link that the server printed; `tributary sign-in` prints a new one.",
    )
}

/// Whether this browser is signed in. Trouble with the store is an error, not a no.
pub async fn is_signed_in(state: &AppState, headers: &HeaderMap) -> Result<bool, AppError> {
    session::is_alive(state, headers).await
}

async fn identify(state: &AppState, headers: &HeaderMap) -> Result<Caller, AppError> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
    // Other schemes are not for us: a proxy in front may want one of its own.
    if let Some((_, key)) = authorization.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) {
        let ours = state.config.api_key.expose_secret().as_bytes();
        return match bool::from(key.trim().as_bytes().ct_eq(ours)) {
            true => Ok(Caller::Program),
            false => Err(unauthorized("The API key is not the right one. Send it as: Authorization: Bearer <key>")),
        };
    }
    if session::is_alive(state, headers).await? { Ok(Caller::Browser) } else { Err(not_signed_in()) }
}

fn unauthorized(detail: &str) -> AppError {
    AppError::new(ErrorCode::Unauthorized, detail)
}

/// A new one-time sign-in link.
pub async fn sign_in_link(state: &AppState) -> Result<String, AppError> {
    let secret = random::token();
    let secret = secret.expose_secret();
    state.store.put(&sign_in_key(secret), b"1", SIGN_IN).await.map_err(failure::store)?;
    Ok(state.config.public(&format!("/sign-in/{secret}")))
}

/// `POST /sign-in-links`: what `tributary sign-in` asks for. Programs only.
pub async fn make_sign_in_link(State(state): State<AppState>, caller: Caller) -> Result<impl IntoResponse, AppError> {
    if caller != Caller::Program {
        return Err(AppError::new(ErrorCode::Forbidden, "Only a program with the API key may make sign-in links."));
    }
    Ok(Json(json!({ "url": sign_in_link(&state).await? })))
}

/// `GET /sign-in/{secret}`: takes the secret, once, and makes a session.
pub async fn sign_in(State(state): State<AppState>, Path(secret): Path<String>, headers: HeaderMap) -> Response {
    let signed_in = async {
        if state.store.take(&sign_in_key(&secret)).await.map_err(failure::store)?.is_some() {
            tracing::info!("signed in");
            return Ok(([(header::SET_COOKIE, session::begin(&state).await?)], Redirect::to("/")).into_response());
        }
        if session::is_alive(&state, &headers).await? {
            return Ok(Redirect::to("/").into_response());
        }
        let detail = "This sign-in link was used already or is too old. Run `tributary sign-in` for a new one.";
        Err(AppError::new(ErrorCode::LinkExpired, detail))
    };
    signed_in.await.unwrap_or_else(|error| Notice::error(&error).into_response())
}

/// `POST /sign-out`: ends the session.
pub async fn sign_out(State(state): State<AppState>, headers: HeaderMap) -> Result<impl IntoResponse, AppError> {
    let cookie = session::end(&state, &headers).await?;
    Ok((StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, "/".to_owned())]))
}

fn sign_in_key(secret: &str) -> String {
    format!("sign-in/{}", random::digest(secret))
}
