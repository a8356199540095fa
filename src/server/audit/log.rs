//! The audit log: what happened to the connections of each organisation, kept for 90 days and up to 10,000 entries.
//!
//! Routine entries and all others have 5,000 each, so refreshes and token reads cannot push out who connected and
//! disconnected. An entry that cannot be written is logged and does not fail what it is about.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::Actor;
use crate::{
    model::{Account, Action, AppError, AuditEntry, AuditPage, ErrorCode, LoadSummary},
    server::{
        clock::Clock,
        connections::ConnectionKey,
        store::{Index, Range, Store, StoreError},
    },
};

/// How long an entry is kept.
const RETENTION: Duration = Duration::from_secs(90 * 24 * 3600);

/// The maximum number of entries of an organisation, for routine entries and for all others.
const MAX_LEN: usize = 5_000;

/// The maximum number of entries in one response.
pub const MAX_PAGE: usize = 1_000;

/// Repeated token reads by one reader within this time are one entry.
const TOKEN_READ_INTERVAL: Duration = Duration::from_secs(60);

/// The maximum length of a detail in characters.
const MAX_DETAIL: usize = 500;

/// The audit logs of all organisations.
pub struct AuditLog {
    store: Arc<dyn Store>,
    clock: Clock,
    /// When each reader's last token read was recorded.
    token_reads: Mutex<HashMap<String, Instant>>,
}

/// An entry as it is stored. The random number tells entries with the same text apart.
#[derive(Serialize, Deserialize)]
struct Stored {
    nonce: u32,
    #[serde(flatten)]
    entry: AuditEntry,
}

impl AuditLog {
    pub fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { store, clock, token_reads: Mutex::default() }
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
        self.write(key.subject.org_id(), entry).await;
    }

    /// Records how a load ended. `detail` says it as a sentence.
    pub async fn record_load(
        &self,
        actor: &Actor,
        key: &ConnectionKey,
        account: &Account,
        load: LoadSummary,
        detail: &str,
    ) {
        let entry = of_connection(key, account, self.entry(actor, Action::LoadEnded, Some(detail)));
        self.write(key.subject.org_id(), AuditEntry { load: Some(load), ..entry }).await;
    }

    /// Records that the actor read an access token, at most once a minute.
    pub async fn record_token_read(&self, actor: &Actor, key: &ConnectionKey, account: &Account) {
        if self.is_first_token_read(actor, key) {
            self.record(actor, key, account, Action::TokenRead, None).await;
        }
    }

    /// Records what the actor did to several connections of an organisation.
    pub async fn record_for_org(&self, actor: &Actor, org_id: &str, action: Action, detail: &str) {
        self.write(org_id, self.entry(actor, action, Some(detail))).await;
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
        let range = |to: u64, limit| Range::descending(milliseconds(earliest((self.clock)())), to, limit);
        let read = |range| try_join_all([true, false].map(|routine| self.entries(org_id, routine, range)));
        // One more than asked for tells whether there is another page.
        let mut entries = read(range(milliseconds(until).saturating_sub(1), limit + 1)).await?.concat();
        entries.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        // The cursor is a time, so a page has to include all entries of its last millisecond.
        let last = entries.get(limit).and_then(|_| entries.get(limit.checked_sub(1)?)).map(|(_, at)| *at);
        if let Some(last) = last {
            let mut same_time = read(Range::descending(last, last, MAX_LEN)).await?.concat();
            entries.retain(|(_, at)| *at > last);
            entries.append(&mut same_time);
        }
        let next = last.and_then(|last| Timestamp::from_millisecond(i64::try_from(last).ok()?).ok());
        let entries =
            entries.into_iter().filter_map(|(text, _)| Some(serde_json::from_str::<Stored>(&text).ok()?.entry));
        Ok(AuditPage { entries: entries.collect(), next: next.map(|next| next.to_string()) })
    }

    async fn entries(&self, org_id: &str, routine: bool, range: Range) -> Result<Vec<(String, u64)>, StoreError> {
        self.store.index_range(&index(org_id, routine, (self.clock)()), range).await
    }

    /// An entry that concerns no single connection.
    fn entry(&self, actor: &Actor, action: Action, detail: Option<&str>) -> AuditEntry {
        let now = (self.clock)();
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
        }
    }

    async fn write(&self, org_id: &str, entry: AuditEntry) {
        let (now, action) = ((self.clock)(), entry.action);
        let written = async {
            let text = serde_json::to_string(&Stored { nonce: rand::random(), entry }).map_err(anyhow::Error::new)?;
            self.store.index_put(&index(org_id, action.is_routine(), now), &text, milliseconds(now)).await
        };
        if let Err(error) = written.await {
            tracing::error!(org = org_id, ?action, %error, "an audit entry could not be written");
        }
    }

    fn is_first_token_read(&self, actor: &Actor, key: &ConnectionKey) -> bool {
        let reader = format!("{key} {:?} {}", actor.kind, actor.address.as_deref().unwrap_or_default());
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

fn index(org_id: &str, routine: bool, now: Timestamp) -> Index {
    let kind = if routine { "routine" } else { "notable" };
    let name = format!("audit/{kind}/{}", utf8_percent_encode(org_id, NON_ALPHANUMERIC));
    Index { name: name.into(), max_len: MAX_LEN, min_score: milliseconds(earliest(now)), lifetime: RETENTION }
}

fn earliest(now: Timestamp) -> Timestamp {
    now - SignedDuration::try_from(RETENTION).unwrap_or_default()
}

fn milliseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or_default()
}
