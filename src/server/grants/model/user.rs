//! What the user does meanwhile, here and at the provider.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    process::Flaw,
    provider::Pair,
    world::{World, account},
};
use crate::server::grants::Grant;

/// A step of the user, or of the process that handles the user's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum UserStep {
    /// `Grants::disconnect`. The model assumes the worst of its revocation at the provider: the tokens stay valid.
    Disconnect,
    /// The user approves another account, and `Grants::connect` reads the stored grant, in a process whose clock is ahead
    /// of all others.
    Approve,
    /// The same in a process whose clock is behind all others.
    ApproveBehind,
    /// `Grants::connect` writes the new grant, or reads the stored one again.
    Connect,
    /// The user removes the app at the provider, which then accepts none of the account's tokens.
    RemoveApp,
}

/// A new connection that is not saved yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Connecting {
    pair: Pair,
    now: Timestamp,
    pub(super) found: Option<Arc<Grant>>,
}

impl World {
    pub(super) fn user_steps(&self) -> impl Iterator<Item = UserStep> + use<> {
        let (budget, has_grant) = (self.budget, self.store.is_some());
        let steps = [
            (UserStep::Disconnect, budget.disconnects > 0 && has_grant),
            (UserStep::Approve, budget.connects > 0),
            (UserStep::ApproveBehind, budget.connects > 0),
            (UserStep::Connect, self.connecting.is_some()),
            (UserStep::RemoveApp, budget.removals > 0 && has_grant),
        ];
        steps.into_iter().filter_map(|(step, is_possible)| is_possible.then_some(step))
    }

    pub(super) fn apply_user(&mut self, step: UserStep) {
        match step {
            UserStep::Disconnect => {
                self.budget.disconnects -= 1;
                (self.store, self.connected) = (None, None);
            }
            UserStep::Approve => self.approve(Timestamp::MAX),
            UserStep::ApproveBehind => self.approve(Timestamp::UNIX_EPOCH),
            UserStep::Connect => {
                self.connecting = self.connecting.take().and_then(|connecting| self.connect(connecting))
            }
            UserStep::RemoveApp => {
                self.budget.removals -= 1;
                let account = self.store.as_ref().map(|grant| Pair::of(grant).account);
                account.into_iter().for_each(|account| self.provider.remove_app(account));
            }
        }
    }

    fn approve(&mut self, now: Timestamp) {
        self.budget.connects -= 1;
        let pair = self.provider.approve(2);
        self.connecting = Some(Connecting { pair, now, found: self.store.clone() });
    }

    /// A round of `Grants::connect`, from its write to the read of the next round, if there is one.
    fn connect(&mut self, connecting: Connecting) -> Option<Connecting> {
        let Connecting { pair, now, found } = &connecting;
        let version = Grant::version_after(found.as_deref(), *now);
        let grant = pair.seal(Grant::new(account(pair.account), "client", version, Timestamp::UNIX_EPOCH));
        let saved = match found {
            Some(old) if self.rules.flaw != Some(Flaw::ConnectsWithoutComparing) => self.compare_and_swap(old, &grant),
            _ => {
                self.put(&grant);
                true
            }
        };
        if saved {
            self.connected = Some(pair.account);
            return None;
        }
        Some(Connecting { found: self.store.clone(), ..connecting })
    }
}
