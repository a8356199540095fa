//! HubSpot's rate limits.

use jiff::SignedDuration;
use serde_json::json;

use super::SCOPES;
use crate::tests::Sandbox;

const PATH: &str = "/hubspot/crm/objects/2026-03/companies?limit=1";

#[tokio::test]
async fn the_hundred_and_eleventh_call_in_ten_seconds_is_refused() {
    let sandbox = Sandbox::connected(SCOPES).await;
    for left in (0..110).rev() {
        let answer = sandbox.get(PATH).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("x-hubspot-ratelimit-remaining")),
            (200, left.to_string().as_str())
        );
    }
    let refused = sandbox.get(PATH).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["policyName"]), (429, &json!("TEN_SECONDLY_ROLLING")));
    assert_eq!(refused.header("retry-after"), "");
    assert_eq!(refused.header("x-hubspot-ratelimit-interval-milliseconds"), "10000");
    assert_eq!(sandbox.search("deals", json!({})).await.status, 200, "searches have a window of their own");
    sandbox.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(sandbox.get(PATH).await.status, 200);
    let stats = sandbox.stats().await;
    let endpoint = &stats["by_endpoint"]["GET /hubspot/crm/objects/{version}/{type} companies"];
    assert_eq!(stats["rate_limited"], 1);
    assert_eq!(*endpoint, json!({"requests": 112, "rate_limited": 1, "statuses": {"200": 111, "429": 1}}));
}

#[tokio::test]
async fn the_sixth_search_in_a_second_is_refused_whatever_it_searches() {
    let sandbox = Sandbox::connected(SCOPES).await;
    for kind in ["deals", "contacts", "companies", "deals", "contacts"] {
        let answer = sandbox.search(kind, json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-hubspot-ratelimit-max")), (200, ""));
    }
    let refused = sandbox.search("deals", json!({})).await;
    assert_eq!(refused.status, 429);
    let id = refused.header("x-hubspot-correlation-id");
    let message = "You have reached your secondly limit.";
    assert_eq!(
        refused.json(),
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
async fn the_calls_of_a_day_are_counted_until_midnight_where_the_account_is() {
    let mut sandbox = Sandbox::connected(SCOPES).await;
    let switches = json!({"daily_limit": 4, "daily_headers": true, "access_token_seconds": 24 * 3600});
    sandbox.configure(json!({"hubspot": switches})).await;
    let tokens = sandbox.refresh(&sandbox.refresh_token).await.json();
    sandbox.keep(&tokens);
    for left in ["3", "2", "1"] {
        let answer = sandbox.get(PATH).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-hubspot-ratelimit-daily-remaining")), (200, left));
        assert_eq!(answer.header("x-hubspot-ratelimit-daily"), "4");
    }
    assert_eq!(sandbox.search("deals", json!({})).await.status, 200, "a search counts as well");
    sandbox.clock.advance(SignedDuration::from_mins(60));
    for refused in [sandbox.get(PATH).await, sandbox.search("deals", json!({})).await] {
        let body = refused.json();
        assert_eq!((refused.status.as_u16(), &body["policyName"]), (429, &json!("DAILY")));
        assert_eq!(body["message"], "You have reached your daily limit.");
        assert_eq!(body["errorType"], "RATE_LIMIT");
    }
    // It was noon in Greenwich.
    sandbox.clock.advance(SignedDuration::from_hours(15));
    assert_eq!(sandbox.get(PATH).await.status, 429);
    sandbox.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(sandbox.get(PATH).await.status, 200);
}

#[tokio::test]
async fn an_app_that_came_in_by_oauth_is_not_told_of_the_day() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let settings = sandbox.get("/__sandbox/config").await.json();
    assert_eq!(settings["hubspot"]["daily_limit"], 250_000);
    assert_eq!(sandbox.get(PATH).await.header("x-hubspot-ratelimit-daily"), "");
    sandbox.configure(json!({"limits": false, "hubspot": {"daily_limit": 1}})).await;
    for _ in 0..3 {
        assert_eq!(sandbox.get(PATH).await.status, 200, "without limits the day has none either");
    }
    sandbox.configure(json!({"limits": true})).await;
    sandbox.get(PATH).await;
    assert_eq!(sandbox.get(PATH).await.status, 429);
    sandbox.post("/__sandbox/reset", json!({})).await;
    assert_eq!(sandbox.get(PATH).await.status, 200, "a reset forgets the day");
}
