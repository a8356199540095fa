//! Which connections hold grants for the same account of a provider: what happens to one may happen to the others.

use std::time::Duration;

use futures::future::try_join_all;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{ConnectionKey, Grant, Tokens};
use crate::{
    model::AppError,
    server::{
        failure,
        store::{Index, Range},
    },
};

/// How many other connections of an account are looked at.
const MOST: usize = 20;

impl Tokens {
    /// The other connections that hold a living grant for the account of this one. The index may name too many, so each is
    /// looked at, and what it lacks is noted when that grant is used.
    pub(super) async fn other_holders(
        &self,
        key: &ConnectionKey,
        grant: &Grant,
    ) -> Result<Vec<ConnectionKey>, AppError> {
        let found = self.store.marked(&index(key, grant), Range::last(0, Range::END, MOST)).await;
        let found = found.map_err(failure::store)?.into_iter().map(|(place, _)| place);
        let others = found.filter(|place| *place != key.to_string()).filter_map(|place| ConnectionKey::parse(&place));
        let looks = others.map(|other| async move {
            let held = self.find(&other).await?;
            if held.is_some_and(|held| held.is_alive() && held.is_of(grant)) {
                return Ok::<_, AppError>(Some(other));
            }
            self.mark_holder(&other, grant, None).await;
            Ok(None)
        });
        Ok(try_join_all(looks).await?.into_iter().flatten().collect())
    }

    /// Notes that a connection holds a grant for its account.
    pub(super) async fn note_holder(&self, key: &ConnectionKey, grant: &Grant) {
        self.mark_holder(key, grant, Some(grant.version.min(Range::END))).await;
    }

    /// Notes that it does no longer.
    pub(super) async fn forget_holder(&self, key: &ConnectionKey, grant: &Grant) {
        self.mark_holder(key, grant, None).await;
    }

    async fn mark_holder(&self, key: &ConnectionKey, grant: &Grant, place: Option<u64>) {
        if let Err(error) = self.store.mark(&index(key, grant), &key.to_string(), place).await {
            tracing::warn!(%key, %error, "who holds grants for this account could not be noted");
        }
    }
}

fn index(key: &ConnectionKey, grant: &Grant) -> Index {
    let [client, account] = [&grant.client, &grant.account.id].map(|id| utf8_percent_encode(id, NON_ALPHANUMERIC));
    let name = format!("holders/{}/{client}/{account}", key.provider.slug);
    // As long as a grant may be kept alive.
    Index { name: name.into(), most: 10_000, floor: 0, lifetime: Duration::from_secs(10 * 365 * 24 * 3600) }
}
