//! From one state of a grant to the next. The model check walks through all orders of these.

use jiff::{SignedDuration, Timestamp};

use super::Grant;
use crate::server::tokens::{claim::Claim, plan};

/// When a grant was used is noted, and its deadline slid with that, no more often than this.
const NOTED: SignedDuration = SignedDuration::from_mins(15);

impl Grant {
    /// The version of a grant that comes in place of `old`. Versions begin at the time, so that none comes again after the
    /// grant was forgotten.
    pub(in crate::server::tokens) fn version_after(old: Option<&Self>, now: Timestamp) -> u64 {
        let begin = u64::try_from(now.as_millisecond()).unwrap_or(1);
        old.map_or(begin, |old| begin.max(old.version + 1))
    }

    pub(in crate::server::tokens) fn refreshed(&self, now: Timestamp) -> Self {
        let mut history = self.history.clone();
        history.refreshed(now);
        Self {
            version: self.version + 1,
            issued_at: now,
            last_refreshed_at: Some(now),
            history,
            claim: None,
            unanswered: None,
            ..self.clone()
        }
    }

    pub(in crate::server::tokens) fn died(&self, reason: &str) -> Self {
        let (version, dead) = (self.version + 1, Some(reason.to_owned()));
        Self { version, dead, planned_at: None, claim: None, ..self.clone() }
    }

    /// The same grant under a claim. One that is taken over may have been sent, and its answer lost with its process.
    pub(in crate::server::tokens) fn claimed(&self, claim: Claim) -> Self {
        let crashed = self.claim.as_ref().map(|crashed| crashed.at);
        Self { claim: Some(claim), unanswered: self.unanswered.or(crashed), ..self.clone() }
    }

    /// Whether it is still under the claim that `claimed` is under. Only then may who claimed it write it.
    pub(in crate::server::tokens) fn is_held_as(&self, claimed: &Self) -> bool {
        self.claim == claimed.claim
    }

    /// Whether a provider's word on the tokens of this version counts for it: nobody has renewed it or is about to.
    pub(in crate::server::tokens) fn is_at(&self, version: u64) -> bool {
        self.version == version && self.claim.is_none()
    }

    /// The same grant under no claim; `unanswered` when the provider may have made new tokens all the same.
    pub(in crate::server::tokens) fn released(&self, unanswered: Option<Timestamp>) -> Self {
        Self { claim: None, unanswered: self.unanswered.or(unanswered), ..self.clone() }
    }

    /// The same grant, used now; `None` when that was noted a moment ago.
    pub(in crate::server::tokens) fn used(&self, now: Timestamp) -> Option<Self> {
        let is_due = now.duration_since(self.used_at) >= NOTED && self.claim.is_none();
        is_due.then(|| Self { used_at: now, ..self.clone() })
    }

    /// The same grant with the keeper's next visit, which follows from all the rest of it.
    pub(in crate::server::tokens) fn planned(self, now: Timestamp) -> Self {
        let planned_at = if self.dead.is_none() { Some(plan::next_visit(&self, now, rand::random())) } else { None };
        Self { planned_at, ..self }
    }
}
