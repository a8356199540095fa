//! Grants as they lie in the store: read, written by compare-and-set, sealed and opened.

use futures::{Stream, TryStreamExt, future::ready, stream};

use super::{
    ConnectionKey, Tokens,
    grant::{Grant, Stored},
    key,
    minted::Minted,
    secrets::Secrets,
};
use crate::{model::AppError, server::failure};

/// How many grants are read at once where all are.
const READ_AT_ONCE: usize = 32;

impl Tokens {
    /// All grants with their places in the store, in no order; some perhaps twice.
    pub(super) fn all(&self) -> impl Stream<Item = Result<(String, Grant), AppError>> + Send + '_ {
        let pages = stream::try_unfold(Some(None::<String>), |at| async {
            let Some(after) = at else { return Ok::<_, AppError>(None) };
            let page = self.store.keys(key::PREFIX, after.as_deref()).await.map_err(failure::store)?;
            Ok(Some((page.keys, page.next.map(Some))))
        });
        let places = pages.map_ok(|keys| stream::iter(keys.into_iter().map(Ok))).try_flatten();
        let grants = places.map_ok(move |place| async move {
            let Some(bytes) = self.store.get(&place).await.map_err(failure::store)? else { return Ok(None) };
            // `from_bytes` has told of one that cannot be read. The others are none the worse for it.
            Ok(Grant::from_bytes(&bytes).ok().map(|grant| (place, grant)))
        });
        grants.try_buffer_unordered(READ_AT_ONCE).try_filter_map(|found| ready(Ok(found)))
    }

    pub(super) async fn read(&self, key: &ConnectionKey) -> Result<Option<Stored>, AppError> {
        let found = self.store.get(&key.to_string()).await.inspect_err(|_| self.watch.begin_anew());
        let Some(bytes) = found.map_err(failure::store)? else { return Ok(None) };
        Ok(Some(Stored { grant: Grant::from_bytes(&bytes)?, bytes }))
    }

    /// Writes `new` if the store still has `old`.
    pub(super) async fn write(&self, key: &ConnectionKey, old: &Stored, new: &Grant) -> Result<bool, AppError> {
        let lifetime = new.lifetime((self.clock)());
        let replaced = self.store.replace(&key.to_string(), Some(&old.bytes), &new.to_bytes()?, lifetime).await;
        let replaced = replaced.map_err(failure::store)?;
        if replaced && new.planned_at != old.grant.planned_at {
            self.plan(key, new.planned_at).await;
        }
        Ok(replaced)
    }

    pub(super) fn seal(&self, key: &ConnectionKey, mut grant: Grant, minted: &Minted) -> Result<Grant, AppError> {
        grant.take_terms(minted);
        let additional = grant.additional_data(key);
        grant.sealed = self
            .config
            .encryption_keys
            .seal(&minted.secrets.to_plaintext()?, &additional)
            .map_err(|error| failure::defect(&error))?;
        Ok(grant)
    }

    /// Tokens that wait for a person to choose, as text that only this place of the store opens.
    pub fn seal_waiting(&self, minted: &Minted, place: &str) -> Result<String, AppError> {
        let sealed = self.config.encryption_keys.seal(&minted.to_plaintext()?, place.as_bytes());
        sealed.map_err(|error| failure::defect(&error))
    }

    /// What [`Tokens::seal_waiting`] sealed.
    pub fn open_waiting(&self, sealed: &str, place: &str) -> Result<Minted, AppError> {
        let opened = self.config.encryption_keys.open(sealed, place.as_bytes());
        opened.and_then(|plain| Minted::parse(&plain)).map_err(|error| failure::defect(&error))
    }

    pub(super) fn open(&self, key: &ConnectionKey, grant: &Grant) -> Result<Secrets, AppError> {
        let opened = self
            .config
            .encryption_keys
            .open(&grant.sealed, &grant.additional_data(key))
            .and_then(|plain| Secrets::parse(&plain));
        opened.map_err(|error| {
            tracing::error!(%key, error = format!("{error:#}"), "a stored grant cannot be decrypted");
            let reason = "The stored grant cannot be decrypted with the keys that Tributary has now.";
            AppError::reconnect(key.provider.name, reason)
        })
    }
}
