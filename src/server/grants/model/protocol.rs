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
            (Step::TakeOverFromCutOff, Process::Watching(claim)) => self.take_over_from_cut_off(&claim),
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
            (Step::ReadExpiredForCommit, process) => self.read_expired_for_commit(process),
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

    /// The read of `Claims::commit`: it ends if the grant is gone, or belongs to another process that can use it.
    fn read_for_commit(&mut self, grant: Arc<Grant>, next: Arc<Grant>, sent: bool) -> Process {
        let flaw = self.rules.flaw;
        let Some(current) = self.store.clone() else { return Process::Idle };
        if current.is_claimed_as(&grant) || flaw == Some(Flaw::CommitsWithoutComparing) {
            return Process::Committing { grant, next, found: Some(current), sent };
        }
        let succeeds = match flaw {
            Some(Flaw::DropsTokensWhenSuperseded) => false,
            Some(Flaw::SucceedsAnyGrant) => next.is_alive() && next.version > grant.version,
            _ => current.is_succeeded_by(&grant, &next),
        };
        if succeeds {
            let found = Some(current).filter(|current| current.claim.is_none());
            return Process::Committing { grant, next, found, sent };
        }
        self.drop_tokens(&grant, &next, &current);
        Process::Idle
    }

    /// The same when it finds an expired claim. Its owner notices that it is late, unless it has crashed.
    fn read_expired_for_commit(&mut self, process: Process) -> Process {
        let claim = self.store.as_ref().and_then(|current| current.claim.clone());
        claim.into_iter().for_each(|claim| _ = self.take_over(&claim, false));
        process.with_found(self.store.clone())
    }

    /// The process forgets the tokens that it received, since the grant has others.
    fn drop_tokens(&mut self, grant: &Grant, next: &Grant, current: &Grant) {
        let (new, stored) = (Pair::of(next), Pair::of(current));
        let is_only_valid = next.version > grant.version && next.is_alive() && self.provider.accepts(new);
        self.observations.dropped_valid_tokens |=
            self.rules.rotates && is_only_valid && stored.account == new.account && stored.refresh != new.refresh;
    }

    /// The write of `Claims::commit`.
    fn save(&mut self, process: Process) -> Process {
        let Process::Committing { grant, next, found: Some(found), .. } = &process else { return process };
        let succeeding = Arc::new(next.succeeding(found));
        let is_ours = found.is_claimed_as(grant) || self.rules.flaw == Some(Flaw::CommitsWithoutComparing);
        let next = if is_ours { next } else { &succeeding };
        if self.compare_and_swap(found, next) { Process::Idle } else { process.with_found(None) }
    }
}

/// The commit that `Exchange::run` makes of a response.
fn after_response(grant: Arc<Grant>, response: Option<Pair>) -> Process {
    let next = match response {
        Some(pair) => pair.seal(grant.refreshed(Timestamp::UNIX_EPOCH)),
        None => grant.refused("The provider refused the refresh token."),
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
