//! Merging states whose differences can no longer matter, which makes the model finite and small enough to explore.

use std::sync::Arc;

use super::{
    process::{Flaw, Process},
    world::World,
};
use crate::server::grants::{Grant, claim::Claim};

const CURRENT: &str = "current";
const EXPIRED: &str = "expired";

impl World {
    /// Claim ids are unique, and a claim that has left the store never returns to it. All that matters about a claim is
    /// whether it is in the store, so two ids suffice.
    pub(super) fn normalize(&mut self) {
        let current = self.store.as_ref().and_then(|grant| grant.claim.clone());
        let id = |claim: &Claim| if current.as_ref() == Some(claim) { CURRENT } else { EXPIRED };
        let rename = |grant: &mut Arc<Grant>| {
            let id = grant.claim.as_ref().map(id);
            if grant.claim.as_ref().map(|claim| claim.id.as_str()) != id {
                let claim = Arc::make_mut(grant).claim.as_mut();
                claim.into_iter().zip(id).for_each(|(claim, id)| claim.id = id.to_owned());
            }
        };
        for process in &mut self.processes {
            match process {
                Process::Idle => {}
                Process::Watching(claim) => claim.id = id(claim).to_owned(),
                Process::Claiming(grant) | Process::Claimed { grant, .. } | Process::Calling(grant) => rename(grant),
                Process::Committing { grant, found, .. } => {
                    rename(grant);
                    found.iter_mut().for_each(rename);
                }
            }
        }
        let connecting = self.connecting.iter_mut().flat_map(|connecting| &mut connecting.found);
        connecting.chain(&mut self.store).for_each(rename);
        self.drop_dead_ends();
    }

    /// Drops state without any effect: waiting for a claim that is gone, and a comparison that will fail.
    fn drop_dead_ends(&mut self) {
        let Self { store, processes, rules, .. } = self;
        let is_expired = |claim: &Option<Claim>| claim.as_ref().is_some_and(|claim| claim.id == EXPIRED);
        let is_outdated = |grant: &Grant| store.as_ref().is_none_or(|stored| stored.version != grant.version);
        let compares = rules.flaw != Some(Flaw::ClaimsWithoutComparing);
        for process in processes {
            match process {
                Process::Watching(claim) if claim.id == EXPIRED => *process = Process::Idle,
                Process::Claiming(grant) if compares && (is_outdated(grant) || is_expired(&grant.claim)) => {
                    *process = Process::Idle
                }
                Process::Committing { found, .. } => {
                    found.take_if(|found| is_expired(&found.claim));
                }
                _ => {}
            }
        }
        let mut observations = std::mem::take(&mut self.observations);
        observations.retain(|refresh| self.holds(refresh));
        self.observations = observations;
    }
}
