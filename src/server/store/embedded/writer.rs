//! The writer: one thread that makes all changes. Changes that wait are committed together, since a commit takes as long for
//! many as for one.

mod thread;

use std::{
    sync::{
        Arc,
        mpsc::{Sender, channel},
    },
    thread::JoinHandle,
};

use anyhow::Context;
use tokio::sync::oneshot;

use super::{database::SharedDatabase, housekeeping::Housekeeping, tables::Tables};
use thread::Thread;

type Change = Box<dyn FnOnce(&mut Tables) -> anyhow::Result<Effect> + Send>;

/// A change, and whom to tell once it is committed.
struct Job {
    change: Change,
    done: oneshot::Sender<Result<(), Arc<anyhow::Error>>>,
}

/// Whether a change changed anything. A transaction without effect is not committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Changed,
    None,
}

enum Message {
    Job(Job),
    /// A reader got an error.
    ReadFailed,
}

/// The handle to the thread, which ends when the handle is dropped.
pub(super) struct Writer {
    /// `None` while the handle is being dropped.
    messages: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
    #[cfg(test)]
    transactions: Arc<std::sync::atomic::AtomicUsize>,
}

impl Writer {
    pub(super) fn start(database: Arc<SharedDatabase>, housekeeping: Housekeeping) -> anyhow::Result<Self> {
        let (messages, received) = channel();
        let mut thread = Thread::new(database, housekeeping);
        #[cfg(test)]
        let transactions = thread.transactions.clone();
        let run = move || thread.run(&received);
        Ok(Self {
            messages: Some(messages),
            thread: Some(std::thread::Builder::new().name("store-writer".to_owned()).spawn(run)?),
            #[cfg(test)]
            transactions,
        })
    }

    /// Makes a change, and returns its result once it is committed.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Tables) -> anyhow::Result<(T, Effect)> + Send + 'static,
    ) -> anyhow::Result<T> {
        let (done, committed) = oneshot::channel();
        let (found, result) = oneshot::channel();
        let change = move |tables: &mut Tables| {
            let (value, effect) = change(tables)?;
            // A caller that is gone has no use for it.
            let _ = found.send(value);
            Ok(effect)
        };
        self.send(Message::Job(Job { change: Box::new(change), done }));
        let committed = committed.await.context("the writer of the embedded store has stopped")?;
        committed.map_err(|error| anyhow::anyhow!("{error:#}"))?;
        Ok(result.await?)
    }

    /// Tells the writer that reading failed, so that it opens the file again.
    pub(super) fn read_failed(&self) {
        self.send(Message::ReadFailed);
    }

    fn send(&self, message: Message) {
        // If the thread has ended, the caller learns it from its channel.
        let _ = self.messages.as_ref().map(|messages| messages.send(message));
    }
}

impl Drop for Writer {
    /// Waits for the changes that were sent, so that the file is closed afterwards.
    fn drop(&mut self) {
        self.messages = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc::channel, time::Duration};

    use futures::future::join_all;

    use super::*;
    use crate::server::store::{Embedded, Store, embedded::writer::thread::MAX_BATCH};

    #[tokio::test]
    async fn changes_that_wait_are_committed_together() {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::open(&folder.path().join("store.redb")).unwrap();
        // The first change holds the writer until all others have been sent.
        let (release, released) = channel();
        let first = store.writer.change(move |_| Ok((released.recv()?, Effect::None)));
        let names: Vec<_> = (0..500).map(|number| number.to_string()).collect();
        let others = join_all(names.iter().map(|name| store.put(name, b"", Duration::from_secs(60))));
        let release = async { release.send(()).unwrap() };
        let (first, others, ()) = futures::join!(first, others, release);
        first.unwrap();
        assert!(others.iter().all(Result::is_ok) && store.get("499").await.unwrap().is_some());
        let transactions = store.writer.transactions.load(std::sync::atomic::Ordering::Relaxed);
        assert!(transactions <= 1 + 500_usize.div_ceil(MAX_BATCH), "{transactions} transactions");
    }
}
