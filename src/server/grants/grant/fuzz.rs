//! Fuzz target: whatever lifetimes a token response names, the grant has times that can be computed with.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::{collection::vec, option, prelude::*};

use super::{Grant, next_refresh};
use crate::{
    model::Account,
    server::{
        fuzzing::{fuzz, text},
        providers::{self, client::oauth::TokenResponse},
    },
};

fn lifetime() -> impl Strategy<Value = Option<Duration>> {
    let seconds = prop_oneof![4 => 0..100_000_u64, 2 => any::<u64>(), 1 => 250_000_000_000..260_000_000_000_u64];
    option::of(seconds.prop_map(Duration::from_secs))
}

#[test]
fn the_times_of_a_grant_can_be_computed_whatever_the_provider_says() {
    let jitter = 0.0..=1.0_f64;
    let input = (lifetime(), lifetime(), any::<bool>(), vec(text(), 0..3), 0..200_i64, jitter);
    fuzz("token-lifetimes", &input, |(expires_in, refresh_expires_in, renewable, scopes, hours, jitter)| {
        let issued_at: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let response = TokenResponse {
            access_token: "access".into(),
            refresh_token: renewable.then(|| "refresh".into()),
            expires_in,
            refresh_expires_in,
            scopes,
        };
        let account = Account { id: "1".into(), name: None, url: None };
        let mut grant = Grant::new(account, "client", 1, issued_at);
        grant.apply(&response);
        let now = issued_at + SignedDuration::from_hours(hours);
        grant.needs_refresh(now, SignedDuration::from_mins(5));
        prop_assert!(grant.lifetime(now) >= Duration::from_secs(3600), "a grant is kept for a while");
        let next = next_refresh::time(&grant, now, jitter);
        prop_assert!(
            grant
                .expires_at
                .is_none_or(|at| next <= at.max(now + SignedDuration::try_from(grant.lifetime(now)).unwrap()))
        );
        let scheduled = grant.scheduled(now);
        prop_assert!(scheduled.next_attempt_at(now) > now);
        let restored = Grant::from_bytes(&scheduled.to_bytes().unwrap()).ok();
        prop_assert_eq!(restored.as_ref(), Some(&scheduled));
        scheduled.into_connection(providers::find("airtable").unwrap(), now);
        Ok(())
    });
}
