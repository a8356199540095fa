//! The events of a load, in the order in which they happen.

use serde::{Deserialize, Serialize};

use super::{AppError, IntegrationItem};

/// One line of a load. `started` is first and `finished` last; output without `finished` was cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum LoadEvent {
    /// The load started. These streams run concurrently and may discover further ones.
    Started {
        /// The provider's slug, such as `hubspot`.
        provider: String,
        /// Names of the streams, such as `contacts`.
        streams: Vec<String>,
    },
    /// Further streams were discovered and run as well.
    Discovered {
        /// Their names. Names are unique within a load.
        streams: Vec<String>,
    },
    /// A page arrived.
    Page {
        stream: String,
        /// In the provider's order.
        items: Vec<IntegrationItem>,
    },
    /// A request failed for a temporary reason and will be retried.
    Retrying {
        stream: String,
        /// The number of the next attempt: 2 after the first failure.
        attempt: u32,
        /// How long the stream waits before that, in milliseconds.
        wait_ms: u64,
        /// What happened, as a sentence.
        reason: String,
    },
    /// A stream failed before it was read to its end. The others continue.
    Failed { stream: String, error: AppError },
    /// All streams ended.
    Finished {
        /// Whether every stream was read to its end, and no record was skipped.
        complete: bool,
        /// One report for each stream, in the order in which they were announced.
        report: Vec<StreamReport>,
    },
}

impl LoadOutcome {
    /// The outcome of a load with this report.
    pub fn of(report: &[StreamReport]) -> Self {
        let is_failed = |stream: &&StreamReport| matches!(stream.outcome, StreamOutcome::Failed(_));
        match report.iter().filter(is_failed).count() {
            0 if report.iter().any(|stream| stream.skipped > 0) => Self::CompleteWithSkips,
            0 => Self::Complete,
            failed if failed == report.len() && report.iter().all(|stream| stream.records == 0) => Self::Failed,
            _ => Self::Partial,
        }
    }
}

/// The result of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamReport {
    pub stream: String,
    /// Delivered records.
    pub records: u64,
    /// Delivered pages.
    pub pages: u64,
    /// Requests sent to the provider, retries included.
    pub requests: u64,
    /// Requests that were retries.
    pub retries: u64,
    /// Records that could not be read, because they are not in the provider's documented form.
    pub skipped: u64,
    /// The first of them.
    pub first_skipped: Vec<SkippedRecord>,
    pub outcome: StreamOutcome,
}

/// A record that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedRecord {
    /// Null when it has no usable id.
    pub id: Option<String>,
    /// What is wrong with it, such as `archived is null instead of a boolean`. It contains nothing of the record's values.
    pub reason: String,
}

/// How a load ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadOutcome {
    /// Every stream was read to its end.
    Complete,
    /// Every stream was read to its end, and some records could not be read.
    CompleteWithSkips,
    /// Some streams failed.
    Partial,
    /// Every stream failed before its first record.
    Failed,
    /// The reader hung up before the end, or the process stopped.
    Cancelled,
    /// The first items of each stream were wanted, and delivered.
    FirstPage,
}

/// How a stream ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamOutcome {
    /// Read to its end.
    Complete,
    /// Read to its end, except for records that could not be read.
    CompleteWithSkips,
    /// Not read to its end.
    Failed(AppError),
}
