//! The thread of the writer.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use redb::Database;

use super::{Change, Effect, Message};
use crate::server::store::embedded::{database::SharedDatabase, housekeeping::Housekeeping, tables::Tables};

/// How many changes are committed together at most.
pub(super) const MAX_BATCH: usize = 256;

/// How soon the file is opened again if that failed.
const REOPEN_INTERVAL: Duration = Duration::from_secs(1);

/// The state of the thread.
pub(super) struct Thread {
    database: Arc<SharedDatabase>,
    housekeeping: Housekeeping,
    is_failing: bool,
    /// Why the file could not be opened again, as it was logged.
    not_reopened: Option<String>,
    #[cfg(test)]
    pub(super) transactions: Arc<std::sync::atomic::AtomicUsize>,
}

impl Thread {
    pub(super) fn new(database: Arc<SharedDatabase>, housekeeping: Housekeeping) -> Self {
        Self {
            database,
            housekeeping,
            is_failing: false,
            not_reopened: None,
            #[cfg(test)]
            transactions: Arc::default(),
        }
    }

    /// Works until the handle is dropped.
    pub(super) fn run(&mut self, messages: &Receiver<Message>) {
        loop {
            let due = self.housekeeping.due_in();
            let wait = if self.is_failing { due.min(REOPEN_INTERVAL) } else { due };
            match messages.recv_timeout(wait) {
                Ok(first) => self.work_off(first, messages),
                Err(RecvTimeoutError::Timeout) if !self.database.is_open() => self.reopen(),
                Err(RecvTimeoutError::Timeout) => self.keep_house(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.housekeeping.due_in().is_zero() && !self.is_failing {
                self.keep_house();
            }
        }
    }

    fn keep_house(&mut self) {
        let result = guarded(|| self.housekeeping.run(&self.database));
        self.note(result.as_ref().err());
    }

    /// Commits the first message and those that wait behind it.
    fn work_off(&mut self, first: Message, messages: &Receiver<Message>) {
        let (mut jobs, mut read_failed) = (Vec::new(), false);
        for message in std::iter::once(first).chain(messages.try_iter().take(MAX_BATCH - 1)) {
            match message {
                Message::Job(job) => jobs.push(job),
                Message::ReadFailed => read_failed = true,
            }
        }
        if !jobs.is_empty() {
            let (changes, done): (Vec<_>, Vec<_>) = jobs.into_iter().map(|job| (job.change, job.done)).unzip();
            #[cfg(test)]
            self.transactions.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let result = guarded(|| self.database.with(|database| commit(database, changes))).map_err(Arc::new);
            self.note(result.as_ref().err().map(|error| &**error));
            for done in done {
                let _ = done.send(result.clone());
            }
        }
        if read_failed {
            self.reopen();
        }
    }

    /// Logs when the file begins to fail and when it works again, and opens it again after an error.
    fn note(&mut self, error: Option<&anyhow::Error>) {
        match error {
            Some(error) => {
                if !self.is_failing {
                    let error = format!("{error:#}");
                    tracing::error!(error, "the embedded store could not be written; its file is opened again");
                }
                self.is_failing = true;
                self.reopen();
            }
            None if self.is_failing => {
                tracing::info!("the embedded store can be written again");
                (self.is_failing, self.not_reopened) = (false, None);
            }
            None => {}
        }
    }

    /// Opens the file again. A failure is logged once, although the next attempt is soon.
    fn reopen(&mut self) {
        if let Err(error) = guarded(|| self.database.reopen()) {
            let error = format!("{error:#}");
            if self.not_reopened.as_ref() != Some(&error) {
                tracing::error!(
                    error,
                    "the embedded store's file could not be opened again; requests get 503 until it can"
                );
            }
            (self.is_failing, self.not_reopened) = (true, Some(error));
        }
    }
}

/// Makes changes in one transaction.
fn commit(database: &Database, changes: Vec<Change>) -> anyhow::Result<()> {
    let write = database.begin_write()?;
    let mut effect = Effect::None;
    {
        let mut tables = Tables::open(&write)?;
        for change in changes {
            if change(&mut tables)? == Effect::Changed {
                effect = Effect::Changed;
            }
        }
    }
    match effect {
        Effect::Changed => write.commit()?,
        Effect::None => write.abort()?,
    }
    Ok(())
}

/// A panic, which redb may answer a damaged file with, becomes an error: the thread has to go on.
fn guarded<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(anyhow::anyhow!("the embedded store panicked")))
}
