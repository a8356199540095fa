//! What the scheduler does with a grant that is due.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::RefreshScheduler;
use crate::server::{
    audit::Actor,
    connections::ConnectionKey,
    grants::{Grant, GrantError, refresh::Why, vault::Stored},
};

/// How many grants of a provider are visited concurrently.
const CONCURRENCY: usize = 8;

/// When a visit that failed is repeated.
const RETRY_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// When a grant of another client, which may be configured again, or of a lost key is visited again.
const UNUSABLE_AFTER: SignedDuration = SignedDuration::from_hours(6);

/// After so many consecutive failures, a provider's other grants are left for later.
const MAX_FAILURES: usize = 16;

/// The result of a visit.
struct Visited {
    /// When to visit it next; `None` if there is nothing left to do for it.
    next: Option<Timestamp>,
    /// False if the provider was unavailable.
    succeeded: bool,
}

impl RefreshScheduler {
    /// Visits grants of one provider. After several consecutive failures, the rest is left for later.
    pub(super) async fn visit_all(&self, keys: Vec<String>) {
        let failures = AtomicUsize::new(0);
        let schedule = &self.grants.vault.schedule;
        let visit = async |key: String| {
            let later = (self.grants.vault.clock)() + RETRY_AFTER;
            if failures.load(Relaxed) >= MAX_FAILURES {
                return schedule.set(&key, Some(later)).await;
            }
            let Some(connection) = ConnectionKey::parse(&key) else { return };
            let visited = self.visit(&connection).await.unwrap_or_else(|error| {
                tracing::warn!(key, %error, "a scheduled refresh failed");
                Visited { next: Some(later), succeeded: false }
            });
            schedule.set(&key, visited.next).await;
            if visited.succeeded { failures.store(0, Relaxed) } else { _ = failures.fetch_add(1, Relaxed) }
        };
        stream::iter(keys).for_each_concurrent(CONCURRENCY, visit).await;
    }

    async fn visit(&self, key: &ConnectionKey) -> Result<Visited, GrantError> {
        let done = |next| Ok(Visited { next, succeeded: true });
        let vault = &self.grants.vault;
        let Some(stored) = vault.read(key).await? else { return done(None) };
        let (now, grant) = ((vault.clock)(), &stored.grant);
        if !grant.is_alive() {
            return done(None);
        }
        if let Some(at) = grant.scheduled_at(now).filter(|at| *at > now) {
            return done(Some(at));
        }
        let kept = self.keep_alive(key, &stored).await;
        if let Err(error) = &kept {
            tracing::debug!(%key, %error, "a scheduled refresh failed");
            self.visit_overdue(key).await?;
        }
        let earliest = if matches!(kept, Err(GrantError::ReconnectRequired { .. })) {
            UNUSABLE_AFTER
        } else {
            SignedDuration::ZERO
        };
        let next = vault.find(key).await?.filter(Grant::is_alive);
        let next = next.map(|grant| grant.next_attempt_at(now).max(now + earliest));
        Ok(Visited { next, succeeded: !matches!(kept, Err(GrantError::ProviderUnavailable(_))) })
    }

    async fn keep_alive(&self, key: &ConnectionKey, stored: &Stored) -> Result<(), GrantError> {
        let (vault, refresher, grant) = (&self.grants.vault, &self.grants.refresher, &stored.grant);
        let now = (vault.clock)();
        refresher.require_usable(key, grant)?;
        if grant.is_refreshable() || grant.is_expired(now) {
            refresher.refresh(key, Why::Scheduled, &Actor::scheduler()).await?;
        } else {
            // Its token does not expire, or there is no refresh token. Writing it extends its deadline.
            vault.write(key, stored, &grant.clone().scheduled(now)).await?;
        }
        Ok(())
    }
}
