//! Counts the requests of a stream and reports its retries.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use futures::future::BoxFuture;

/// A request that is about to be retried.
pub struct Retry {
    /// The number of the next attempt: 2 after the first failure.
    pub attempt: u32,
    /// How long until then.
    pub wait: Duration,
    /// What happened, as a sentence.
    pub reason: String,
}

type OnRetry = Box<dyn Fn(Retry) -> BoxFuture<'static, ()> + Send + Sync>;

/// The counters of one stream. The default reports retries to nobody.
#[derive(Default)]
pub struct Meter {
    requests: AtomicU64,
    retries: AtomicU64,
    on_retry: Option<OnRetry>,
}

impl Meter {
    /// Reports each retry to `on_retry` before it waits.
    pub fn new(on_retry: impl Fn(Retry) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self { on_retry: Some(Box::new(on_retry)), ..Self::default() }
    }

    /// The number of requests that were sent, retries included.
    pub fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    pub fn retries(&self) -> u64 {
        self.retries.load(Relaxed)
    }

    pub(super) fn count_request(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    pub(super) async fn count_retry(&self, retry: Retry) {
        self.retries.fetch_add(1, Relaxed);
        if let Some(on_retry) = &self.on_retry {
            on_retry(retry).await;
        }
    }
}
