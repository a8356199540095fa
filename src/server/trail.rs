//! The audit trail: what happened to the connections of each organisation, kept for 90 days and 10,000 entries.
//!
//! Half of the entries are kept for what is done all the time, so that refreshes and reads cannot push out who connected
//! and who disconnected. What cannot be written is logged, and stops nothing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::{
    Clock,
    actor::Actor,
    failure,
    store::{Index, Range, Store},
    tokens::ConnectionKey,
};
use crate::model::{Account, Action, AppError, AuditEntry, AuditPage, ErrorCode};

/// How long an entry is kept.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);

/// How many entries of each of the two kinds an organisation has at most.
const MOST: usize = 5_000;

/// The most entries of one answer.
pub const PAGE: usize = 1_000;

/// Reads of one token by one reader within this time are one entry.
const AGAIN: Duration = Duration::from_secs(60);

/// The longest detail, in characters.
const LONGEST: usize = 500;

/// The trails of all organisations.
pub struct Trail {
    store: Arc<dyn Store>,
    clock: Clock,
    /// The reads of the last minute.
    reads: Mutex<HashMap<String, Instant>>,
}

/// An entry as it is stored. No two are the same text.
#[derive(Serialize, Deserialize)]
struct Stored {
    number: u32,
    #[serde(flatten)]
    entry: AuditEntry,
}

impl Trail {
    /// The trails in this store.
    pub fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { store, clock, reads: Mutex::default() }
    }

    /// Writes what whoever is acting here did to a connection.
    pub async fn note(&self, key: &ConnectionKey, account: &Account, action: Action, detail: Option<&str>) {
        let about = (Some(key.provider.slug), Some(key.subject.user_id()), Some(account));
        self.write(key.subject.org_id(), about, action, detail).await;
    }

    /// Writes that a token was read, unless the same reader's last read has been noted a moment ago.
    pub async fn note_read(&self, key: &ConnectionKey, account: &Account) {
        if self.is_first_read(key) {
            self.note(key, account, Action::TokenRead, None).await;
        }
    }

    /// Writes what whoever is acting here did to an organisation's connections.
    pub async fn note_all(&self, org_id: &str, action: Action, detail: &str) {
        self.write(org_id, (None, None, None), action, Some(detail)).await;
    }

    /// An organisation's entries before a time (or the latest), the latest first: `most` of them, and more only where several
    /// happened in the last one's millisecond.
    pub async fn read(&self, org_id: &str, before: Option<&str>, most: usize) -> Result<AuditPage, AppError> {
        let now = (self.clock)();
        let until = match before {
            Some(before) => before.parse::<Timestamp>().map_err(|_| {
                let detail = "before is not a time. Send what the last answer had as next, or a time such as 2026-01-31T12:00:00Z.";
                AppError::new(ErrorCode::InvalidInput, detail)
            })?,
            None => Timestamp::MAX,
        };
        let range = |to: u64, most| Range::last(milliseconds(earliest(now)), to, most);
        let found = |range| try_join_all([true, false].map(|routine| self.entries(org_id, routine, range)));
        // A time says nothing of those at that very time, so a page ends with all of them.
        // One more is asked for, to know whether there is more.
        let asked = range(milliseconds(until).saturating_sub(1), most + 1);
        let mut entries = found(asked).await.map_err(failure::store)?.concat();
        entries.sort_by_key(|(_, place)| std::cmp::Reverse(*place));
        let last = entries.get(most).and_then(|_| entries.get(most.checked_sub(1)?)).map(|(_, place)| *place);
        if let Some(last) = last {
            let mut rest = found(Range::last(last, last, MOST)).await.map_err(failure::store)?.concat();
            entries.retain(|(_, place)| *place > last);
            entries.append(&mut rest);
        }
        let next = last.and_then(|last| Timestamp::from_millisecond(i64::try_from(last).ok()?).ok());
        let entries =
            entries.into_iter().filter_map(|(text, _)| Some(serde_json::from_str::<Stored>(&text).ok()?.entry));
        Ok(AuditPage { entries: entries.collect(), next: next.map(|next| next.to_string()) })
    }

    async fn entries(
        &self,
        org_id: &str,
        routine: bool,
        range: Range,
    ) -> Result<Vec<(String, u64)>, super::store::StoreError> {
        self.store.marked(&index(org_id, routine, (self.clock)()), range).await
    }

    async fn write(
        &self,
        org_id: &str,
        (provider, user_id, account): (Option<&str>, Option<&str>, Option<&Account>),
        action: Action,
        detail: Option<&str>,
    ) {
        let (now, Actor { by, from }) = ((self.clock)(), Actor::current());
        let entry = AuditEntry {
            at: now.round(jiff::Unit::Millisecond).unwrap_or(now).to_string(),
            action,
            provider: provider.map(str::to_owned),
            user_id: user_id.map(str::to_owned),
            account: account.map(Account::label),
            by,
            from,
            detail: detail.map(|detail| detail.chars().take(LONGEST).collect()),
        };
        let written = async {
            let text = serde_json::to_string(&Stored { number: rand::random(), entry }).map_err(anyhow::Error::new)?;
            self.store.mark(&index(org_id, action.is_routine(), now), &text, Some(milliseconds(now))).await
        };
        if let Err(error) = written.await {
            tracing::error!(org = org_id, ?action, %error, "the audit trail could not be written");
        }
    }

    fn is_first_read(&self, key: &ConnectionKey) -> bool {
        let Actor { by, from } = Actor::current();
        let reader = format!("{key} {by:?} {}", from.unwrap_or_default());
        // A panic cannot leave the map half changed, so a poisoned lock is as good as any.
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        if reads.get(&reader).is_some_and(|at| at.elapsed() < AGAIN) {
            return false;
        }
        // What is old goes when the map grew, so that a read costs no more the more there are.
        if reads.len() >= reads.capacity() {
            reads.retain(|_, at| at.elapsed() < AGAIN);
        }
        reads.insert(reader, Instant::now());
        true
    }
}

fn index(org_id: &str, routine: bool, now: Timestamp) -> Index {
    let kind = if routine { "routine" } else { "lasting" };
    let name = format!("audit/{kind}/{}", utf8_percent_encode(org_id, NON_ALPHANUMERIC));
    Index { name: name.into(), most: MOST, floor: milliseconds(earliest(now)), lifetime: KEPT }
}

/// What is older is not kept.
fn earliest(now: Timestamp) -> Timestamp {
    now - SignedDuration::try_from(KEPT).unwrap_or_default()
}

fn milliseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or_default()
}
