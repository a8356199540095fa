//! When the scheduler refreshes a grant next.

use jiff::{SignedDuration, Timestamp};

use super::Grant;

/// A grant that was used within this time is refreshed before its access token expires. Any other is only kept alive.
const IN_USE: SignedDuration = SignedDuration::from_hours(24);

/// A refresh starts at least this long before the access token expires, or a quarter of its lifetime if that is shorter.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// The time of the next refresh. `jitter` between 0 and 1 moves it, so that a thousand grants that were created together
/// are not refreshed together.
///
/// A grant in use is refreshed between 10 and 5 minutes before its access token expires. Any other is refreshed between a
/// quarter and half of the time after which it would expire unused: for Airtable's 60 days between the 15th and the 30th.
pub(super) fn time(grant: &Grant, now: Timestamp, jitter: f64) -> Timestamp {
    let jitter = jitter.clamp(0.0, 1.0);
    let is_in_use = now.duration_since(grant.connection.last_used_at) < IN_USE;
    match grant.expires_at.filter(|_| grant.is_refreshable() && is_in_use) {
        Some(expires_at) => {
            let ahead = AHEAD.min(expires_at.duration_since(grant.issued_at) / 4);
            expires_at - scaled(ahead, 1.0 + jitter)
        }
        None => {
            let unused = grant.expires_unused_at(now).duration_since(now);
            now + scaled(unused, 0.25 + jitter / 4.0)
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

    fn grant(lifetime: SignedDuration) -> Grant {
        let mut grant =
            Grant::new(Account { id: "1".into(), name: None, url: None }, "client", 1, Timestamp::UNIX_EPOCH);
        grant.expires_at = Some(Timestamp::UNIX_EPOCH + lifetime);
        grant
    }

    fn minutes(grant: &Grant, now: Timestamp, jitter: f64) -> i64 {
        time(grant, now, jitter).duration_since(now).as_mins()
    }

    #[test]
    fn a_grant_in_use_is_refreshed_before_callers_have_to_wait_and_not_together_with_others() {
        let half_an_hour = grant(SignedDuration::from_mins(30));
        assert_eq!([0.0, 1.0].map(|jitter| minutes(&half_an_hour, Timestamp::UNIX_EPOCH, jitter)), [25, 20]);
        let short = grant(SignedDuration::from_mins(8));
        assert_eq!([0.0, 1.0].map(|jitter| minutes(&short, Timestamp::UNIX_EPOCH, jitter)), [6, 4]);
    }

    #[test]
    fn an_unused_grant_is_refreshed_well_before_it_expires() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(25);
        let mut grant = grant(SignedDuration::from_mins(60));
        let days = |grant: &Grant, jitter| minutes(grant, now, jitter) / 60 / 24;
        assert_eq!([0.0, 1.0].map(|jitter| days(&grant, jitter)), [7, 15], "of our 30 days");
        grant.refresh_expires_at = Some(now + SignedDuration::from_hours(60 * 24));
        assert_eq!([0.0, 1.0].map(|jitter| days(&grant, jitter)), [15, 30], "of Airtable's 60 days");
    }
}
