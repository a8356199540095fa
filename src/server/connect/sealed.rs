//! What waits sealed in the store for a person to come back: under the digest of a secret, for ten minutes.

use std::time::Duration;

use anyhow::Context;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    model::{AppError, Subject},
    server::{AppState, failure, random, tokens::ConnectionKey},
};

/// How long a person may take, at the provider and with us; also how long a one-time link is good.
pub(super) const LIFETIME: Duration = Duration::from_secs(600);

/// Whom something in the store is for.
#[derive(Serialize, Deserialize)]
pub(super) struct Whom {
    subject: Subject,
    provider: String,
}

impl Whom {
    pub(super) fn of(key: &ConnectionKey) -> Self {
        Self { subject: key.subject.clone(), provider: key.provider.slug.to_owned() }
    }

    pub(super) fn key(&self, state: &AppState) -> Result<ConnectionKey, AppError> {
        state.tokens.key(&self.subject, &self.provider)
    }
}

/// Where something of a kind lies that a secret leads to.
pub(super) fn place(kind: &str, secret: &str) -> String {
    format!("{kind}/{}", random::digest(secret))
}

/// Keeps a value.
pub(super) async fn put(state: &AppState, place: &str, value: &impl Serialize) -> Result<(), AppError> {
    let seal = || {
        let plain = Zeroizing::new(serde_json::to_vec(value)?);
        state.config.encryption_keys.seal(&plain, place.as_bytes())
    };
    let sealed = seal().map_err(|error| failure::defect(&error))?;
    state.store.put(place, sealed.as_bytes(), LIFETIME).await.map_err(failure::store)
}

/// Takes a value, so that it counts once.
pub(super) async fn take<T: DeserializeOwned>(state: &AppState, place: &str) -> Result<Option<T>, AppError> {
    let found = state.store.take(place).await.map_err(failure::store)?;
    found.map(|bytes| open(state, place, &bytes)).transpose()
}

/// Looks at a value and leaves it.
pub(super) async fn look<T: DeserializeOwned>(state: &AppState, place: &str) -> Result<Option<T>, AppError> {
    let found = state.store.get(place).await.map_err(failure::store)?;
    found.map(|bytes| open(state, place, &bytes)).transpose()
}

fn open<T: DeserializeOwned>(state: &AppState, place: &str, bytes: &[u8]) -> Result<T, AppError> {
    let open = || {
        let plain = state.config.encryption_keys.open(std::str::from_utf8(bytes)?, place.as_bytes())?;
        serde_json::from_slice(&plain).context("it has another form")
    };
    open().map_err(|error| failure::defect(&error))
}
