//! Keeps all requests for one account under its provider's quota, within this process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::server::{providers::Quota, tokens::ConnectionKey};

/// Requests do not reach the provider as evenly as they leave, so its window is taken to be longer by this.
const SLACK: Duration = Duration::from_millis(250);

/// A rolling window over the requests of one account.
pub struct Pace {
    requests: AtomicUsize,
    per: Duration,
    /// When the requests of the last window were sent, oldest first.
    sent: tokio::sync::Mutex<VecDeque<Instant>>,
}

impl Pace {
    fn new(quota: &Quota) -> Self {
        Self { requests: AtomicUsize::new(quota.requests), per: quota.per + SLACK, sent: tokio::sync::Mutex::default() }
    }

    /// Waits until a request may be sent, first come first served.
    pub async fn turn(&self) {
        // The lock is held while waiting: those behind are served in order.
        let mut sent = self.sent.lock().await;
        loop {
            while sent.front().is_some_and(|oldest| oldest.elapsed() >= self.per) {
                sent.pop_front();
            }
            match sent.front() {
                Some(&oldest) if sent.len() >= self.requests.load(Relaxed) => {
                    tokio::time::sleep_until(oldest + self.per).await
                }
                _ => break,
            }
        }
        sent.push_back(Instant::now());
    }

    /// The provider says that this account may send so many requests in a window.
    pub fn allow(&self, requests: u64) {
        // None at all would stop for good what the provider only wants slowed down.
        self.requests.store(usize::try_from(requests).unwrap_or(usize::MAX).max(1), Relaxed);
    }

    fn is_idle(&self) -> bool {
        self.sent.try_lock().is_ok_and(|sent| sent.back().is_none_or(|last| last.elapsed() > self.per))
    }
}

/// The paces of all accounts that were read lately.
#[derive(Default)]
pub struct Paces(Mutex<HashMap<String, Arc<Pace>>>);

impl Paces {
    /// The pace of a provider's account, shared by all who read it.
    pub fn of_account(&self, key: &ConnectionKey, account: &str) -> Arc<Pace> {
        self.of(&format!("{}/{account}", key.provider.slug), &key.provider.quota)
    }

    fn of(&self, account: &str, quota: &Quota) -> Arc<Pace> {
        // A panic cannot leave the map half changed, so a poisoned lock is as good as any.
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paces.retain(|_, pace| Arc::strong_count(pace) > 1 || !pace.is_idle());
        paces.entry(account.to_owned()).or_insert_with(|| Arc::new(Pace::new(quota))).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota { requests: 3, per: Duration::from_secs(10), told_in: None, left_in: None };

    #[tokio::test(start_paused = true)]
    async fn no_window_sees_more_than_the_quota() {
        let pace = Pace::new(&QUOTA);
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..10 {
            pace.turn().await;
            times.push(start.elapsed());
        }
        for window in times.windows(QUOTA.requests + 1) {
            assert!(window[QUOTA.requests] - window[0] >= QUOTA.per, "{times:?}");
        }
        assert!(times[9] < QUOTA.per * 4, "the quota is used to the full: {times:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_that_allows_more_or_less_is_believed() {
        let pace = Pace::new(&QUOTA);
        pace.allow(5);
        let start = Instant::now();
        for _ in 0..5 {
            pace.turn().await;
        }
        assert!(start.elapsed() < Duration::from_secs(1));
        pace.allow(0);
        pace.turn().await;
        pace.turn().await;
        assert!(start.elapsed() >= QUOTA.per * 2, "one at a time");
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_keeps_its_pace_until_its_window_is_over() {
        let paces = Paces::default();
        paces.of("a", &QUOTA).turn().await;
        assert_eq!(paces.of("a", &QUOTA).sent.lock().await.len(), 1);
        tokio::time::advance(Duration::from_secs(11)).await;
        assert_eq!(paces.of("a", &QUOTA).sent.lock().await.len(), 0);
    }
}
