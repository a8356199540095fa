//! The connections that wait for their client: for a request, or for the rest of its head. When all slots are taken, the one
//! that has waited longest is closed, so that unused connections keep nobody out.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};

/// All waiting connections, the longest-waiting one first.
pub(super) struct Waiting {
    connections: Mutex<BTreeMap<(Instant, u64), Arc<Notify>>>,
    next_id: AtomicU64,
    /// How long a connection has to have waited before it may be closed.
    min_wait: Duration,
}

/// Whether one connection waits, and since when.
pub(super) struct Wait {
    all: Arc<Waiting>,
    id: u64,
    since: Mutex<Option<Instant>>,
    closing: Arc<Notify>,
}

impl Waiting {
    pub(super) fn new(min_wait: Duration) -> Self {
        Self { connections: Mutex::default(), next_id: AtomicU64::new(0), min_wait }
    }

    /// A connection that waits from now on.
    pub(super) fn add(self: &Arc<Self>) -> Wait {
        let id = self.next_id.fetch_add(1, Relaxed);
        let wait = Wait { all: self.clone(), id, since: Mutex::default(), closing: Arc::default() };
        wait.begin();
        wait
    }

    /// Closes the connection that has waited longest. Returns whether there is one that has waited long enough.
    pub(super) fn close_longest(&self) -> bool {
        let mut connections = self.connections.lock();
        let longest = connections.first_entry().filter(|longest| longest.key().0.elapsed() >= self.min_wait);
        longest.map(|longest| longest.remove().notify_one()).is_some()
    }
}

impl Wait {
    /// The connection waits for its client.
    pub(super) fn begin(&self) {
        self.end();
        let now = Instant::now();
        *self.since.lock() = Some(now);
        self.all.connections.lock().insert((now, self.id), self.closing.clone());
    }

    /// Its client has sent a request.
    pub(super) fn end(&self) {
        if let Some(since) = self.since.lock().take() {
            self.all.connections.lock().remove(&(since, self.id));
        }
    }

    /// Completes when the connection has to be closed: it was chosen, and is still waiting.
    pub(super) async fn closing(&self) {
        loop {
            self.closing.notified().await;
            if self.since.lock().is_some() {
                return;
            }
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_connection_that_has_waited_longest_is_closed_and_one_that_is_answered_is_not() {
        let second = Duration::from_secs(1);
        let waiting = Arc::new(Waiting::new(second));
        let mut waits = Vec::new();
        for _ in 0..4 {
            waits.push(waiting.add());
            assert!(waits.len() > 1 || !waiting.close_longest(), "it has not waited for long");
            tokio::time::advance(second).await;
        }
        let is_closing = |index: usize| waits[index].closing().now_or_never().is_some();
        // The first is used again, and the second is being answered.
        waits[0].begin();
        waits[1].end();
        assert!(waiting.close_longest());
        assert_eq!([0, 1, 2, 3].map(is_closing), [false, false, true, false]);
        // A request that arrives just then is answered.
        assert!(waiting.close_longest());
        waits[3].end();
        assert!(!is_closing(3));
        assert!(!waiting.close_longest());
        tokio::time::advance(second).await;
        assert!(waiting.close_longest() && is_closing(0));
        assert!(!waiting.close_longest());
        drop(waits);
        assert!(waiting.connections.lock().is_empty());
    }
}
