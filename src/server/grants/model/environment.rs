//! What no process controls: the provider's responses, the passing of time, and crashes.

use super::{process::Process, provider::Pair, world::World};
use crate::server::grants::claim::Claim;

impl World {
    /// The index of the process that wrote this claim, unless it has crashed.
    pub(super) fn owner_of(&self, claim: &Claim) -> Option<usize> {
        let owns = |process: &Process| process.claimed().is_some_and(|grant| grant.claim.as_ref() == Some(claim));
        self.processes.iter().position(owns)
    }

    /// A claim has expired for a process that watched it. Its lifetime is longer than the owner may take, from before it
    /// wrote the claim, to send and to save. So the owner has done both, or notices that it is late when it checks the
    /// clock, unless it was `paused` between that check and acting on it.
    pub(super) fn take_over(&mut self, claim: &Claim, paused: bool) -> Process {
        let owner = self.owner_of(claim);
        if paused {
            self.budget.pauses -= 1;
            let pair = owner.and_then(|index| self.processes[index].claimed()).map(Pair::of);
            pair.into_iter().for_each(|pair| self.observations.allow_reuse(pair));
        } else if let Some(Process::Claimed { is_late, .. }) = owner.map(|index| &mut self.processes[index]) {
            *is_late = true;
        }
        self.store.clone().map_or(Process::Idle, Process::Claiming)
    }

    /// The same from a process that has its response, and is cut off from the store. Whether the refresh token was used cannot
    /// be known to the one that takes over.
    pub(super) fn take_over_from_cut_off(&mut self, claim: &Claim) -> Process {
        self.budget.partitions -= 1;
        let pair = self.owner_of(claim).and_then(|index| self.processes[index].claimed()).map(Pair::of);
        pair.into_iter().for_each(|pair| self.observations.allow_reuse(pair));
        self.store.clone().map_or(Process::Idle, Process::Claiming)
    }

    /// Whether a process waits to save until another's claim expires, and that will not send any more.
    pub(super) fn is_held_up(&self, process: &Process) -> bool {
        let (Process::Committing { grant, next, .. }, Some(current)) = (process, self.store.as_deref()) else {
            return false;
        };
        let claim = current.claim.as_ref().filter(|_| current.is_succeeded_by(grant, next));
        let owner = claim.filter(|_| !current.is_claimed_as(grant)).map(|claim| self.owner_of(claim));
        owner.is_some_and(|owner| owner.is_none_or(|index| !self.processes[index].has_sent()))
    }

    /// Whether the provider's handling of these tokens is within the budget.
    pub(super) fn may_handle(&self, pair: Pair) -> bool {
        self.budget.token_responses > 0 || !self.provider.accepts(pair)
    }

    /// The provider handles a refresh: new tokens, or `None` when it refuses.
    pub(super) fn handle(&mut self, pair: Pair) -> Option<Pair> {
        if self.provider.is_used(pair) {
            self.observations.reused(pair);
        }
        let issued = self.provider.refresh(pair, self.rules.rotates);
        self.budget.token_responses -= u8::from(issued.is_some());
        issued
    }

    /// The sender no longer waits for the response to a refresh with these tokens.
    pub(super) fn lose_response(&mut self, pair: Pair) {
        self.observations.allow_reuse(pair);
        self.provider.lose_response(pair);
    }

    /// A process crashes, and forgets everything.
    pub(super) fn crash(&mut self, process: &Process) {
        self.budget.crashes -= 1;
        match process {
            Process::Calling(grant) => self.lose_response(Pair::of(grant)),
            Process::Committing { grant, sent: true, .. } if self.provider.is_used(Pair::of(grant)) => {
                self.observations.allow_reuse(Pair::of(grant));
            }
            _ => {}
        }
    }
}
