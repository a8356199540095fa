//! One log line for each load, however it ends.

use std::time::Instant;

use crate::{
    model::{StreamOutcome, StreamReport},
    server::connections::ConnectionKey,
};

/// Logs the end of a load, or that its reader hung up.
pub(super) struct LoadLog {
    key: ConnectionKey,
    started: Instant,
    is_finished: bool,
}

impl LoadLog {
    pub(super) fn new(key: ConnectionKey) -> Self {
        Self { key, started: Instant::now(), is_finished: false }
    }

    pub(super) fn finished(&mut self, report: &[StreamReport]) {
        self.is_finished = true;
        let sum = |count: fn(&StreamReport) -> u64| report.iter().map(count).sum::<u64>();
        let (records, requests, retries) = (sum(|one| one.records), sum(|one| one.requests), sum(|one| one.retries));
        let failed = report.iter().filter_map(|one| match &one.outcome {
            StreamOutcome::Failed(error) => Some(format!("{}: {}", one.stream, error.detail)),
            StreamOutcome::Complete => None,
        });
        let failed = failed.collect::<Vec<_>>().join(" ");
        let (key, milliseconds) = (&self.key, self.started.elapsed().as_millis());
        if failed.is_empty() {
            tracing::info!(%key, records, requests, retries, milliseconds, "loaded");
        } else {
            tracing::warn!(%key, records, requests, retries, milliseconds, failed, "loaded in part");
        }
    }
}

impl Drop for LoadLog {
    fn drop(&mut self) {
        if !self.is_finished {
            let milliseconds = self.started.elapsed().as_millis();
            tracing::info!(key = %self.key, milliseconds, "load cancelled by its reader");
        }
    }
}
