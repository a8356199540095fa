//! Counters of requests. Benchmarks and tests read them to check what a client really sent.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use parking_lot::Mutex;
use serde::Serialize;

/// At most this many endpoints are counted separately, so that a client that makes up paths cannot fill the memory.
const MAX_LABELS: usize = 400;

#[derive(Default)]
pub(crate) struct Stats {
    in_flight: AtomicU64,
    endpoints: Mutex<BTreeMap<String, Endpoint>>,
}

#[derive(Clone, Default, Serialize)]
pub(crate) struct Endpoint {
    pub requests: u64,
    pub rate_limited: u64,
    /// Responses by status code, and `dropped` for connections that a fault closed.
    statuses: BTreeMap<String, u64>,
}

/// A request in progress. Dropping it, as happens when the client hangs up, takes it off the count.
pub(crate) struct InFlight<'a> {
    stats: &'a Stats,
    label: String,
}

impl Stats {
    pub(crate) fn begin(&self, label: String) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Relaxed);
        let mut endpoints = self.endpoints.lock();
        let is_full = endpoints.len() >= MAX_LABELS && !endpoints.contains_key(&label);
        let label = if is_full { "(others)".to_owned() } else { label };
        endpoints.entry(label.clone()).or_default().requests += 1;
        InFlight { stats: self, label }
    }

    /// The number of requests in progress, and the counters of each endpoint.
    pub(crate) fn read(&self) -> (u64, BTreeMap<String, Endpoint>) {
        (self.in_flight.load(Relaxed), self.endpoints.lock().clone())
    }

    /// Clears the counters. Requests in progress stay counted as such.
    pub(crate) fn reset(&self) {
        self.endpoints.lock().clear();
    }
}

impl InFlight<'_> {
    /// Records how the request ended: a status code or `dropped`.
    pub(crate) fn finish(self, outcome: &str) {
        let mut endpoints = self.stats.endpoints.lock();
        let endpoint = endpoints.entry(self.label.clone()).or_default();
        *endpoint.statuses.entry(outcome.to_owned()).or_default() += 1;
        if outcome == "429" {
            endpoint.rate_limited += 1;
        }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.stats.in_flight.fetch_sub(1, Relaxed);
    }
}
