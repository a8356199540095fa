//! One provider's load, as it runs in the browser.

use futures::{
    StreamExt,
    future::{AbortHandle, Abortable},
};
use leptos::{prelude::*, task::spawn_local};

use super::{Rows, connecting::Connecting};
use crate::{
    api,
    model::{AppError, ErrorCode, LoadEvent, StreamOutcome, StreamReport, Subject},
};

/// A load and how far it is.
#[derive(Clone, Copy)]
pub struct Loading {
    /// The provider, its name for people, and for whom.
    about: StoredValue<(String, String, Subject)>,
    rows: Rows,
    connecting: Connecting,
    phase: RwSignal<Phase>,
    streams: RwSignal<Vec<StreamProgress>>,
    abort: StoredValue<Option<AbortHandle>>,
}

/// How far a load is.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// Not begun.
    Idle,
    /// Running.
    Running,
    /// Stopped by the person.
    Stopped,
    /// At its end: complete, or not.
    Finished(bool),
    /// Not begun, or cut off on the way.
    Failed(AppError),
}

/// How far one stream is.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamProgress {
    /// Its name.
    pub name: String,
    /// Records that arrived.
    pub records: u64,
    /// Pages that arrived.
    pub pages: u64,
    /// What it waits for, while it does.
    pub retrying: Option<String>,
    /// How it ended, when it has.
    pub outcome: Option<StreamOutcome>,
}

impl Loading {
    /// Not begun.
    pub fn new(provider: &str, name: &str, subject: &Subject, rows: Rows, connecting: Connecting) -> Self {
        Self {
            about: StoredValue::new((provider.to_owned(), name.to_owned(), subject.clone())),
            rows,
            connecting,
            phase: RwSignal::new(Phase::Idle),
            streams: RwSignal::default(),
            abort: StoredValue::new(None),
        }
    }

    /// How far it is.
    pub fn phase(self) -> Phase {
        self.phase.get()
    }

    /// Whether it runs.
    pub fn running(self) -> bool {
        self.phase.with(|phase| *phase == Phase::Running)
    }

    /// Whether nothing arrived.
    pub fn is_empty(self) -> bool {
        self.streams.with(|streams| streams.iter().all(|stream| stream.records == 0))
    }

    /// How far each stream is.
    pub fn streams(self) -> Vec<StreamProgress> {
        self.streams.get()
    }

    /// Loads anew: what this provider gave before goes away first.
    pub fn start(self) {
        if self.phase.with_untracked(|phase| *phase == Phase::Running) {
            return;
        }
        let (provider, name, subject) = self.about.get_value();
        self.rows.renew(&name);
        self.streams.update(Vec::clear);
        self.phase.set(Phase::Running);
        let (abort, registration) = AbortHandle::new_pair();
        self.abort.set_value(Some(abort));
        spawn_local(async move {
            // An abort drops the answer's stream, which ends the request, which stops the server's requests.
            if let Ok(phase) = Abortable::new(self.run(provider, name, subject), registration).await {
                self.phase.set(phase);
            }
        });
    }

    /// Stops, and keeps what arrived.
    pub fn stop(self) {
        if let Some(abort) = self.abort.try_update_value(Option::take).flatten()
            && self.phase.with_untracked(|phase| *phase == Phase::Running)
        {
            abort.abort();
            self.phase.set(Phase::Stopped);
        }
    }

    /// Forgets how far it was; the items that came stay.
    pub fn forget(self) {
        self.streams.update(Vec::clear);
        self.phase.set(Phase::Idle);
    }

    async fn run(self, provider: String, name: String, subject: Subject) -> Phase {
        let mut events = match api::load(subject.org_id().to_owned(), subject.user_id().to_owned(), provider).await {
            Ok(lines) => lines.into_inner(),
            Err(error) => {
                self.look_if_dead(&error);
                return Phase::Failed(error);
            }
        };
        while let Some(event) = events.next().await {
            match event {
                Ok(LoadEvent::Finished { complete, report }) => {
                    self.streams.update(|streams| settle(streams, &report));
                    return Phase::Finished(complete);
                }
                Ok(event) => self.take(&name, event),
                Err(error) => return Phase::Failed(error),
            }
        }
        let detail =
            "The connection to Tributary was lost before the load was over, so this is not everything. Load again.";
        Phase::Failed(AppError::new(ErrorCode::Disconnected, detail))
    }

    fn take(self, source: &str, event: LoadEvent) {
        match event {
            LoadEvent::Started { streams, .. } | LoadEvent::Discovered { streams } => {
                self.streams.update(|all| all.extend(streams.into_iter().map(StreamProgress::new)))
            }
            LoadEvent::Page { stream, items } => {
                let arrived = items.len() as u64;
                self.rows.add(source, items);
                self.update(&stream, |progress| {
                    progress.records += arrived;
                    progress.pages += 1;
                    progress.retrying = None;
                });
            }
            LoadEvent::Retrying { stream, attempt, wait_ms, reason } => {
                #[expect(clippy::cast_precision_loss, reason = "a wait in milliseconds is small")]
                let seconds = wait_ms as f64 / 1000.0;
                self.update(&stream, |progress| {
                    progress.retrying = Some(format!("{reason} Try {attempt} in {seconds:.1} s."))
                });
            }
            LoadEvent::Failed { stream, error } => {
                self.look_if_dead(&error);
                self.update(&stream, |progress| progress.outcome = Some(StreamOutcome::Failed(error)));
            }
            LoadEvent::Finished { .. } => {}
        }
    }

    /// A load that finds the grant dead changes how the user stands with the provider.
    fn look_if_dead(self, error: &AppError) {
        if matches!(error.code, ErrorCode::ReconnectRequired | ErrorCode::NotConnected) {
            self.connecting.look();
        }
    }

    fn update(self, stream: &str, change: impl FnOnce(&mut StreamProgress)) {
        self.streams.update(|streams| streams.iter_mut().find(|progress| progress.name == stream).map_or((), change));
    }
}

impl StreamProgress {
    fn new(name: String) -> Self {
        Self { name, records: 0, pages: 0, retrying: None, outcome: None }
    }
}

fn settle(streams: &mut [StreamProgress], report: &[StreamReport]) {
    for progress in streams {
        if let Some(last) = report.iter().find(|one| one.stream == progress.name) {
            progress.outcome = Some(last.outcome.clone());
            progress.retrying = None;
        }
    }
}
