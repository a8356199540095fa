//! A model check of the refresh: every order in which a few processes, the provider and the person can come between one
//! another is walked through, with crashes and lost answers at every step.
//!
//! What becomes of a grant is decided by the real [`Grant`](super::Grant): `claimed`, `refreshed`, `released`, `died`,
//! `is_claimed_as`, `is_at`, `version_after`. The steps between them ([`protocol`], [`person`]) are those of
//! `refresh_in_line`, `claim`, `spend`, `settle`, `bury`, `save` and `forget`, one for each time that they read, write or
//! call; records are compared whole, as the store compares their bytes. A token is due, or refused by an API, at any time.
//!
//! Of time it assumes no more than this: who sees a claim for [`LIFE`](super::claim::LIFE) sees it for longer than its maker
//! may take to send ([`HELD_UP`](super::claim::HELD_UP)), to hear, and to save. A maker that has not sent by then finds that
//! when it looks at the clock. All else may take any time. A process that is *stopped* between a look at the clock and what
//! it was for breaks the assumption, and is a case of its own; one that saves late, because the store was away, is like it.
//! Clocks may be wrong, but not by just the number of refreshes since.
//!
//! It does not tell whether a refresh comes to an end, and it knows neither encryption nor deadlines.

mod check;
mod environment;
mod normalize;
mod observations;
mod process;
mod properties;
mod protocol;
mod provider;
mod user;
mod world;

use stateright::{Checker, HasDiscoveries, Model};

use check::Refresh;
use process::Flaw;
use world::{Budget, Rules};

/// Nobody but the processes does anything, and nothing goes wrong, until the provider has made tokens twice more.
const NOTHING: Budget = Budget { issues: 2, crashes: 0, losses: 0, stops: 0, disconnects: 0, connects: 0, removals: 0 };
const ROTATES: Rules = Rules { rotates: true, flaw: None };
const KEEPS: Rules = Rules { rotates: false, flaw: None };

#[test]
fn a_rotating_refresh_token_is_spent_once_by_three_processes_through_a_crash_and_a_lost_answer() {
    hold(ROTATES, 3, Budget { crashes: 1, losses: 1, ..NOTHING });
}

#[test]
fn a_lasting_refresh_token_is_sent_by_one_of_three_processes_through_a_crash_and_a_lost_answer() {
    hold(KEEPS, 3, Budget { issues: 1, crashes: 1, losses: 1, ..NOTHING });
}

#[test]
fn a_person_who_connects_anew_disconnects_or_removes_the_app_meanwhile_has_the_last_word() {
    // Who answers the person is a third process.
    hold(ROTATES, 2, Budget { issues: 1, disconnects: 1, connects: 1, removals: 1, ..NOTHING });
    hold(KEEPS, 2, Budget { disconnects: 1, connects: 1, ..NOTHING });
    hold(ROTATES, 3, Budget { issues: 1, connects: 1, ..NOTHING });
}

#[test]
fn a_process_that_was_stopped_for_longer_than_its_times_overwrites_nothing_newer() {
    hold(ROTATES, 3, Budget { stops: 1, ..NOTHING });
    hold(ROTATES, 2, Budget { connects: 1, stops: 1, ..NOTHING });
}

#[test]
fn the_check_finds_what_goes_wrong_without_each_of_the_protocols_comparisons() {
    let finds = |flaw, property| {
        let rules = Rules { flaw: Some(flaw), ..ROTATES };
        let refresh = Refresh { rules, processes: 2, bounds: Budget { connects: 1, removals: 1, ..NOTHING } };
        let checker = refresh.checker().finish_when(HasDiscoveries::AllOf([property].into())).spawn_bfs().join();
        println!("{flaw:?}: {:?}", checker.assert_any_discovery(property).into_actions());
    };
    finds(Flaw::IgnoresClaims, properties::SENT_BY_ONE);
    finds(Flaw::IgnoresClaims, properties::SPENT_ONCE);
    finds(Flaw::ClaimsWithoutComparing, properties::NEVER_BACK);
    finds(Flaw::ClaimsWithoutComparing, properties::SPENT_ONCE);
    finds(Flaw::CommitsWithoutComparing, properties::NEVER_BACK);
    finds(Flaw::CommitsWithoutComparing, properties::AS_CONNECTED);
    finds(Flaw::ConnectsWithoutComparing, properties::DIES_REFUSED);
}

/// Walks through all states within the bounds, and tells how many there were.
fn hold(rules: Rules, processes: usize, bounds: Budget) {
    let checker = Refresh { rules, processes, bounds }.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs();
    let checker = checker.join();
    let (states, unique, depth) = (checker.state_count(), checker.unique_state_count(), checker.max_depth());
    println!("{processes} processes, {rules:?}, {bounds:?}: {states} states, {unique} unique, {depth} deep");
    checker.assert_properties();
}
