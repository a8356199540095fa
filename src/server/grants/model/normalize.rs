//! States that can make no difference any more are one. So the model is finite, and small enough to be walked through.

use std::sync::Arc;

use super::{
    process::{Flaw, Process},
    world::World,
};
use crate::server::grants::{Grant, claim::Claim};

const CURRENT: &str = "current";
const OVER: &str = "over";

impl World {
    /// No two claims have the same id, so that nothing is known of a claim but whether it is in the store, and one that was
    /// there does not come back: two names are enough.
    pub(super) fn normalize(&mut self) {
        let current = self.store.as_ref().and_then(|grant| grant.claim.clone());
        let name = |claim: &Claim| if current.as_ref() == Some(claim) { CURRENT } else { OVER };
        let rename = |grant: &mut Arc<Grant>| {
            let name = grant.claim.as_ref().map(name);
            if grant.claim.as_ref().map(|claim| claim.id.as_str()) != name {
                let claim = Arc::make_mut(grant).claim.as_mut();
                claim.into_iter().zip(name).for_each(|(claim, name)| claim.id = name.to_owned());
            }
        };
        for process in &mut self.processes {
            match process {
                Process::Idle | Process::MarkingDead { .. } => {}
                Process::Watching(claim) => claim.id = name(claim).to_owned(),
                Process::Claiming(grant) | Process::Claimed { grant, .. } | Process::Calling(grant) => rename(grant),
                Process::Committing { grant, found, .. } => {
                    rename(grant);
                    found.iter_mut().for_each(rename);
                }
            }
        }
        let connecting = self.connecting.iter_mut().flat_map(|connecting| &mut connecting.found);
        connecting.chain(&mut self.store).for_each(rename);
        self.forget();
    }

    /// Forgets what leads nowhere: waiting for a claim that is over, and a comparison that will fail.
    fn forget(&mut self) {
        let Self { store, processes, rules, .. } = self;
        let is_over = |claim: &Option<Claim>| claim.as_ref().is_some_and(|claim| claim.id == OVER);
        let is_past = |grant: &Grant| store.as_ref().is_none_or(|stored| stored.version != grant.version);
        let compares = rules.flaw != Some(Flaw::ClaimsWithoutComparing);
        for process in processes {
            match process {
                Process::Watching(claim) if claim.id == OVER => *process = Process::Idle,
                Process::Claiming(grant) if compares && (is_past(grant) || is_over(&grant.claim)) => {
                    *process = Process::Idle
                }
                Process::Committing { found, .. } => {
                    found.take_if(|found| is_over(&found.claim));
                }
                _ => {}
            }
        }
        let mut observations = std::mem::take(&mut self.observations);
        observations.keep(|refresh| self.knows(refresh));
        self.observations = observations;
    }
}
