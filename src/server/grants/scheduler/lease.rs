//! The lease: which process is the refresh scheduler.
//!
//! Like a claim, it expires when it has been *seen* unchanged for its lifetime. The store's deadline alone is not enough: the
//! lease of a process whose clock was months ahead would last for months.

use std::{sync::Arc, time::Duration};

use secrecy::ExposeSecret;
use tokio::time::Instant;

use crate::server::{
    crypto,
    store::{Store, StoreError},
};

const KEY: &str = "lease/refresh-scheduler";

/// How long a lease lasts unless it is renewed.
const LIFETIME: Duration = Duration::from_secs(30);

/// One process's lease, held or not.
pub(super) struct Lease {
    store: Arc<dyn Store>,
    /// What the value begins with while this process holds it.
    id: String,
    /// The lease of another process, and since when this one has seen it unchanged.
    seen: Option<(Vec<u8>, Instant)>,
}

impl Lease {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, id: crypto::random_secret().expose_secret().to_owned(), seen: None }
    }

    /// Acquires or renews it. Returns whether this process holds it.
    pub(super) async fn acquire(&mut self) -> Result<bool, StoreError> {
        let found = self.store.get(KEY).await?;
        let is_free = found.as_ref().is_none_or(|found| found.is_empty() || self.is_ours(found) || self.is_over(found));
        Ok(is_free && self.write(found.as_deref()).await?)
    }

    /// Renews it until that fails.
    pub(super) async fn lost(&self) {
        loop {
            tokio::time::sleep(LIFETIME / 3).await;
            if !self.renew().await.unwrap_or_default() {
                return tracing::warn!("the lease of the refresh scheduler was lost");
            }
        }
    }

    /// Gives it back, if this process holds it, so that another one need not wait.
    pub(super) async fn release(&self) -> Result<(), StoreError> {
        let found = self.store.get(KEY).await?;
        if let Some(found) = found.filter(|found| self.is_ours(found)) {
            self.store.compare_and_swap(KEY, Some(&found), b"", LIFETIME).await?;
        }
        Ok(())
    }

    async fn renew(&self) -> Result<bool, StoreError> {
        let found = self.store.get(KEY).await?;
        Ok(found.as_ref().is_some_and(|found| self.is_ours(found)) && self.write(found.as_deref()).await?)
    }

    /// Writes a value that differs from the last one, so that others see that it was renewed.
    async fn write(&self, found: Option<&[u8]>) -> Result<bool, StoreError> {
        let value = format!("{} {:x}", self.id, rand::random::<u64>());
        self.store.compare_and_swap(KEY, found, value.as_bytes(), LIFETIME).await
    }

    fn is_ours(&self, found: &[u8]) -> bool {
        found.starts_with(self.id.as_bytes())
    }

    /// Whether another process has not renewed it for its lifetime.
    fn is_over(&mut self, found: &[u8]) -> bool {
        match &self.seen {
            Some((seen, since)) if seen == found => {
                let is_over = since.elapsed() >= LIFETIME;
                if is_over {
                    tracing::info!("taking over the refresh scheduler's lease, which is not renewed any more");
                }
                is_over
            }
            _ => {
                self.seen = Some((found.to_owned(), Instant::now()));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::server::store::{Embedded, EmbeddedOptions};

    fn open_ahead(path: &Path, days: i64) -> Lease {
        let clock = Arc::new(move || Timestamp::now() + SignedDuration::from_hours(24 * days));
        Lease::new(Arc::new(Embedded::open_with(path, EmbeddedOptions { clock, ..Default::default() }).unwrap()))
    }

    #[tokio::test(start_paused = true)]
    async fn the_lease_of_a_process_whose_clock_was_ahead_ends_when_it_is_not_renewed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        assert!(open_ahead(&path, 70).acquire().await.unwrap());
        let mut other = open_ahead(&path, 0);
        assert!(!other.acquire().await.unwrap());
        tokio::time::advance(LIFETIME - Duration::from_secs(1)).await;
        assert!(!other.acquire().await.unwrap());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(other.acquire().await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_that_is_renewed_is_not_taken_over_and_one_that_is_given_back_is_free_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut one = open_ahead(&folder.path().join("store.redb"), 0);
        let mut other = Lease::new(one.store.clone());
        for _ in 0..9 {
            assert!(one.acquire().await.unwrap() && !other.acquire().await.unwrap());
            tokio::time::advance(LIFETIME / 3).await;
        }
        other.release().await.unwrap();
        assert!(!other.acquire().await.unwrap(), "only its owner gives it back");
        one.release().await.unwrap();
        assert!(other.acquire().await.unwrap() && !one.acquire().await.unwrap());
    }
}
