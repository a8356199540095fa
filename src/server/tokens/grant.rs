//! A grant as the store knows it: the tokens sealed, the rest in clear.

use std::time::Duration;

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{claim::Claim, history::History, key::ConnectionKey, minted::Minted, plan, seconds};
use crate::{
    model::{Account, AppError, Connection, Status},
    server::{failure, providers::Provider},
};

/// How long a grant is kept after its last use, unless the provider keeps it for longer.
const LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// When a grant was used is noted, and its deadline slid with that, no more often than this.
const NOTED: SignedDuration = SignedDuration::from_mins(15);

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

    /// The version of a grant that comes in place of `old`. Versions begin at the time, so that none comes again after the
    /// grant was forgotten.
    pub(super) fn version_after(old: Option<&Self>, now: Timestamp) -> u64 {
        let begin = u64::try_from(now.as_millisecond()).unwrap_or(1);
        old.map_or(begin, |old| begin.max(old.version + 1))
    }

    pub(super) fn refreshed(&self, now: Timestamp) -> Self {
        let mut history = self.history.clone();
        history.refreshed(now);
        Self {
            version: self.version + 1,
            issued_at: now,
            last_refreshed_at: Some(now),
            history,
            claim: None,
            unanswered: None,
            ..self.clone()
        }
    }

    pub(super) fn died(&self, reason: &str) -> Self {
        let (version, dead) = (self.version + 1, Some(reason.to_owned()));
        Self { version, dead, planned_at: None, claim: None, ..self.clone() }
    }

    /// The same grant under a claim. One that is taken over may have been sent, and its answer lost with its process.
    pub(super) fn claimed(&self, claim: Claim) -> Self {
        let crashed = self.claim.as_ref().map(|crashed| crashed.at);
        Self { claim: Some(claim), unanswered: self.unanswered.or(crashed), ..self.clone() }
    }

    /// Whether both are for the same account, by the same client.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        self.account.id == other.account.id && self.client == other.client
    }

    /// Whether it is still under the claim that `claimed` is under. Only then may who claimed it write it.
    pub(super) fn is_held_as(&self, claimed: &Self) -> bool {
        self.claim == claimed.claim
    }

    /// Whether a provider's word on the tokens of this version counts for it: nobody has renewed it or is about to.
    pub(super) fn is_at(&self, version: u64) -> bool {
        self.version == version && self.claim.is_none()
    }

    /// The same grant under no claim; `unanswered` when the provider may have made new tokens all the same.
    pub(super) fn released(&self, unanswered: Option<Timestamp>) -> Self {
        Self { claim: None, unanswered: self.unanswered.or(unanswered), ..self.clone() }
    }

    /// The same grant, used now; `None` when that was noted a moment ago.
    pub(super) fn used(&self, now: Timestamp) -> Option<Self> {
        let is_due = now.duration_since(self.used_at) >= NOTED && self.claim.is_none();
        is_due.then(|| Self { used_at: now, ..self.clone() })
    }

    /// The same grant with the keeper's next visit, which follows from all the rest of it.
    pub(super) fn planned(self, now: Timestamp) -> Self {
        let planned_at = if self.dead.is_none() { Some(plan::next_visit(&self, now, rand::random())) } else { None };
        Self { planned_at, ..self }
    }

    /// How long the store keeps it from now on.
    pub(super) fn lifetime(&self, now: Timestamp) -> Duration {
        self.ends_unused_at(now).duration_since(now).unsigned_abs()
    }

    /// When it ends if nobody uses it from now on.
    pub(super) fn ends_unused_at(&self, now: Timestamp) -> Timestamp {
        let ours = now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
        self.refresh_expires_at.map_or(ours, |theirs| theirs.max(ours))
    }

    /// Notes what the provider said about tokens that were just minted. Tokens that are only sealed again say nothing.
    pub(super) fn take_terms(&mut self, minted: &Minted) {
        if let Some(terms) = &minted.terms {
            self.renewable = minted.secrets.refresh_token.is_some();
            let refresh_expires_at = |life| self.issued_at.checked_add(life).ok();
            self.refresh_expires_at = terms.refresh_expires_in.and_then(refresh_expires_at);
            self.expires_at = terms.expires_in.and_then(|life| self.issued_at.checked_add(life).ok());
            if !terms.scopes.is_empty() {
                self.scopes.clone_from(&terms.scopes);
            }
        }
    }

    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// Whether the token ends within the margin, or within half its life: a token that lives ten minutes must not be
    /// refreshed each time it is asked for.
    pub(super) fn is_due(&self, now: Timestamp, margin: SignedDuration) -> bool {
        // One that cannot be renewed is used to its end.
        if !self.renewable {
            return self.is_expired(now);
        }
        self.expires_at.is_some_and(|at| at.duration_since(now) < margin.min(at.duration_since(self.issued_at) / 2))
    }

    /// The id of the key that it is sealed under; empty for one that was given up.
    pub(super) fn key_id(&self) -> &str {
        self.sealed.split('.').next().unwrap_or_default()
    }

    /// Whether its access token ends and can be renewed: what a keeper can do something about.
    pub(super) fn is_renewed(&self) -> bool {
        self.renewable && self.expires_at.is_some()
    }

    pub(super) fn is_alive(&self) -> bool {
        self.dead.is_none()
    }

    /// When the keeper may try next: as planned, or after the pause that failures ask for.
    pub(super) fn next_try(&self, now: Timestamp) -> Timestamp {
        let planned = self.planned_at.filter(|at| *at > now);
        let again = self.history.trouble().map(|trouble| trouble.again_at);
        // Somebody else is at it.
        planned.or(again).unwrap_or(now + SignedDuration::from_mins(1)).max(now + SignedDuration::from_secs(1))
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
            withheld: provider.withheld(&grant.scopes),
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
            refreshes_today: grant.history.refreshes_in_a_day(now),
            failures_today: grant.history.failures_in_a_day(now),
            trouble: grant.history.trouble().map(|trouble| trouble.reason.clone()),
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

    #[test]
    fn a_token_is_due_five_minutes_ahead_or_at_half_a_short_life() {
        let start = Timestamp::UNIX_EPOCH;
        let margin = SignedDuration::from_mins(5);
        for (life, due_after) in [(1800, 1501), (600, 301), (60, 31)] {
            let mut grant = Grant::new(Account { id: "1".into(), name: None, url: None }, "client", 1, start);
            grant.expires_at = Some(start + SignedDuration::from_secs(life));
            assert!(!grant.is_due(start + SignedDuration::from_secs(due_after - 1), margin), "{life}");
            assert!(grant.is_due(start + SignedDuration::from_secs(due_after), margin), "{life}");
        }
    }
}
