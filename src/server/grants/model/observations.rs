//! What the check remembers of the past, and no process knows.

use std::collections::BTreeMap;

use super::provider::Pair;
use crate::server::grants::Grant;

/// Observations for the properties. Only `allowed_reuses` may ever change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Observations {
    /// For each refresh token: how often its sender crashed, was paused or got no response after it may have been used,
    /// minus how often it was sent again after it was used.
    allowed_reuses: BTreeMap<u8, i8>,
    /// The newest tokens that were ever in the store.
    newest: Option<Pair>,
    /// A grant was written over a newer one.
    pub(super) overwrote_newer: bool,
    /// A process forgot the only tokens of a connected account that the provider accepts.
    pub(super) dropped_valid_tokens: bool,
    /// Other tokens were written with the same version.
    pub(super) reused_version: bool,
}

impl Observations {
    /// Whether this token was used cannot be known, so it may be sent once more.
    pub(super) fn allow_reuse(&mut self, pair: Pair) {
        *self.allowed_reuses.entry(pair.refresh).or_default() += 1;
    }

    /// A used token was sent again.
    pub(super) fn reused(&mut self, pair: Pair) {
        *self.allowed_reuses.entry(pair.refresh).or_default() -= 1;
    }

    /// Whether a used token was sent again although its response was not lost.
    pub(super) fn has_unexplained_reuse(&self) -> bool {
        self.allowed_reuses.values().any(|&balance| balance < 0)
    }

    /// Forgets zero balances, and positive ones of tokens that nobody `holds` any longer.
    pub(super) fn retain(&mut self, holds: impl Fn(u8) -> bool) {
        self.allowed_reuses.retain(|&refresh, balance| *balance < 0 || *balance > 0 && holds(refresh));
    }

    /// The store is written.
    pub(super) fn write(&mut self, old: Option<&Grant>, new: &Grant) {
        let pair = Pair::of(new);
        self.overwrote_newer |= self.newest.is_some_and(|newest| pair < newest);
        self.reused_version |= old.is_some_and(|old| old.version == new.version && Pair::of(old) != pair);
        self.newest = Some(pair);
    }
}
