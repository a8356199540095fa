//! What the keeper does for one grant after the other, and the index that says when.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use crate::{
    model::{AppError, ErrorCode},
    server::{
        failure,
        store::{Index, Range},
        tokens::{ConnectionKey, Tokens, grant::Grant, refresh::Why},
    },
};

/// When each grant is seen to next, in milliseconds since 1970.
const DUE: Index =
    Index { name: Cow::Borrowed("due"), most: MOST, floor: 0, lifetime: Duration::from_secs(400 * 24 * 3600) };

/// How many grants are seen to at once.
const AT_ONCE: usize = 8;

/// How many are taken from the index at once.
const BATCH: usize = 200;

/// A visit that could not be made is made again after this long.
const LATER: SignedDuration = SignedDuration::from_mins(5);

/// One to a grant of another client, which may come back, after this long.
const MUCH_LATER: SignedDuration = SignedDuration::from_hours(6);

/// After so many failures in a row the rest of a provider's grants are left for later.
const ENOUGH: usize = 16;

/// How many grants an index is asked for at most.
const MOST: usize = 1_000_000_000;

impl Tokens {
    /// Notes when the keeper is to see to a grant.
    pub(in crate::server::tokens) async fn plan(&self, key: &ConnectionKey, at: Option<Timestamp>) {
        if self.config.keeper {
            self.put_down(&key.to_string(), at).await;
        }
    }

    /// The same, by the grant's place. A failure is found when the keeper looks at all grants.
    pub(super) async fn put_down(&self, place: &str, at: Option<Timestamp>) {
        let at = at.map(|at| u64::try_from(at.as_millisecond()).unwrap_or_default());
        if let Err(error) = self.store.mark(&DUE, place, at).await {
            tracing::warn!(key = place, %error, "the keeper's next visit could not be noted");
        }
    }

    /// The places of all grants that are in the index.
    pub(super) async fn planned(&self) -> Result<Vec<String>, AppError> {
        self.up_to(Range::END, MOST).await
    }

    /// The places of some that are due.
    pub(super) async fn due(&self) -> Result<Vec<String>, AppError> {
        let now = u64::try_from((self.clock)().as_millisecond()).unwrap_or_default();
        self.up_to(now, BATCH).await
    }

    async fn up_to(&self, at: u64, most: usize) -> Result<Vec<String>, AppError> {
        let found = self.store.marked(&DUE, Range::up_to(at, most)).await.map_err(failure::store)?;
        Ok(found.into_iter().map(|(place, _)| place).collect())
    }

    /// Sees to grants of one provider. When several in a row could not be refreshed, the others wait for a better time.
    pub(super) async fn see_to_all(&self, places: Vec<String>) {
        let failed = AtomicUsize::new(0);
        let visit = async |place: String| {
            if failed.load(Relaxed) >= ENOUGH {
                return self.put_down(&place, Some((self.clock)() + LATER)).await;
            }
            let went_well = self.see_to(place).await;
            if went_well { failed.store(0, Relaxed) } else { _ = failed.fetch_add(1, Relaxed) }
        };
        stream::iter(places).for_each_concurrent(AT_ONCE, visit).await;
    }

    /// Does for a grant what is due, notes the next visit, and tells whether it went well.
    async fn see_to(&self, place: String) -> bool {
        let Some(key) = ConnectionKey::parse(&place) else { return true };
        let seen = self.see_to_grant(&key).await;
        let (next, went_well) = seen.unwrap_or_else(|error| {
            tracing::warn!(%key, error = %error.detail, "the keeper could not see to a grant");
            (Some((self.clock)() + LATER), false)
        });
        self.put_down(&place, next).await;
        went_well
    }

    /// When to see to it next; never when there is nothing to see to.
    async fn see_to_grant(&self, key: &ConnectionKey) -> Result<(Option<Timestamp>, bool), AppError> {
        let Some(stored) = self.read(key).await? else { return Ok((None, true)) };
        let (now, grant) = ((self.clock)(), &stored.grant);
        if !grant.is_alive() {
            return Ok((None, true));
        }
        if let Some(at) = grant.planned_at.filter(|at| *at > now) {
            return Ok((Some(at), true));
        }
        if self.usable(key, grant).is_err() {
            return Ok((Some(now + MUCH_LATER), true));
        }
        let refreshed = match grant.is_renewed() {
            true => self.refresh(key, Why::Planned).await.map(|_| ()),
            // Its token does not end by itself, or cannot be renewed. It is only kept.
            false => self.write(key, &stored, &grant.clone().planned(now)).await.map(|_| ()),
        };
        if let Err(error) = &refreshed {
            tracing::debug!(%key, error = %error.detail, "the keeper's refresh failed");
        }
        let unavailable = refreshed.is_err_and(|error| error.code == ErrorCode::ProviderUnavailable);
        let next = self.read(key).await?.map(|stored| stored.grant).filter(Grant::is_alive);
        Ok((next.map(|grant| grant.next_try(now)), !unavailable))
    }
}
