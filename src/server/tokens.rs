//! Tokens: where grants are kept, and how a fresh access token is had.
//!
//! This room and `providers::Api` are the only ones where a token is in clear.

mod bearer;
mod claim;
mod connecting;
mod failures;
mod grant;
mod history;
mod holders;
mod keeper;
mod key;
mod keyring;
mod lease;
mod minted;
#[cfg(test)]
mod model;
mod oauth;
mod plan;
mod records;
mod refresh;
mod rejection;
mod revocation;
mod rotation;
mod secrets;
mod spend;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

pub use bearer::{AccessToken, Bearer};
pub use grant::Grant;
pub use keeper::Keeper;
pub use key::ConnectionKey;
pub use keyring::Keyring;
pub use minted::Minted;
pub use oauth::OAuthClient;
pub use rejection::Rejection;
pub use revocation::Revocation;
pub use rotation::{Census, Rotated};

use super::{Clock, config::Config, providers, store::Store, trail::Trail};
use crate::model::{AppError, Connection, ErrorCode, Status, Subject};
use claim::Watch;
use failures::Failures;
use lease::Leases;

/// The grants of all users. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    config: Arc<Config>,
    store: Arc<dyn Store>,
    http: reqwest::Client,
    clock: Clock,
    trail: Arc<Trail>,
    leases: Arc<Leases>,
    failures: Arc<Failures>,
    watch: Arc<Watch>,
    claim_life: Duration,
}

impl Tokens {
    /// Grants in `store`, sealed with the config's keys.
    pub fn new(
        config: Arc<Config>,
        store: Arc<dyn Store>,
        http: reqwest::Client,
        clock: Clock,
        trail: Arc<Trail>,
    ) -> Self {
        let (leases, failures, watch) = (Arc::default(), Arc::default(), Arc::default());
        Self { config, store, http, clock, trail, leases, failures, watch, claim_life: claim::LIFE }
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
        let now = (self.clock)();
        let next_refresh = (self.config.keeper && grant.is_alive() && grant.is_renewed()).then(|| grant.next_try(now));
        let mut connection = grant.into_connection(key.provider, now);
        connection.next_refresh_at = next_refresh.map(seconds);
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

    /// A grant that is alive, and made for the client that is configured now. A grant of another client is left as it
    /// is: it is good again when that client's id is back.
    fn usable(&self, key: &ConnectionKey, grant: &Grant) -> Result<(), AppError> {
        grant.alive(key)?;
        if !self.is_ours(grant, key) {
            let reason =
                "This grant was made for another client id (or for the sandbox) than the one that is configured now.";
            return Err(AppError::reconnect(key.provider.name, reason));
        }
        Ok(())
    }

    /// Whether a grant was made for the client that is configured now. Another client's tokens are not shown to this one's
    /// provider.
    pub fn is_ours(&self, grant: &Grant, key: &ConnectionKey) -> bool {
        grant.client == self.client(key)
    }

    fn client(&self, key: &ConnectionKey) -> &str {
        self.config.provider(key.provider).client.as_ref().map_or("", |client| client.id.as_str())
    }
}

/// A time as it is shown: whole seconds, RFC 3339, UTC.
fn seconds(time: Timestamp) -> String {
    time.round(jiff::Unit::Second).unwrap_or(time).to_string()
}
