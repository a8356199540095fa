//! The fault suite: no grant is lost, and no refresh token spent twice, whatever fails. Real processes, a real Redis, and
//! the sandbox's faults.
//!
//! It runs among all tests in a short form, and in its long form by `make faults`; both print one table. What is random
//! follows from the seed that is printed with it; `TRIBUTARY_SEED` sets that, and `TRIBUTARY_CASE` leaves out all cases
//! whose names do not have it in them.

#[path = "faults/case.rs"]
mod case;
#[path = "faults/clocks.rs"]
mod clocks;
#[path = "faults/endpoint.rs"]
mod endpoint;
#[path = "faults/grants.rs"]
mod grants;
#[path = "faults/kills.rs"]
mod kills;
#[path = "faults/orphans.rs"]
mod orphans;
#[path = "faults/plan.rs"]
mod plan;
#[path = "faults/provider.rs"]
mod provider;
#[path = "faults/races.rs"]
mod races;
#[path = "faults/random_kills.rs"]
mod random_kills;
#[path = "faults/read.rs"]
mod read;
#[path = "faults/stage.rs"]
mod stage;
#[path = "faults/stores.rs"]
mod stores;
#[path = "faults/table.rs"]
mod table;

use case::Case;
use plan::Plan;
use table::Table;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_grant_is_lost_and_no_refresh_token_spent_twice_whatever_fails() {
    let plan = Plan::read();
    // The first ones mostly wait, for a claim to be over or for a slow answer, and do so beside the others.
    let waiting = [kills::cases(plan), random_kills::cases(plan), orphans::cases(), vec![endpoint::slow()]];
    let waiting: Vec<_> = waiting.into_iter().flatten().filter(Case::is_wanted).map(Case::start).collect();
    let working = [races::cases(plan), stores::cases(plan), endpoint::cases(), clocks::cases(plan)];
    let mut table = Table::new(plan);
    for case in working.into_iter().flatten().filter(Case::is_wanted) {
        table.add(case.start().end().await);
    }
    for case in waiting {
        table.add(case.end().await);
    }
    table.print();
    let failures = table.failures();
    assert!(failures.is_empty(), "with TRIBUTARY_SEED={}:\n{}", plan.seed, failures.join("\n"));
}
