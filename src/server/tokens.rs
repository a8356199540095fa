//! Tokens: where grants are kept, and how a fresh access token is had.
//!
//! This room and `providers::Api` are the only ones where a token is in clear.

mod bearer;
mod grant;
mod keyring;
mod lease;
mod oauth;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tracing::Instrument;

pub use bearer::{AccessToken, Bearer};
pub use grant::{ConnectionKey, Grant};
pub use keyring::Keyring;
pub use oauth::{OAuthClient, Rejection};

use super::{Clock, config::Config, failure, providers, store::Store};
use crate::model::{Account, AppError, Connection, ErrorCode, Subject};
use grant::{Secrets, Stored};
use lease::Leases;
use oauth::Minted;

/// A token is refreshed when it ends within this time, or within half its life where that is shorter.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// The grants of all users. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    config: Arc<Config>,
    store: Arc<dyn Store>,
    http: reqwest::Client,
    clock: Clock,
    leases: Arc<Leases>,
}

impl Tokens {
    /// Grants in `store`, sealed with the config's keys.
    pub fn new(config: Arc<Config>, store: Arc<dyn Store>, http: reqwest::Client, clock: Clock) -> Self {
        Self { config, store, http, clock, leases: Arc::default() }
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
        Ok(self.find(key).await?.ok_or_else(|| key.not_connected())?.into())
    }

    /// The grant of a connection; 404 when there is none, 409 when it is dead.
    pub async fn live(&self, key: &ConnectionKey) -> Result<Grant, AppError> {
        let grant = self.find(key).await?.ok_or_else(|| key.not_connected())?;
        grant.alive(key)?;
        Ok(grant)
    }

    /// An access token that is good for a while, refreshed first when it is not.
    pub async fn fresh(&self, key: &ConnectionKey) -> Result<AccessToken, AppError> {
        let stored = self.read(key).await?.ok_or_else(|| key.not_connected())?;
        stored.grant.alive(key)?;
        let now = (self.clock)();
        let token = self.open(key, &stored.grant)?.access_token(&stored.grant);
        if !stored.grant.is_due(now, MARGIN) {
            self.keep(key, &stored).await?;
            return Ok(token);
        }
        match self.refresh(key, None).await {
            Err(error) if error.code != ErrorCode::ReconnectRequired && !stored.grant.is_expired(now) => {
                tracing::warn!(%key, error = %error.detail, "refresh failed; the old token is still valid and served");
                Ok(token)
            }
            refreshed => refreshed,
        }
    }

    /// Saves a new grant in place of whatever was there.
    pub async fn save(&self, key: &ConnectionKey, account: Account, minted: Minted) -> Result<(), AppError> {
        let _lease = self.leases.acquire(&key.to_string()).await;
        let version = self.read(key).await.ok().flatten().map_or(1, |stored| stored.grant.version + 1);
        let grant = self.seal(key, Grant::new(account, version, (self.clock)()), minted)?;
        self.store.put(&key.to_string(), &grant.to_bytes()?, grant::LIFETIME).await.map_err(failure::store)?;
        tracing::info!(%key, account = grant.account.id, scopes = grant.scopes.join(" "), "connected");
        Ok(())
    }

    /// Forgets a grant and revokes it at the provider. Tells whether the provider confirmed that.
    pub async fn forget(&self, key: &ConnectionKey) -> Result<bool, AppError> {
        let _lease = self.leases.acquire(&key.to_string()).await;
        let Some(bytes) = self.store.take(&key.to_string()).await.map_err(failure::store)? else {
            return Err(key.not_connected());
        };
        let grant = Grant::from_bytes(&bytes)?;
        let revoked = match self.open(key, &grant) {
            Ok(secrets) => self.oauth(key)?.revoke(&secrets).await,
            Err(error) => Err(Rejection::Unavailable(error.detail)),
        };
        match &revoked {
            Ok(()) => tracing::info!(%key, account = grant.account.id, revoked = true, "disconnected"),
            Err(error) => tracing::warn!(%key, account = grant.account.id, revoked = false, %error, "disconnected"),
        }
        Ok(revoked.is_ok())
    }

