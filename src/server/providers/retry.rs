//! How long to wait before a request is sent again.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};

use super::Quota;

/// How often and how patiently a request that failed is sent again.
#[derive(Debug, Clone, Copy)]
pub struct Retries {
    /// Sent again at most this often.
    pub most: u32,
    /// The first wait, before jitter; it doubles each time.
    pub base: Duration,
    /// No wait is longer, whatever a provider asks for.
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { most: 5, base: Duration::from_millis(500), longest: Duration::from_secs(60) }
    }
}

impl Retries {
    /// The wait before retry number `retry` (1 is the first): what the provider asked for, else exponential; with up to
    /// as much again as jitter, so that those who failed together do not come back together.
    pub fn wait(&self, retry: u32, asked: Option<Duration>) -> Duration {
        let least = asked.unwrap_or_else(|| self.base.saturating_mul(1 << (retry - 1).min(16)));
        let jitter = if asked.is_some() { self.base } else { least };
        (least + jitter.mul_f64(rand::random())).min(self.longest)
    }
}

/// Whether an answer says that the same request may succeed later.
pub(super) fn passes(status: StatusCode) -> bool {
    // 408 and 425 ask for it; 423 is a lock and 477 a move between data centres at HubSpot; 521 to 526 are its CDN's.
    matches!(status.as_u16(), 408 | 423 | 425 | 429 | 477 | 500 | 502..=504 | 521..=526 | 529)
}

/// How long the provider asks us to wait: `Retry-After` in seconds; or, after too many requests, its penalty, or its
/// window when it says that this is used up.
pub(super) fn asked(status: StatusCode, headers: &HeaderMap, quota: &Quota) -> Option<Duration> {
    if let Some(seconds) = number(headers, header::RETRY_AFTER.as_str()) {
        return Some(Duration::from_secs(seconds));
    }
    if status != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let used_up = || (number(headers, quota.left_in?)? == 0).then_some(quota.per);
    quota.penalty.or_else(used_up)
}

/// A header's value, where it is a whole number.
pub(super) fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_have_jitter_and_an_end() {
        let retries = Retries::default();
        for retry in 1..=5 {
            let least = retries.base * 2_u32.pow(retry - 1);
            for _ in 0..50 {
                let wait = retries.wait(retry, None);
                assert!(wait >= least && wait <= least * 2, "retry {retry} waits {wait:?}");
            }
        }
        assert_eq!(retries.wait(1, Some(Duration::from_secs(3600))), retries.longest);
    }

    #[test]
    fn a_provider_that_says_how_long_is_obeyed() {
        let quota = Quota { left_in: Some("x-left"), ..Quota::of(1, Duration::from_secs(10)) };
        let headers =
            |name: &'static str, value: &str| HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        let busy = StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(asked(busy, &headers("retry-after", "7"), &quota), Some(Duration::from_secs(7)));
        assert_eq!(asked(busy, &headers("retry-after", "soon"), &quota), None);
        assert_eq!(asked(busy, &headers("x-left", "0"), &quota), Some(quota.per));
        assert_eq!(asked(busy, &headers("x-left", "5"), &quota), None);
        assert_eq!(asked(StatusCode::BAD_GATEWAY, &headers("x-left", "0"), &quota), None);
        let strict = Quota { penalty: Some(Duration::from_secs(30)), ..quota };
        assert_eq!(asked(busy, &headers("x-left", "5"), &strict), Some(Duration::from_secs(30)));
        assert_eq!(asked(StatusCode::BAD_GATEWAY, &headers("x-left", "5"), &strict), None);
    }
}
