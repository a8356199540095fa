//! The authenticated caller of a request.

use axum::{
    extract::{FromRef, FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header, request::Parts};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::{
    Browser,
    origin::{cross_site_error, is_cross_site},
    session,
};
use crate::{
    model::{ActorKind, AppError, ErrorCode},
    server::{AppState, audit::Actor},
};

/// An authenticated caller.
#[derive(Debug, Clone)]
pub struct Caller {
    pub actor: Actor,
}

impl Caller {
    /// Whether the caller presented an API key. Only such callers may read access tokens.
    pub fn has_api_key(&self) -> bool {
        self.actor.kind == ActorKind::ApiKey
    }

    /// Fails for a browser that another site had send this request. Whoever has the API key may call from anywhere.
    pub fn reject_cross_site(&self, headers: &HeaderMap) -> Result<(), AppError> {
        if !self.has_api_key() && is_cross_site(headers) { Err(cross_site_error()) } else { Ok(()) }
    }

    /// Fails for a browser; `what` completes "Only a program with the API key may …".
    pub fn require_api_key(&self, what: &str) -> Result<(), AppError> {
        if self.has_api_key() {
            return Ok(());
        }
        Err(AppError::new(ErrorCode::Forbidden, format!("Only a program with the API key may {what}.")))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    AppState: FromRef<S>,
{
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AppError> {
        authenticate(&AppState::from_ref(state), &Browser::of(parts)).await
    }
}

/// Rejects requests without a caller, and passes the caller on as an extension.
pub async fn require_caller(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match authenticate(&state, &Browser::of(&parts)).await {
        Ok(caller) => {
            let mut request = Request::from_parts(parts, body);
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

async fn authenticate(state: &AppState, request: &Browser) -> Result<Caller, AppError> {
    let authorization =
        request.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
    // Other schemes may be meant for a proxy in front of us.
    if let Some((_, key)) = authorization.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) {
        let expected = state.config.api_key.expose_secret().as_bytes();
        if bool::from(key.trim().as_bytes().ct_eq(expected)) {
            return Ok(Caller { actor: Actor::request(ActorKind::ApiKey, request.address.clone()) });
        }
        return Err(unauthorized("That API key isn't valid. Send it as: Authorization: Bearer <key>"));
    }
    if session::is_alive(state, request).await? { Ok(Caller { actor: request.actor() }) } else { Err(not_signed_in()) }
}

/// The error for a request without a caller.
pub fn not_signed_in() -> AppError {
    unauthorized(
        "You aren't signed in. Send an API key as Authorization: Bearer <key>, or open a sign-in link: `tributary sign-in` prints one.",
    )
}

fn unauthorized(detail: &str) -> AppError {
    AppError::new(ErrorCode::Unauthorized, detail)
}
