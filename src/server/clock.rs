//! The clock, which tests set, and times as they are shown.

use std::sync::Arc;

use jiff::{Timestamp, Unit};

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A time on the wire: RFC 3339 in UTC, to the second.
pub fn rfc3339(time: Timestamp) -> String {
    time.round(Unit::Second).unwrap_or(time).to_string()
}
