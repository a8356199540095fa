//! Tokens: where grants are kept, and how a fresh access token is had.
//!
//! This room and `providers::Api` are the only ones where a token is in clear.

mod bearer;
mod claim;
mod failures;
mod grant;
mod key;
mod keyring;
mod lease;
mod minted;
#[cfg(test)]
mod model;
mod oauth;
mod refresh;
mod rejection;
mod secrets;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

pub use bearer::{AccessToken, Bearer};
pub use grant::Grant;
pub use key::ConnectionKey;
pub use keyring::Keyring;
pub use oauth::{OAuthClient, Revocation};
pub use rejection::Rejection;

use super::{Clock, config::Config, failure, providers, store::Store};
use crate::model::{Account, AppError, Connection, ErrorCode, Status, Subject};
use failures::Failures;
use grant::Stored;
use lease::Leases;
use minted::Minted;
use secrets::Secrets;

/// The grants of all users. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    config: Arc<Config>,
    store: Arc<dyn Store>,
    http: reqwest::Client,
    clock: Clock,
    leases: Arc<Leases>,
    failures: Arc<Failures>,
    claim_life: Duration,
}

impl Tokens {
    /// Grants in `store`, sealed with the config's keys.
    pub fn new(config: Arc<Config>, store: Arc<dyn Store>, http: reqwest::Client, clock: Clock) -> Self {
        Self { config, store, http, clock, leases: Arc::default(), failures: Arc::default(), claim_life: claim::LIFE }
    }

    /// The same with another time for which the claims of others are respected; for tests, which cannot wait so long.
    pub fn with_claim_life(self, claim_life: Duration) -> Self {
        Self { claim_life, ..self }
    }

    /// The key of a connection; 404 for a provider that is not ours.
    pub fn key(&self, subject: &Subject, provider: &str) -> Result<ConnectionKey, AppError> {
        let provider = providers::find(provider).ok_or_else(|| {
            let known: Vec<_> = providers::ALL.iter().map(|provider| provider.slug).collect();
            AppError::new(
                ErrorCode::NotFound,
                format!("There is no provider of that name. There is: {}.", known.join(", ")),
            )
        })?;
        Ok(ConnectionKey { subject: subject.clone(), provider })
    }

    /// The provider's OAuth, as the client that is configured.
    pub fn oauth(&self, key: &ConnectionKey) -> Result<OAuthClient, AppError> {
        OAuthClient::new(key.provider, &self.config, &self.http)
    }

    /// The grant of a connection, if there is one.
    pub async fn find(&self, key: &ConnectionKey) -> Result<Option<Grant>, AppError> {
        Ok(self.read(key).await?.map(|stored| stored.grant))
    }

    /// A connection as its owner may see it; 404 when there is none.
    pub async fn connection(&self, key: &ConnectionKey) -> Result<Connection, AppError> {
        let grant = self.find(key).await?.ok_or_else(|| key.not_connected())?;
        let unusable = self.usable(key, &grant).err();
        let mut connection = grant.into_connection(key.provider);
        if let (Some(error), None) = (unusable, &connection.reason) {
            connection.status = Status::ReconnectRequired;
            connection.reason = Some(error.detail);
        }
        Ok(connection)
    }

    /// The grant of a connection; 404 when there is none, 409 when it is dead.
    pub async fn live(&self, key: &ConnectionKey) -> Result<Grant, AppError> {
        let grant = self.find(key).await?.ok_or_else(|| key.not_connected())?;
        self.usable(key, &grant)?;
        Ok(grant)
    }

