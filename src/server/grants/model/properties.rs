//! What must hold in every state, and what must happen in some, to show that the model is not vacuous.

use stateright::Property;

use super::{
    check::RefreshModel,
    process::Process,
    provider::Pair,
    world::{Budget, World},
};
use crate::server::grants::Grant;

type Condition = fn(&RefreshModel, &World) -> bool;

pub(super) const USED_ONCE: &str = "a refresh token is used once, and retried once for each lost response";
pub(super) const SENT_BY_ONE: &str = "a refresh token is in flight once at a time, unless a process was paused";
pub(super) const NEVER_OVERWRITES_NEWER: &str = "an older grant never overwrites a newer one";
pub(super) const VERSION_IS_NEW: &str = "new tokens never have the version of those that they replace";
pub(super) const IS_OF_LATEST_ACCOUNT: &str =
    "the grant is of the account connected last, and absent after disconnecting";
pub(super) const DEAD_ONLY_IF_REFUSED: &str = "a grant is dead only if the provider refuses its refresh token";
pub(super) const KEEPS_VALID_TOKENS: &str = "no process drops the only valid tokens of a connected account";
pub(super) const LOSS_IS_RECORDED: &str = "a grant that dies although the app was not removed records a lost response";

pub(super) fn all(budget: Budget, rotates: bool) -> Vec<Property<RefreshModel>> {
    let always: [(_, Condition); _] = [
        (USED_ONCE, |_, world| !world.observations.has_unexplained_reuse()),
        (SENT_BY_ONE, |model, world| world.budget.pauses < model.budget.pauses || max_in_flight(world) <= 1),
        (NEVER_OVERWRITES_NEWER, |_, world| !world.observations.overwrote_newer),
        (VERSION_IS_NEW, |_, world| !world.observations.reused_version),
        (IS_OF_LATEST_ACCOUNT, |_, world| world.store.as_ref().map(|grant| Pair::of(grant).account) == world.connected),
        (DEAD_ONLY_IF_REFUSED, |_, world| dead(world).is_none_or(|grant| !world.provider.accepts(Pair::of(grant)))),
        (KEEPS_VALID_TOKENS, |_, world| !world.observations.dropped_valid_tokens),
        (LOSS_IS_RECORDED, |_, world| {
            let is_recorded = |grant: &Grant| world.rules.rotates && grant.lost_response_at.is_some();
            dead(world)
                .is_none_or(|grant| world.provider.has_removed_app(Pair::of(grant).account) || is_recorded(grant))
        }),
    ];
    let sometimes: [(_, Condition); _] = [
        ("a refresh succeeds", |_, world| {
            world.store.as_ref().is_some_and(|grant| Pair::of(grant).account == 1 && Pair::of(grant).issued == 2)
        }),
        ("a process takes over and gets new tokens", |model, world| {
            // If no response was lost, only a process that took over has a grant that records one.
            let took_over = |grant: &Grant| {
                grant.lost_response_at.is_some() && world.budget.lost_responses == model.budget.lost_responses
            };
            commits(world).any(|(grant, next)| took_over(grant) && Pair::of(next) != Pair::of(grant))
        }),
        ("a process with a response is superseded", |_, world| {
            world.store.as_ref().is_some_and(|current| commits(world).any(|(grant, _)| !current.is_claimed_as(grant)))
        }),
    ];
    let always = always.into_iter().map(|(name, holds)| Property::always(name, holds));
    let lost: (_, Condition) = ("a grant dies because of a lost response, and records it", |_, world| {
        dead(world).is_some_and(|grant| {
            !world.provider.has_removed_app(Pair::of(grant).account) && grant.lost_response_at.is_some()
        })
    });
    let may_lose = rotates && budget.crashes + budget.lost_responses + budget.partitions + budget.pauses > 0;
    let replaced: (_, Condition) =
        ("new tokens of a process that was cut off replace a refusal of the old ones", |_, world| {
            dead(world).is_some_and(|dead| {
                commits(world).any(|(grant, next)| !dead.is_claimed_as(grant) && dead.is_succeeded_by(grant, next))
            })
        });
    let may_replace = rotates && budget.partitions > 0;
    let sometimes = sometimes.into_iter().chain(may_lose.then_some(lost)).chain(may_replace.then_some(replaced));
    always.chain(sometimes.map(|(name, holds)| Property::sometimes(name, holds))).collect()
}

fn dead(world: &World) -> Option<&Grant> {
    world.store.as_deref().filter(|grant| grant.connection.dead.is_some())
}

/// The commits in progress: the claimed grant, and the one that replaces it.
fn commits(world: &World) -> impl Iterator<Item = (&Grant, &Grant)> {
    world.processes.iter().filter_map(|process| match process {
        Process::Committing { grant, next, .. } => Some((grant.as_ref(), next.as_ref())),
        _ => None,
    })
}

/// The maximum number of processes that have sent the same refresh token and wait for the provider.
fn max_in_flight(world: &World) -> usize {
    let sent = |process: &Process| match process {
        Process::Calling(grant) => Some(Pair::of(grant).refresh),
        _ => None,
    };
    let sent: Vec<_> = world.processes.iter().filter_map(sent).collect();
    sent.iter().map(|one| sent.iter().filter(|other| *other == one).count()).max().unwrap_or_default()
}
