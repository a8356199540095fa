//! Keeps all requests for one account under its provider's quota, within this process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use crate::server::{providers::Quota, tokens::ConnectionKey};

/// A rolling window over the requests of one account, or of a part of it.
///
/// Nobody knows when a request arrives at the provider, only that it is between its sending and its answer. So its place
/// is free again one window after its *answer*: no window at the provider can then hold more requests than the quota.
pub struct Pace {
    requests: AtomicUsize,
    per: Duration,
    places: Mutex<Places>,
    /// Those who wait stand in line, and are served in order.
    line: tokio::sync::Mutex<()>,
    answered: Notify,
}

#[derive(Default)]
struct Places {
    /// Requests that have no answer yet.
    under_way: usize,
    /// When the answers of the last window came, oldest first.
    answered: VecDeque<Instant>,
    /// The provider asked for a pause until then.
    rest_until: Option<Instant>,
}

/// A place in the window. It is dropped when the answer is there.
pub struct Turn(Arc<Pace>);

impl Pace {
    fn new(quota: &Quota) -> Self {
        Self {
            requests: AtomicUsize::new(quota.requests),
            per: quota.per,
            places: Mutex::default(),
            line: tokio::sync::Mutex::default(),
            answered: Notify::new(),
        }
    }

    /// Waits until a request may be sent, first come first served.
    pub async fn turn(self: &Arc<Self>) -> Turn {
        let _in_line = self.line.lock().await;
        loop {
            let answered = self.answered.notified();
            let Some(until) = self.take_place() else { return Turn(self.clone()) };
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                () = answered => {}
            }
        }
    }

    /// The provider says that this account may send so many requests in a window.
    pub fn allow(&self, requests: u64) {
        // None at all would stop for good what the provider only wants slowed down.
        self.requests.store(usize::try_from(requests).unwrap_or(usize::MAX).max(1), Relaxed);
    }

    /// The provider asks for a pause: until it is over, each further request would only be refused.
    pub fn rest(&self, pause: Duration) {
        let mut places = self.places();
        places.rest_until = places.rest_until.max(Some(Instant::now() + pause));
    }

    /// Takes a place, or says when to look again at the latest.
    fn take_place(&self) -> Option<Instant> {
        let (now, mut places) = (Instant::now(), self.places());
        while places.answered.front().is_some_and(|oldest| *oldest + self.per <= now) {
            places.answered.pop_front();
        }
        if let Some(until) = places.rest_until.filter(|until| *until > now) {
            return Some(until);
        }
        if places.under_way + places.answered.len() < self.requests.load(Relaxed) {
            places.under_way += 1;
            return None;
        }
        // Without an answer in the window all places are under way, and the next answer wakes us.
        Some(places.answered.front().map_or(now + self.per, |oldest| *oldest + self.per))
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        // A panic cannot leave the places half changed, so a poisoned lock is as good as any.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_idle(&self) -> bool {
        let (now, places) = (Instant::now(), self.places());
        let resting = places.rest_until.is_some_and(|until| until > now);
        !resting && places.under_way == 0 && places.answered.back().is_none_or(|last| *last + self.per <= now)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut places = self.0.places();
        places.under_way -= 1;
        places.answered.push_back(Instant::now());
        drop(places);
        self.0.answered.notify_waiters();
    }
}

/// The paces of all accounts, and parts of accounts, that were read lately.
#[derive(Default)]
pub struct Paces(Mutex<HashMap<String, Arc<Pace>>>);

impl Paces {
    /// The pace of a provider's account, shared by all who read it.
    pub fn of_account(&self, key: &ConnectionKey, account: &str) -> Arc<Pace> {
        self.of(&format!("{}/{account}", key.provider.slug), &key.provider.quota)
    }

    /// The pace of a part of an account, such as an Airtable base, which several accounts may share.
    pub fn of_part(&self, provider: &str, part: &str, quota: &Quota) -> Arc<Pace> {
        self.of(&format!("{provider}/part/{part}"), quota)
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

    const QUOTA: Quota = Quota::of(3, Duration::from_secs(10));

    fn pace() -> Arc<Pace> {
        Arc::new(Pace::new(&QUOTA))
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_sees_more_than_the_quota() {
        let pace = pace();
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..10 {
            drop(pace.turn().await);
            times.push(start.elapsed());
        }
        for window in times.windows(QUOTA.requests + 1) {
            assert!(window[QUOTA.requests] - window[0] >= QUOTA.per, "{times:?}");
        }
        assert!(times[9] < QUOTA.per * 4, "the quota is used to the full: {times:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_free_a_window_after_its_answer_not_after_its_sending() {
        let pace = pace();
        let start = Instant::now();
        let slow = pace.turn().await;
        drop((pace.turn().await, pace.turn().await));
        tokio::time::advance(Duration::from_secs(9)).await;
        drop(slow);
        drop((pace.turn().await, pace.turn().await));
        assert!(start.elapsed() < Duration::from_secs(11), "two were answered at once");
        drop(pace.turn().await);
        assert!(start.elapsed() >= Duration::from_secs(19), "the slow one was answered after nine seconds");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_wakes_who_waits_for_a_place() {
        let pace = pace();
        let under_way = [pace.turn().await, pace.turn().await, pace.turn().await];
        let waiting = tokio::spawn({
            let pace = pace.clone();
            async move { drop(pace.turn().await) }
        });
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(!waiting.is_finished(), "three are under way");
        drop(under_way);
        waiting.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_the_provider_asks_for_is_kept_by_all() {
        let pace = pace();
        let start = Instant::now();
        pace.rest(Duration::from_secs(30));
        pace.rest(Duration::from_secs(5));
        drop(pace.turn().await);
        assert!(start.elapsed() >= Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_that_allows_more_or_less_is_believed() {
        let pace = pace();
        pace.allow(5);
        let start = Instant::now();
        for _ in 0..5 {
            drop(pace.turn().await);
        }
        assert!(start.elapsed() < Duration::from_secs(1));
        pace.allow(0);
        drop(pace.turn().await);
        drop(pace.turn().await);
        assert!(start.elapsed() >= QUOTA.per * 2, "one at a time");
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_keeps_its_pace_until_its_window_is_over() {
        let paces = Paces::default();
        drop(paces.of("a", &QUOTA).turn().await);
        assert_eq!(paces.of("a", &QUOTA).places().answered.len(), 1);
        tokio::time::advance(Duration::from_secs(11)).await;
        assert_eq!(paces.of("a", &QUOTA).places().answered.len(), 0);
    }
}
