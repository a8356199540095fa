//! Encryption keys over the whole vault: which are in use, sealing all grants anew under the first one, and giving up what
//! a lost key had sealed. All of it may run while servers run, be interrupted, and be run again.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

use super::{ConnectionKey, Tokens};
use crate::model::{Action, AppError, ErrorCode};

/// How many grants are sealed anew at once.
const AT_ONCE: usize = 16;

/// How many grants are sealed under each key.
pub type Census = BTreeMap<String, usize>;

/// How many grants of each organisation.
type Orgs = BTreeMap<String, usize>;

/// After so many grants the audit trail is told, lest an interruption lose all of it.
const NOTED: usize = 1_000;

/// What a rotation did.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Rotated {
    /// The key that it sealed them under.
    pub first: String,
    /// How many grants it sealed anew.
    pub rotated: usize,
    /// The places of those that no key opens.
    pub unreadable: Vec<String>,
    /// Where all of them stand now.
    pub under: Census,
}

impl Tokens {
    /// How many grants are sealed under each key, by its id.
    pub async fn census(&self) -> Result<Census, AppError> {
        let (mut census, mut seen) = (Census::new(), HashSet::new());
        let mut grants = std::pin::pin!(self.all());
        while let Some((place, grant)) = grants.try_next().await? {
            // The store may name a place twice. Its digest is enough to know it again, and is small.
            let mut digest = DefaultHasher::new();
            place.hash(&mut digest);
            if seen.insert(digest.finish()) {
                *census.entry(grant.key_id().to_owned()).or_default() += 1;
            }
        }
        Ok(census)
    }

    /// The keys that grants are sealed under and that are not among ours, each with how many.
    pub async fn missing_keys(&self) -> Result<Census, AppError> {
        let mut census = self.census().await?;
        census.retain(|id, _| !self.config.encryption_keys.has(id));
        Ok(census)
    }

    /// Seals every grant anew that is not sealed under the first key.
    pub async fn rotate_keys(&self) -> Result<Rotated, AppError> {
        let first = self.config.encryption_keys.first_id();
        // What was given up is sealed under none.
        let is_to_move = |id: &str| !id.is_empty() && id != first;
        let others = self.all().try_filter(|(_, grant)| std::future::ready(is_to_move(grant.key_id())));
        let rotations = others.map_ok(|(place, _)| async move {
            let rotated = match ConnectionKey::parse(&place) {
                Some(key) => self.rotate(&key).await?,
                None => Rotation::Unreadable,
            };
            Ok((place, rotated))
        });
        let mut rotations = std::pin::pin!(rotations.try_buffer_unordered(AT_ONCE));
        let (mut done, mut orgs) = (Rotated { first: first.to_owned(), ..Rotated::default() }, Orgs::new());
        let ended = loop {
            match rotations.try_next().await {
                Ok(Some((_, Rotation::Done(key)))) => {
                    done.rotated += 1;
                    *orgs.entry(key.subject.org_id().to_owned()).or_default() += 1;
                }
                Ok(Some((place, Rotation::Unreadable))) => done.unreadable.push(place),
                Ok(Some((_, Rotation::NotNeeded))) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            if done.rotated % NOTED == NOTED - 1 {
                self.note_rotated(&mut orgs).await;
            }
        };
        self.note_rotated(&mut orgs).await;
        ended?;
        done.under = self.census().await?;
        tracing::info!(rotated = done.rotated, unreadable = done.unreadable.len(), under = ?done.under, "keys rotated");
        Ok(done)
    }

    async fn note_rotated(&self, orgs: &mut Orgs) {
        for (org_id, count) in std::mem::take(orgs) {
            let first = self.config.encryption_keys.first_id();
            let detail = format!("{count} of its grants were sealed anew, under the key {first}.");
            self.trail.note_all(&org_id, Action::EncryptionKeysRotated, &detail).await;
        }
    }

    async fn rotate(&self, key: &ConnectionKey) -> Result<Rotation, AppError> {
        let first = self.config.encryption_keys.first_id();
        loop {
            let Some(stored) = self.read(key).await? else { return Ok(Rotation::NotNeeded) };
            if stored.grant.key_id() == first {
                return Ok(Rotation::NotNeeded);
            }
            let Ok(secrets) = self.open(key, &stored.grant) else { return Ok(Rotation::Unreadable) };
            let anew = self.seal(key, stored.grant.clone(), &secrets.into())?;
            // Whoever changed it meanwhile may have sealed it under the old key.
            if self.write(key, &stored, &anew).await? {
                return Ok(Rotation::Done(key.clone()));
            }
        }
    }

    /// Gives up the grants under a key that is lost: each asks for reconnecting. Tells how many.
    pub async fn abandon_key(&self, id: &str) -> Result<usize, AppError> {
        if self.config.encryption_keys.has(id) {
            let detail =
                format!("The key {id} is there, so nothing that it sealed is lost. `tributary keys rotate` moves it.");
            return Err(AppError::new(ErrorCode::InvalidInput, detail));
        }
        let mut abandoned = 0;
        let mut grants = std::pin::pin!(self.all());
        while let Some((place, grant)) = grants.try_next().await? {
            let Some(key) = ConnectionKey::parse(&place).filter(|_| grant.key_id() == id) else { continue };
            let reason = "The encryption key that this grant was sealed with is lost.";
            while let Some(stored) = self.read(&key).await?.filter(|stored| stored.grant.key_id() == id) {
                let mut dead = stored.grant.died(reason);
                dead.sealed.clear();
                if self.write(&key, &stored, &dead).await? {
                    abandoned += 1;
                    self.trail.note(&key, &dead.account, Action::ReconnectRequired, Some(reason)).await;
                }
            }
        }
        Ok(abandoned)
    }
}

/// What became of one grant.
enum Rotation {
    Done(ConnectionKey),
    NotNeeded,
    Unreadable,
}
