//! When a request that failed is retried.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header};

use super::RateLimit;

/// How often and how patiently failed requests are retried.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    pub max_retries: u32,
    /// The first wait, before jitter; it doubles with each retry.
    pub base_wait: Duration,
    /// The longest wait, whatever a provider asks for.
    pub max_wait: Duration,
    /// The timeout of each request, including the response body.
    pub timeout: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self { max_retries: 5, base_wait: Duration::from_millis(500), max_wait: minute, timeout: minute }
    }
}

impl RetryPolicy {
    /// The wait before retry number `retry` (the first is 1): as the provider asks, or exponential. Jitter of up to the
    /// same again keeps requests that failed together from being retried together.
    pub fn wait(&self, retry: u32, retry_after: Option<Duration>) -> Duration {
        let least = retry_after.unwrap_or_else(|| self.base_wait.saturating_mul(1 << (retry - 1).min(16)));
        let jitter = if retry_after.is_some() { self.base_wait } else { least };
        (least + jitter.mul_f64(rand::random())).min(self.max_wait)
    }
}

/// Whether a status says that the same request may succeed later: one of HTTP's own (423 is a lock), one that common
/// proxies add (521 to 526, 529), or one of the provider's.
pub(super) fn is_transient(status: StatusCode, of_provider: &[u16]) -> bool {
    matches!(status.as_u16(), 408 | 423 | 425 | 429 | 500 | 502..=504 | 521..=526 | 529)
        || of_provider.contains(&status.as_u16())
}

/// How long the provider asks us to wait: `Retry-After`; or, after a 429, its penalty, or its window when a header says
/// that the window is used up.
pub(super) fn retry_after(status: StatusCode, headers: &HeaderMap, limit: &RateLimit) -> Option<Duration> {
    if let Some(wait) = retry_after_header(headers) {
        return Some(wait);
    }
    if status != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let used_up = || (header_number(headers, limit.remaining_header?)? == 0).then_some(limit.window);
    limit.penalty.or_else(used_up)
}

/// `Retry-After` in either of its forms: seconds, or a date (RFC 9110, section 10.2.3). A date in the past is no wait.
fn retry_after_header(headers: &HeaderMap) -> Option<Duration> {
    if let Some(seconds) = header_number(headers, header::RETRY_AFTER.as_str()) {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim()).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// The value of a header, if it is a whole number.
pub(super) fn header_number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overload_locks_and_proxy_errors_are_transient_for_every_provider() {
        for status in [408, 423, 425, 429, 500, 502, 503, 504, 521, 524, 526, 529] {
            assert!(is_transient(StatusCode::from_u16(status).unwrap(), &[]), "{status}");
        }
        for status in [400, 401, 403, 404, 409, 422, 477, 501, 520, 527] {
            assert!(!is_transient(StatusCode::from_u16(status).unwrap(), &[]), "{status}");
        }
        assert!(is_transient(StatusCode::from_u16(477).unwrap(), &[477]));
    }

    #[test]
    fn waits_grow_exponentially_with_jitter_up_to_a_maximum() {
        let policy = RetryPolicy::default();
        for retry in 1..=5 {
            let least = policy.base_wait * 2_u32.pow(retry - 1);
            for _ in 0..50 {
                let wait = policy.wait(retry, None);
                assert!(wait >= least && wait <= least * 2, "retry {retry} waits {wait:?}");
            }
        }
        assert_eq!(policy.wait(1, Some(Duration::from_secs(3600))), policy.max_wait);
    }

    #[test]
    fn a_wait_that_the_provider_asks_for_is_kept() {
        let limit = RateLimit { remaining_header: Some("x-left"), ..RateLimit::new(1, Duration::from_secs(10)) };
        let headers =
            |name: &'static str, value: &str| HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        let busy = StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(retry_after(busy, &headers("retry-after", "7"), &limit), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(busy, &headers("retry-after", "soon"), &limit), None);
        assert_eq!(retry_after(busy, &headers("x-left", "0"), &limit), Some(limit.window));
        assert_eq!(retry_after(busy, &headers("x-left", "5"), &limit), None);
        assert_eq!(retry_after(StatusCode::BAD_GATEWAY, &headers("x-left", "0"), &limit), None);
        let strict = RateLimit { penalty: Some(Duration::from_secs(30)), ..limit };
        assert_eq!(retry_after(busy, &headers("x-left", "5"), &strict), Some(Duration::from_secs(30)));
        assert_eq!(retry_after(StatusCode::BAD_GATEWAY, &headers("x-left", "5"), &strict), None);
    }

    #[test]
    fn a_retry_after_date_is_the_time_until_then() {
        let limit = RateLimit::new(1, Duration::from_secs(10));
        let wait = |date| {
            let value = httpdate::fmt_http_date(date).parse().unwrap();
            retry_after(StatusCode::SERVICE_UNAVAILABLE, &HeaderMap::from_iter([(header::RETRY_AFTER, value)]), &limit)
        };
        let soon = wait(SystemTime::now() + Duration::from_secs(90)).unwrap();
        assert!(soon > Duration::from_secs(80) && soon <= Duration::from_secs(90), "{soon:?}");
        assert_eq!(wait(SystemTime::now() - Duration::from_secs(90)), Some(Duration::ZERO));
    }
}
