//! The fault suite: whatever fails, no grant is lost and no refresh token is used twice. It runs real processes, a real
//! Redis, and the sandbox with faults.
//!
//! The short form runs with all other tests, the long form with `make faults`. Both print a table and the seed of
//! everything random; `TRIBUTARY_SEED` sets the seed, and `TRIBUTARY_CASE` selects the cases whose names contain it.

use super::{
    case::Case,
    cases::{
        abandoned_claims, clock_skew, embedded, evictions, failovers, kills, partition, races, random_kills,
        store_outages, token_endpoint,
    },
    options::Options,
    table::Table,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_grant_is_lost_and_no_refresh_token_is_used_twice_whatever_fails() {
    let options = Options::from_env();
    // These mostly wait, for a claim to expire or for a slow response, so they run concurrently with the others.
    let waiting = [
        kills::cases(options),
        random_kills::cases(options),
        abandoned_claims::cases(),
        partition::cases(),
        vec![token_endpoint::slow()],
        embedded::cases(),
    ];
    let waiting: Vec<_> = waiting.into_iter().flatten().filter(Case::is_selected).map(Case::start).collect();
    let working = [
        races::cases(options),
        store_outages::cases(options),
        failovers::cases(options),
        evictions::cases(),
        token_endpoint::cases(),
        clock_skew::cases(options),
    ];
    let mut table = Table::new(options);
    for case in working.into_iter().flatten().filter(Case::is_selected) {
        table.add(case.start().finish().await);
    }
    for case in waiting {
        table.add(case.finish().await);
    }
    table.print();
    let failures = table.failures();
    assert!(failures.is_empty(), "with TRIBUTARY_SEED={}:\n{}", options.seed, failures.join("\n"));
}
