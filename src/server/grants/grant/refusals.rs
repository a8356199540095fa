//! Access tokens that the provider's API refused although they had not expired, and the refreshes which that caused.
//!
//! A refusal says nothing about the grant: an API may be failing, or not know a new token yet. The token endpoint decides.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The pause after each refresh that a refusal caused; the last one is repeated. While an API refuses all tokens, each grant
/// is refreshed about twice an hour, however many loads there are.
const PAUSES: [SignedDuration; 4] =
    [SignedDuration::from_mins(1), SignedDuration::from_mins(5), SignedDuration::from_mins(15), LONGEST_PAUSE];

/// A longer pause was recorded by a process whose clock is wrong, and is ignored.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(30);

/// Without a further one for this long, the pauses begin anew.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(2);

/// A token that cannot be refreshed is given up when it has been refused for so long.
const LASTING: SignedDuration = SignedDuration::from_hours(1);

/// Refusals are recorded at most this often.
const INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// The recent refusals of a grant's access tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(in crate::server::grants) struct Refusals {
    /// The first and the last refusal of tokens that no refresh could help; `None` once a token is accepted.
    refused: Option<(Timestamp, Timestamp)>,
    /// How many refreshes refusals have caused, and the time of the last one.
    refreshes: Option<(u32, Timestamp)>,
}

impl Refusals {
    /// Whether a refusal may cause a refresh now.
    pub(in crate::server::grants) fn may_refresh(&self, now: Timestamp) -> bool {
        let Some((count, last)) = self.refreshes else { return true };
        let pause = PAUSES[(count as usize).clamp(1, PAUSES.len()) - 1];
        let since = now.duration_since(last);
        // The time of a wrong clock may be in the future.
        since >= pause || since < -LONGEST_PAUSE
    }

    /// Records a refresh that a refusal caused.
    pub(in crate::server::grants) fn refreshed(&mut self, now: Timestamp) {
        let recent = self.refreshes.filter(|(_, last)| now.duration_since(*last) < FORGOTTEN_AFTER);
        self.refreshes = Some((recent.map_or(0, |(count, _)| count).saturating_add(1), now));
    }

    /// Records a refusal that no refresh could help. Returns false if one was recorded just before.
    pub(in crate::server::grants) fn refused(&mut self, now: Timestamp) -> bool {
        let is_due = self.refused.is_none_or(|(_, last)| now.duration_since(last).abs() >= INTERVAL);
        if is_due {
            self.refused = Some((self.refused.map_or(now, |(first, _)| first), now));
        }
        is_due
    }

    /// Records that a token is accepted. Returns whether others were refused before.
    pub(in crate::server::grants) fn accepted(&mut self) -> bool {
        self.refused.take().is_some()
    }

    /// Since when tokens are refused, if they are.
    pub(in crate::server::grants) fn since(&self) -> Option<Timestamp> {
        self.refused.map(|(first, _)| first)
    }

    /// Whether refusals have gone on for so long that a token without a refresh token is not worth another attempt. Both ends
    /// of that time were seen, so a clock that jumps does not suffice.
    pub(in crate::server::grants) fn are_lasting(&self) -> bool {
        self.refused.is_some_and(|(first, last)| last.duration_since(first) >= LASTING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_often_an_api_refuses_tokens_each_hour_has_few_refreshes() {
        let (start, mut refusals, mut refreshes) = (Timestamp::UNIX_EPOCH, Refusals::default(), Vec::new());
        for second in 0..24 * 3600 {
            let now = start + SignedDuration::from_secs(second);
            if refusals.may_refresh(now) {
                refusals.refreshed(now);
                refreshes.push(second / 3600);
            }
        }
        let in_hour = |hour| refreshes.iter().filter(|at| **at == hour).count();
        assert_eq!((in_hour(0), in_hour(1), in_hour(23)), (5, 2, 2), "{refreshes:?}");
    }

    #[test]
    fn the_time_of_a_wrong_clock_delays_no_refresh_for_long() {
        let (start, mut refusals) = (Timestamp::UNIX_EPOCH, Refusals::default());
        refusals.refreshed(start + SignedDuration::from_hours(24));
        assert!(refusals.may_refresh(start));
    }

    #[test]
    fn refusals_last_when_they_were_seen_an_hour_apart_and_end_when_a_token_is_accepted() {
        let (start, mut refusals) = (Timestamp::UNIX_EPOCH, Refusals::default());
        let after = |minutes| start + SignedDuration::from_mins(minutes);
        assert!(refusals.refused(start) && !refusals.refused(start), "at most once a minute");
        assert!(refusals.refused(after(59)) && !refusals.are_lasting());
        assert!(refusals.refused(after(60)) && refusals.are_lasting());
        assert!(refusals.accepted() && !refusals.accepted());
        assert_eq!((refusals.since(), refusals.are_lasting()), (None, false));
    }
}
