//! Tokens: where grants are kept, and how a fresh access token is had.
//!
//! This room and `providers::Api` are the only ones where a token is in clear.

mod bearer;
mod failures;
mod grant;
mod keyring;
mod lease;
mod oauth;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use tracing::Instrument;

pub use bearer::{AccessToken, Bearer};
pub use grant::{ConnectionKey, Grant};
pub use keyring::Keyring;
pub use oauth::{OAuthClient, Rejection};

use super::{Clock, config::Config, failure, providers, store::Store};
use crate::model::{Account, AppError, Connection, ErrorCode, Status, Subject};
use failures::Failures;
use grant::{Secrets, Stored};
use lease::Leases;
use oauth::Minted;

/// A token is refreshed when it ends within this time, or within half its life where that is shorter.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// After a refresh that failed, a token that is still valid is served for this long before the next try.
const PAUSE: Duration = Duration::from_secs(30);

/// How often a grant is written again when the store fails after the provider has answered, and how long between.
const WRITES: (u32, Duration) = (10, Duration::from_millis(300));

/// The grants of all users. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    config: Arc<Config>,
    store: Arc<dyn Store>,
    http: reqwest::Client,
    clock: Clock,
    leases: Arc<Leases>,
    failures: Arc<Failures>,
}

impl Tokens {
    /// Grants in `store`, sealed with the config's keys.
    pub fn new(config: Arc<Config>, store: Arc<dyn Store>, http: reqwest::Client, clock: Clock) -> Self {
        Self { config, store, http, clock, leases: Arc::default(), failures: Arc::default() }
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
        let mut connection = Connection::from(grant);
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

    /// An access token that is good for a while, refreshed first when it is not.
    pub async fn fresh(&self, key: &ConnectionKey) -> Result<AccessToken, AppError> {
        let stored = self.read(key).await?.ok_or_else(|| key.not_connected())?;
        self.usable(key, &stored.grant)?;
        let now = (self.clock)();
        let token = self.open(key, &stored.grant)?.access_token(&stored.grant);
        if !stored.grant.is_due(now, MARGIN) {
            self.keep(key, &stored).await?;
            return Ok(token);
        }
        let valid = !stored.grant.is_expired(now);
        // While the provider is failing, a valid token is served at once rather than after each one's own failed try.
        if valid && self.failures.since(&key.to_string(), Instant::now() - PAUSE).is_some() {
            return Ok(token);
        }
        match self.refresh(key, None).await {
            Err(error) if error.code != ErrorCode::ReconnectRequired && valid => {
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
        let grant = Grant::new(account, self.client(key), version, (self.clock)());
        let grant = self.seal(key, grant, minted)?;
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
        // Tokens of another client are not shown to this one's provider.
        let opened = self.usable_to_revoke(key, &grant).and_then(|()| self.open(key, &grant));
        let revoked = match opened {
            Ok(secrets) => self.oauth(key)?.revoke(&secrets).await,
            Err(error) => Err(Rejection::Unavailable(error.detail)),
        };
        match &revoked {
            Ok(()) => tracing::info!(%key, account = grant.account.id, revoked = true, "disconnected"),
            Err(error) => tracing::warn!(%key, account = grant.account.id, revoked = false, %error, "disconnected"),
        }
        Ok(revoked.is_ok())
    }

    /// Refreshes, one at a time for a connection in this process; whoever comes second finds the first one's result,
    /// be it a grant or a failure. `refused` is the version of the grant whose token the provider did not accept: that
    /// one is refreshed though it is not due.
    ///
    /// It runs as a task of its own: a caller who hangs up must not lose the answer that a provider already gave.
    async fn refresh(&self, key: &ConnectionKey, refused: Option<u64>) -> Result<AccessToken, AppError> {
        let (tokens, key, asked) = (self.clone(), key.clone(), Instant::now());
        let refresh = async move {
            // Between processes a lease in the store belongs here too: of two that refresh at once, both spend the
            // refresh token, and `replace` only keeps the slower one from overwriting what the faster one saved.
            let _lease = tokens.leases.acquire(&key.to_string()).await;
            let stored = tokens.read(&key).await?.ok_or_else(|| key.not_connected())?;
            tokens.usable(&key, &stored.grant)?;
            let due = stored.grant.is_due((tokens.clock)(), MARGIN) || refused == Some(stored.grant.version);
            if !due {
                return Ok(tokens.open(&key, &stored.grant)?.access_token(&stored.grant));
            }
            if let Some(error) = tokens.failures.since(&key.to_string(), asked) {
                return Err(error);
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
            Err(rejection) => {
                tracing::warn!(%key, error = %rejection, "refresh failed");
                let error = AppError::from(rejection);
                self.failures.note(&key.to_string(), error.clone());
                return Err(error);
            }
        };
        if !self.write_patiently(key, stored, &next).await? {
            tracing::info!(%key, "another process changed the grant during the refresh; its grant counts");
            let current = self.live(key).await?;
            return Ok(self.open(key, &current)?.access_token(&current));
        }
        next.alive(key)?;
        tracing::info!(%key, version = next.version, "refreshed");
        Ok(self.open(key, &next)?.access_token(&next))
    }

    /// Notes that the provider no longer accepts the grant of this version at all. A newer one is left alone.
    async fn bury(&self, key: &ConnectionKey, version: u64, reason: &str) -> Result<(), AppError> {
        let _lease = self.leases.acquire(&key.to_string()).await;
        let stored = self.read(key).await?.filter(|stored| stored.grant.version == version);
        let Some(stored) = stored else { return Ok(()) };
        let secrets = self.open(key, &stored.grant)?;
        let dead = self.seal(key, stored.grant.died(reason, (self.clock)()), secrets.into())?;
        self.write(key, &stored, &dead).await?;
        tracing::warn!(%key, reason, "the grant is dead; the person has to connect again");
        Ok(())
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

    fn usable_to_revoke(&self, key: &ConnectionKey, grant: &Grant) -> Result<(), AppError> {
        if grant.client == self.client(key) { Ok(()) } else { self.usable(key, grant) }
    }

    fn client(&self, key: &ConnectionKey) -> &str {
        self.config.provider(key.provider).client.as_ref().map_or("", |client| client.id.as_str())
    }

    async fn read(&self, key: &ConnectionKey) -> Result<Option<Stored>, AppError> {
        let Some(bytes) = self.store.get(&key.to_string()).await.map_err(failure::store)? else { return Ok(None) };
        Ok(Some(Stored { grant: Grant::from_bytes(&bytes)?, bytes }))
    }

    async fn write(&self, key: &ConnectionKey, old: &Stored, new: &Grant) -> Result<bool, AppError> {
        let replaced = self.store.replace(&key.to_string(), &old.bytes, &new.to_bytes()?, grant::LIFETIME).await;
        replaced.map_err(failure::store)
    }

    /// The same, and again when the store fails: what a provider just made cannot be made twice.
    async fn write_patiently(&self, key: &ConnectionKey, old: &Stored, new: &Grant) -> Result<bool, AppError> {
        let (most, pause) = WRITES;
        for _ in 1..most {
            match self.write(key, old, new).await {
                Err(error) if error.code == ErrorCode::StoreUnavailable => tokio::time::sleep(pause).await,
                written => return written,
            }
        }
        self.write(key, old, new).await
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

/// A time as it is shown: whole seconds, RFC 3339, UTC.
fn seconds(time: Timestamp) -> String {
    time.round(jiff::Unit::Second).unwrap_or(time).to_string()
}
