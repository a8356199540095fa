//! Short-lived records that are encrypted and bound to their key in the store: moved to another key, they do not open.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use secrecy::zeroize::Zeroizing;
use serde::{Serialize, de::DeserializeOwned};

use super::Keyring;
use crate::server::store::{Store, StoreError};

/// A store of sealed records.
#[derive(Clone)]
pub struct SealedStore {
    store: Arc<dyn Store>,
    keyring: Arc<Keyring>,
}

/// A sealed record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SealedError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be decrypted, or has an unexpected form.
    #[error(transparent)]
    Invalid(#[from] anyhow::Error),
}

impl SealedStore {
    pub fn new(store: Arc<dyn Store>, keyring: Arc<Keyring>) -> Self {
        Self { store, keyring }
    }

    /// Stores a value for `lifetime`.
    pub async fn put(&self, key: &str, value: &impl Serialize, lifetime: Duration) -> Result<(), SealedError> {
        let plaintext = Zeroizing::new(serde_json::to_vec(value).map_err(anyhow::Error::new)?);
        let sealed = self.keyring.seal(&plaintext, key.as_bytes())?;
        Ok(self.store.put(key, sealed.as_bytes(), lifetime).await?)
    }

    /// Reads a value and leaves it in the store.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, SealedError> {
        let found = self.store.get(key).await?;
        found.map(|bytes| self.open(key, &bytes)).transpose()
    }

    /// Removes and returns a value. Of several concurrent callers, exactly one gets it.
    pub async fn take<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, SealedError> {
        let found = self.store.take(key).await?;
        found.map(|bytes| self.open(key, &bytes)).transpose()
    }

    fn open<T: DeserializeOwned>(&self, key: &str, bytes: &[u8]) -> Result<T, SealedError> {
        let sealed = std::str::from_utf8(bytes).context("a sealed record is not UTF-8")?;
        let plaintext = self.keyring.open(sealed, key.as_bytes())?;
        Ok(serde_json::from_slice(&plaintext).context("a sealed record has an unexpected form")?)
    }
}
