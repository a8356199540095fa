//! What a process of the model is at, and what it may do next.

use std::sync::Arc;

use super::{provider::Pair, world::World};
use crate::server::grants::{Grant, claim::Claim};

/// What a process is at. Of a refresh it knows the grant with its claim in it, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Process {
    /// It may be asked at any time for another token than the one there is.
    Idle,
    /// It respects the claim of somebody else.
    Watching(Claim),
    /// It has read this and will claim it.
    Claiming(Arc<Grant>),
    /// The claim is written. It has yet to look how long that took.
    Claimed { grant: Arc<Grant>, is_late: bool },
    /// The refresh token is sent, and has not arrived.
    Calling(Arc<Grant>),
    /// It has something to save, and has or has not read what there is.
    Committing { grant: Arc<Grant>, next: Arc<Grant>, found: Option<Arc<Grant>>, sent: bool },
    /// The provider's API did not accept a token of this version, which was just made.
    MarkingDead { version: u64, found: Option<Arc<Grant>> },
}

/// What may be done wrong on purpose, so that the check is seen to find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Flaw {
    IgnoresClaims,
    ClaimsWithoutComparing,
    CommitsWithoutComparing,
    ConnectsWithoutComparing,
}

/// A step of one process, or what befalls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// Reads the grant: waits for the claim of another, or decides to claim it.
    Read,
    /// Has seen the claim unchanged for a claim's life, whose maker crashed, or has not sent and will not.
    TakeOver,
    /// The same, though the claim's maker was stopped for longer than its times allow and will go on.
    TakeOverFromStopped,
    /// Writes its claim, if the grant is as it was read.
    Claim,
    /// Writing the claim took too long.
    Release,
    /// Sends the refresh token.
    Send,
    /// The provider does what it was asked, or refuses it, and is heard.
    Answer,
    /// No answer arrives in time. The request may arrive still, at once or at any time, or never.
    Lose,
    /// The provider says that it did nothing, or cannot be reached.
    Fail,
    /// Reads what there is before it saves.
    ReadForCommit,
    /// Saves, if the grant is as it was read.
    Save,
    /// The same, and the store's answer is lost.
    SaveWithoutResponse,
    /// Ends, and starts anew knowing nothing. So does a process that gives up saving, as far as others can see.
    Crash,
    /// Reads, and then writes, that the grant is no good.
    MarkDead,
}

impl Process {
    /// The grant that it read last to refresh it.
    pub(super) fn grant(&self) -> Option<&Grant> {
        match self {
            Self::Claiming(grant) => Some(grant),
            process => process.claimed(),
        }
    }

    /// The grant under its claim, as it wrote it.
    pub(super) fn claimed(&self) -> Option<&Grant> {
        match self {
            Self::Claimed { grant, .. } | Self::Calling(grant) | Self::Committing { grant, .. } => Some(grant),
            _ => None,
        }
    }

    /// Whether it has sent its refresh token and is not done.
    pub(super) fn has_sent(&self) -> bool {
        matches!(self, Self::Calling(_) | Self::Committing { sent: true, .. })
    }

    /// What it may do next, or suffer.
    pub(super) fn steps(&self, world: &World) -> Vec<Step> {
        let budget = world.budget;
        let alive = world.store.as_deref().filter(|grant| grant.is_alive());
        let steps = match self {
            Self::Idle => {
                let refused = |grant: &&Grant| world.provider.removed(Pair::of(grant).account);
                vec![(Step::Read, alive.is_some()), (Step::MarkDead, alive.filter(refused).is_some())]
            }
            Self::Watching(seen) => {
                let is_there = alive.and_then(|grant| grant.claim.as_ref()) == Some(seen);
                let maker = world.claimed_by(seen).map(|who| &world.processes[who]);
                let may_send = |maker: &Self| maker.has_sent() || matches!(maker, Self::Claimed { is_late: false, .. });
                vec![
                    (Step::Read, !is_there),
                    (Step::TakeOver, is_there && !maker.is_some_and(Self::has_sent)),
                    (Step::TakeOverFromStopped, is_there && maker.is_some_and(may_send) && budget.stops > 0),
                ]
            }
            Self::Claiming(_) => vec![(Step::Claim, true)],
            Self::Claimed { is_late, .. } => {
                vec![(Step::Send, !is_late), (Step::Release, true), (Step::Crash, budget.crashes > 0)]
            }
            Self::Calling(grant) => vec![
                (Step::Answer, world.may_answer(Pair::of(grant))),
                (Step::Fail, true),
                (Step::Lose, budget.losses > 0),
                (Step::Crash, budget.crashes > 0),
            ],
            Self::Committing { found, .. } => vec![
                (Step::ReadForCommit, found.is_none()),
                (Step::Save, found.is_some()),
                (Step::SaveWithoutResponse, found.is_some() && budget.losses > 0),
                (Step::Crash, budget.crashes > 0),
            ],
            Self::MarkingDead { .. } => vec![(Step::MarkDead, true)],
        };
        steps.into_iter().filter_map(|(step, may)| may.then_some(step)).collect()
    }
}
