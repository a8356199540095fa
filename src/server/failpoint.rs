//! Places where the fault suite has this process killed, and its clock set wrong. Only builds with the feature `failpoints`
//! know them; in all others they are nothing.
//!
//! What happens where is told by the variable `FAILPOINTS`, in the syntax of the crate `fail-parallel`:
//! `refresh::answered=1*return;clock=return(-600)`.

use jiff::Timestamp;

/// Before anybody is told of a refresh.
pub const BEFORE_CLAIM: &str = "refresh::before_claim";
/// The claim is in the store, and nothing was sent.
pub const CLAIMED: &str = "refresh::claimed";
/// The provider answered, and nothing is saved.
pub const ANSWERED: &str = "refresh::answered";
/// The new tokens are saved, and nobody has them yet.
pub const SAVED: &str = "refresh::saved";

/// Ends the process here, as SIGKILL does, when a test wants it.
#[cfg(feature = "failpoints")]
pub fn reach(place: &str) {
    fail_parallel::fail_point!(chosen(), place, |_| {
        let _ = std::process::Command::new("kill").args(["-KILL", &std::process::id().to_string()]).status();
    });
}

/// The clock, or as many seconds before or after it as a test wants.
#[cfg(feature = "failpoints")]
pub fn now() -> Timestamp {
    fail_parallel::fail_point!(chosen(), "clock", |ahead| {
        let ahead = ahead.and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
        Timestamp::now() + jiff::SignedDuration::from_secs(ahead)
    });
    Timestamp::now()
}

#[cfg(feature = "failpoints")]
fn chosen() -> std::sync::Arc<fail_parallel::FailPointRegistry> {
    use std::sync::{Arc, LazyLock};
    static CHOSEN: LazyLock<Arc<fail_parallel::FailPointRegistry>> = LazyLock::new(|| {
        let registry = Arc::new(fail_parallel::FailPointRegistry::new());
        // Ending the scenario would forget what the variable says; it lasts as long as the process.
        std::mem::forget(fail_parallel::FailScenario::setup(registry.clone()));
        registry
    });
    CHOSEN.clone()
}

/// Nothing.
#[cfg(not(feature = "failpoints"))]
pub fn reach(_: &str) {}

/// The clock.
#[cfg(not(feature = "failpoints"))]
pub fn now() -> Timestamp {
    Timestamp::now()
}
