//! The vault: grants as they are stored, read and written by compare-and-swap, with their tokens encrypted.

use std::sync::Arc;

use anyhow::Context;
use futures::{Stream, TryStreamExt, future::ready, stream};

use super::{GrantError, claim::ClaimWatch, grant::Grant, schedule::Schedule, token_pair::TokenPair};
use crate::server::{
    clock::Clock,
    connections::{self, ConnectionKey},
    crypto::Keyring,
    providers::client::oauth::TokenResponse,
    store::{Store, StoreError},
};

/// How many grants are read concurrently when all are.
const CONCURRENT_READS: usize = 32;

/// The stored grants. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    pub(super) store: Arc<dyn Store>,
    pub(super) keyring: Arc<Keyring>,
    pub(super) clock: Clock,
    pub(super) schedule: Schedule,
    pub(super) claims: Arc<ClaimWatch>,
}

/// A grant, and the bytes that the store has for it.
pub(super) struct Stored {
    pub(super) grant: Grant,
    pub(super) bytes: Vec<u8>,
}

impl Vault {
    /// The grants in `store`, encrypted with the keys of `keyring`. `scheduled` says whether a refresh scheduler runs.
    pub fn new(store: Arc<dyn Store>, keyring: Arc<Keyring>, clock: Clock, scheduled: bool) -> Self {
        let schedule = Schedule::new(store.clone(), clock.clone(), scheduled);
        Self { store, keyring, clock, schedule, claims: Arc::default() }
    }

    /// The grant of a connection, if there is one.
    pub async fn find(&self, key: &ConnectionKey) -> Result<Option<Grant>, GrantError> {
        Ok(self.read(key).await?.map(|stored| stored.grant))
    }

    pub(super) async fn read(&self, key: &ConnectionKey) -> Result<Option<Stored>, GrantError> {
        let found = self.store.get(&key.to_string()).await;
        if found.is_err() {
            self.claims.restart();
        }
        let Some(bytes) = found? else { return Ok(None) };
        Ok(Some(Stored { grant: Grant::from_bytes(&bytes)?, bytes }))
    }

    /// Writes `new` if the store still has `old`. Returns whether it did.
    pub(super) async fn write(&self, key: &ConnectionKey, old: &Stored, new: &Grant) -> Result<bool, GrantError> {
        let lifetime = new.lifetime((self.clock)());
        let (key_text, bytes) = (key.to_string(), new.to_bytes()?);
        let swapped = self.store.compare_and_swap_replicated(&key_text, Some(&old.bytes), &bytes, lifetime).await?;
        if swapped && new.next_refresh_at != old.grant.next_refresh_at {
            self.schedule.set_for(key, new.next_refresh_at).await;
        }
        Ok(swapped)
    }

    /// All grants with their keys in the store, in no particular order, some possibly twice. Grants that cannot be read
    /// are logged and skipped.
    pub(super) fn all(&self) -> impl Stream<Item = Result<(String, Grant), StoreError>> + Send + '_ {
        let pages = stream::try_unfold(Some(None::<String>), |position| async {
            let Some(after) = position else { return Ok::<_, StoreError>(None) };
            let page = self.store.keys(connections::PREFIX, after.as_deref()).await?;
            Ok(Some((page.keys, page.next.map(Some))))
        });
        let keys = pages.map_ok(|keys| stream::iter(keys.into_iter().map(Ok))).try_flatten();
        let grants = keys.map_ok(move |key| async move {
            let Some(bytes) = self.store.get(&key).await? else { return Ok(None) };
            let grant = Grant::from_bytes(&bytes).inspect_err(|error| {
                tracing::error!(key, error = format!("{error:#}"), "a stored grant is unreadable")
            });
            Ok(grant.ok().map(|grant| (key, grant)))
        });
        grants.try_buffer_unordered(CONCURRENT_READS).try_filter_map(|found| ready(Ok(found)))
    }

    /// The grant with newly issued tokens, encrypted.
    pub(super) fn seal_response(
        &self,
        key: &ConnectionKey,
        mut grant: Grant,
        response: &TokenResponse,
    ) -> Result<Grant, GrantError> {
        grant.apply(response);
        self.seal(key, grant, &response.into())
    }

    /// The grant with these tokens, encrypted.
    pub(super) fn seal(&self, key: &ConnectionKey, mut grant: Grant, tokens: &TokenPair) -> Result<Grant, GrantError> {
        let plaintext = tokens.to_plaintext()?;
        grant.sealed = self.keyring.seal(&plaintext, &grant.additional_data(key))?;
        Ok(grant)
    }

    /// Decrypts a grant's tokens.
    pub(super) fn open(&self, key: &ConnectionKey, grant: &Grant) -> Result<TokenPair, GrantError> {
        let opened = self
            .keyring
            .open(&grant.sealed, &grant.additional_data(key))
            .and_then(|plaintext| TokenPair::parse(&plaintext));
        opened.map_err(|error| {
            tracing::error!(%key, error = format!("{error:#}"), "a stored grant cannot be decrypted");
            let reason = "The stored grant can't be decrypted with any of the configured keys.".to_owned();
            GrantError::ReconnectRequired { provider: key.provider, reason }
        })
    }

    /// Encrypts tokens that are not a grant yet, bound to a key of the store.
    pub fn seal_unsaved(&self, response: &TokenResponse, store_key: &str) -> Result<String, GrantError> {
        Ok(self.keyring.seal(&response.to_plaintext()?, store_key.as_bytes())?)
    }

    /// Decrypts what [`Vault::seal_unsaved`] encrypted.
    pub fn open_unsaved(&self, sealed: &str, store_key: &str) -> Result<TokenResponse, GrantError> {
        let plaintext = self.keyring.open(sealed, store_key.as_bytes()).context("unsaved tokens")?;
        Ok(TokenResponse::parse(&plaintext)?)
    }
}
