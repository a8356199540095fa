//! One attempt to connect: who set out, in which browser, and the secrets to check and use when they come back.
//!
//! The store knows an attempt by the digest of its state and holds it sealed. It is taken, so it counts once.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use url::Url;

use super::sealed::{self, LIFETIME, Whom};
use crate::{
    model::{AppError, ErrorCode},
    server::{
        AppState,
        access::{cookie, cookie_value},
        providers::Provider,
        random,
        tokens::ConnectionKey,
    },
};

/// An attempt that came back.
pub(super) struct Attempt {
    /// For whom, and what.
    pub(super) key: ConnectionKey,
    /// PKCE's code verifier.
    pub(super) verifier: SecretString,
    browser: String,
}

/// An attempt as it is sealed.
#[derive(Serialize, Deserialize)]
struct Sealed {
    whom: Whom,
    begun: Timestamp,
    verifier: String,
    /// The digest of the cookie that the browser got.
    browser: String,
}

/// Keeps an attempt, and gives the provider's address to go to and the cookie that marks this browser.
pub(super) async fn begin(state: &AppState, key: &ConnectionKey) -> Result<(Url, String), AppError> {
    let (given, browser) = (random::token(), random::token());
    let (url, verifier) = state.tokens.oauth(key)?.authorize_url(&given);
    let sealed = Sealed {
        whom: Whom::of(key),
        begun: (state.clock)(),
        verifier: verifier.expose_secret().to_owned(),
        browser: random::digest(browser.expose_secret()),
    };
    sealed::put(state, &sealed::place("attempt", given.expose_secret()), &sealed).await?;
    let (name, path) = cookie_place(key.provider, given.expose_secret());
    Ok((url, cookie(state, &name, browser.expose_secret(), &path, LIFETIME)))
}

/// Takes the attempt with this state; `None` when there is none (any more), or it is too old.
pub(super) async fn take(state: &AppState, given: &str) -> Result<Option<Attempt>, AppError> {
    let Some(Sealed { whom, begun, verifier, browser }) = sealed::take(state, &sealed::place("attempt", given)).await?
    else {
        return Ok(None);
    };
    // The store forgets it at that age too, by its own clock.
    if (state.clock)().duration_since(begun).unsigned_abs() > LIFETIME {
        return Ok(None);
    }
    Ok(Some(Attempt { key: whom.key(state)?, verifier: verifier.into(), browser }))
}

impl Attempt {
    /// Whether it set out in this browser, for this provider.
    pub(super) fn belongs_to(&self, provider: &Provider, given: &str, headers: &HeaderMap) -> bool {
        let (name, _) = cookie_place(provider, given);
        let presented = cookie_value(headers, &name).map(random::digest).unwrap_or_default();
        self.key.provider.slug == provider.slug && presented.as_bytes().ct_eq(self.browser.as_bytes()).into()
    }
}

/// The cookie that removes the attempt's cookie.
pub(super) fn spent_cookie(state: &AppState, provider: &Provider, given: &str) -> String {
    let (name, path) = cookie_place(provider, given);
    cookie(state, &name, "", &path, Duration::ZERO)
}

/// Keeps a one-time link for somebody who is not signed in, and gives its secret.
pub(super) async fn make_link(state: &AppState, key: &ConnectionKey) -> Result<String, AppError> {
    let secret = random::token();
    sealed::put(state, &sealed::place("link", secret.expose_secret()), &Whom::of(key)).await?;
    Ok(secret.expose_secret().to_owned())
}

/// Takes a one-time link.
pub(super) async fn take_link(state: &AppState, secret: &str) -> Result<ConnectionKey, AppError> {
    match sealed::take::<Whom>(state, &sealed::place("link", secret)).await? {
        Some(whom) => whom.key(state),
        None => {
            let detail = "This link was used already or is older than ten minutes. Ask for a new one where you got it.";
            Err(AppError::new(ErrorCode::LinkExpired, detail))
        }
    }
}

/// Each attempt has a cookie of its own, so that two tabs can connect at once. Its name tells nothing of the state.
fn cookie_place(provider: &Provider, given: &str) -> (String, String) {
    (
        format!("tributary_attempt_{}", &random::digest(given)[..16]),
        format!("/integrations/{}/oauth2callback", provider.slug),
    )
}