    /// Refreshes, one at a time for a connection in this process; whoever comes second finds the first one's result.
    /// `refused` is the version of the grant whose token the provider did not accept: that one is refreshed though it
    /// is not due.
    ///
    /// It runs as a task of its own: a caller who hangs up must not lose the answer that a provider already gave.
    async fn refresh(&self, key: &ConnectionKey, refused: Option<u64>) -> Result<AccessToken, AppError> {
        let (tokens, key) = (self.clone(), key.clone());
        let refresh = async move {
            // Between processes a lease in the store belongs here too; until then `replace` below keeps a slower
            // process from overwriting what a faster one saved.
            let _lease = tokens.leases.acquire(&key.to_string()).await;
            let stored = tokens.read(&key).await?.ok_or_else(|| key.not_connected())?;
            stored.grant.alive(&key)?;
            let due = stored.grant.is_due((tokens.clock)(), MARGIN) || refused == Some(stored.grant.version);
            if !due {
                return Ok(tokens.open(&key, &stored.grant)?.access_token(&stored.grant));
            }
            tokens.spend(&key, &stored).await
        };
        let refresh = tokio::spawn(refresh.in_current_span());
        refresh.await.map_err(|error| failure::defect(&anyhow::Error::new(error)))?
    }

    /// Gives the refresh token to the provider and saves what comes back.
    async fn spend(&self, key: &ConnectionKey, stored: &Stored) -> Result<AccessToken, AppError> {
        let grant = &stored.grant;
        let secrets = self.open(key, grant)?;
        let minted = match &secrets.refresh_token {
            Some(refresh_token) => self.oauth(key)?.refresh(refresh_token).await,
            None => Err(Rejection::Dead(format!("{} gave no refresh token.", key.provider.name))),
        };
        let next = match minted {
            Ok(minted) => self.seal(key, grant.refreshed((self.clock)()), minted.or_keep(secrets.refresh_token))?,
            Err(Rejection::Dead(reason)) => {
                tracing::warn!(%key, reason, "refresh refused; the person has to connect again");
                self.seal(key, grant.died(&reason, (self.clock)()), secrets.into())?
            }
            Err(error) => {
                tracing::warn!(%key, %error, "refresh failed");
                return Err(AppError::new(ErrorCode::ProviderUnavailable, error.to_string()));
            }
        };
        if !self.write(key, stored, &next).await? {
            tracing::info!(%key, "another process changed the grant during the refresh; its grant counts");
            let current = self.live(key).await?;
            return Ok(self.open(key, &current)?.access_token(&current));
        }
        next.alive(key)?;
        tracing::info!(%key, version = next.version, "refreshed");
        Ok(self.open(key, &next)?.access_token(&next))
    }

    /// Notes that the provider no longer accepts the grant at all.
    async fn bury(&self, key: &ConnectionKey, reason: &str) -> Result<(), AppError> {
        let _lease = self.leases.acquire(&key.to_string()).await;
        let Some(stored) = self.read(key).await? else { return Ok(()) };
        let secrets = self.open(key, &stored.grant)?;
        let dead = self.seal(key, stored.grant.died(reason, (self.clock)()), secrets.into())?;
        self.write(key, &stored, &dead).await?;
        tracing::warn!(%key, reason, "the grant is dead; the person has to connect again");
        Ok(())
    }

    async fn read(&self, key: &ConnectionKey) -> Result<Option<Stored>, AppError> {
        let Some(bytes) = self.store.get(&key.to_string()).await.map_err(failure::store)? else { return Ok(None) };
        Ok(Some(Stored { grant: Grant::from_bytes(&bytes)?, bytes }))
    }

    async fn write(&self, key: &ConnectionKey, old: &Stored, new: &Grant) -> Result<bool, AppError> {
        let replaced = self.store.replace(&key.to_string(), &old.bytes, &new.to_bytes()?, grant::LIFETIME).await;
        replaced.map_err(failure::store)
    }

    /// Slides a grant's deadline when it is used, at most once a day.
    async fn keep(&self, key: &ConnectionKey, stored: &Stored) -> Result<(), AppError> {
        if let Some(kept) = stored.grant.kept((self.clock)()) {
            // Somebody who changed the grant meanwhile slid its deadline as well.
            self.write(key, stored, &kept).await?;
        }
        Ok(())
    }

    fn seal(&self, key: &ConnectionKey, mut grant: Grant, minted: Minted) -> Result<Grant, AppError> {
        grant.take_terms(&minted);
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

/// The present time, for those who show it.
pub(super) fn seconds(time: Timestamp) -> String {
    time.round(jiff::Unit::Second).unwrap_or(time).to_string()
}

/// A secret as text is compared nowhere; this only hands it on.
pub(super) fn secret(text: &str) -> SecretString {
    text.to_owned().into()
}
