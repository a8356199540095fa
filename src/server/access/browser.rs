//! The browser behind a request: its cookies, its address, and whether it is signed in.

use std::{convert::Infallible, time::Duration};

use axum::extract::FromRequestParts;
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use http::{HeaderMap, HeaderValue, request::Parts};
use subtle::ConstantTimeEq;

use super::{caller::not_signed_in, session};
use crate::{
    model::{ActorKind, AppError},
    server::{AppState, audit::Actor, client_address::ClientAddress, crypto::digest},
};

/// What a request says about the browser (or program) that sent it.
#[derive(Debug, Clone)]
pub struct Browser {
    pub(super) headers: HeaderMap,
    pub(super) address: Option<String>,
}

impl Browser {
    pub(super) fn of(parts: &Parts) -> Self {
        let address = parts.extensions.get::<ClientAddress>().map(ToString::to_string);
        Self { headers: parts.headers.clone(), address }
    }

    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The value of a cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        CookieJar::from_headers(&self.headers).get(name).map(|cookie| cookie.value().to_owned())
    }

    /// Whether the browser presents the cookie whose value has this digest.
    pub fn presents(&self, name: &str, expected: &str) -> bool {
        let presented = self.cookie(name).map(|value| digest(&value)).unwrap_or_default();
        presented.as_bytes().ct_eq(expected.as_bytes()).into()
    }

    /// A `Set-Cookie` header. Scripts cannot read the cookie, and cross-site requests do not carry it, except top-level
    /// links. A lifetime of zero deletes it.
    pub fn set_cookie(state: &AppState, name: &str, value: &str, path: &str, lifetime: Duration) -> HeaderValue {
        let cookie = Cookie::build((name, value))
            .path(path)
            .max_age(lifetime.try_into().unwrap_or_default())
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(state.config.public_url.scheme() == "https");
        HeaderValue::try_from(cookie.to_string()).expect("our names and values are visible ASCII")
    }

    /// Whether the browser is signed in.
    pub async fn is_signed_in(&self, state: &AppState) -> Result<bool, AppError> {
        session::is_alive(state, self).await
    }

    /// The signed-in browser as an actor.
    pub async fn require_signed_in(&self, state: &AppState) -> Result<Actor, AppError> {
        if self.is_signed_in(state).await? { Ok(self.actor()) } else { Err(not_signed_in()) }
    }

    /// The browser as an actor. The caller has authenticated it: by its session, by a one-time link, or by the cookie of
    /// its attempt to connect.
    pub fn actor(&self) -> Actor {
        Actor::request(ActorKind::Browser, self.address.clone())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
