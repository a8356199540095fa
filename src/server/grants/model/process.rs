//! The state of a process, and its possible next steps.

use std::sync::Arc;

use super::{provider::Pair, world::World};
use crate::server::grants::{Grant, claim::Claim};

/// The state of a process. All that it knows of a refresh is the grant that holds its claim.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Process {
    /// It may be asked for a new token at any time.
    Idle,
    /// It waits for another process's claim.
    Watching(Claim),
    /// It has read this grant and will claim it.
    Claiming(Arc<Grant>),
    /// The claim is written. It has not yet checked how long that took.
    Claimed { grant: Arc<Grant>, is_late: bool },
    /// The refresh token is sent, and the provider has not handled it.
    Calling(Arc<Grant>),
    /// It has a grant to save. `found` is the stored one, once it has read that.
    Committing { grant: Arc<Grant>, next: Arc<Grant>, found: Option<Arc<Grant>>, sent: bool },
}

/// A comparison that is left out on purpose, to show that the check finds the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Flaw {
    IgnoresClaims,
    ClaimsWithoutComparing,
    CommitsWithoutComparing,
    ConnectsWithoutComparing,
    DropsTokensWhenSuperseded,
    SucceedsAnyGrant,
}

/// A step of one process, or an event that affects it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// Reads the grant, then waits for another's claim or decides to claim it.
    Read,
    /// Takes over a claim that it has seen for its lifetime. The owner crashed, or has not sent and will not.
    TakeOver,
    /// The same, although the owner was paused for longer than its time limits and will continue.
    TakeOverFromPaused,
    /// The same, although the owner has sent and got a response: it is cut off from the store.
    TakeOverFromCutOff,
    /// Writes its claim, if the grant is unchanged.
    Claim,
    /// Gives up its claim, since writing it took too long.
    Release,
    /// Sends the refresh token.
    Send,
    /// The provider issues new tokens or refuses, and the response arrives.
    Receive,
    /// No response arrives in time. The request may still arrive now, later or never.
    LoseResponse,
    /// The provider responds that it did nothing, or cannot be reached.
    Fail,
    /// Reads the stored grant before it saves.
    ReadForCommit,
    /// The same when it has seen another's claim on the tokens that it exchanged for its lifetime. That owner crashed, or has
    /// not sent and will not.
    ReadExpiredForCommit,
    /// Saves, if the grant is unchanged.
    Save,
    /// The same, and the store's response is lost.
    SaveWithoutResponse,
    /// Crashes, and starts again without knowing anything. To others, a process that gives up saving looks the same.
    Crash,
}

impl Process {
    /// The grant that it has read in order to refresh it.
    pub(super) fn grant(&self) -> Option<&Grant> {
        match self {
            Self::Claiming(grant) => Some(grant),
            process => process.claimed(),
        }
    }

    /// The grant as it wrote it, with its claim.
    pub(super) fn claimed(&self) -> Option<&Grant> {
        match self {
            Self::Claimed { grant, .. } | Self::Calling(grant) | Self::Committing { grant, .. } => Some(grant),
            _ => None,
        }
    }

    /// Whether it has sent its refresh token and not finished.
    pub(super) fn has_sent(&self) -> bool {
        matches!(self, Self::Calling(_) | Self::Committing { sent: true, .. })
    }

    /// Whether it has something to save that the provider responded.
    fn is_saving(&self) -> bool {
        matches!(self, Self::Committing { sent: true, .. })
    }

    /// The steps that are possible next.
    pub(super) fn steps(&self, world: &World) -> Vec<Step> {
        let budget = world.budget;
        let alive = world.store.as_deref().filter(|grant| grant.is_alive());
        let steps = match self {
            Self::Idle => vec![(Step::Read, alive.is_some())],
            Self::Watching(seen) => {
                let is_there = alive.and_then(|grant| grant.claim.as_ref()) == Some(seen);
                let owner = world.owner_of(seen).map(|index| &world.processes[index]);
                let may_send = |owner: &Self| owner.has_sent() || matches!(owner, Self::Claimed { is_late: false, .. });
                vec![
                    (Step::Read, !is_there),
                    (Step::TakeOver, is_there && !owner.is_some_and(Self::has_sent)),
                    (Step::TakeOverFromCutOff, is_there && owner.is_some_and(Self::is_saving) && budget.partitions > 0),
                    (Step::TakeOverFromPaused, is_there && owner.is_some_and(may_send) && budget.pauses > 0),
                ]
            }
            Self::Claiming(_) => vec![(Step::Claim, true)],
            Self::Claimed { is_late, .. } => {
                vec![(Step::Send, !is_late), (Step::Release, true), (Step::Crash, budget.crashes > 0)]
            }
            Self::Calling(grant) => vec![
                (Step::Receive, world.may_handle(Pair::of(grant))),
                (Step::Fail, true),
                (Step::LoseResponse, budget.lost_responses > 0),
                (Step::Crash, budget.crashes > 0),
            ],
            Self::Committing { found, .. } => vec![
                (Step::ReadForCommit, found.is_none()),
                (Step::ReadExpiredForCommit, found.is_none() && world.is_held_up(self)),
                (Step::Save, found.is_some()),
                (Step::SaveWithoutResponse, found.is_some() && budget.lost_responses > 0),
                (Step::Crash, budget.crashes > 0),
            ],
        };
        steps.into_iter().filter_map(|(step, is_possible)| is_possible.then_some(step)).collect()
    }
}
