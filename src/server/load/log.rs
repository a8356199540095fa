//! One log line and one audit entry for each load, however it ends.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use tokio::runtime::Handle;
use tracing::Instrument;

use crate::{
    model::{Account, LoadOutcome, LoadSummary, SkippedRecord, StreamOutcome, StreamReport},
    server::{
        audit::{Actor, AuditLog},
        connections::ConnectionKey,
        load_limits::LoadSlot,
    },
};

/// The maximum number of streams that an audit entry names.
const MAX_NAMES: usize = 10;

/// The maximum length of such a name in characters.
const MAX_NAME: usize = 100;

/// Logs and records the end of a load, or that its reader hung up.
pub(super) struct LoadLog {
    entry: Entry,
    started: Instant,
    /// Delivered records.
    records: AtomicU64,
    /// `None` once the end is recorded. Until then, the load counts as running.
    slot: Option<LoadSlot>,
}

/// Where the audit entry belongs.
#[derive(Clone)]
struct Entry {
    audit: Arc<AuditLog>,
    actor: Actor,
    key: ConnectionKey,
    account: Account,
}

impl LoadLog {
    pub(super) fn new(
        audit: Arc<AuditLog>,
        actor: Actor,
        key: ConnectionKey,
        account: Account,
        slot: LoadSlot,
    ) -> Self {
        let entry = Entry { audit, actor, key, account };
        Self { entry, started: Instant::now(), records: AtomicU64::new(0), slot: Some(slot) }
    }

    /// Counts records that were delivered.
    pub(super) fn delivered(&self, records: u64) {
        self.records.fetch_add(records, Relaxed);
    }

    /// The load ended with this report.
    pub(super) async fn finished(mut self, report: &[StreamReport]) {
        let _slot = self.slot.take();
        let sum = |count: fn(&StreamReport) -> u64| report.iter().map(count).sum::<u64>();
        let (records, requests, retries) = (sum(|one| one.records), sum(|one| one.requests), sum(|one| one.retries));
        let skipped = sum(|one| one.skipped);
        let failed = report.iter().filter_map(|one| match &one.outcome {
            StreamOutcome::Failed(error) => Some((one.stream.as_str(), error.detail.as_str())),
            StreamOutcome::Complete | StreamOutcome::CompleteWithSkips => None,
        });
        let failed: Vec<_> = failed.collect();
        let (key, milliseconds) = (&self.entry.key, self.milliseconds());
        if skipped > 0 {
            let first = report.iter().find_map(|one| Some((&one.stream, one.first_skipped.first()?)));
            let first = first.map(|(stream, SkippedRecord { id, reason })| {
                format!("{stream} {}: {reason}", id.as_deref().unwrap_or("?"))
            });
            tracing::warn!(%key, skipped, first, "records skipped");
        }
        if failed.is_empty() {
            tracing::info!(%key, records, requests, retries, milliseconds, "loaded");
        } else {
            let first = failed.iter().take(MAX_NAMES).map(|(stream, detail)| format!("{stream}: {detail}"));
            let (streams_failed, failed) = (failed.len(), first.collect::<Vec<_>>().join(" "));
            tracing::warn!(%key, records, requests, retries, milliseconds, streams_failed, failed, "loaded in part");
        }
        let summary = self.summary(LoadOutcome::of(report), records, skipped, failed.iter().map(|(stream, _)| *stream));
        let reason = failed.first().map(|(_, detail)| *detail);
        self.entry.record(summary, failed.len(), reason).await;
    }

    /// The first items of each stream were read. `failed` are the streams of which they could not be, with their errors.
    pub(super) async fn first_page(mut self, records: u64, skipped: u64, failed: &[(String, String)]) {
        let _slot = self.slot.take();
        let outcome = match (failed, records) {
            ([], _) => LoadOutcome::FirstPage,
            (_, 0) => LoadOutcome::Failed,
            (_, _) => LoadOutcome::Partial,
        };
        let (key, milliseconds) = (&self.entry.key, self.milliseconds());
        tracing::info!(%key, records, milliseconds, failed = failed.len(), "first items loaded");
        let summary = self.summary(outcome, records, skipped, failed.iter().map(|(stream, _)| stream.as_str()));
        self.entry.record(summary, failed.len(), failed.first().map(|(_, detail)| detail.as_str())).await;
    }

