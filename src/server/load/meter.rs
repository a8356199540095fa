//! Counts a stream's requests, and tells the reader about those that are sent again.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use futures::channel::mpsc::Sender;

use super::emit;
use crate::model::LoadEvent;

/// One stream's counters. The default one counts and tells nobody.
#[derive(Default)]
pub struct Meter {
    requests: AtomicU64,
    retries: AtomicU64,
    listener: Option<(String, Sender<LoadEvent>)>,
}

impl Meter {
    pub(super) fn new(stream: &str, events: Sender<LoadEvent>) -> Self {
        Self { listener: Some((stream.to_owned(), events)), ..Self::default() }
    }

    /// A request is about to be sent.
    pub fn sent(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    /// It failed in a way that passes, and try number `attempt` follows after `wait`.
    pub async fn retrying(&self, attempt: u32, wait: Duration, reason: String) {
        self.retries.fetch_add(1, Relaxed);
        if let Some((stream, events)) = &self.listener {
            let wait_ms = wait.as_millis().try_into().unwrap_or(u64::MAX);
            emit(&mut events.clone(), LoadEvent::Retrying { stream: stream.clone(), attempt, wait_ms, reason }).await;
        }
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    pub(super) fn retries(&self) -> u64 {
        self.retries.load(Relaxed)
    }
}
