//! Keeps all requests for one account under its provider's rate limit, within this process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};

use super::{Provider, RateLimit};

/// A sliding window over the requests of one account, or of a part of it.
///
/// We can't see when the provider counts a request, only that it is between sending and response. So a slot frees one
/// window after the *response*: no window at the provider can then hold more requests than the limit.
pub struct RateLimiter {
    limit: AtomicUsize,
    window: Duration,
    slots: Mutex<Slots>,
    /// Held by the caller that is next, so that callers are served in order.
    queue: tokio::sync::Mutex<()>,
    released: Notify,
}

#[derive(Default)]
struct Slots {
    /// Requests without a response.
    in_flight: usize,
    /// When the responses of the last window arrived, oldest first.
    responses: VecDeque<Instant>,
    /// The provider asked for a pause until then.
    paused_until: Option<Instant>,
}

/// The permission to send one request. Drop it when the response arrives.
pub struct Permit(Arc<RateLimiter>);

impl RateLimiter {
    fn new(limit: &RateLimit) -> Self {
        Self {
            limit: AtomicUsize::new(limit.requests),
            window: limit.window,
            slots: Mutex::default(),
            queue: tokio::sync::Mutex::default(),
            released: Notify::new(),
        }
    }

    /// Waits for a permit, first come first served.
    pub async fn acquire(self: &Arc<Self>) -> Permit {
        let _next = self.queue.lock().await;
        loop {
            let released = self.released.notified();
            let Some(until) = self.take_slot() else { return Permit(self.clone()) };
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                () = released => {}
            }
        }
    }

    /// Sets the number of requests that the provider allows this account in a window.
    pub fn set_limit(&self, requests: u64) {
        // A limit of 0 would never let another request find out about a higher one.
        self.limit.store(usize::try_from(requests).unwrap_or(usize::MAX).max(1), Relaxed);
    }

    /// Issues no permits for a while, because the provider would refuse every request.
    pub fn pause(&self, duration: Duration) {
        let mut slots = self.slots.lock();
        slots.paused_until = slots.paused_until.max(Some(Instant::now() + duration));
    }

    /// Takes a slot, or returns when to try again at the latest.
    fn take_slot(&self) -> Option<Instant> {
        let (now, mut slots) = (Instant::now(), self.slots.lock());
        while slots.responses.front().is_some_and(|oldest| *oldest + self.window <= now) {
            slots.responses.pop_front();
        }
        if let Some(until) = slots.paused_until.filter(|until| *until > now) {
            return Some(until);
        }
        if slots.in_flight + slots.responses.len() < self.limit.load(Relaxed) {
            slots.in_flight += 1;
            return None;
        }
        // Without a response in the window, all slots are in flight, and the next response wakes the caller.
        Some(slots.responses.front().map_or(now + self.window, |oldest| *oldest + self.window))
    }

    fn is_idle(&self) -> bool {
        let (now, slots) = (Instant::now(), self.slots.lock());
        let is_paused = slots.paused_until.is_some_and(|until| until > now);
        !is_paused && slots.in_flight == 0 && slots.responses.back().is_none_or(|last| *last + self.window <= now)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut slots = self.0.slots.lock();
        slots.in_flight -= 1;
        slots.responses.push_back(Instant::now());
        drop(slots);
        self.0.released.notify_waiters();
    }
}

/// The rate limiters of all accounts, and parts of accounts, that are being read.
#[derive(Default)]
pub struct RateLimiters(Mutex<HashMap<String, Arc<RateLimiter>>>);

impl RateLimiters {
    /// The rate limiter that all loads of a provider's account share.
    pub fn for_account(&self, provider: &Provider, account_id: &str) -> Arc<RateLimiter> {
        self.get(&format!("{}/{account_id}", provider.slug), &provider.rate_limit)
    }

    /// The rate limiter of a part, such as an Airtable base, which several accounts may share.
    pub fn for_part(&self, provider: &str, part_id: &str, limit: &RateLimit) -> Arc<RateLimiter> {
        self.get(&format!("{provider}/part/{part_id}"), limit)
    }

    fn get(&self, id: &str, limit: &RateLimit) -> Arc<RateLimiter> {
        let mut limiters = self.0.lock();
        limiters.retain(|_, limiter| Arc::strong_count(limiter) > 1 || !limiter.is_idle());
        limiters.entry(id.to_owned()).or_insert_with(|| Arc::new(RateLimiter::new(limit))).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: RateLimit = RateLimit::new(3, Duration::from_secs(10));

    fn limiter() -> Arc<RateLimiter> {
        Arc::new(RateLimiter::new(&LIMIT))
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_holds_more_requests_than_the_limit() {
        let limiter = limiter();
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..10 {
            drop(limiter.acquire().await);
            times.push(start.elapsed());
        }
        for window in times.windows(LIMIT.requests + 1) {
            assert!(window[LIMIT.requests] - window[0] >= LIMIT.window, "{times:?}");
        }
        assert!(times[9] < LIMIT.window * 4, "the limit is used in full: {times:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slot_frees_one_window_after_the_response_not_after_sending() {
        let limiter = limiter();
        let start = Instant::now();
        let slow = limiter.acquire().await;
        drop((limiter.acquire().await, limiter.acquire().await));
        tokio::time::advance(Duration::from_secs(9)).await;
        drop(slow);
        drop((limiter.acquire().await, limiter.acquire().await));
        assert!(start.elapsed() < Duration::from_secs(11), "two responses came at once");
        drop(limiter.acquire().await);
        assert!(start.elapsed() >= Duration::from_secs(19), "the slow response came after nine seconds");
    }

    #[tokio::test(start_paused = true)]
    async fn a_response_wakes_a_waiting_caller() {
        let limiter = limiter();
        let in_flight = [limiter.acquire().await, limiter.acquire().await, limiter.acquire().await];
        let waiting = tokio::spawn({
            let limiter = limiter.clone();
            async move { drop(limiter.acquire().await) }
        });
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(!waiting.is_finished(), "three are in flight");
        drop(in_flight);
        waiting.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_applies_to_all_callers() {
        let limiter = limiter();
        let start = Instant::now();
        limiter.pause(Duration::from_secs(30));
        limiter.pause(Duration::from_secs(5));
        drop(limiter.acquire().await);
        assert!(start.elapsed() >= Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_announced_by_the_provider_replaces_the_documented_one() {
        let limiter = limiter();
        limiter.set_limit(5);
        let start = Instant::now();
        for _ in 0..5 {
            drop(limiter.acquire().await);
        }
        assert!(start.elapsed() < Duration::from_secs(1));
        limiter.set_limit(0);
        drop(limiter.acquire().await);
        drop(limiter.acquire().await);
        assert!(start.elapsed() >= LIMIT.window * 2, "one at a time");
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_keeps_its_rate_limiter_until_its_window_is_over() {
        let limiters = RateLimiters::default();
        drop(limiters.get("a", &LIMIT).acquire().await);
        assert_eq!(limiters.get("a", &LIMIT).slots.lock().responses.len(), 1);
        tokio::time::advance(Duration::from_secs(11)).await;
        assert_eq!(limiters.get("a", &LIMIT).slots.lock().responses.len(), 0);
    }
}
