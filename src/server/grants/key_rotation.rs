//! Encryption keys over the whole vault: how many grants each key encrypts, re-encryption under the current key, and giving
//! up what a lost key encrypted. All of it can run while servers run, be interrupted, and be run again.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

use super::{GrantError, Grants, Vault};
use crate::{
    model::Action,
    server::{audit::Actor, connections::ConnectionKey, store::StoreError},
};

/// How many grants are re-encrypted concurrently.
const CONCURRENCY: usize = 16;

/// How many grants are encrypted with each key, by the key's id. The empty id stands for abandoned grants.
pub type KeyUsage = BTreeMap<String, usize>;

/// How many grants of each organisation were re-encrypted.
type ByOrg = BTreeMap<String, usize>;

/// After so many grants the audit log is written, so that an interruption loses little of it.
const AUDIT_INTERVAL: usize = 1_000;

/// What a rotation did.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Rotated {
    /// The key that the grants are now encrypted with.
    pub key_id: String,
    /// How many grants were re-encrypted.
    pub rotated: usize,
    /// The store keys of grants that no configured key decrypts.
    pub unreadable: Vec<String>,
    /// The key usage after the rotation.
    pub usage: KeyUsage,
}

/// What became of one grant.
enum Rotation {
    Done(ConnectionKey),
    NotNeeded,
    Unreadable,
}

impl Vault {
    /// How many grants are encrypted with each key.
    pub async fn key_usage(&self) -> Result<KeyUsage, StoreError> {
        let (mut usage, mut seen) = (KeyUsage::new(), HashSet::new());
        let mut grants = std::pin::pin!(self.all());
        while let Some((key, grant)) = grants.try_next().await? {
            // The store may return a key twice. A hash is enough to recognise it, and is small.
            let mut hash = DefaultHasher::new();
            key.hash(&mut hash);
            if seen.insert(hash.finish()) {
                *usage.entry(grant.key_id().to_owned()).or_default() += 1;
            }
        }
        Ok(usage)
    }

    /// The usage of keys that encrypt grants and are not configured.
    pub async fn missing_keys(&self) -> Result<KeyUsage, StoreError> {
        let mut usage = self.key_usage().await?;
        usage.retain(|id, _| !self.keyring.has(id));
        Ok(usage)
    }

    async fn rotate(&self, key: &ConnectionKey) -> Result<Rotation, GrantError> {
        loop {
            let Some(stored) = self.read(key).await? else { return Ok(Rotation::NotNeeded) };
            if stored.grant.key_id() == self.keyring.current_id() {
                return Ok(Rotation::NotNeeded);
            }
            let Ok(tokens) = self.open(key, &stored.grant) else { return Ok(Rotation::Unreadable) };
            let rotated = self.seal(key, stored.grant.clone(), &tokens)?;
            // A process that changed the grant meanwhile may have encrypted it with the old key.
            if self.write(key, &stored, &rotated).await? {
                return Ok(Rotation::Done(key.clone()));
            }
        }
    }
}

impl Grants {
    /// Re-encrypts every grant that is not encrypted with the current key.
    pub async fn rotate_keys(&self, actor: &Actor) -> Result<Rotated, GrantError> {
        let current = self.vault.keyring.current_id();
        let needs_rotation = |id: &str| !id.is_empty() && id != current;
        let others = self.vault.all().try_filter(|(_, grant)| std::future::ready(needs_rotation(grant.key_id())));
        let rotations = others.map_err(GrantError::from).map_ok(|(store_key, _)| async move {
            let rotation = match ConnectionKey::parse(&store_key) {
                Some(key) => self.vault.rotate(&key).await?,
                None => Rotation::Unreadable,
            };
            Ok((store_key, rotation))
        });
        let mut rotations = std::pin::pin!(rotations.try_buffer_unordered(CONCURRENCY));
        let (mut result, mut by_org) = (Rotated { key_id: current.to_owned(), ..Rotated::default() }, ByOrg::new());
        let ended = loop {
            match rotations.try_next().await {
                Ok(Some((_, Rotation::Done(key)))) => {
                    result.rotated += 1;
                    *by_org.entry(key.subject.org_id().to_owned()).or_default() += 1;
                }
                Ok(Some((store_key, Rotation::Unreadable))) => result.unreadable.push(store_key),
                Ok(Some((_, Rotation::NotNeeded))) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            if result.rotated % AUDIT_INTERVAL == AUDIT_INTERVAL - 1 {
                self.audit_rotation(actor, &mut by_org).await;
            }
        };
        self.audit_rotation(actor, &mut by_org).await;
        ended?;
        result.usage = self.vault.key_usage().await?;
        let (rotated, unreadable, usage) = (result.rotated, result.unreadable.len(), &result.usage);
        tracing::info!(rotated, unreadable, ?usage, "encryption keys rotated");
        Ok(result)
    }

    async fn audit_rotation(&self, actor: &Actor, by_org: &mut ByOrg) {
        for (org_id, count) in std::mem::take(by_org) {
            let grants = if count == 1 { "1 grant was".to_owned() } else { format!("{count} grants were") };
            let detail = format!("{grants} re-encrypted with the key {}.", self.vault.keyring.current_id());
            self.refresher.audit.record_for_org(actor, &org_id, Action::EncryptionKeysRotated, &detail).await;
        }
    }

    /// Marks the grants dead that are encrypted with a lost key. Returns how many.
    pub async fn abandon_key(&self, id: &str, actor: &Actor) -> Result<usize, AbandonError> {
        if self.vault.keyring.has(id) {
            return Err(AbandonError::KeyIsConfigured);
        }
        let mut abandoned = 0;
        let mut grants = std::pin::pin!(self.vault.all());
        while let Some((store_key, grant)) = grants.try_next().await.map_err(GrantError::from)? {
            let Some(key) = ConnectionKey::parse(&store_key).filter(|_| grant.key_id() == id) else { continue };
            let reason = "The encryption key of this grant is lost.";
            while let Some(stored) = self.vault.read(&key).await?.filter(|stored| stored.grant.key_id() == id) {
                let mut dead = stored.grant.marked_dead(reason);
                dead.sealed.clear();
                if self.vault.write(&key, &stored, &dead).await? {
                    abandoned += 1;
                    let account = &dead.connection.account;
                    self.refresher.audit.record(actor, &key, account, Action::ReconnectRequired, Some(reason)).await;
                }
            }
        }
        Ok(abandoned)
    }
}

/// Why a key was not abandoned.
#[derive(Debug, thiserror::Error)]
pub enum AbandonError {
    /// The key is in the keyring, so nothing is lost.
    #[error("the key is configured")]
    KeyIsConfigured,
    #[error(transparent)]
    Grant(#[from] GrantError),
}
