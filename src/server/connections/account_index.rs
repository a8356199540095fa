//! The connections to each account of a provider. A provider ties grants to the account, so revoking one connection's
//! grant may revoke another's.

use std::{sync::Arc, time::Duration};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{ConnectionKey, Record};
use crate::server::store::{Index, Range, Store, StoreError};

/// How many connections of an account are returned: those that were connected or used last.
const LIMIT: usize = 20;

/// An index from account to connections. It is a hint: an entry may be stale, and a missing one is added when its
/// connection is used.
#[derive(Clone)]
pub struct AccountIndex(Arc<dyn Store>);

impl AccountIndex {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    /// The other connections that may be connected to the account of this one.
    pub async fn others(&self, key: &ConnectionKey, record: &Record) -> Result<Vec<ConnectionKey>, StoreError> {
        let found = self.0.index_range(&index(key, record), Range::descending(0, Range::MAX, LIMIT)).await?;
        let others = found.into_iter().filter(|(other, _)| *other != key.to_string());
        Ok(others.filter_map(|(other, _)| ConnectionKey::parse(&other)).collect())
    }

    /// Adds a connection; `version` orders the connections of an account.
    pub async fn put(&self, key: &ConnectionKey, record: &Record, version: u64) {
        let put = self.0.index_put(&index(key, record), &key.to_string(), version.min(Range::MAX)).await;
        warn_on_error(key, put);
    }

    pub async fn remove(&self, key: &ConnectionKey, record: &Record) {
        warn_on_error(key, self.0.index_remove(&index(key, record), &key.to_string()).await);
    }
}

fn warn_on_error(key: &ConnectionKey, result: Result<(), StoreError>) {
    if let Err(error) = result {
        tracing::warn!(%key, %error, "the index of connections by account was not updated");
    }
}

fn index(key: &ConnectionKey, record: &Record) -> Index {
    let [client, account] = [&record.client_id, &record.account.id].map(|id| utf8_percent_encode(id, NON_ALPHANUMERIC));
    let name = format!("account-connections/{}/{client}/{account}", key.provider.slug);
    // Longer than any grant is kept without being used, which adds it again.
    Index { name: name.into(), max_len: 10_000, max_age: None, lifetime: Duration::from_secs(10 * 365 * 24 * 3600) }
}
