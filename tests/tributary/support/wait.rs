//! Waiting for something that comes by itself.

use std::time::Duration;

/// Waits until a check is true, and fails when it is not within half a minute.
pub async fn eventually(what: &str, check: impl AsyncFn() -> bool) {
    let began = std::time::Instant::now();
    while !check().await {
        assert!(began.elapsed() < Duration::from_secs(30), "not within half a minute: {what}");
    }
}
