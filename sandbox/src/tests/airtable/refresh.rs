//! Rotation of refresh tokens.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Airtable, SCOPES, oauth_error};

const WHOAMI: &str = "/airtable/v0/meta/whoami";

fn expected(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

/// Refreshes and keeps the new tokens.
async fn refreshed(airtable: &mut Airtable) -> Value {
    let tokens = super::ok(airtable.refresh(&airtable.refresh_token).await);
    airtable.0.keep(&tokens);
    tokens
}

#[tokio::test]
async fn a_refresh_ends_both_old_tokens_at_once() {
    let mut airtable = Airtable::connected(SCOPES).await;
    let (old_access, old_refresh) = (airtable.access_token.clone(), airtable.refresh_token.clone());
    let tokens = refreshed(&mut airtable).await;
    assert_ne!(airtable.refresh_token, old_refresh);
    assert_eq!((&tokens["token_type"], &tokens["scope"]), (&json!("Bearer "), &json!(SCOPES)));
    assert_eq!(airtable.get(WHOAMI).await.status, 200);
    airtable.0.access_token = old_access;
    assert_eq!(super::error(&airtable.get(WHOAMI).await), expected(401, "AUTHENTICATION_REQUIRED"));
    assert_eq!(airtable.stats().await["by_provider"]["airtable"]["refreshes"], 1);
}

#[tokio::test]
async fn reuse_is_a_conflict_for_some_seconds_and_invalid_afterwards() {
    let mut airtable = Airtable::connected(SCOPES).await;
    let old = airtable.refresh_token.clone();
    refreshed(&mut airtable).await;
    assert_eq!(oauth_error(&airtable.refresh(&old).await), expected(409, "conflict"));
    airtable.clock.advance(SignedDuration::from_millis(4999));
    assert_eq!(oauth_error(&airtable.refresh(&old).await), expected(409, "conflict"));
    airtable.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(oauth_error(&airtable.refresh(&old).await), expected(400, "invalid_grant"));
    refreshed(&mut airtable).await;
    let stats = airtable.stats().await;
    let counted = &stats["by_provider"]["airtable"];
    assert_eq!((&counted["refreshes"], &counted["reused_tokens"]), (&json!(2), &json!(3)));
}

#[tokio::test]
async fn one_of_many_concurrent_refreshes_succeeds() {
    let airtable = Airtable::connected(SCOPES).await;
    let token = airtable.refresh_token.clone();
    let responses = futures::future::join_all((0..8).map(|_| airtable.refresh(&token))).await;
    let mut statuses: Vec<u16> = responses.iter().map(|response| response.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn repeated_reuse_can_end_the_grant() {
    let mut airtable = Airtable::connected(SCOPES).await;
    airtable.configure(json!({"airtable": {"double_refresh": {"revoke_after": 3}}})).await;
    let old = airtable.refresh_token.clone();
    refreshed(&mut airtable).await;
    for _ in 0..2 {
        assert_eq!(oauth_error(&airtable.refresh(&old).await), expected(400, "invalid_grant"));
    }
    assert_eq!(airtable.get(WHOAMI).await.status, 200);
    assert_eq!(oauth_error(&airtable.refresh(&old).await), expected(400, "invalid_grant"));
    assert_eq!(airtable.get(WHOAMI).await.status, 401, "the newest access token ends with the grant");
    assert_eq!(oauth_error(&airtable.refresh(&airtable.refresh_token).await), expected(400, "invalid_grant"));
}

#[tokio::test]
async fn a_refresh_token_expires_after_sixty_unused_days() {
    let mut airtable = Airtable::connected(SCOPES).await;
    for _ in 0..3 {
        airtable.clock.advance(SignedDuration::from_hours(24 * 59));
        refreshed(&mut airtable).await;
    }
    airtable.clock.advance(SignedDuration::from_hours(24 * 60));
    assert_eq!(oauth_error(&airtable.refresh(&airtable.refresh_token).await), expected(400, "invalid_grant"));
    assert_eq!(airtable.stats().await["reused_tokens"], 1);
}

#[tokio::test]
async fn a_refresh_can_request_fewer_scopes_and_the_next_one_all_again() {
    let mut airtable = Airtable::connected(SCOPES).await;
    let fields = |token: &str, scope: &str| {
        vec![
            ("grant_type".to_owned(), "refresh_token".to_owned()),
            ("refresh_token".to_owned(), token.to_owned()),
            ("scope".to_owned(), scope.to_owned()),
        ]
    };
    let ask = async |airtable: &Airtable, scope: &str| {
        let fields = fields(&airtable.refresh_token, scope);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        airtable.token(Some("app:secret"), &fields).await
    };
    for more in ["data.records:write", "schema.bases:read nothing:read"] {
        assert_eq!(oauth_error(&ask(&airtable, more).await), expected(400, "invalid_scope"));
    }
    let tokens = super::ok(ask(&airtable, "schema.bases:read").await);
    assert_eq!(tokens["scope"], "schema.bases:read");
    airtable.0.keep(&tokens);
    assert_eq!(airtable.get(WHOAMI).await.json()["scopes"], json!(["schema.bases:read"]));
    assert_eq!(refreshed(&mut airtable).await["scope"], SCOPES);
}

#[tokio::test]
async fn a_refresh_token_is_accepted_from_its_own_client_only() {
    let airtable = Airtable::connected(SCOPES).await;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", &*airtable.refresh_token)];
    assert_eq!(oauth_error(&airtable.token(Some("other:secret"), &fields).await), expected(400, "invalid_grant"));
    assert_eq!(oauth_error(&airtable.refresh("oarMadeUp").await), expected(400, "invalid_grant"));
    assert_eq!(airtable.stats().await["reused_tokens"], 0, "neither was a reused token");
    assert_eq!(airtable.token(Some("app:secret"), &fields).await.status, 200);
}

#[tokio::test]
async fn controls_affect_only_the_provider_they_name() {
    let airtable = Airtable::connected(SCOPES).await;
    airtable.post("/__sandbox/revoke_all", json!({"provider": "notion"})).await;
    assert_eq!(airtable.get(WHOAMI).await.status, 200);
    airtable.post("/__sandbox/expire", json!({"provider": "airtable"})).await;
    assert_eq!(airtable.get(WHOAMI).await.status, 401);
    airtable.post("/__sandbox/revoke_all", json!({"provider": "airtable"})).await;
    assert_eq!(oauth_error(&airtable.refresh(&airtable.refresh_token).await), expected(400, "invalid_grant"));
    assert_eq!(airtable.stats().await["reused_tokens"], 1);
}
