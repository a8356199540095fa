//! A grant as the store knows it: the tokens sealed, the rest in clear.

mod steps;
mod times;

use anyhow::Context;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{claim::Claim, history::History, key::ConnectionKey, seconds};
use crate::{
    model::{Account, AppError, Connection, Status},
    server::{failure, providers::Provider},
};

/// A grant. Its version grows with every change and is sealed in, so that an old ciphertext does not pass for a new one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grant {
    pub(super) version: u64,
    /// The client id that it was made for. Only that client may refresh or revoke it.
    pub(super) client: String,
    /// Whose data it reads.
    pub account: Account,
    /// What was granted.
    pub scopes: Vec<String>,
    connected_at: Timestamp,
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
    /// When the refresh token ends if it is not used before, where the provider says so.
    #[serde(default)]
    pub(super) refresh_expires_at: Option<Timestamp>,
    /// Whether there is a refresh token.
    #[serde(default = "renewable")]
    renewable: bool,
    last_refreshed_at: Option<Timestamp>,
    /// When somebody asked for a token of it; the first time is when the person connected.
    #[serde(alias = "kept_since")]
    pub(super) used_at: Timestamp,
    /// When the keeper means to see to it.
    #[serde(default)]
    pub(super) planned_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) history: History,
    pub(super) dead: Option<String>,
    /// Who is refreshing it.
    #[serde(default)]
    pub(super) claim: Option<Claim>,
    /// Since when it is possible that the provider has made new tokens, and that its answer was lost.
    #[serde(default)]
    pub(super) unanswered: Option<Timestamp>,
    pub(super) sealed: String,
}

/// A grant, and the bytes that the store has of it.
pub(super) struct Stored {
    pub(super) grant: Grant,
    pub(super) bytes: Vec<u8>,
}

impl Grant {
    pub(super) fn new(account: Account, client: &str, version: u64, now: Timestamp) -> Self {
        Self {
            version,
            client: client.to_owned(),
            account,
            scopes: Vec::new(),
            connected_at: now,
            issued_at: now,
            expires_at: None,
            refresh_expires_at: None,
            renewable: true,
            last_refreshed_at: None,
            used_at: now,
            planned_at: None,
            history: History::default(),
            dead: None,
            claim: None,
            unanswered: None,
            sealed: String::new(),
        }
    }

    /// Whether both are for the same account, by the same client.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        self.account.id == other.account.id && self.client == other.client
    }

    /// The id of the key that it is sealed under; empty for one that was given up.
    pub(super) fn key_id(&self) -> &str {
        self.sealed.split('.').next().unwrap_or_default()
    }

    pub(super) fn is_alive(&self) -> bool {
        self.dead.is_none()
    }

    pub(super) fn alive(&self, key: &ConnectionKey) -> Result<(), AppError> {
        self.dead.as_ref().map_or(Ok(()), |reason| Err(AppError::reconnect(key.provider.name, reason)))
    }

    /// What the ciphertext is bound to: format, version, org, user, provider, client, account; each with its length
    /// before it.
    pub(super) fn additional_data(&self, key: &ConnectionKey) -> Vec<u8> {
        let version = self.version.to_string();
        let fields = [
            "tributary-grant-1",
            &version,
            key.subject.org_id(),
            key.subject.user_id(),
            key.provider.slug,
            &self.client,
            &self.account.id,
        ];
        fields.iter().flat_map(|field| [&(field.len() as u64).to_be_bytes(), field.as_bytes()].concat()).collect()
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, AppError> {
        serde_json::to_vec(self).map_err(|error| failure::defect(&error.into()))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, AppError> {
        serde_json::from_slice(bytes).context("a stored grant cannot be read").map_err(|error| failure::defect(&error))
    }
}

/// Grants of an earlier version say nothing of it, and have one.
fn renewable() -> bool {
    true
}

impl Grant {
    /// The grant as its owner may see it.
    pub(super) fn into_connection(self, provider: &Provider, now: Timestamp) -> Connection {
        let grant = self;
        Connection {
            missing_scopes: provider.missing_scopes(&grant.scopes),
            status: if grant.dead.is_some() { Status::ReconnectRequired } else { Status::Active },
            reason: grant.dead,
            account: grant.account,
            scopes: grant.scopes,
            connected_at: seconds(grant.connected_at),
            expires_at: grant.expires_at.map(seconds),
            must_be_used_before: grant.refresh_expires_at.map(seconds),
            renewable: grant.renewable,
            last_refreshed_at: grant.last_refreshed_at.map(seconds),
            last_used_at: seconds(grant.used_at),
            next_refresh_at: None,
            refreshes_last_24h: grant.history.refreshes_in_a_day(now),
            refresh_failures_last_24h: grant.history.failures_in_a_day(now),
            last_refresh_error: grant.history.trouble().map(|trouble| trouble.reason.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Subject, server::providers};

    fn key(org: &str, user: &str) -> ConnectionKey {
        ConnectionKey { subject: Subject::new(org, user).unwrap(), provider: &providers::ALL[0] }
    }

    #[test]
    fn no_choice_of_ids_reaches_another_pairs_grant() {
        let pairs =
            [("A:B", "C"), ("A", "B:C"), ("A/B", "C"), ("A", "B/C"), ("A%2FB", "C"), ("a", "B:C"), ("A ", "B:C")];
        let keys: std::collections::HashSet<_> = pairs.iter().map(|(org, user)| key(org, user).to_string()).collect();
        assert_eq!(keys.len(), pairs.len());

        let account = Account { id: "1".into(), name: None, url: None };
        let grant = Grant::new(account, "client", 1, Timestamp::UNIX_EPOCH);
        let bound: std::collections::HashSet<_> =
            pairs.iter().map(|(org, user)| grant.additional_data(&key(org, user))).collect();
        assert_eq!(bound.len(), pairs.len());
    }
}
