//! HubSpot's rate limits.

use jiff::SignedDuration;
use serde_json::json;

use super::SCOPES;
use crate::tests::Sandbox;

const PATH: &str = "/hubspot/crm/objects/2026-03/companies?limit=1";

#[tokio::test]
async fn the_111th_call_in_ten_seconds_is_rejected() {
    let sandbox = Sandbox::connected(SCOPES).await;
    for left in (0..110).rev() {
        let response = sandbox.get(PATH).await;
        assert_eq!(
            (response.status.as_u16(), response.header("x-hubspot-ratelimit-remaining")),
            (200, left.to_string().as_str())
        );
    }
    let rejected = sandbox.get(PATH).await;
    assert_eq!((rejected.status.as_u16(), &rejected.json()["policyName"]), (429, &json!("TEN_SECONDLY_ROLLING")));
    assert_eq!(rejected.header("retry-after"), "");
    assert_eq!(rejected.header("x-hubspot-ratelimit-interval-milliseconds"), "10000");
    assert_eq!(sandbox.search("deals", json!({})).await.status, 200, "searches have their own limit");
    sandbox.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(sandbox.get(PATH).await.status, 200);
    let stats = sandbox.stats().await;
    let endpoint = &stats["by_endpoint"]["GET /hubspot/crm/objects/{version}/{type} companies"];
    assert_eq!(stats["rate_limited"], 1);
    assert_eq!(*endpoint, json!({"requests": 112, "rate_limited": 1, "statuses": {"200": 111, "429": 1}}));
}

#[tokio::test]
async fn the_sixth_search_in_a_second_is_rejected_for_every_object_type() {
    let sandbox = Sandbox::connected(SCOPES).await;
    for kind in ["deals", "contacts", "companies", "deals", "contacts"] {
        let response = sandbox.search(kind, json!({})).await;
        assert_eq!((response.status.as_u16(), response.header("x-hubspot-ratelimit-max")), (200, ""));
    }
    let rejected = sandbox.search("deals", json!({})).await;
    assert_eq!(rejected.status, 429);
    let id = rejected.header("x-hubspot-correlation-id");
    let message = "You have reached your secondly limit.";
    assert_eq!(
        rejected.json(),
        json!({"status": "error", "message": message, "correlationId": id, "category": "RATE_LIMITS"})
    );
    sandbox.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(sandbox.search("deals", json!({})).await.status, 200);
}

#[tokio::test]
async fn limits_can_be_switched_off() {
    let sandbox = Sandbox::connected(SCOPES).await;
    sandbox.configure(json!({"limits": false})).await;
    for _ in 0..120 {
        assert_eq!(sandbox.get(PATH).await.status, 200);
    }
}

#[tokio::test]
async fn daily_calls_are_counted_until_midnight_in_the_accounts_time_zone() {
    let mut sandbox = Sandbox::connected(SCOPES).await;
    let switches = json!({"daily_limit": 4, "daily_headers": true, "access_token_seconds": 24 * 3600});
    sandbox.configure(json!({"hubspot": switches})).await;
    let tokens = sandbox.refresh(&sandbox.refresh_token).await.json();
    sandbox.keep(&tokens);
    for left in ["3", "2", "1"] {
        let response = sandbox.get(PATH).await;
        assert_eq!((response.status.as_u16(), response.header("x-hubspot-ratelimit-daily-remaining")), (200, left));
        assert_eq!(response.header("x-hubspot-ratelimit-daily"), "4");
    }
    assert_eq!(sandbox.search("deals", json!({})).await.status, 200, "a search counts as well");
    sandbox.clock.advance(SignedDuration::from_mins(60));
    for rejected in [sandbox.get(PATH).await, sandbox.search("deals", json!({})).await] {
        let body = rejected.json();
        assert_eq!((rejected.status.as_u16(), &body["policyName"]), (429, &json!("DAILY")));
        assert_eq!(body["message"], "You have reached your daily limit.");
        assert_eq!(body["errorType"], "RATE_LIMIT");
    }
    // The clock starts at noon UTC, which is seven in the morning in the account's time zone.
    sandbox.clock.advance(SignedDuration::from_hours(15));
    assert_eq!(sandbox.get(PATH).await.status, 429);
    sandbox.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(sandbox.get(PATH).await.status, 200);
}

#[tokio::test]
async fn daily_limit_headers_are_off_by_default() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let settings = sandbox.get("/__sandbox/config").await.json();
    assert_eq!(settings["hubspot"]["daily_limit"], 250_000);
    assert_eq!(sandbox.get(PATH).await.header("x-hubspot-ratelimit-daily"), "");
    sandbox.configure(json!({"limits": false, "hubspot": {"daily_limit": 1}})).await;
    for _ in 0..3 {
        assert_eq!(sandbox.get(PATH).await.status, 200, "the daily limit is off with the others");
    }
    sandbox.configure(json!({"limits": true})).await;
    sandbox.get(PATH).await;
    assert_eq!(sandbox.get(PATH).await.status, 429);
    sandbox.post("/__sandbox/reset", json!({})).await;
    assert_eq!(sandbox.get(PATH).await.status, 200, "a reset clears the daily count");
}
