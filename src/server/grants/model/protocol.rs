//! The steps of `refresh_in_line`, `claim`, `spend`, `settle` and `bury`, with what they make of a grant.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    process::{Flaw, Process, Step},
    provider::Pair,
    world::World,
};
use crate::server::grants::{Grant, claim::Claim};

impl World {
    pub(super) fn apply(&mut self, who: usize, step: Step) {
        let process = std::mem::replace(&mut self.processes[who], Process::Idle);
        self.processes[who] = match (step, process) {
            (Step::Read, _) => self.read(),
            (Step::TakeOver, Process::Watching(claim)) => self.take_over(&claim, false),
            (Step::TakeOverFromStopped, Process::Watching(claim)) => self.take_over(&claim, true),
            (Step::Claim, Process::Claiming(grant)) => self.claim(&grant),
            (Step::Release, Process::Claimed { grant, .. }) => {
                let next = grant.released(None).into();
                Process::Committing { grant, next, found: None, sent: false }
            }
            (Step::Send, Process::Claimed { grant, .. }) => Process::Calling(grant),
            (Step::Answer, Process::Calling(grant)) => {
                let answer = self.answer(Pair::of(&grant));
                after_response(grant, answer)
            }
            (Step::Lose, Process::Calling(grant)) => {
                self.budget.losses -= 1;
                self.lose(Pair::of(&grant));
                let next = grant.released(Some(Timestamp::UNIX_EPOCH)).into();
                Process::Committing { grant, next, found: None, sent: true }
            }
            (Step::Fail, Process::Calling(grant)) => {
                let next = grant.released(None).into();
                Process::Committing { grant, next, found: None, sent: true }
            }
            (Step::ReadForCommit, Process::Committing { grant, next, sent, .. }) => {
                self.read_for_commit(grant, next, sent)
            }
            (Step::Save, process) => self.save(process),
            (Step::SaveWithoutResponse, process) => {
                self.budget.losses -= 1;
                self.save(process.clone());
                process.with_found(None)
            }
            (Step::Crash, process) => {
                self.crash(&process);
                Process::Idle
            }
            (Step::MarkDead, process) => self.mark_dead(process),
            (step, process) => panic!("{step:?} is no step of {process:?}"),
        };
    }

    /// Somebody wants another token than the one there is.
    fn read(&self) -> Process {
        let Some(grant) = self.store.as_ref().filter(|grant| grant.is_alive()) else { return Process::Idle };
        match &grant.claim {
            Some(claim) if self.rules.flaw != Some(Flaw::IgnoresClaims) => Process::Watching(claim.clone()),
            _ => Process::Claiming(grant.clone()),
        }
    }

    fn claim(&mut self, read: &Grant) -> Process {
        // No other claim has this id: it has another one at once, see `normal`.
        let grant = Arc::new(read.claimed(Claim { id: "new".to_owned(), at: Timestamp::UNIX_EPOCH }));
        let blindly = self.rules.flaw == Some(Flaw::ClaimsWithoutComparing);
        if blindly {
            self.put(&grant);
        }
        let ours = blindly || self.replace(read, &grant);
        if ours { Process::Claimed { grant, is_late: false } } else { Process::Idle }
    }

    /// The first half of a round of `settle`: the grant is gone, or somebody else's, or ours to write.
    fn read_for_commit(&self, grant: Arc<Grant>, next: Arc<Grant>, sent: bool) -> Process {
        let blindly = self.rules.flaw == Some(Flaw::CommitsWithoutComparing);
        let found = self.store.clone().filter(|current| blindly || current.is_claimed_as(&grant));
        if found.is_some() { Process::Committing { grant, next, found, sent } } else { Process::Idle }
    }

    /// The other half.
    fn save(&mut self, process: Process) -> Process {
        let Process::Committing { next, found: Some(found), .. } = &process else { return process };
        if self.replace(found, next) { Process::Idle } else { process.with_found(None) }
    }

    fn mark_dead(&mut self, process: Process) -> Process {
        match (process, self.store.clone()) {
            (Process::Idle, Some(grant)) => Process::MarkingDead { version: grant.version, found: None },
            (Process::MarkingDead { version, found: None }, Some(grant)) if grant.is_at(version) => {
                Process::MarkingDead { version, found: Some(grant) }
            }
            (Process::MarkingDead { found: Some(old), .. }, _) => {
                self.observations.marked_dead_while_claimed |= old.claim.is_some();
                self.replace(&old, &old.marked_dead("The provider accepts no token of it."));
                Process::Idle
            }
            _ => Process::Idle,
        }
    }
}

/// What `spend` makes of an answer.
fn after_response(grant: Arc<Grant>, answer: Option<Pair>) -> Process {
    let next = match answer {
        Some(pair) => pair.seal(grant.refreshed(Timestamp::UNIX_EPOCH)),
        None => grant.marked_dead("The provider refused it."),
    };
    Process::Committing { grant, next: next.into(), found: None, sent: true }
}

impl Process {
    fn with_found(self, found: Option<Arc<Grant>>) -> Self {
        match self {
            Self::Committing { grant, next, sent, .. } => Self::Committing { grant, next, found, sent },
            other => other,
        }
    }
}
