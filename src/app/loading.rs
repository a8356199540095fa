//! One provider's load: reads its events in the browser and keeps the progress of each stream.

use futures::{
    StreamExt,
    future::{AbortHandle, Abortable},
};
use leptos::{prelude::*, task::spawn_local};

use super::{connecting::Connecting, rows::Rows, target::Target};
use crate::{
    api,
    model::{AppError, ErrorCode, LoadEvent, StreamOutcome, StreamReport},
};

#[derive(Clone, Copy)]
pub struct Loading {
    target: StoredValue<Target>,
    rows: Rows,
    connecting: Connecting,
    phase: RwSignal<Phase>,
    streams: RwSignal<Vec<StreamProgress>>,
    abort: StoredValue<Option<AbortHandle>>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    Idle,
    Running,
    /// Stopped by the person.
    Stopped,
    Finished {
        complete: bool,
    },
    /// The load didn't start, or its response was cut off.
    Failed(AppError),
}

#[derive(Debug, Clone, PartialEq)]
pub struct StreamProgress {
    pub name: String,
    /// Received records.
    pub records: u64,
    /// Received pages.
    pub pages: u64,
    /// Why and until when the stream waits before a retry, as a sentence.
    pub retrying: Option<String>,
    /// Records that could not be read; 0 until the stream ends.
    pub skipped: u64,
    /// `None` until the stream ends.
    pub outcome: Option<StreamOutcome>,
}

impl Loading {
    pub fn new(target: StoredValue<Target>, rows: Rows, connecting: Connecting) -> Self {
        Self {
            target,
            rows,
            connecting,
            phase: RwSignal::new(Phase::Idle),
            streams: RwSignal::default(),
            abort: StoredValue::new(None),
        }
    }

    pub fn phase(self) -> Phase {
        self.phase.get()
    }

    pub fn is_running(self) -> bool {
        self.phase.with(|phase| *phase == Phase::Running)
    }

    /// Received records of all streams.
    pub fn records(self) -> u64 {
        self.streams.with(|streams| streams.iter().map(|stream| stream.records).sum())
    }

    /// The progress of each stream, in the order of announcement.
    pub fn streams(self) -> Vec<StreamProgress> {
        self.streams.get()
    }

    /// Starts a load, unless one is running. Removes the items of the provider's previous load first.
    pub fn start(self) {
        if self.phase.with_untracked(|phase| *phase == Phase::Running) {
            return;
        }
        let name = self.target.with_value(|target| target.name.clone());
        self.rows.remove(&name);
        self.streams.update(Vec::clear);
        self.phase.set(Phase::Running);
        let (abort, registration) = AbortHandle::new_pair();
        self.abort.set_value(Some(abort));
        spawn_local(async move {
            // Aborting drops the response, which cancels the load on the server and its requests to the provider.
            if let Ok(phase) = Abortable::new(self.run(name), registration).await {
                self.phase.set(phase);
            }
        });
    }

    /// Stops the load and keeps the items that arrived.
    pub fn stop(self) {
        if let Some(abort) = self.abort.try_update_value(Option::take).flatten()
            && self.phase.with_untracked(|phase| *phase == Phase::Running)
        {
            abort.abort();
            self.phase.set(Phase::Stopped);
        }
    }

    /// Clears the progress and keeps the items that arrived.
    pub fn reset(self) {
        self.streams.update(Vec::clear);
        self.phase.set(Phase::Idle);
    }

    async fn run(self, name: String) -> Phase {
        let (org_id, user_id, provider) = self.target.with_value(|target| target.ids());
        let mut events = match api::load(org_id, user_id, provider).await {
            Ok(lines) => lines.into_inner(),
            Err(error) => {
                self.refresh_status_if_dead(&error);
                return Phase::Failed(error);
            }
        };
        while let Some(event) = events.next().await {
            match event {
                Ok(LoadEvent::Finished { complete, report }) => {
                    self.streams.update(|streams| apply(&report, streams));
                    if !complete || self.connecting.has_access_error() {
                        self.connecting.refresh_status();
                    }
                    return Phase::Finished { complete };
                }
                Ok(event) => self.handle(&name, event),
                Err(error) => return Phase::Failed(error),
            }
        }
        let detail = "The connection to Tributary was lost, so this load is incomplete. Load again.";
        Phase::Failed(AppError::new(ErrorCode::Disconnected, detail))
    }

    fn handle(self, provider: &str, event: LoadEvent) {
        match event {
            LoadEvent::Started { streams, .. } | LoadEvent::Discovered { streams } => {
                self.streams.update(|all| all.extend(streams.into_iter().map(StreamProgress::new)))
            }
            LoadEvent::Page { stream, items } => {
                let received = items.len() as u64;
                self.rows.add(provider, items);
                self.update(&stream, |progress| {
                    progress.records += received;
                    progress.pages += 1;
                    progress.retrying = None;
                });
            }
            LoadEvent::Retrying { stream, attempt, wait_ms, reason } => {
                #[expect(clippy::cast_precision_loss, reason = "a wait in milliseconds is small")]
                let seconds = wait_ms as f64 / 1000.0;
                self.update(&stream, |progress| {
                    progress.retrying = Some(format!("{reason} Retrying in {seconds:.1} s (attempt {attempt})."))
                });
            }
            LoadEvent::Failed { stream, error } => {
                self.refresh_status_if_dead(&error);
                self.update(&stream, |progress| progress.outcome = Some(StreamOutcome::Failed(error)));
            }
            LoadEvent::Finished { .. } => {}
        }
    }

    /// A load may find out that the grant is dead, which changes the connection's status.
    fn refresh_status_if_dead(self, error: &AppError) {
        if matches!(error.code, ErrorCode::ReconnectRequired | ErrorCode::NotConnected) {
            self.connecting.refresh_status();
        }
    }

    fn update(self, stream: &str, change: impl FnOnce(&mut StreamProgress)) {
        self.streams.update(|streams| streams.iter_mut().find(|progress| progress.name == stream).map_or((), change));
    }
}

impl StreamProgress {
    fn new(name: String) -> Self {
        Self { name, records: 0, pages: 0, retrying: None, skipped: 0, outcome: None }
    }
}

/// Sets the outcome of each stream from the load's final report.
fn apply(report: &[StreamReport], streams: &mut [StreamProgress]) {
    for progress in streams {
        if let Some(last) = report.iter().find(|stream| stream.stream == progress.name) {
            progress.outcome = Some(last.outcome.clone());
            progress.skipped = last.skipped;
            progress.retrying = None;
        }
    }
}
