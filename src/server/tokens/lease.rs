//! One at a time for each connection, in this process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::OwnedMutexGuard;

type Waiting = tokio::sync::Mutex<()>;

/// Leases by key. A lease ends when its guard is dropped, by a panic too.
#[derive(Default)]
pub(super) struct Leases(Mutex<HashMap<String, Weak<Waiting>>>);

impl Leases {
    /// Waits until nobody else holds `key`.
    pub(super) async fn acquire(&self, key: &str) -> OwnedMutexGuard<()> {
        self.waiting(key).lock_owned().await
    }

    /// Waits until nobody holds anything.
    pub(super) async fn ended(&self) {
        loop {
            let held = {
                let leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                leases.values().find_map(Weak::upgrade)
            };
            let Some(held) = held else { return };
            drop(held.lock().await);
        }
    }

    fn waiting(&self, key: &str) -> Arc<Waiting> {
        // A panic cannot leave the map half changed, so a poisoned lock is as good as any.
        let mut leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = leases.get(key).and_then(Weak::upgrade) {
            return waiting;
        }
        leases.retain(|_, waiting| waiting.strong_count() > 0);
        let waiting = Arc::default();
        leases.insert(key.to_owned(), Arc::downgrade(&waiting));
        waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn a_key_is_held_by_one_and_other_keys_do_not_wait() {
        let leases = Leases::default();
        let first = leases.acquire("a").await;
        assert!(leases.acquire("a").now_or_never().is_none());
        assert!(leases.acquire("b").now_or_never().is_some());
        drop(first);
        assert!(leases.ended().now_or_never().is_some());
        let held = leases.acquire("a").await;
        assert!(leases.ended().now_or_never().is_none());
        drop(held);
        assert!(leases.acquire("a").now_or_never().is_some());
        assert_eq!(leases.0.lock().unwrap().len(), 1, "leases that ended are forgotten");
    }
}
