//! The fault suite: no grant is lost, and no refresh token spent twice, whatever fails. Real processes, a real Redis, and
//! the sandbox's faults.
//!
//! It runs among all tests in a short form, and in its long form by `make faults`; both print one table. What is random
//! follows from the seed that is printed with it, and `TRIBUTARY_SEED` sets that.

#[path = "faults/case.rs"]
mod case;
#[path = "faults/kills.rs"]
mod kills;
#[path = "faults/plan.rs"]
mod plan;
#[path = "faults/provider.rs"]
mod provider;
#[path = "faults/races.rs"]
mod races;
#[path = "faults/read.rs"]
mod read;
#[path = "faults/stage.rs"]
mod stage;
#[path = "faults/table.rs"]
mod table;
#[path = "faults/vault.rs"]
mod vault;

use case::Case;
use plan::Plan;
use table::Table;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_grant_is_lost_and_no_refresh_token_spent_twice_whatever_fails() {
    let plan = Plan::read();
    // These mostly wait for a claim to be over, and do so beside the others.
    let waiting: Vec<_> = kills::cases(plan).into_iter().map(Case::start).collect();
    let mut table = Table::new(plan);
    for case in races::cases(plan) {
        table.add(case.start().end().await);
    }
    for case in waiting {
        table.add(case.end().await);
    }
    table.print();
    let failures = table.failures();
    assert!(failures.is_empty(), "with TRIBUTARY_SEED={}:\n{}", plan.seed, failures.join("\n"));
}
