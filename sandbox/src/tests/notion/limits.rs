//! Notion's rate limits: a connection's and the workspace's.

use jiff::SignedDuration;
use serde_json::json;

use super::Integration;

#[tokio::test]
async fn a_connection_can_use_its_minute_in_one_burst() {
    let integration = Integration::connected().await;
    for _ in 0..180 {
        assert_eq!(integration.get("users/me").await.status, 200);
    }
    integration.sandbox.clock.advance(SignedDuration::from_millis(47_500));
    let rejected = integration.get("users/me").await;
    assert_eq!((rejected.status.as_u16(), rejected.header("retry-after")), (429, "13"));
    let body = rejected.json();
    assert_eq!((&body["object"], &body["code"]), (&json!("error"), &json!("rate_limited")));
    let data = json!({"rate_limit_reason": "public_api_request_rate_limit", "retry_after": "13"});
    assert_eq!(body["additional_data"], data);
    integration.sandbox.clock.advance(SignedDuration::from_millis(12_499));
    assert_eq!(integration.get("users/me").await.header("retry-after"), "1");
    integration.sandbox.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(integration.get("users/me").await.status, 200);
    assert_eq!(integration.sandbox.stats().await["rate_limited"], 2);
}

#[tokio::test]
async fn all_connections_share_the_workspaces_limit() {
    let mut integration = Integration::new(1);
    let mut reasons = Vec::new();
    for app in ["one", "two", "three", "four"] {
        integration.client_id = app;
        integration.connect("decision=approve").await;
        for _ in 0..180 {
            let response = integration.get("users/me").await;
            if response.status == 429 {
                reasons.push(response.json()["additional_data"]["rate_limit_reason"].clone());
            }
        }
    }
    assert_eq!(reasons.len(), 4 * 180 - 600);
    assert!(reasons.iter().all(|reason| reason == "public_api_space_request_rate_limit"), "{reasons:?}");
}

#[tokio::test]
async fn oauth_requests_do_not_count_and_limits_can_be_switched_off() {
    let integration = Integration::with(json!({"limits": false})).await;
    for _ in 0..190 {
        assert_eq!(integration.get("users/me").await.status, 200);
    }
    integration.sandbox.configure(json!({"limits": true})).await;
    for _ in 0..190 {
        integration.get("users/me").await;
    }
    assert_eq!(integration.get("users/me").await.status, 429);
    assert_eq!(integration.refresh(&integration.sandbox.refresh_token).await.status, 200);
}
