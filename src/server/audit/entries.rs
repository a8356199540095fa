//! The stored entries. Each kind of entry has a share of an organisation's log, which the other kinds can't use up.

use std::{sync::Arc, time::Duration};

use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::{
    model::{Action, AuditEntry},
    server::{
        clock::Clock,
        store::{Index, Range, Store, StoreError},
    },
};

/// How long an entry is kept.
const RETENTION: Duration = Duration::from_secs(90 * 24 * 3600);

/// The entries of all organisations.
#[derive(Clone)]
pub(super) struct Entries {
    store: Arc<dyn Store>,
    clock: Clock,
}

/// A part of a log, with its name and the maximum number of its entries.
struct Share {
    name: &'static str,
    max_len: usize,
}

/// Who connected and disconnected, and what else changed access.
static NOTABLE: Share = Share { name: "notable", max_len: 5_000 };

/// Who read an access token.
static TOKEN_READS: Share = Share { name: "token_reads", max_len: 2_500 };

/// What happens all the time, or to everybody at once when a provider is down.
static ROUTINE: Share = Share { name: "routine", max_len: 2_500 };

impl Share {
    fn of(action: Action) -> &'static Self {
        match action {
            Action::Connected
            | Action::Reconnected
            | Action::AccountReplaced
            | Action::ReconnectRequired
            | Action::Expired
            | Action::Disconnected
            | Action::EncryptionKeysRotated => &NOTABLE,
            Action::TokenRead => &TOKEN_READS,
            Action::Refreshed | Action::RefreshFailed | Action::LoadEnded => &ROUTINE,
        }
    }
}

/// An entry as it is stored. The random number tells entries with the same text apart.
#[derive(Serialize, Deserialize)]
struct Stored {
    nonce: u32,
    #[serde(flatten)]
    entry: AuditEntry,
}

impl Entries {
    pub(super) fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { store, clock }
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Writes an entry, and then removes the one that it replaces. Returns it as it is stored. An entry that cannot be
    /// written is logged.
    pub(super) async fn write(&self, org_id: &str, entry: AuditEntry, replaced: Option<String>) -> Option<String> {
        let (now, action) = (self.now(), entry.action);
        let index = index(org_id, Share::of(action));
        let written = async {
            let text = serde_json::to_string(&Stored { nonce: rand::random(), entry }).map_err(anyhow::Error::new)?;
            self.store.index_put(&index, &text, milliseconds(now)).await?;
            if let Some(replaced) = &replaced {
                self.store.index_remove(&index, replaced).await?;
            }
            Ok::<_, StoreError>(text)
        };
        match written.await {
            Ok(text) => Some(text),
            Err(error) => {
                tracing::error!(org = org_id, ?action, %error, "an audit entry could not be written");
                replaced
            }
        }
    }

    /// Entries with times up to one in milliseconds since 1970, newest first: `limit` of each share.
    pub(super) async fn up_to(
        &self,
        org_id: &str,
        to: u64,
        limit: usize,
    ) -> Result<Vec<(AuditEntry, u64)>, StoreError> {
        self.range(org_id, Range::descending(milliseconds(earliest(self.now())), to, limit)).await
    }

    /// All entries of a millisecond.
    pub(super) async fn at(&self, org_id: &str, at: u64) -> Result<Vec<(AuditEntry, u64)>, StoreError> {
        self.range(org_id, Range::descending(at, at, NOTABLE.max_len)).await
    }

    async fn range(&self, org_id: &str, range: Range) -> Result<Vec<(AuditEntry, u64)>, StoreError> {
        let read = |share| {
            let index = index(org_id, share);
            async move { self.store.index_range(&index, range).await }
        };
        let mut found = try_join_all([&NOTABLE, &TOKEN_READS, &ROUTINE].map(read)).await?.concat();
        found.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        let entry = |(text, at): (String, u64)| Some((serde_json::from_str::<Stored>(&text).ok()?.entry, at));
        Ok(found.into_iter().filter_map(entry).collect())
    }
}

fn index(org_id: &str, share: &Share) -> Index {
    let name = format!("audit/{}/{}", share.name, utf8_percent_encode(org_id, NON_ALPHANUMERIC));
    Index { name: name.into(), max_len: share.max_len, max_age: Some(RETENTION), lifetime: RETENTION }
}

fn earliest(now: Timestamp) -> Timestamp {
    now - SignedDuration::try_from(RETENTION).unwrap_or_default()
}

pub(super) fn milliseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or_default()
}
