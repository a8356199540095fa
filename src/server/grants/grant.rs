//! A grant as it is stored: the connection's record, its encrypted tokens, and the state of their refresh.

#[cfg(test)]
mod fuzz;
mod history;
mod next_refresh;
mod refusals;
mod times;
mod transitions;

use anyhow::Context;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::claim::Claim;
use crate::{
    model::{Account, Connection},
    server::{
        clock::rfc3339,
        connections::{ConnectionKey, Record},
        providers::{Provider, client::oauth::TokenResponse},
    },
};

pub(super) use history::{History, RefreshError};

/// A grant. Its version grows with every change of the tokens and is part of what the ciphertext is bound to, so an old
/// ciphertext does not open in a newer grant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grant {
    pub connection: Record,
    pub(super) version: u64,
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
    /// When the refresh token expires unless it is used, if the provider says so.
    pub(super) refresh_expires_at: Option<Timestamp>,
    has_refresh_token: bool,
    last_refreshed_at: Option<Timestamp>,
    /// When a token that a clock had issued that was ahead was replaced last.
    #[serde(default)]
    corrected_at: Option<Timestamp>,
    /// When the scheduler refreshes it.
    pub(super) next_refresh_at: Option<Timestamp>,
    /// When it ends unless it is used or refreshed before; `None` for a grant of an earlier version, until it is.
    pub(super) ends_at: Option<Timestamp>,
    /// How many visits of the scheduler have found it past that time.
    #[serde(default)]
    pub(super) overdue_visits: u8,
    pub(super) history: History,
    /// The process that is refreshing it.
    pub(super) claim: Option<Claim>,
    /// Since when the provider may have issued tokens in a response that was lost.
    pub(super) lost_response_at: Option<Timestamp>,
    /// The version whose refresh token the token endpoint refused, if that is why the grant is dead.
    pub(super) refused_version: Option<u64>,
    /// The encrypted tokens; empty for a grant that was abandoned with its key.
    pub(super) sealed: String,
}

impl Grant {
    /// A grant without tokens.
    pub(super) fn new(account: Account, client_id: &str, version: u64, now: Timestamp) -> Self {
        Self {
            connection: Record::new(account, client_id, now),
            version,
            issued_at: now,
            expires_at: None,
            refresh_expires_at: None,
            has_refresh_token: true,
            last_refreshed_at: None,
            corrected_at: None,
            next_refresh_at: None,
            ends_at: None,
            overdue_visits: 0,
            history: History::default(),
            claim: None,
            lost_response_at: None,
            refused_version: None,
            sealed: String::new(),
        }
    }

    /// Takes over what the provider says about newly issued tokens.
    pub(super) fn apply(&mut self, response: &TokenResponse) {
        let after = |lifetime| self.issued_at.checked_add(lifetime).ok();
        self.refresh_expires_at = response.refresh_expires_in.and_then(after);
        self.expires_at = response.expires_in.and_then(after);
        self.has_refresh_token = response.refresh_token.is_some();
        if !response.scopes.is_empty() {
            self.connection.scopes.clone_from(&response.scopes);
        }
    }

    /// The id of the key that the tokens are encrypted with; empty for an abandoned grant.
    pub(super) fn key_id(&self) -> &str {
        self.sealed.split('.').next().unwrap_or_default()
    }

    pub(super) fn is_alive(&self) -> bool {
        self.connection.is_alive()
    }

    /// What the ciphertext is bound to: format, version, organisation, user, provider, client and account, each preceded
    /// by its length.
    pub(super) fn additional_data(&self, key: &ConnectionKey) -> Vec<u8> {
        let version = self.version.to_string();
        let fields = [
            "tributary-grant-1",
            &version,
            key.subject.org_id(),
            key.subject.user_id(),
            key.provider.slug,
            &self.connection.client_id,
            &self.connection.account.id,
        ];
        fields.iter().flat_map(|field| [&(field.len() as u64).to_be_bytes(), field.as_bytes()].concat()).collect()
    }

    pub(super) fn to_bytes(&self) -> anyhow::Result<Vec<u8>> {
        Ok(serde_json::to_vec(self)?)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> anyhow::Result<Self> {
        serde_json::from_slice(bytes).context("a stored grant cannot be read")
    }

    /// Why the last access to the account failed, as a sentence, if its tokens are being refused.
    fn access_error(&self, provider: &Provider) -> Option<String> {
        let since = self.history.refusals.since().filter(|_| self.is_alive())?;
        let (name, since) = (provider.name, rfc3339(since));
        Some(format!("{name} has refused valid access tokens (401) since {since}. The next load tries again."))
    }

    /// The connection as its owner may see it.
    pub(super) fn into_connection(self, provider: &Provider, now: Timestamp) -> Connection {
        let last_access_error = self.access_error(provider);
        let record = self.connection;
        Connection {
            status: record.status(),
            missing_scopes: provider.missing_scopes(&record.scopes),
            reason: record.dead,
            account: record.account,
            scopes: record.scopes,
            connected_at: rfc3339(record.connected_at),
            expires_at: self.expires_at.map(rfc3339),
            must_be_used_before: self.refresh_expires_at.map(rfc3339),
            renewable: self.has_refresh_token,
            last_refreshed_at: self.last_refreshed_at.map(rfc3339),
            last_used_at: rfc3339(record.last_used_at),
            next_refresh_at: None,
            refreshes_last_24h: self.history.refreshes_last_24h(now),
            refresh_failures_last_24h: self.history.failures_last_24h(now),
            last_access_error,
            last_refresh_error: self.history.back_off().map(|back_off| back_off.error.detail().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Subject;

    #[test]
    fn a_ciphertext_is_bound_to_one_pair_of_ids() {
        let pairs =
            [("A:B", "C"), ("A", "B:C"), ("A/B", "C"), ("A", "B/C"), ("A%2FB", "C"), ("a", "B:C"), ("A ", "B:C")];
        let grant = Grant::new(Account { id: "1".into(), name: None, url: None }, "client", 1, Timestamp::UNIX_EPOCH);
        let key = |(org, user)| ConnectionKey::new(&Subject::new(org, user).unwrap(), "hubspot").unwrap();
        let bound: std::collections::HashSet<_> = pairs.map(|pair| grant.additional_data(&key(pair))).into();
        assert_eq!(bound.len(), pairs.len());
    }
}
