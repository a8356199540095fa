//! What happens during a load, in the order in which it happens.

use serde::{Deserialize, Serialize};

use super::{AppError, IntegrationItem};

/// One line of a load. `started` comes first, `finished` last; a stream of lines without `finished` was cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum LoadEvent {
    /// The load begins; these streams run at once, and may find further ones.
    Started {
        /// Whose data is loaded: `hubspot`.
        provider: String,
        /// Names of the streams: `contacts`.
        streams: Vec<String>,
    },
    /// Further streams were found, and run as well.
    Discovered {
        /// Their names; no two streams of a load have the same.
        streams: Vec<String>,
    },
    /// A page arrived.
    Page {
        /// Which stream it belongs to.
        stream: String,
        /// Its items, in the provider's order.
        items: Vec<IntegrationItem>,
    },
    /// A request failed in a way that passes, and will be sent again.
    Retrying {
        /// Which stream it belongs to.
        stream: String,
        /// Which try comes next: 2 after the first failure.
        attempt: u32,
        /// How long the stream waits before it, in milliseconds.
        wait_ms: u64,
        /// What happened, as a sentence.
        reason: String,
    },
    /// A stream ended before its end. The others go on.
    Failed {
        /// Which stream.
        stream: String,
        /// Why.
        error: AppError,
    },
    /// All streams ended; what became of each.
    Finished {
        /// True when every stream was read to its end.
        complete: bool,
        /// One a stream, in the order of `started`.
        report: Vec<StreamReport>,
    },
}

/// What became of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamReport {
    /// Its name.
    pub stream: String,
    /// Records delivered.
    pub records: u64,
    /// Pages delivered.
    pub pages: u64,
    /// Requests sent to the provider, retries included.
    pub requests: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// Whether it was read to its end.
    pub outcome: StreamOutcome,
}

/// How a stream ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamOutcome {
    /// Read to its end.
    Complete,
    /// Not read to its end, and why.
    Failed(AppError),
}
