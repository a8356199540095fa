//! The control endpoints and the counters.

use axum::http::Method;
use futures::FutureExt;
use jiff::SignedDuration;
use serde_json::json;

use super::{Sandbox, hubspot::SCOPES};

#[tokio::test]
async fn settings_are_merged_and_shown() {
    let sandbox = Sandbox::new(1);
    sandbox.configure(json!({"records": {"deals": 3}, "hubspot": {"access_token_seconds": 60}})).await;
    let settings = sandbox.get("/__sandbox/config").await.json();
    assert_eq!(settings["records"]["contacts"], 250);
    assert_eq!(settings["records"]["deals"], 3);
    assert_eq!((&settings["hubspot"]["access_token_seconds"], &settings["limits"]), (&json!(60), &json!(true)));
    assert_eq!(settings["hubspot"]["rotate_refresh"], "off");
    let rejected = sandbox.post("/__sandbox/config", json!({"latency_ms": 9, "hubspot": {"speed": 1}})).await;
    assert_eq!(
        (rejected.status.as_u16(), &rejected.json()["message"]),
        (400, &json!("There is no setting \"hubspot.speed\"."))
    );
    assert_eq!(sandbox.get("/__sandbox/config").await.json(), settings, "a rejected change changes nothing");
}

#[tokio::test]
async fn a_form_cannot_control_the_sandbox() {
    let sandbox = Sandbox::connected(SCOPES).await;
    for path in ["config", "reset", "expire", "revoke_all"] {
        let response = sandbox.form(&format!("/__sandbox/{path}"), "{}").await;
        assert_eq!(response.status, 415, "{path}");
        let response = sandbox.send(Method::POST, &format!("/__sandbox/{path}"), "text/plain", "{}".to_owned()).await;
        assert_eq!(response.status, 415, "{path}");
    }
}

#[tokio::test]
async fn expire_ends_access_tokens_but_not_refresh_tokens() {
    let mut sandbox = Sandbox::connected(SCOPES).await;
    assert_eq!(sandbox.post("/__sandbox/expire", json!({})).await.status, 204);
    sandbox.clock.advance(SignedDuration::from_secs(1));
    let path = "/hubspot/crm/v3/objects/deals";
    assert_eq!(sandbox.get(path).await.json()["category"], "EXPIRED_AUTHENTICATION");
    let tokens = sandbox.refresh(&sandbox.refresh_token).await.json();
    sandbox.keep(&tokens);
    assert_eq!(sandbox.get(path).await.status, 200);
}

#[tokio::test]
async fn revoke_all_ends_refresh_tokens_until_a_reset() {
    let sandbox = Sandbox::connected(SCOPES).await;
    sandbox.post("/__sandbox/revoke_all", json!({})).await;
    assert_eq!(sandbox.get("/hubspot/crm/v3/objects/deals").await.status, 401);
    assert_eq!(sandbox.refresh(&sandbox.refresh_token).await.status, 400);
    assert_eq!(sandbox.stats().await["reused_tokens"], 1);
    assert_eq!(sandbox.post("/__sandbox/reset", json!({})).await.status, 204);
    assert_eq!((&sandbox.stats().await["reused_tokens"], &sandbox.stats().await["requests"]), (&json!(0), &json!(0)));
    assert_eq!(sandbox.refresh(&sandbox.refresh_token).await.status, 200);
}

#[tokio::test]
async fn control_requests_are_neither_counted_nor_delayed() {
    let sandbox = Sandbox::new(1);
    sandbox.configure(json!({"latency_ms": 3_600_000, "faults": [{"path": "/", "kind": "drop_before"}]})).await;
    assert_eq!(sandbox.stats().await["requests"], 0);
}

#[tokio::test]
async fn a_request_is_in_flight_until_its_client_hangs_up() {
    let sandbox = Sandbox::connected(SCOPES).await;
    sandbox.configure(json!({"latency_ms": 3_600_000})).await;
    let mut abandoned = Box::pin(sandbox.get("/hubspot/crm/v3/objects/deals"));
    assert!((&mut abandoned).now_or_never().is_none(), "it waits for the latency");
    assert_eq!(sandbox.stats().await["in_flight"], 1);
    drop(abandoned);
    let stats = sandbox.stats().await;
    assert_eq!((&stats["in_flight"], &stats["records"]["deals"]), (&json!(0), &json!(30)));
}

#[tokio::test]
async fn the_settings_in_the_readme_are_accepted() {
    let sandbox = Sandbox::new(1);
    let readme = include_str!("../../README.md");
    let examples: Vec<_> = readme.split("/__sandbox/config --json '").skip(1).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        let json = example.split('\'').next().unwrap();
        sandbox.configure(serde_json::from_str(json).unwrap()).await;
    }
}
