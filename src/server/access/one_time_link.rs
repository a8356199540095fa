//! One-time links. Opening one has no effect; the form on its page uses it up.
//!
//! A link belongs to the browser that first presses its button, which may press again for a while: a double click would
//! otherwise drop the response that counts, and so would going back from the provider's page. To every other browser the
//! link is used. The page sets the cookie that tells browsers apart, because a dropped response sets none.

use std::time::Duration;

use http::HeaderValue;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::Browser;
use crate::{
    model::AppError,
    server::{
        AppState,
        crypto::{Opened, digest, random_secret},
    },
};

/// What a kind of link has in common.
pub struct LinkKind {
    /// Of the records in the store.
    pub name: &'static str,
    /// Of the link, without the secret.
    pub path: &'static str,
    /// How long a link works.
    pub lifetime: Duration,
    /// How long it works for the browser that has pressed its button, within its lifetime.
    pub again: Duration,
}

/// A link, as it is sealed.
#[derive(Serialize, Deserialize)]
struct Link<T> {
    value: T,
    /// The digest of the cookie of the browser that has pressed the button.
    browser: Option<String>,
}

impl LinkKind {
    /// Creates a link to what only `value` says. Returns its address.
    pub async fn create(&self, state: &AppState, value: impl Serialize) -> Result<String, AppError> {
        let secret = random_secret();
        let secret = secret.expose_secret();
        state.sealed.put(&self.key(secret), &Link { value, browser: None }, self.lifetime).await?;
        Ok(state.config.public(&format!("{}/{secret}", self.path)))
    }

    /// What the link is for, if it works in this browser.
    pub async fn find<T: DeserializeOwned>(
        &self,
        state: &AppState,
        secret: &str,
        browser: &Browser,
    ) -> Result<Option<T>, AppError> {
        Ok(self.read(state, secret, browser).await?.map(|link| link.value.value))
    }

    /// Presses the button of the link. What it is for, if it works in this browser.
    pub async fn press<T: Serialize + DeserializeOwned>(
        &self,
        state: &AppState,
        secret: &str,
        browser: &Browser,
    ) -> Result<Option<T>, AppError> {
        // Read first: a write that finds nothing still costs one.
        while let Some(link) = self.read::<T>(state, secret, browser).await? {
            if link.value.browser.is_some() {
                return Ok(Some(link.value.value));
            }
            // For a browser without the cookie the link is used up at once: nobody knows this one.
            let cookie = browser.cookie(&cookie_name(secret)).map_or_else(random_secret, Into::into);
            let age = (state.clock)().duration_since(link.sealed_at).unsigned_abs();
            let left = self.again.min(self.lifetime.saturating_sub(age));
            let bound = Link { value: &link.value.value, browser: Some(digest(cookie.expose_secret())) };
            if state.sealed.replace(&self.key(secret), &link, &bound, left).await? {
                return Ok(Some(link.value.value));
            }
            // It was pressed concurrently, perhaps by this browser.
        }
        Ok(None)
    }

    /// Ends the link in the browser that has pressed its button, too.
    pub async fn remove(&self, state: &AppState, secret: &str) -> Result<(), AppError> {
        Ok(state.sealed.remove(&self.key(secret)).await?)
    }

    /// The cookie by which the link's page recognises its browser, unless the browser has it.
    pub fn cookie(&self, state: &AppState, secret: &str, browser: &Browser) -> Option<HeaderValue> {
        let name = cookie_name(secret);
        let is_new = browser.cookie(&name).is_none();
        let path = format!("{}/{secret}", self.path);
        is_new.then(|| Browser::set_cookie(state, &name, random_secret().expose_secret(), &path, self.lifetime))
    }

    async fn read<T: DeserializeOwned>(
        &self,
        state: &AppState,
        secret: &str,
        browser: &Browser,
    ) -> Result<Option<Opened<Link<T>>>, AppError> {
        let found = state.sealed.get::<Link<T>>(&self.key(secret)).await?;
        let is_ours = |bound: &String| browser.presents(&cookie_name(secret), bound);
        Ok(found.filter(|link| link.value.browser.as_ref().is_none_or(is_ours)))
    }

    fn key(&self, secret: &str) -> String {
        format!("{}/{}", self.name, digest(secret))
    }
}

/// Its name does not reveal the secret.
fn cookie_name(secret: &str) -> String {
    format!("tributary_link_{}", &digest(secret)[..16])
}
