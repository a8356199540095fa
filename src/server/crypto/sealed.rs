//! Records that grant access: encrypted, and bound to their key in the store and to their lifetime.
//!
//! Whoever can write to the store can neither forge such a record nor move it to another key, and cannot use one after its
//! time. They can put an old record back within its time; what must not be repeated has to be checked elsewhere.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use jiff::Timestamp;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::Keyring;
use crate::server::{
    clock::Clock,
    store::{Store, StoreError},
};

/// What the keys are derived for. Grants have keys of their own.
const PURPOSE: &str = "tributary sealed records";

/// A store of sealed records. A record that does not open is logged, and counts as absent.
#[derive(Clone)]
pub struct SealedStore {
    store: Arc<dyn Store>,
    keyring: Arc<Keyring>,
    clock: Clock,
}

/// A record that was opened.
pub struct Opened<T> {
    pub value: T,
    /// When it was written.
    pub sealed_at: Timestamp,
    /// What the store has.
    bytes: Vec<u8>,
}

/// A record, as it is encrypted.
#[derive(Serialize, Deserialize)]
struct Plaintext<T> {
    sealed_at: Timestamp,
    lifetime: Duration,
    value: T,
}

/// A sealed record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SealedError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It could not be encrypted.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl SealedStore {
    pub fn new(store: Arc<dyn Store>, keyring: &Keyring, clock: Clock) -> Self {
        Self { store, keyring: Arc::new(keyring.derive(PURPOSE)), clock }
    }

    /// Stores a value for `lifetime`, whatever was there.
    pub async fn put(&self, key: &str, value: &impl Serialize, lifetime: Duration) -> Result<(), SealedError> {
        let sealed = self.seal(key, value, lifetime)?;
        Ok(self.store.put(key, sealed.as_bytes(), lifetime).await?)
    }

    /// Stores a value if the store has nothing there. Returns whether it did.
    pub async fn put_new(&self, key: &str, value: &impl Serialize, lifetime: Duration) -> Result<bool, SealedError> {
        let sealed = self.seal(key, value, lifetime)?;
        Ok(self.store.compare_and_swap(key, None, sealed.as_bytes(), lifetime).await?)
    }

    /// Replaces what was read before, unless it has been replaced or removed since. Returns whether it did.
    pub async fn replace<T: Serialize>(
        &self,
        key: &str,
        old: &Opened<T>,
        value: &T,
        lifetime: Duration,
    ) -> Result<bool, SealedError> {
        let sealed = self.seal(key, value, lifetime)?;
        Ok(self.store.compare_and_swap(key, Some(&old.bytes), sealed.as_bytes(), lifetime).await?)
    }

    /// Reads a value and leaves it in the store.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<Opened<T>>, SealedError> {
        Ok(self.store.get(key).await?.and_then(|bytes| self.open(key, bytes)))
    }

    /// Removes and returns a value. Of several concurrent callers, exactly one gets it.
    pub async fn take<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, SealedError> {
        Ok(self.store.take(key).await?.and_then(|bytes| self.open(key, bytes)).map(|opened| opened.value))
    }

    /// Removes a value.
    pub async fn remove(&self, key: &str) -> Result<(), SealedError> {
        self.store.take(key).await?;
        Ok(())
    }

    fn seal(&self, key: &str, value: &impl Serialize, lifetime: Duration) -> anyhow::Result<String> {
        let plaintext = Plaintext { sealed_at: (self.clock)(), lifetime, value };
        let plaintext = Zeroizing::new(serde_json::to_vec(&plaintext)?);
        self.keyring.seal(&plaintext, key.as_bytes())
    }

    /// The record, unless it was changed, belongs elsewhere, or is past its time.
    fn open<T: DeserializeOwned>(&self, key: &str, bytes: Vec<u8>) -> Option<Opened<T>> {
        let opened = self.decrypt(key, &bytes).inspect_err(|error| {
            let kind = key.split('/').next().unwrap_or_default();
            tracing::warn!(
                kind,
                error = format!("{error:#}"),
                "a record in the store was refused: it is not one of ours"
            );
        });
        let Plaintext { sealed_at, lifetime, value } = opened.ok()?;
        // The store removes it at that age too, by its own clock, unless somebody puts it back.
        let age = (self.clock)().duration_since(sealed_at).unsigned_abs();
        (age <= lifetime).then_some(Opened { value, sealed_at, bytes })
    }

    fn decrypt<T: DeserializeOwned>(&self, key: &str, bytes: &[u8]) -> anyhow::Result<Plaintext<T>> {
        let sealed = std::str::from_utf8(bytes).context("it is not UTF-8")?;
        let plaintext = self.keyring.open(sealed, key.as_bytes())?;
        serde_json::from_slice(&plaintext).context("it has an unexpected form")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::Embedded;
    use jiff::SignedDuration;
    use parking_lot::Mutex;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_record_opens_only_at_its_key_within_its_time_and_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(Embedded::open(&folder.path().join("store.redb")).unwrap());
        let keyring = Keyring::parse(&Keyring::generate()).unwrap();
        let offset = Arc::new(Mutex::new(SignedDuration::ZERO));
        let clock = {
            let offset = offset.clone();
            Arc::new(move || Timestamp::now() + *offset.lock())
        };
        let sealed = SealedStore::new(store.clone(), &keyring, clock);
        let get = async |key: &str| sealed.get::<String>(key).await.unwrap().map(|opened| opened.value);
        sealed.put("kind/a", &"value", MINUTE).await.unwrap();
        let record = store.get("kind/a").await.unwrap().unwrap();
        assert_eq!(get("kind/a").await.as_deref(), Some("value"));

        let of_grants = keyring.seal(br#""value""#, b"kind/b").unwrap();
        let changed = [&record[..record.len() - 5], b"AAAA="].concat();
        for forged in [b"\"value\"".as_slice(), &record, of_grants.as_bytes(), &changed, b"", &[0xff]] {
            store.put("kind/b", forged, MINUTE).await.unwrap();
            assert_eq!(get("kind/b").await, None, "{}", String::from_utf8_lossy(forged));
            assert_eq!(sealed.take::<String>("kind/b").await.unwrap(), None);
        }

        // The store keeps it for longer than it is valid.
        store.put("kind/a", &record, 60 * MINUTE).await.unwrap();
        for seconds in [61, -61] {
            *offset.lock() = SignedDuration::from_secs(seconds);
            assert_eq!(get("kind/a").await, None, "after {seconds} s");
        }
        *offset.lock() = SignedDuration::from_secs(59);
        assert_eq!(get("kind/a").await.as_deref(), Some("value"));
    }

    #[tokio::test]
    async fn what_was_removed_or_replaced_meanwhile_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(Embedded::open(&folder.path().join("store.redb")).unwrap());
        let keyring = Keyring::parse(&Keyring::generate()).unwrap();
        let sealed = SealedStore::new(store, &keyring, Arc::new(Timestamp::now));
        sealed.put("key", &1, MINUTE).await.unwrap();
        let old = sealed.get::<i32>("key").await.unwrap().unwrap();
        assert!(sealed.replace("key", &old, &2, MINUTE).await.unwrap());
        assert!(!sealed.replace("key", &old, &3, MINUTE).await.unwrap());
        assert!(!sealed.put_new("key", &4, MINUTE).await.unwrap());
        sealed.remove("key").await.unwrap();
        assert!(!sealed.replace("key", &old, &5, MINUTE).await.unwrap());
        assert_eq!(sealed.take::<i32>("key").await.unwrap(), None);
    }
}
