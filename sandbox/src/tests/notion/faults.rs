//! Faults in Notion's error format.

use serde_json::{Value, json};

use super::Integration;

async fn with(rule: Value) -> Integration {
    Integration::with(json!({"faults": [rule]})).await
}

#[tokio::test]
async fn each_status_has_its_error_code() {
    for (status, code) in [
        (400, "validation_error"),
        (401, "unauthorized"),
        (404, "object_not_found"),
        (409, "conflict_error"),
        (429, "rate_limited"),
        (500, "internal_server_error"),
        (502, "bad_gateway"),
        (503, "service_unavailable"),
        (504, "gateway_timeout"),
        (529, "service_overload"),
    ] {
        let integration = with(json!({"path": "/notion/v1/search", "kind": "status", "status": status})).await;
        let response = integration.post("search", json!({})).await;
        let body = response.json();
        assert_eq!((response.status.as_u16(), &body["code"], &body["status"]), (status, &json!(code), &json!(status)));
        assert_eq!(
            (&body["object"], &body["request_id"]),
            (&json!("error"), &json!(response.header("x-notion-request-id")))
        );
        assert!(!body["message"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_overload_has_a_retry_after_header_and_ends() {
    let rule = json!({
        "path": "/notion/v1/search", "kind": "status", "status": 529, "retry_after": 7, "when": {"times": 1},
    });
    let integration = with(rule).await;
    let response = integration.post("search", json!({})).await;
    assert_eq!((response.status.as_u16(), response.header("retry-after")), (529, "7"));
    assert_eq!(integration.post("search", json!({})).await.status, 200);
}

#[tokio::test]
async fn a_refresh_whose_response_is_lost_has_used_the_token() {
    let rule = json!({"path": "/notion/v1/oauth/token", "kind": "malformed", "when": {"times": 1}});
    let integration = with(rule).await;
    let lost = integration.refresh(&integration.sandbox.refresh_token).await;
    assert!(serde_json::from_str::<Value>(&lost.body).is_err());
    assert_eq!(integration.refresh(&integration.sandbox.refresh_token).await.status, 400);
}
