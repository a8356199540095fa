//! Records that grant access: encrypted, and bound to their key in the store and to their lifetime.
//!
//! Whoever can write to the store can neither forge such a record nor move it to another key, and cannot use one after its
//! time. They can put an old record back within its time; what must not be repeated has to be checked elsewhere.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use jiff::Timestamp;
use secrecy::zeroize::Zeroizing;
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::{Keyring, removed_keys::RemovedKeys};
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
    removed_keys: Arc<RemovedKeys>,
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
        Self { store, keyring: Arc::new(keyring.derive(PURPOSE)), clock, removed_keys: Arc::default() }
    }

    /// Stores a value for `lifetime`, whatever was there.
    pub async fn put(&self, key: &str, value: &impl Serialize, lifetime: Duration) -> Result<(), SealedError> {
        let sealed = self.seal(key, value, lifetime)?;
        Ok(self.store.put(key, sealed.as_bytes(), lifetime).await?)
    }

    /// The same, for what must not be undone by a failover of the store. Returns whether a replica has it, if there are any.
    pub async fn put_replicated(
        &self,
        key: &str,
        value: &impl Serialize,
        lifetime: Duration,
    ) -> Result<bool, SealedError> {
        let sealed = self.seal(key, value, lifetime)?;
        Ok(self.store.put_replicated(key, sealed.as_bytes(), lifetime).await?)
    }

    /// Stores a value if the store has nothing there. Returns whether it did.
    pub async fn put_new(&self, key: &str, value: &impl Serialize, lifetime: Duration) -> Result<bool, SealedError> {
        let sealed = self.seal(key, value, lifetime)?;
        Ok(self.store.compare_and_swap(key, None, sealed.as_bytes(), lifetime).await?)
    }

    /// Replaces what was read before, unless it has been replaced or removed since. Returns whether it did.
    pub async fn replace<T>(
        &self,
        key: &str,
        old: &Opened<T>,
        value: &impl Serialize,
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

    /// Encrypts the records whose keys begin with `prefix` with the current key, where another key does. Returns how many.
    pub async fn reseal(&self, prefix: &str) -> Result<usize, SealedError> {
        let (mut resealed, mut after) = (0, None);
        loop {
            let page = self.store.keys(prefix, after.as_deref()).await?;
            for key in page.keys {
                resealed += usize::from(self.reseal_one(&key).await?);
            }
            after = page.next;
            if after.is_none() {
                return Ok(resealed);
            }
        }
    }

    async fn reseal_one(&self, key: &str) -> Result<bool, SealedError> {
        while let Some(bytes) = self.store.get(key).await? {
            let sealed = String::from_utf8_lossy(&bytes);
            if sealed.split_once('.').is_none_or(|(id, _)| id == self.keyring.current_id()) {
                return Ok(false);
            }
            // What does not open is no record of ours.
            let Ok(plaintext) = self.keyring.open(&sealed, key.as_bytes()) else { return Ok(false) };
            let Ok(times) = serde_json::from_slice::<Plaintext<IgnoredAny>>(&plaintext) else { return Ok(false) };
            let age = (self.clock)().duration_since(times.sealed_at).unsigned_abs();
            let Some(left) = times.lifetime.checked_sub(age).filter(|left| !left.is_zero()) else { return Ok(false) };
            let resealed = self.keyring.seal(&plaintext, key.as_bytes())?;
            if self.store.compare_and_swap_replicated(key, Some(&bytes), resealed.as_bytes(), left).await? {
                return Ok(true);
            }
            // A process that still encrypts with another key may have written it again.
        }
        Ok(false)
    }

    fn seal(&self, key: &str, value: &impl Serialize, lifetime: Duration) -> anyhow::Result<String> {
        let plaintext = Plaintext { sealed_at: (self.clock)(), lifetime, value };
        let plaintext = Zeroizing::new(serde_json::to_vec(&plaintext)?);
        self.keyring.seal(&plaintext, key.as_bytes())
    }

    /// The record, unless it was changed, belongs elsewhere, or is past its time.
    fn open<T: DeserializeOwned>(&self, key: &str, bytes: Vec<u8>) -> Option<Opened<T>> {
        let opened = self.decrypt(key, &bytes).inspect_err(|error| {
            if self.removed_keys.is_one_of_them(&self.keyring, &bytes) {
                return;
            }
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
    use secrecy::ExposeSecret;

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
    async fn a_resealed_record_keeps_its_value_and_its_time_and_outlives_the_removal_of_its_old_key() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(Embedded::open(&folder.path().join("store.redb")).unwrap());
        let offset = Arc::new(Mutex::new(SignedDuration::ZERO));
        let [old, new] = [(); 2].map(|()| Keyring::generate().expose_secret().to_owned());
        let sealed = |keys: &str| {
            let offset = offset.clone();
            let clock = Arc::new(move || Timestamp::now() + *offset.lock());
            SealedStore::new(store.clone(), &Keyring::parse(&keys.into()).unwrap(), clock)
        };
        sealed(&old).put("kind/a", &"value".to_owned(), MINUTE).await.unwrap();
        sealed(&old).put("other", &"value".to_owned(), MINUTE).await.unwrap();
        store.put("kind/made-up", b"k0.of somebody else", MINUTE).await.unwrap();
        let (both, only) = (sealed(&format!("{new},{old}")), sealed(&new));
        assert!(only.get::<String>("kind/a").await.unwrap().is_none());
        assert_eq!([both.reseal("kind").await.unwrap(), both.reseal("kind").await.unwrap()], [1, 0]);
        assert_eq!(only.get::<String>("kind/a").await.unwrap().unwrap().value, "value");
        assert!(only.get::<String>("other").await.unwrap().is_none(), "it has another prefix");
        *offset.lock() = SignedDuration::from_secs(61);
        assert!(only.get::<String>("kind/a").await.unwrap().is_none(), "its time is the old one");
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
