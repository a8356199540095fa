//! The steps of a process: those of `Refresher::refresh_locked`, `Claims::claim`, `Exchange::run` and `Claims::commit`.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    process::{Flaw, Process, Step},
    provider::Pair,
    world::World,
};
use crate::server::grants::{Grant, claim::Claim};

impl World {
    /// Process `index` takes a step.
    pub(super) fn apply(&mut self, index: usize, step: Step) {
        let process = std::mem::replace(&mut self.processes[index], Process::Idle);
        self.processes[index] = match (step, process) {
            (Step::Read, _) => self.read(),
            (Step::TakeOver, Process::Watching(claim)) => self.take_over(&claim, false),
            (Step::TakeOverFromPaused, Process::Watching(claim)) => self.take_over(&claim, true),
            (Step::Claim, Process::Claiming(grant)) => self.claim(&grant),
            (Step::Release, Process::Claimed { grant, .. }) => {
                let next = grant.released(None).into();
                Process::Committing { grant, next, found: None, sent: false }
            }
            (Step::Send, Process::Claimed { grant, .. }) => Process::Calling(grant),
            (Step::Receive, Process::Calling(grant)) => {
                let response = self.handle(Pair::of(&grant));
                after_response(grant, response)
            }
            (Step::LoseResponse, Process::Calling(grant)) => {
                self.budget.lost_responses -= 1;
                self.lose_response(Pair::of(&grant));
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
                self.budget.lost_responses -= 1;
                self.save(process.clone());
                process.with_found(None)
            }
            (Step::Crash, process) => {
                self.crash(&process);
                Process::Idle
            }
            (step, process) => panic!("{step:?} is not a step of {process:?}"),
        };
    }

    /// A caller needs a new token.
    fn read(&self) -> Process {
        let Some(grant) = self.store.as_ref().filter(|grant| grant.is_alive()) else { return Process::Idle };
        match &grant.claim {
            Some(claim) if self.rules.flaw != Some(Flaw::IgnoresClaims) => Process::Watching(claim.clone()),
            _ => Process::Claiming(grant.clone()),
        }
    }

    fn claim(&mut self, read: &Grant) -> Process {
        // No other claim has this id: `normalize` replaces it after the step.
        let grant = Arc::new(read.claimed(Claim { id: "new".to_owned(), at: Timestamp::UNIX_EPOCH }));
        let skips_comparison = self.rules.flaw == Some(Flaw::ClaimsWithoutComparing);
        if skips_comparison {
            self.put(&grant);
        }
        let is_ours = skips_comparison || self.compare_and_swap(read, &grant);
        if is_ours { Process::Claimed { grant, is_late: false } } else { Process::Idle }
    }

    /// The read of `Claims::commit`: it ends if the grant is gone or no longer holds our claim.
    fn read_for_commit(&self, grant: Arc<Grant>, next: Arc<Grant>, sent: bool) -> Process {
        let skips_comparison = self.rules.flaw == Some(Flaw::CommitsWithoutComparing);
        let found = self.store.clone().filter(|current| skips_comparison || current.is_claimed_as(&grant));
        if found.is_some() { Process::Committing { grant, next, found, sent } } else { Process::Idle }
    }

    /// The write of `Claims::commit`.
    fn save(&mut self, process: Process) -> Process {
        let Process::Committing { next, found: Some(found), .. } = &process else { return process };
        if self.compare_and_swap(found, next) { Process::Idle } else { process.with_found(None) }
    }
}

/// The commit that `Exchange::run` makes of a response.
fn after_response(grant: Arc<Grant>, response: Option<Pair>) -> Process {
    let next = match response {
        Some(pair) => pair.seal(grant.refreshed(Timestamp::UNIX_EPOCH)),
        None => grant.marked_dead("The provider refused the refresh token."),
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
