//! Counters of what was asked of the sandbox. A benchmark or a test reads them to prove what a client really did.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use serde::Serialize;

use super::{airtable, hubspot, notion, records::Records, world::held};

/// Different labels kept at most, so that a client that makes up paths cannot fill the memory.
const LABELS: usize = 400;

#[derive(Default)]
pub(crate) struct Stats {
    pub hubspot: Counters,
    pub notion: Counters,
    pub airtable: Counters,
    in_flight: AtomicU64,
    endpoints: Mutex<BTreeMap<String, Endpoint>>,
}

/// What happened to one provider's tokens.
#[derive(Default)]
pub(crate) struct Counters {
    pub refreshes: AtomicU64,
    /// Refresh tokens that were presented after their end.
    pub reused_tokens: AtomicU64,
    pub exchanges: AtomicU64,
    pub revocations: AtomicU64,
}

/// Counters at one moment.
#[derive(Clone, Copy, Default, Serialize)]
struct Counted {
    refreshes: u64,
    reused_tokens: u64,
    exchanges: u64,
    revocations: u64,
}

#[derive(Clone, Default, Serialize)]
struct Endpoint {
    requests: u64,
    rate_limited: u64,
    statuses: BTreeMap<String, u64>,
}

/// What `/__sandbox/stats` answers.
#[derive(Serialize)]
pub(crate) struct Report {
    requests: u64,
    rate_limited: u64,
    /// Of all providers together.
    #[serde(flatten)]
    together: Counted,
    by_provider: BTreeMap<&'static str, Counted>,
    in_flight: u64,
    records: Records,
    /// What a load that misses nothing finds at each provider, by kind.
    holds: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    by_endpoint: BTreeMap<String, Endpoint>,
}

/// A request that is being answered. Dropping it, as happens when a client hangs up, takes it off the count.
pub(crate) struct InFlight<'a> {
    stats: &'a Stats,
    label: String,
}

impl Stats {
    pub(crate) fn begin(&self, label: String) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Relaxed);
        let mut endpoints = held(&self.endpoints);
        let full = endpoints.len() >= LABELS && !endpoints.contains_key(&label);
        let label = if full { "(others)".to_owned() } else { label };
        endpoints.entry(label.clone()).or_default().requests += 1;
        InFlight { stats: self, label }
    }

    pub(crate) fn report(&self, records: Records) -> Report {
        let by_endpoint = held(&self.endpoints).clone();
        let by_provider: BTreeMap<_, _> =
            self.counters().map(|(provider, counters)| (provider, counters.read())).into();
        Report {
            requests: by_endpoint.values().map(|endpoint| endpoint.requests).sum(),
            rate_limited: by_endpoint.values().map(|endpoint| endpoint.rate_limited).sum(),
            together: by_provider.values().fold(Counted::default(), Counted::plus),
            by_provider,
            in_flight: self.in_flight.load(Relaxed),
            records,
            holds: BTreeMap::from([
                ("hubspot", hubspot::holds(records)),
                ("notion", notion::holds(records)),
                ("airtable", airtable::holds(records)),
            ]),
            by_endpoint,
        }
    }

    /// Starts counting anew. Requests in flight stay in flight.
    pub(crate) fn reset(&self) {
        held(&self.endpoints).clear();
        for (_, counters) in self.counters() {
            counters.all().into_iter().for_each(|counter| counter.store(0, Relaxed));
        }
    }

    fn counters(&self) -> [(&'static str, &Counters); 3] {
        [("hubspot", &self.hubspot), ("notion", &self.notion), ("airtable", &self.airtable)]
    }
}

impl Counters {
    fn all(&self) -> [&AtomicU64; 4] {
        [&self.refreshes, &self.reused_tokens, &self.exchanges, &self.revocations]
    }

    fn read(&self) -> Counted {
        let [refreshes, reused_tokens, exchanges, revocations] = self.all().map(|counter| counter.load(Relaxed));
        Counted { refreshes, reused_tokens, exchanges, revocations }
    }
}

impl Counted {
    fn plus(self, other: &Self) -> Self {
        Self {
            refreshes: self.refreshes + other.refreshes,
            reused_tokens: self.reused_tokens + other.reused_tokens,
            exchanges: self.exchanges + other.exchanges,
            revocations: self.revocations + other.revocations,
        }
    }
}

/// Adds one to a counter.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

impl InFlight<'_> {
    /// Notes how the request ended: a status, or `dropped` when the connection was cut on purpose.
    pub(crate) fn finish(self, outcome: &str) {
        let mut endpoints = held(&self.stats.endpoints);
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
