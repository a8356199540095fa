//! When the keeper sees to a grant next.

use jiff::{SignedDuration, Timestamp};

use super::grant::Grant;

/// A grant that was used within this time is refreshed before its access token ends. One that was not is only kept alive.
const IN_USE: SignedDuration = SignedDuration::from_hours(24);

/// The keeper comes at least this long before an access token ends, so that nobody who asks for it has to wait; or a
/// quarter of its life, where that is shorter.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// When to see to a grant. `spread` between 0 and 1 moves that: a thousand grants that were made together are not
/// refreshed together.
///
/// A grant in use is seen to between 10 and 5 minutes before its access token ends. Any other between a quarter and half
/// of the time after which it would end unused: for Airtable's 60 days between the 15th and the 30th.
pub(super) fn next_visit(grant: &Grant, now: Timestamp, spread: f64) -> Timestamp {
    let spread = spread.clamp(0.0, 1.0);
    match grant.expires_at.filter(|_| grant.is_renewed() && now.duration_since(grant.used_at) < IN_USE) {
        Some(expires_at) => {
            let ahead = AHEAD.min(expires_at.duration_since(grant.issued_at) / 4);
            expires_at - scaled(ahead, 1.0 + spread)
        }
        None => {
            let unused = grant.ends_unused_at(now).duration_since(now);
            now + scaled(unused, 0.25 + spread / 4.0)
        }
    }
}

fn scaled(duration: SignedDuration, factor: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Account;

    fn grant(life: SignedDuration) -> Grant {
        let mut grant =
            Grant::new(Account { id: "1".into(), name: None, url: None }, "client", 1, Timestamp::UNIX_EPOCH);
        grant.expires_at = Some(Timestamp::UNIX_EPOCH + life);
        grant
    }

    fn minutes(grant: &Grant, now: Timestamp, spread: f64) -> i64 {
        next_visit(grant, now, spread).duration_since(now).as_mins()
    }

    #[test]
    fn a_grant_in_use_is_seen_to_before_anybody_has_to_wait_and_not_all_at_once() {
        let half_an_hour = grant(SignedDuration::from_mins(30));
        assert_eq!([0.0, 1.0].map(|spread| minutes(&half_an_hour, Timestamp::UNIX_EPOCH, spread)), [25, 20]);
        let short = grant(SignedDuration::from_mins(8));
        assert_eq!([0.0, 1.0].map(|spread| minutes(&short, Timestamp::UNIX_EPOCH, spread)), [6, 4]);
    }

    #[test]
    fn a_grant_that_nobody_uses_is_kept_alive_without_haste() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(25);
        let mut grant = grant(SignedDuration::from_mins(60));
        let days = |grant: &Grant, spread| minutes(grant, now, spread) / 60 / 24;
        assert_eq!([0.0, 1.0].map(|spread| days(&grant, spread)), [7, 15], "30 days of ours");
        grant.refresh_expires_at = Some(now + SignedDuration::from_hours(60 * 24));
        assert_eq!([0.0, 1.0].map(|spread| days(&grant, spread)), [15, 30], "Airtable's 60 days");
    }
}
