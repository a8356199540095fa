//! A state of the model: the store, the processes, the provider, the user, and what may still go wrong.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    observations::Observations,
    process::{Flaw, Process},
    provider::{Pair, Provider},
    user::Connecting,
};
use crate::{model::Account, server::grants::Grant};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Rules {
    /// Whether a refresh ends the refresh token that it used.
    pub(super) rotates: bool,
    pub(super) flaw: Option<Flaw>,
}

/// How often each event may still happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Budget {
    /// Refreshes for which the provider issues tokens.
    pub(super) token_responses: u8,
    /// Crashes of a process, at any step.
    pub(super) crashes: u8,
    /// Responses of the provider or of the store that do not arrive.
    pub(super) lost_responses: u8,
    /// Processes that are cut off from a store that others still reach, for longer than a claim lasts, with something to save.
    pub(super) partitions: u8,
    /// Pauses of a process for longer than a claim lasts, between checking the clock and acting on it.
    pub(super) pauses: u8,
    pub(super) disconnects: u8,
    /// Connections of another account.
    pub(super) connects: u8,
    /// Removals of the app at the provider.
    pub(super) removals: u8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct World {
    pub(super) rules: Rules,
    pub(super) store: Option<Arc<Grant>>,
    pub(super) processes: Vec<Process>,
    pub(super) provider: Provider,
    /// A new connection that is about to be written.
    pub(super) connecting: Option<Connecting>,
    /// The account that the user connected last, unless they disconnected it.
    pub(super) connected: Option<u8>,
    pub(super) observations: Observations,
    pub(super) budget: Budget,
}

impl World {
    /// One connection, and processes that know nothing of it.
    pub(super) fn new(rules: Rules, processes: usize, budget: Budget) -> Self {
        let mut provider = Provider::default();
        let pair = provider.approve(1);
        Self {
            rules,
            store: Some(Arc::new(pair.seal(Grant::new(account(1), "client", 1000, Timestamp::UNIX_EPOCH)))),
            processes: vec![Process::Idle; processes],
            provider,
            connecting: None,
            connected: Some(1),
            observations: Observations::default(),
            budget,
        }
    }

    /// Writes `new` if the whole record is still `old`, as `Vault::write` does. Returns whether it was.
    pub(super) fn compare_and_swap(&mut self, old: &Grant, new: &Grant) -> bool {
        let is_unchanged = self.store.as_deref() == Some(old);
        if is_unchanged {
            self.put(new);
        }
        is_unchanged
    }

    pub(super) fn put(&mut self, new: &Grant) {
        self.observations.write(self.store.as_deref(), new);
        self.store = Some(Arc::new(new.clone()));
    }

    /// Whether anybody may still send this refresh token, or has sent it.
    pub(super) fn holds(&self, refresh: u8) -> bool {
        let grants =
            self.store.iter().map(Arc::as_ref).chain(self.processes.iter().filter_map(Process::grant)).map(Pair::of);
        grants.chain(self.provider.in_flight.iter().copied()).any(|pair| pair.refresh == refresh)
    }
}

/// Processes are interchangeable: states that differ only in their order are the same.
impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut processes: Vec<_> = self.processes.iter().map(digest).collect();
        processes.sort_unstable();
        let Self { rules, store, processes: _, provider, connecting, connected, observations, budget } = self;
        (rules, processes, store, provider, connecting, connected, observations, budget).hash(state);
    }
}

fn digest(process: &Process) -> u64 {
    let mut hasher = DefaultHasher::new();
    process.hash(&mut hasher);
    hasher.finish()
}

pub(super) fn account(number: u8) -> Account {
    Account { id: number.to_string(), name: None, url: None }
}
