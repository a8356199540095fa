//! What the check has to remember of the past, and no process knows.

use std::collections::BTreeMap;

use super::provider::Pair;
use crate::server::grants::Grant;

/// Marks of the past. All of them have to stay as they were in the beginning, but for `windows`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Observations {
    /// For each refresh token: how often its sender crashed, was stopped or heard no answer while it was sent and perhaps
    /// spent, less how often it came to the provider again though it was spent.
    windows: BTreeMap<u8, i8>,
    /// The newest tokens that the store ever had.
    newest: Option<Pair>,
    /// A grant was written over a newer one.
    pub(super) overwrote_newer: bool,
    /// Other tokens were written under the same version.
    pub(super) reused_version: bool,
    /// A grant that somebody was refreshing was given up for dead by another.
    pub(super) marked_dead_while_claimed: bool,
}

impl Observations {
    /// The named window: it cannot be known whether this token was spent, and it will be tried once more.
    pub(super) fn open_window(&mut self, pair: Pair) {
        *self.windows.entry(pair.refresh).or_default() += 1;
    }

    /// A token that was spent came again.
    pub(super) fn reused(&mut self, pair: Pair) {
        *self.windows.entry(pair.refresh).or_default() -= 1;
    }

    /// Whether a spent token came again without a window.
    pub(super) fn has_unexplained_reuse(&self) -> bool {
        self.windows.values().any(|&balance| balance < 0)
    }

    /// Forgets what counts for nothing, or for tokens that nobody has any more.
    pub(super) fn keep(&mut self, known: impl Fn(u8) -> bool) {
        self.windows.retain(|&refresh, balance| *balance < 0 || *balance > 0 && known(refresh));
    }

    /// The store is written.
    pub(super) fn write(&mut self, old: Option<&Grant>, new: &Grant) {
        let pair = Pair::of(new);
        self.overwrote_newer |= self.newest.is_some_and(|newest| pair < newest);
        self.reused_version |= old.is_some_and(|old| old.version == new.version && Pair::of(old) != pair);
        self.newest = Some(pair);
    }
}
