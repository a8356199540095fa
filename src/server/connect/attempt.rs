//! One attempt to connect: which connection, in which browser, and the secrets to check and use when the browser returns.
//!
//! The store has it sealed, under the digest of its state. Taking it is atomic, so an attempt works once.

use std::time::Duration;

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{LIFETIME, Target, sealed_key};
use crate::server::{
    AppState,
    access::Browser,
    connections::ConnectionKey,
    crypto::{SealedError, digest, random_secret},
    grants::GrantError,
    providers::Provider,
};

/// An attempt whose browser has returned.
pub(super) struct Attempt {
    pub(super) key: ConnectionKey,
    /// The code verifier (PKCE).
    pub(super) verifier: SecretString,
    /// The secret of the connect link with which it was begun.
    pub(super) link: Option<String>,
    browser: String,
}

/// An attempt as it is sealed.
#[derive(Serialize, Deserialize)]
struct Sealed {
    target: Target,
    verifier: String,
    #[serde(default)]
    link: Option<String>,
    /// The digest of the browser's cookie.
    browser: String,
}

/// Stores an attempt, and with which connect link it was begun. Returns the authorization URL and the cookie that identifies this browser.
pub(super) async fn begin(
    state: &AppState,
    key: &ConnectionKey,
    link: Option<&str>,
) -> Result<(Url, HeaderValue), GrantError> {
    let (oauth_state, browser) = (random_secret(), random_secret());
    let (url, verifier) = state.grants.oauth(key)?.authorize_url(&oauth_state);
    let sealed = Sealed {
        target: Target::new(key),
        verifier: verifier.expose_secret().to_owned(),
        link: link.map(str::to_owned),
        browser: digest(browser.expose_secret()),
    };
    let oauth_state = oauth_state.expose_secret();
    state.sealed.put(&sealed_key("attempt", oauth_state), &sealed, LIFETIME).await?;
    let (name, path) = cookie_name_and_path(key.provider, oauth_state);
    Ok((url, Browser::set_cookie(state, &name, browser.expose_secret(), &path, LIFETIME)))
}

/// The attempt with this OAuth state; `None` if it was used, has expired, or never existed.
pub(super) async fn find(state: &AppState, oauth_state: &str) -> Result<Option<Attempt>, SealedError> {
    let found = state.sealed.get::<Sealed>(&sealed_key("attempt", oauth_state)).await?;
    Ok(found.and_then(|opened| Attempt::new(opened.value)))
}

/// Takes the attempt with this OAuth state. Of several concurrent callers, exactly one gets it.
pub(super) async fn take(state: &AppState, oauth_state: &str) -> Result<Option<Attempt>, SealedError> {
    Ok(state.sealed.take::<Sealed>(&sealed_key("attempt", oauth_state)).await?.and_then(Attempt::new))
}

impl Attempt {
    /// `None` if its provider no longer exists.
    fn new(Sealed { target, verifier, link, browser }: Sealed) -> Option<Self> {
        Some(Self { key: target.key().ok()?, verifier: verifier.into(), link, browser })
    }

    /// Whether it was begun by this browser, for this provider.
    pub(super) fn belongs_to(&self, provider: &Provider, oauth_state: &str, browser: &Browser) -> bool {
        let (name, _) = cookie_name_and_path(provider, oauth_state);
        self.key.provider.slug == provider.slug && browser.presents(&name, &self.browser)
    }
}

/// The header that deletes the attempt's cookie.
pub(super) fn delete_cookie(state: &AppState, provider: &Provider, oauth_state: &str) -> HeaderValue {
    let (name, path) = cookie_name_and_path(provider, oauth_state);
    Browser::set_cookie(state, &name, "", &path, Duration::ZERO)
}

/// Each attempt has a cookie of its own, so that two tabs can connect at once. Its name does not reveal the state.
fn cookie_name_and_path(provider: &Provider, oauth_state: &str) -> (String, String) {
    let name = format!("tributary_attempt_{}", &digest(oauth_state)[..16]);
    (name, format!("/integrations/{}/oauth2callback", provider.slug))
}
