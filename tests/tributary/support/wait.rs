//! Waiting for a condition.

use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(30);

/// Waits until `check` returns true, and panics if it does not within 30 seconds. `condition` is for the panic message.
pub async fn wait_until(condition: &str, check: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !check().await {
        assert!(began.elapsed() < TIMEOUT, "not within {} s: {condition}", TIMEOUT.as_secs());
    }
}
