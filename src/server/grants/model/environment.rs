//! What no process decides: the provider's answers, time that passes, crashes.

use super::{process::Process, provider::Pair, world::World};
use crate::server::grants::claim::Claim;

impl World {
    /// The process that wrote this claim, as long as it has not crashed.
    pub(super) fn claimed_by(&self, claim: &Claim) -> Option<usize> {
        let made = |process: &Process| process.claimed().is_some_and(|grant| grant.claim.as_ref() == Some(claim));
        self.processes.iter().position(made)
    }

    /// A claim's life is over for one who watched it. That is longer than its maker may take, from before the claim was
    /// written, to send and to save: it did both, or finds when it looks at the clock that it was held up. Unless it
    /// `stopped` between such a look and what the look was for.
    pub(super) fn take_over(&mut self, claim: &Claim, stopped: bool) -> Process {
        let maker = self.claimed_by(claim);
        if stopped {
            self.budget.stops -= 1;
            let pair = maker.and_then(|who| self.processes[who].claimed()).map(Pair::of);
            pair.into_iter().for_each(|pair| self.observations.open_window(pair));
        } else if let Some(Process::Claimed { is_late, .. }) = maker.map(|who| &mut self.processes[who]) {
            *is_late = true;
        }
        self.store.clone().map_or(Process::Idle, Process::Claiming)
    }

    /// Whether the check follows what the provider does with these.
    pub(super) fn may_answer(&self, pair: Pair) -> bool {
        self.budget.issues > 0 || !self.provider.accepts(pair)
    }

    pub(super) fn answer(&mut self, pair: Pair) -> Option<Pair> {
        if self.provider.spent(pair) {
            self.observations.reused(pair);
        }
        let made = self.provider.refresh(pair, self.rules.rotates);
        self.budget.issues -= u8::from(made.is_some());
        made
    }

    /// Nobody waits any more for the answer to these.
    pub(super) fn lose(&mut self, pair: Pair) {
        self.observations.open_window(pair);
        self.provider.lose(pair);
    }

    /// A process ends, and with it all that it knew.
    pub(super) fn crash(&mut self, process: &Process) {
        self.budget.crashes -= 1;
        match process {
            Process::Calling(grant) => self.lose(Pair::of(grant)),
            Process::Committing { grant, sent: true, .. } if self.provider.spent(Pair::of(grant)) => {
                self.observations.open_window(Pair::of(grant));
            }
            _ => {}
        }
    }
}
