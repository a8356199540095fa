//! A model check of refreshing: it explores every order in which a few processes, the provider and the user can interleave,
//! with a crash or a lost response at every step.
//!
//! The transitions of a grant are the real ones of [`Grant`](super::Grant): `claimed`, `refreshed`, `released`,
//! `refused`, `is_claimed_as`, `is_succeeded_by`, `succeeding` and `version_after`. The steps between them ([`protocol`], [`user`]) model
//! `Refresher::refresh_locked`, `Claims::claim`, `Exchange::run`, `Claims::commit`,
//! `Grants::connect` and `Grants::disconnect`, with one step for each read, write and call. A write compares the whole
//! record, as the store compares its bytes. A token can become due at any time.
//!
//! The one assumption about time: a process that has seen a claim for [`LIFETIME`](super::claim::LIFETIME) has seen it for
//! longer than its owner may take to send the refresh token
//! ([`MAX_CLAIM_TIME`](super::claim::MAX_CLAIM_TIME)), receive the response and save it. An owner that has not sent it by
//! then notices when it checks the clock. Everything else may take any time. A process that is *paused* between checking
//! the clock and acting on it breaks the assumption, and so does one that is cut off from a store that others reach, when it
//! has something to save. Both have tests of their own. Clocks may be wrong, but by a difference that cannot equal the number of
//! refreshes in between.
//!
//! The model does not show that a refresh ever finishes, and it contains neither encryption nor expiry of records.

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

use check::RefreshModel;
use process::Flaw;
use world::{Budget, Rules};

/// Two more token responses. Nothing fails, and the user does nothing.
const REFRESHES_ONLY: Budget = Budget {
    token_responses: 2,
    crashes: 0,
    lost_responses: 0,
    partitions: 0,
    pauses: 0,
    disconnects: 0,
    connects: 0,
    removals: 0,
};
const ROTATING: Rules = Rules { rotates: true, flaw: None };
const NON_ROTATING: Rules = Rules { rotates: false, flaw: None };

#[test]
fn three_processes_use_a_rotating_refresh_token_once_despite_a_crash_and_a_lost_response() {
    check(ROTATING, 3, Budget { crashes: 1, lost_responses: 1, ..REFRESHES_ONLY });
}

#[test]
fn one_of_three_processes_sends_a_lasting_refresh_token_despite_a_crash_and_a_lost_response() {
    check(NON_ROTATING, 3, Budget { token_responses: 1, crashes: 1, lost_responses: 1, ..REFRESHES_ONLY });
}

#[test]
fn connecting_disconnecting_or_removing_the_app_during_a_refresh_takes_precedence() {
    // Another process, in addition to these, handles the user's requests.
    check(ROTATING, 2, Budget { token_responses: 1, disconnects: 1, connects: 1, removals: 1, ..REFRESHES_ONLY });
    check(NON_ROTATING, 2, Budget { disconnects: 1, connects: 1, ..REFRESHES_ONLY });
    check(ROTATING, 3, Budget { token_responses: 1, connects: 1, ..REFRESHES_ONLY });
}

#[test]
fn a_process_that_was_paused_for_longer_than_a_claim_lasts_overwrites_nothing_newer() {
    check(ROTATING, 3, Budget { pauses: 1, ..REFRESHES_ONLY });
    check(ROTATING, 2, Budget { connects: 1, pauses: 1, ..REFRESHES_ONLY });
}

#[test]
fn new_tokens_of_a_process_that_was_cut_off_from_the_store_are_not_lost() {
    check(ROTATING, 3, Budget { partitions: 1, ..REFRESHES_ONLY });
    check(ROTATING, 3, Budget { token_responses: 1, partitions: 2, ..REFRESHES_ONLY });
    check(ROTATING, 2, Budget { partitions: 1, crashes: 1, lost_responses: 1, ..REFRESHES_ONLY });
    let by_user = Budget { connects: 1, disconnects: 1, removals: 1, ..REFRESHES_ONLY };
    check(ROTATING, 2, Budget { token_responses: 1, partitions: 1, ..by_user });
    check(NON_ROTATING, 3, Budget { partitions: 1, ..REFRESHES_ONLY });
}

#[test]
fn without_any_one_of_its_comparisons_the_protocol_fails_the_check() {
    let finds = |flaw, property| {
        let rules = Rules { flaw: Some(flaw), ..ROTATING };
        let budget = Budget { connects: 1, removals: 1, partitions: 1, ..REFRESHES_ONLY };
        let model = RefreshModel { rules, processes: 2, budget };
        let checker = model.checker().finish_when(HasDiscoveries::AllOf([property].into())).spawn_bfs().join();
        println!("{flaw:?}: {:?}", checker.assert_any_discovery(property).into_actions());
    };
    finds(Flaw::IgnoresClaims, properties::SENT_BY_ONE);
    finds(Flaw::IgnoresClaims, properties::USED_ONCE);
    finds(Flaw::ClaimsWithoutComparing, properties::NEVER_OVERWRITES_NEWER);
    finds(Flaw::ClaimsWithoutComparing, properties::USED_ONCE);
    finds(Flaw::CommitsWithoutComparing, properties::NEVER_OVERWRITES_NEWER);
    finds(Flaw::CommitsWithoutComparing, properties::IS_OF_LATEST_ACCOUNT);
    finds(Flaw::ConnectsWithoutComparing, properties::VERSION_IS_NEW);
    finds(Flaw::DropsTokensWhenSuperseded, properties::KEEPS_VALID_TOKENS);
    finds(Flaw::SucceedsAnyGrant, properties::NEVER_OVERWRITES_NEWER);
}

/// Explores all states within the budget, and prints how many there are.
fn check(rules: Rules, processes: usize, budget: Budget) {
    let model = RefreshModel { rules, processes, budget };
    let checker = model.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let (states, unique, depth) = (checker.state_count(), checker.unique_state_count(), checker.max_depth());
    println!("{processes} processes, {rules:?}, {budget:?}: {states} states, {unique} unique, depth {depth}");
    checker.assert_properties();
}
