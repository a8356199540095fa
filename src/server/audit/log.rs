//! The audit log: what happened to the connections of each organisation, kept for 90 days and up to 10,000 entries.
//!
//! An entry that cannot be written is logged and does not fail what it is about.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use parking_lot::Mutex;

use super::{
    Actor,
    entries::{Entries, milliseconds},
    repeated_loads::RepeatedLoads,
};
use crate::{
    model::{Account, Action, AppError, AuditEntry, AuditPage, ErrorCode, LoadSummary},
    server::{clock::Clock, connections::ConnectionKey, store::Store},
};

/// The maximum number of entries in one response.
pub const MAX_PAGE: usize = 1_000;

/// Repeated token reads by one reader within this time are one entry.
const TOKEN_READ_INTERVAL: Duration = Duration::from_secs(60);

/// The maximum length of a detail in characters.
const MAX_DETAIL: usize = 500;

/// The audit logs of all organisations.
pub struct AuditLog {
    entries: Entries,
    /// When each reader's last token read was recorded.
    token_reads: Mutex<HashMap<String, Instant>>,
    repeated_loads: RepeatedLoads,
}

impl AuditLog {
    pub fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        let entries = Entries::new(store, clock);
        Self { entries, token_reads: Mutex::default(), repeated_loads: RepeatedLoads::default() }
    }

    /// Records what the actor did to a connection.
    pub async fn record(
        &self,
        actor: &Actor,
        key: &ConnectionKey,
        account: &Account,
        action: Action,
        detail: Option<&str>,
    ) {
        let entry = of_connection(key, account, self.entry(actor, action, detail));
        self.entries.write(key.subject.org_id(), entry, None).await;
    }

    /// Records how a load ended. `detail` says it as a sentence. Loads that the actor repeats within minutes are one entry.
    pub async fn record_load(
        &self,
        actor: &Actor,
        key: &ConnectionKey,
        account: &Account,
        load: LoadSummary,
        detail: &str,
    ) {
        let entry = of_connection(key, account, self.entry(actor, Action::LoadEnded, Some(detail)));
        let caller = format!("{} {:?}", reader(actor, key), load.outcome);
        let entry = AuditEntry { load: Some(load), ..entry };
        self.repeated_loads.record(&self.entries, caller, key.subject.org_id(), entry).await;
    }

    /// Records that the actor read an access token, at most once a minute.
    pub async fn record_token_read(&self, actor: &Actor, key: &ConnectionKey, account: &Account) {
        if self.is_first_token_read(actor, key) {
            self.record(actor, key, account, Action::TokenRead, None).await;
        }
    }

    /// Records what the actor did to several connections of an organisation.
    pub async fn record_for_org(&self, actor: &Actor, org_id: &str, action: Action, detail: &str) {
        self.entries.write(org_id, self.entry(actor, action, Some(detail)), None).await;
    }

    /// Entries before a time (or the newest), newest first: `limit` of them, and more only where several share the
    /// millisecond of the last one.
    pub async fn page(&self, org_id: &str, before: Option<&str>, limit: usize) -> Result<AuditPage, AppError> {
        let until = match before {
            Some(before) => before.parse::<Timestamp>().map_err(|_| {
                let detail = "before is not a time. Use the value of next in the previous response, or a time such as 2026-01-31T12:00:00Z.";
                AppError::new(ErrorCode::InvalidInput, detail)
            })?,
            None => Timestamp::MAX,
        };
        // One more than asked for tells whether there is another page.
        let mut entries = self.entries.up_to(org_id, milliseconds(until).saturating_sub(1), limit + 1).await?;
        // The cursor is a time, so a page has to include all entries of its last millisecond.
        let last = entries.get(limit).and_then(|_| entries.get(limit.checked_sub(1)?)).map(|(_, at)| *at);
        if let Some(last) = last {
            entries.retain(|(_, at)| *at > last);
            entries.append(&mut self.entries.at(org_id, last).await?);
        }
        let next = last.and_then(|last| Timestamp::from_millisecond(i64::try_from(last).ok()?).ok());
        let entries = entries.into_iter().map(|(entry, _)| entry).collect();
        Ok(AuditPage { entries, next: next.map(|next| next.to_string()) })
    }

    /// An entry that concerns no single connection.
    fn entry(&self, actor: &Actor, action: Action, detail: Option<&str>) -> AuditEntry {
        let now = self.entries.now();
        AuditEntry {
            at: now.round(jiff::Unit::Millisecond).unwrap_or(now).to_string(),
            action,
            provider: None,
            user_id: None,
            account: None,
            by: actor.kind,
            from: actor.address.clone(),
            detail: detail.map(|detail| detail.chars().take(MAX_DETAIL).collect()),
            load: None,
            count: 1,
        }
    }

    fn is_first_token_read(&self, actor: &Actor, key: &ConnectionKey) -> bool {
        let reader = reader(actor, key);
        let mut reads = self.token_reads.lock();
        if reads.get(&reader).is_some_and(|at| at.elapsed() < TOKEN_READ_INTERVAL) {
            return false;
        }
        // Old entries are removed only when the map would grow, so the cost of a read does not grow with it.
        if reads.len() >= reads.capacity() {
            reads.retain(|_, at| at.elapsed() < TOKEN_READ_INTERVAL);
        }
        reads.insert(reader, Instant::now());
        true
    }
}

/// An entry about a connection.
fn of_connection(key: &ConnectionKey, account: &Account, entry: AuditEntry) -> AuditEntry {
    AuditEntry {
        provider: Some(key.provider.slug.to_owned()),
        user_id: Some(key.subject.user_id().to_owned()),
        account: Some(account.label()),
        ..entry
    }
}

/// What tells callers apart whose repeated actions are one entry.
fn reader(actor: &Actor, key: &ConnectionKey) -> String {
    format!("{key} {:?} {}", actor.kind, actor.address.as_deref().unwrap_or_default())
}
