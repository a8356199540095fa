//! Fail points: places where the fault suite kills this process, shifts its clock or shortens an interval. They exist only in builds with the
//! feature `failpoints`.
//!
//! The variable `FAILPOINTS` configures them, in the syntax of the crate `fail-parallel`:
//! `refresh::answered=1*return;clock=return(-600)`.

use jiff::Timestamp;

/// Before the claim is written.
pub const BEFORE_CLAIM: &str = "refresh::before_claim";
/// The claim is written, and nothing has been sent.
pub const CLAIMED: &str = "refresh::claimed";
/// The provider has answered, and nothing is saved.
pub const ANSWERED: &str = "refresh::answered";
/// The new tokens are saved, and no caller has them yet.
pub const SAVED: &str = "refresh::saved";

/// How often the store is probed, in milliseconds.
pub const PROBE_INTERVAL: &str = "store::probe_interval";

/// Kills the process with SIGKILL if this fail point is armed.
#[cfg(feature = "failpoints")]
pub fn hit(name: &str) {
    fail_parallel::fail_point!(registry(), name, |_| {
        let _ = std::process::Command::new("kill").args(["-KILL", &std::process::id().to_string()]).status();
    });
}

/// The current time, shifted by the seconds that `clock` is armed with.
#[cfg(feature = "failpoints")]
pub fn now() -> Timestamp {
    fail_parallel::fail_point!(registry(), "clock", |ahead| {
        let ahead = ahead.and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
        Timestamp::now() + jiff::SignedDuration::from_secs(ahead)
    });
    Timestamp::now()
}

/// The milliseconds that this fail point is armed with, such as `store::probe_interval=return(50)`, instead of `interval`.
#[cfg(feature = "failpoints")]
pub fn interval(name: &str, interval: std::time::Duration) -> std::time::Duration {
    fail_parallel::fail_point!(registry(), name, |milliseconds| {
        let milliseconds = milliseconds.and_then(|milliseconds| milliseconds.parse().ok());
        milliseconds.map_or(interval, std::time::Duration::from_millis)
    });
    interval
}

#[cfg(feature = "failpoints")]
fn registry() -> std::sync::Arc<fail_parallel::FailPointRegistry> {
    use std::sync::{Arc, LazyLock};
    static REGISTRY: LazyLock<Arc<fail_parallel::FailPointRegistry>> = LazyLock::new(|| {
        let registry = Arc::new(fail_parallel::FailPointRegistry::new());
        // Dropping the scenario would disarm everything; it has to live as long as the process.
        std::mem::forget(fail_parallel::FailScenario::setup(registry.clone()));
        registry
    });
    REGISTRY.clone()
}

#[cfg(not(feature = "failpoints"))]
pub fn hit(_: &str) {}

#[cfg(not(feature = "failpoints"))]
pub fn interval(_: &str, interval: std::time::Duration) -> std::time::Duration {
    interval
}

#[cfg(not(feature = "failpoints"))]
pub fn now() -> Timestamp {
    Timestamp::now()
}