    /// Saves a new grant in place of whatever was there.
    pub async fn save(&self, key: &ConnectionKey, account: Account, minted: Minted) -> Result<(), AppError> {
        let _lease = self.leases.acquire(&key.to_string()).await;
        let now = (self.clock)();
        loop {
            let old = self.read(key).await.ok().flatten();
            let version = Grant::version_after(old.as_ref().map(|old| &old.grant), now);
            let grant = self.seal(key, Grant::new(account.clone(), self.client(key), version, now), &minted)?;
            let saved = match &old {
                // A refresh that was saved meanwhile, after a clock that is ahead, may have taken this version.
                Some(old) => self.write(key, old, &grant).await?,
                None => {
                    let saved = self.store.put(&key.to_string(), &grant.to_bytes()?, grant.lifetime(now)).await;
                    saved.map_err(failure::store)?;
                    true
                }
            };
            if saved {
                tracing::info!(%key, account = grant.account.id, scopes = grant.scopes.join(" "), "connected");
                return Ok(());
            }
        }
    }

    /// Forgets a grant and revokes it at the provider, where that can be done.
    pub async fn forget(&self, key: &ConnectionKey) -> Result<Revocation, AppError> {
        let _lease = self.leases.acquire(&key.to_string()).await;
        let Some(bytes) = self.store.take(&key.to_string()).await.map_err(failure::store)? else {
            return Err(key.not_connected());
        };
        let grant = Grant::from_bytes(&bytes)?;
        let revoked = match self.open(key, &grant) {
            // Another client's tokens are not shown to this one's provider.
            Ok(_) if grant.client != self.client(key) => Err(Rejection::Client("another client made it".to_owned())),
            Ok(secrets) => self.oauth(key)?.revoke(&secrets).await,
            Err(error) => Err(Rejection::Unavailable(error.detail)),
        };
        let revocation = match &revoked {
            Ok(revocation) => *revocation,
            Err(error) => {
                tracing::warn!(%key, %error, "the grant could not be revoked");
                Revocation::NotConfirmed
            }
        };
        tracing::info!(%key, account = grant.account.id, ?revocation, "disconnected");
        Ok(revocation)
    }

    /// A grant that is alive, and made for the client that is configured now. A grant of another client is left as it
    /// is: it is good again when that client's id is back.
    fn usable(&self, key: &ConnectionKey, grant: &Grant) -> Result<(), AppError> {
        grant.alive(key)?;
        if grant.client != self.client(key) {
            let reason =
                "This grant was made for another client id (or for the sandbox) than the one that is configured now.";
            return Err(AppError::reconnect(key.provider.name, reason));
        }
        Ok(())
    }

    fn client(&self, key: &ConnectionKey) -> &str {
        self.config.provider(key.provider).client.as_ref().map_or("", |client| client.id.as_str())
    }

    async fn read(&self, key: &ConnectionKey) -> Result<Option<Stored>, AppError> {
        let Some(bytes) = self.store.get(&key.to_string()).await.map_err(failure::store)? else { return Ok(None) };
        Ok(Some(Stored { grant: Grant::from_bytes(&bytes)?, bytes }))
    }

    /// Writes `new` if the store still has `old`.
    async fn write(&self, key: &ConnectionKey, old: &Stored, new: &Grant) -> Result<bool, AppError> {
        let lifetime = new.lifetime((self.clock)());
        let replaced = self.store.replace(&key.to_string(), &old.bytes, &new.to_bytes()?, lifetime).await;
        replaced.map_err(failure::store)
    }

    fn seal(&self, key: &ConnectionKey, mut grant: Grant, minted: &Minted) -> Result<Grant, AppError> {
        grant.take_terms(minted);
        let additional = grant.additional_data(key);
        grant.sealed = self
            .config
            .encryption_keys
            .seal(&minted.secrets.to_plaintext()?, &additional)
            .map_err(|error| failure::defect(&error))?;
        Ok(grant)
    }

    fn open(&self, key: &ConnectionKey, grant: &Grant) -> Result<Secrets, AppError> {
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

/// A time as it is shown: whole seconds, RFC 3339, UTC.
fn seconds(time: Timestamp) -> String {
    time.round(jiff::Unit::Second).unwrap_or(time).to_string()
}
