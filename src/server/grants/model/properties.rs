//! What has to hold in every state, and what has to be seen in some, so that the model is known not to be empty.

use stateright::Property;

use super::{
    check::Refresh,
    process::Process,
    provider::Pair,
    world::{Budget, World},
};
use crate::server::grants::Grant;

type Holds = fn(&Refresh, &World) -> bool;

pub(super) const SPENT_ONCE: &str = "a refresh token is spent once, and tried again once for each window";
pub(super) const SENT_BY_ONE: &str = "a refresh token is on its way once at a time, unless a process was stopped";
pub(super) const NEVER_BACK: &str = "a newer grant is never overwritten by an older one";
pub(super) const VERSION_ONCE: &str = "no two grants have the same version, one after the other";
pub(super) const AS_CONNECTED: &str = "the grant is of whom the person connected last, and gone when they disconnected";
pub(super) const DIES_REFUSED: &str = "a grant dies only when its refresh token is no good";
pub(super) const JUDGED_BY_ONE: &str = "a grant that somebody is refreshing is theirs to judge";
pub(super) const LOSS_IS_TOLD: &str = "a grant that dies though nobody removed the app tells that tokens may be lost";

pub(super) fn all(bounds: Budget, rotates: bool) -> Vec<Property<Refresh>> {
    let always: [(_, Holds); _] = [
        (SPENT_ONCE, |_, world| !world.observations.has_unexplained_reuse()),
        (SENT_BY_ONE, |refresh, world| world.budget.stops < refresh.bounds.stops || sent_at_once(world) <= 1),
        (NEVER_BACK, |_, world| !world.observations.overwrote_newer),
        (VERSION_ONCE, |_, world| !world.observations.reused_version),
        (AS_CONNECTED, |_, world| world.store.as_ref().map(|grant| Pair::of(grant).account) == world.connected),
        (DIES_REFUSED, |_, world| dead(world).is_none_or(|grant| !world.provider.accepts(Pair::of(grant)))),
        (JUDGED_BY_ONE, |_, world| !world.observations.marked_dead_while_claimed),
        (LOSS_IS_TOLD, |_, world| {
            let told = |grant: &Grant| world.rules.rotates && grant.lost_response_at.is_some();
            dead(world).is_none_or(|grant| world.provider.removed(Pair::of(grant).account) || told(grant))
        }),
    ];
    let sometimes: [(_, Holds); _] = [
        ("a refresh succeeds", |_, world| {
            world.store.as_ref().is_some_and(|grant| Pair::of(grant).account == 1 && Pair::of(grant).issued == 2)
        }),
        ("somebody took over and has new tokens", |refresh, world| {
            // Without a loss, only who takes over does not know what became of the tokens.
            let took_over =
                |grant: &Grant| grant.lost_response_at.is_some() && world.budget.losses == refresh.bounds.losses;
            saving(world).any(|(grant, next)| took_over(grant) && Pair::of(next) != Pair::of(grant))
        }),
        ("somebody who has an answer was overtaken", |_, world| {
            world.store.as_ref().is_some_and(|current| saving(world).any(|(grant, _)| !current.is_claimed_as(grant)))
        }),
    ];
    let always = always.into_iter().map(|(name, holds)| Property::always(name, holds));
    let lost: (_, Holds) = ("a grant dies of lost tokens, and tells so", |_, world| {
        dead(world)
            .is_some_and(|grant| !world.provider.removed(Pair::of(grant).account) && grant.lost_response_at.is_some())
    });
    let may_lose = rotates && bounds.crashes + bounds.losses + bounds.stops > 0;
    let sometimes = sometimes.into_iter().chain(may_lose.then_some(lost));
    always.chain(sometimes.map(|(name, holds)| Property::sometimes(name, holds))).collect()
}

fn dead(world: &World) -> Option<&Grant> {
    world.store.as_deref().filter(|grant| grant.connection.dead.is_some())
}

/// Whoever has something to save: the grant under their claim, and what is to be in its place.
fn saving(world: &World) -> impl Iterator<Item = (&Grant, &Grant)> {
    world.processes.iter().filter_map(|process| match process {
        Process::Committing { grant, next, .. } => Some((grant.as_ref(), next.as_ref())),
        _ => None,
    })
}

/// How many processes wait for the provider with the same refresh token.
fn sent_at_once(world: &World) -> usize {
    let sent = |process: &Process| match process {
        Process::Calling(grant) => Some(Pair::of(grant).refresh),
        _ => None,
    };
    let sent: Vec<_> = world.processes.iter().filter_map(sent).collect();
    sent.iter().map(|one| sent.iter().filter(|other| *other == one).count()).max().unwrap_or_default()
}
