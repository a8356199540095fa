//! One task at a time for each key, within this process.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

type Lock = tokio::sync::Mutex<()>;

/// Locks by key. A lock is released when its guard is dropped, also by a panic.
#[derive(Default)]
pub(super) struct KeyedLocks(Mutex<HashMap<String, Weak<Lock>>>);

impl KeyedLocks {
    /// Waits until no other task holds the lock.
    pub(super) async fn acquire(&self, key: &str) -> OwnedMutexGuard<()> {
        self.lock(key).lock_owned().await
    }

    /// Waits until no lock is held.
    pub(super) async fn released(&self) {
        loop {
            let held = self.0.lock().values().find_map(Weak::upgrade);
            let Some(held) = held else { return };
            drop(held.lock().await);
        }
    }

    fn lock(&self, key: &str) -> Arc<Lock> {
        let mut locks = self.0.lock();
        if let Some(lock) = locks.get(key).and_then(Weak::upgrade) {
            return lock;
        }
        locks.retain(|_, lock| lock.strong_count() > 0);
        let lock = Arc::default();
        locks.insert(key.to_owned(), Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn a_key_is_locked_once_and_other_keys_do_not_wait() {
        let locks = KeyedLocks::default();
        let first = locks.acquire("a").await;
        assert!(locks.acquire("a").now_or_never().is_none());
        assert!(locks.acquire("b").now_or_never().is_some());
        drop(first);
        assert!(locks.released().now_or_never().is_some());
        let held = locks.acquire("a").await;
        assert!(locks.released().now_or_never().is_none());
        drop(held);
        assert!(locks.acquire("a").now_or_never().is_some());
        assert_eq!(locks.0.lock().len(), 1, "released locks are forgotten");
    }
}
