//! What `/__sandbox/stats` answers.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    context::Context, grants::counters::Counts, records::Records, stand_in::Running, traffic::stats::Endpoint,
};

#[derive(Serialize)]
pub(crate) struct Report {
    requests: u64,
    rate_limited: u64,
    /// The sums over all stand-ins.
    #[serde(flatten)]
    totals: Counts,
    by_provider: BTreeMap<&'static str, Counts>,
    in_flight: u64,
    records: Records,
    /// How many items of each type a complete load finds.
    holds: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    by_endpoint: BTreeMap<String, Endpoint>,
}

impl Report {
    pub(crate) fn of(context: &Context, stand_ins: &[Running]) -> Self {
        let (in_flight, by_endpoint) = context.stats.read();
        let records = context.settings().records;
        let by_provider: BTreeMap<_, _> =
            stand_ins.iter().map(|running| (running.stand_in.slug, running.grants.counters.read())).collect();
        Self {
            requests: by_endpoint.values().map(|endpoint| endpoint.requests).sum(),
            rate_limited: by_endpoint.values().map(|endpoint| endpoint.rate_limited).sum(),
            totals: by_provider.values().copied().sum(),
            by_provider,
            in_flight,
            holds: stand_ins
                .iter()
                .map(|running| (running.stand_in.slug, (running.stand_in.holds)(&records)))
                .collect(),
            records,
            by_endpoint,
        }
    }
}
