//! Each of HubSpot's switches, in both positions.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::SCOPES;
use crate::tests::Sandbox;

async fn with(switches: Value) -> Sandbox {
    let sandbox = Sandbox::connected(SCOPES).await;
    sandbox.configure(json!({"hubspot": switches})).await;
    sandbox
}

#[tokio::test]
async fn with_immediate_rotation_the_old_refresh_token_ends_at_once() {
    let sandbox = with(json!({"rotate_refresh": "dead"})).await;
    let new = sandbox.refresh(&sandbox.refresh_token).await.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(new, sandbox.refresh_token);
    assert_eq!(sandbox.refresh(&sandbox.refresh_token).await.status, 400);
    assert_eq!(sandbox.refresh(&new).await.status, 200);
    let stats = sandbox.stats().await;
    assert_eq!((&stats["refreshes"], &stats["reused_tokens"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn with_a_grace_period_the_old_refresh_token_works_until_it_ends() {
    let sandbox = with(json!({"rotate_refresh": 30})).await;
    let first = sandbox.refresh(&sandbox.refresh_token).await.json();
    sandbox.clock.advance(SignedDuration::from_secs(29));
    let second = sandbox.refresh(&sandbox.refresh_token).await.json();
    sandbox.clock.advance(SignedDuration::from_secs(2));
    assert_eq!(sandbox.refresh(&sandbox.refresh_token).await.status, 400);
    for tokens in [second, first] {
        assert_eq!(sandbox.refresh(tokens["refresh_token"].as_str().unwrap()).await.status, 200);
    }
}

#[tokio::test]
async fn properties_without_a_value_are_null_or_absent() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let path = "/hubspot/crm/v3/objects/contacts?limit=100&properties=phone";
    let nulls = async || sandbox.get(path).await.body.matches("\"phone\":null").count();
    assert!(nulls().await > 0);
    sandbox.configure(json!({"hubspot": {"null_properties": "absent"}})).await;
    assert_eq!(nulls().await, 0);
}

#[tokio::test]
async fn search_finds_new_records_after_its_lag() {
    let sandbox = with(json!({"search_lag_ms": 3000})).await;
    sandbox.configure(json!({"records": {"deals": 35}})).await;
    let total = async || sandbox.search("deals", json!({})).await.json()["total"].clone();
    assert_eq!(total().await, 30);
    assert_eq!(sandbox.get("/hubspot/crm/v3/objects/deals?limit=100").await.page().0.len(), 35);
    sandbox.clock.advance(SignedDuration::from_secs(3));
    assert_eq!(total().await, 35);
}

#[tokio::test]
async fn a_list_limit_over_100_is_capped_or_rejected() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let path = "/hubspot/crm/v3/objects/contacts?limit=101";
    assert_eq!(sandbox.get(path).await.page().0.len(), 100);
    sandbox.configure(json!({"hubspot": {"list_limit_over_100": "error"}})).await;
    assert_eq!(sandbox.get(path).await.json()["category"], "VALIDATION_ERROR");
}

#[tokio::test]
async fn a_429_has_a_retry_after_header_only_if_configured() {
    let sandbox = with(json!({"retry_after_on_429": 4})).await;
    let mut response = sandbox.search("deals", json!({})).await;
    while response.status == 200 {
        response = sandbox.search("deals", json!({})).await;
    }
    assert_eq!((response.status.as_u16(), response.header("retry-after")), (429, "4"));
}

#[tokio::test]
async fn the_first_version_of_oauth_is_gone_after_its_sunset() {
    let sandbox = with(json!({"version_sunset": "2026-11-22T12:00:10Z"})).await;
    let path = format!("/hubspot/oauth/v1/access-tokens/{}", sandbox.access_token);
    assert_eq!(sandbox.get(&path).await.status, 200);
    sandbox.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(sandbox.get(&path).await.status, 410);
    assert_eq!(sandbox.form("/hubspot/oauth/v1/token", "").await.status, 410);
    assert_eq!(sandbox.refresh(&sandbox.refresh_token).await.status, 200);
}

#[tokio::test]
async fn introspection_accepts_any_field_or_only_the_specified_one() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let fields = format!("client_id=app&client_secret=s&access_token={}", sandbox.access_token);
    let path = "/hubspot/oauth/2026-03/token/introspect";
    assert_eq!(sandbox.form(path, &fields).await.json()["active"], true);
    sandbox.configure(json!({"hubspot": {"introspect_field": "spec"}})).await;
    assert_eq!(sandbox.form(path, &fields).await.status, 400);
}

#[tokio::test]
async fn an_account_that_is_gone_rejects_refreshes_and_calls() {
    let sandbox = with(json!({"hub": "gone"})).await;
    let rejected = sandbox.refresh(&sandbox.refresh_token).await;
    assert_eq!((rejected.status.as_u16(), &rejected.json()["error"]), (400, &json!("access_denied")));
    assert_eq!(rejected.json()["status"], "BAD_HUB");
    assert_eq!(sandbox.refresh("na1-made-up").await.json()["status"], "BAD_REFRESH_TOKEN");
    for response in [sandbox.get("/hubspot/crm/v3/objects/deals").await, sandbox.search("deals", json!({})).await] {
        assert_eq!((response.status.as_u16(), &response.json()["category"]), (401, &json!("INVALID_AUTHENTICATION")));
    }
    assert_eq!(sandbox.stats().await["refreshes"], 0);
    sandbox.configure(json!({"hubspot": {"hub": "active"}})).await;
    assert_eq!(sandbox.refresh(&sandbox.refresh_token).await.status, 200);
    assert_eq!(sandbox.get("/hubspot/crm/v3/objects/deals").await.status, 200);
}
