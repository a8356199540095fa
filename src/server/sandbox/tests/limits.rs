//! HubSpot's rate limits.

use jiff::SignedDuration;
use serde_json::json;

use super::{SCOPES, Sandbox};

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
    sandbox.hands.advance(SignedDuration::from_secs(10));
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
    sandbox.hands.advance(SignedDuration::from_secs(1));
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
