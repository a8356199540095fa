//! Counters of what happened to one provider's tokens.

use std::{
    iter::Sum,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use serde::Serialize;

#[derive(Default)]
pub(crate) struct Counters {
    pub refreshes: Counter,
    /// Refresh tokens that were presented after they had been rotated out, revoked or expired.
    pub reused_tokens: Counter,
    pub exchanges: Counter,
    pub revocations: Counter,
}

#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

/// The values of [`Counters`] at one moment.
#[derive(Clone, Copy, Default, Serialize)]
pub(crate) struct Counts {
    refreshes: u64,
    reused_tokens: u64,
    exchanges: u64,
    revocations: u64,
}

impl Counter {
    pub(crate) fn increment(&self) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Counters {
    pub(crate) fn read(&self) -> Counts {
        let [refreshes, reused_tokens, exchanges, revocations] = self.all().map(|counter| counter.0.load(Relaxed));
        Counts { refreshes, reused_tokens, exchanges, revocations }
    }

    pub(super) fn reset(&self) {
        self.all().into_iter().for_each(|counter| counter.0.store(0, Relaxed));
    }

    fn all(&self) -> [&Counter; 4] {
        [&self.refreshes, &self.reused_tokens, &self.exchanges, &self.revocations]
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, next| Self {
            refreshes: sum.refreshes + next.refreshes,
            reused_tokens: sum.reused_tokens + next.reused_tokens,
            exchanges: sum.exchanges + next.exchanges,
            revocations: sum.revocations + next.revocations,
        })
    }
}
