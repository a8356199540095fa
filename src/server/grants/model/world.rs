//! A state of the model: the store, the processes, the provider, the person, and what is left to go wrong.

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

/// How the protocol is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Rules {
    /// Whether the provider ends a refresh token with its use.
    pub(super) rotates: bool,
    /// What is done wrong on purpose.
    pub(super) flaw: Option<Flaw>,
}

/// What may still happen before the check stops following.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Budget {
    /// Times the provider makes tokens.
    pub(super) issues: u8,
    /// Processes that end at any step, and start anew knowing nothing.
    pub(super) crashes: u8,
    /// Answers of the provider or of the store that do not arrive.
    pub(super) losses: u8,
    /// Processes that stand still for longer than a claim's life between a look at the clock and what it was for.
    pub(super) stops: u8,
    /// Times the person disconnects.
    pub(super) disconnects: u8,
    /// Times the person connects another account.
    pub(super) connects: u8,
    /// Times the person removes the app at the provider.
    pub(super) removals: u8,
}

/// Everything there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct World {
    pub(super) rules: Rules,
    pub(super) store: Option<Arc<Grant>>,
    pub(super) processes: Vec<Process>,
    pub(super) provider: Provider,
    /// A new connection that is about to be written.
    pub(super) connecting: Option<Connecting>,
    /// The account that the person connected last, unless they disconnected it.
    pub(super) connected: Option<u8>,
    pub(super) observations: Observations,
    pub(super) budget: Budget,
}

impl World {
    /// One connection, and so many processes that know nothing of it.
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

    /// Writes if the store has what was read, all of it; as `Tokens::write` does.
    pub(super) fn replace(&mut self, old: &Grant, new: &Grant) -> bool {
        let replaced = self.store.as_deref() == Some(old);
        if replaced {
            self.put(new);
        }
        replaced
    }

    pub(super) fn put(&mut self, new: &Grant) {
        self.observations.write(self.store.as_deref(), new);
        self.store = Some(Arc::new(new.clone()));
    }

    /// Whether somebody may send this refresh token yet, or has.
    pub(super) fn knows(&self, refresh: u8) -> bool {
        let grants =
            self.store.iter().map(Arc::as_ref).chain(self.processes.iter().filter_map(Process::grant)).map(Pair::of);
        grants.chain(self.provider.in_flight.iter().copied()).any(|pair| pair.refresh == refresh)
    }
}

/// All processes are alike: states that differ by their order alone are one.
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