    fn summary<'a>(
        &self,
        outcome: LoadOutcome,
        records: u64,
        skipped: u64,
        missing: impl Iterator<Item = &'a str>,
    ) -> LoadSummary {
        let missing = missing.take(MAX_NAMES).map(|name| name.chars().take(MAX_NAME).collect()).collect();
        LoadSummary { outcome, records, skipped, milliseconds: self.milliseconds(), missing }
    }

    fn milliseconds(&self) -> u64 {
        self.started.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
    }
}

impl Drop for LoadLog {
    fn drop(&mut self) {
        let Some(slot) = self.slot.take() else { return };
        let reason = if slot.is_process_stopping() { "Stopped with Tributary" } else { "Stopped by the reader" };
        let (records, milliseconds) = (self.records.load(Relaxed), self.milliseconds());
        tracing::info!(key = %self.entry.key, records, milliseconds, reason, "load stopped before its end");
        let summary = self.summary(LoadOutcome::Cancelled, records, 0, std::iter::empty());
        // Nothing can wait here. There is no runtime only after the process has stopped.
        if let Ok(runtime) = Handle::try_current() {
            let entry = self.entry.clone();
            let record = async move {
                entry.record(summary, 0, Some(reason)).await;
                drop(slot);
            };
            runtime.spawn(record.in_current_span());
        }
    }
}

impl Entry {
    async fn record(&self, summary: LoadSummary, failed: usize, reason: Option<&str>) {
        let detail = sentence(&summary, failed, reason);
        self.audit.record_load(&self.actor, &self.key, &self.account, summary, &detail).await;
    }
}

/// `In part: 200 records in 1.2 s. Missing or incomplete: deals.`
fn sentence(summary: &LoadSummary, failed: usize, reason: Option<&str>) -> String {
    let LoadSummary { outcome, records, skipped, milliseconds, missing } = summary;
    let skipped = if *skipped == 0 { String::new() } else { format!(", {skipped} skipped that could not be read") };
    let amount = format!("{records} records in {}.{} s{skipped}", milliseconds / 1000, milliseconds % 1000 / 100);
    let more = match failed - missing.len().min(failed) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match outcome {
        LoadOutcome::Complete => format!("Complete: {amount}."),
        LoadOutcome::CompleteWithSkips => format!("Complete but for skipped records: {amount}."),
        LoadOutcome::Partial => format!("In part: {amount}. Missing or incomplete: {}{more}.", missing.join(", ")),
        LoadOutcome::Failed => format!("Nothing was read. {}", reason.unwrap_or_default()),
        LoadOutcome::Cancelled => format!("{}: {amount}.", reason.unwrap_or("Stopped")),
        LoadOutcome::FirstPage => format!("First items only: {amount}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_of_a_load_says_how_it_ended_and_what_is_missing() {
        let missing = ["deals", "contacts"].map(str::to_owned).to_vec();
        let sentence = |outcome, failed| {
            let skipped = u64::from(outcome == LoadOutcome::CompleteWithSkips) * 2;
            let summary = LoadSummary { outcome, records: 1200, skipped, milliseconds: 3456, missing: missing.clone() };
            let is_cancelled = outcome == LoadOutcome::Cancelled;
            let reason = if is_cancelled { "Stopped by the reader" } else { "HubSpot isn't responding." };
            sentence(&summary, failed, Some(reason))
        };
        for (outcome, failed, text) in [
            (LoadOutcome::Complete, 0, "Complete: 1200 records in 3.4 s."),
            (
                LoadOutcome::CompleteWithSkips,
                0,
                "Complete but for skipped records: 1200 records in 3.4 s, 2 skipped that could not be read.",
            ),
            (LoadOutcome::Partial, 2, "In part: 1200 records in 3.4 s. Missing or incomplete: deals, contacts."),
            (
                LoadOutcome::Partial,
                9,
                "In part: 1200 records in 3.4 s. Missing or incomplete: deals, contacts and 7 more.",
            ),
            (LoadOutcome::Failed, 2, "Nothing was read. HubSpot isn't responding."),
            (LoadOutcome::Cancelled, 0, "Stopped by the reader: 1200 records in 3.4 s."),
            (LoadOutcome::FirstPage, 0, "First items only: 1200 records in 3.4 s."),
        ] {
            assert_eq!(sentence(outcome, failed), text);
        }
    }
}
