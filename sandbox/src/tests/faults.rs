//! Each kind of fault as a client sees it.

use std::io::{Read, Write};

use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Sandbox, hubspot::SCOPES};

const DEALS: &str = "/hubspot/crm/objects/2026-03/deals";

async fn with(rule: Value) -> Sandbox {
    let sandbox = Sandbox::connected(SCOPES).await;
    sandbox.configure(json!({"faults": [rule]})).await;
    sandbox
}

/// How much of a response arrives, and whether it ends in an error.
async fn broken(sandbox: &Sandbox, request: Request<Body>) -> (usize, Option<usize>, bool) {
    let response = sandbox.router.clone().oneshot(request).await.unwrap();
    let announced = response.headers().get("content-length").map(|length| length.to_str().unwrap().parse().unwrap());
    let (mut body, mut received) = (response.into_body(), 0);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => received += frame.into_data().unwrap().len(),
            Err(_) => return (received, announced, true),
        }
    }
    (received, announced, false)
}

fn deals(sandbox: &Sandbox) -> Request<Body> {
    let request = Request::get(DEALS).header("host", "localhost");
    request.header("authorization", format!("Bearer {}", sandbox.access_token)).body(Body::empty()).unwrap()
}

fn refresh(sandbox: &Sandbox) -> Request<Body> {
    let fields =
        format!("grant_type=refresh_token&client_id=app&client_secret=s&refresh_token={}", sandbox.refresh_token);
    let request = Request::post("/hubspot/oauth/2026-03/token").header("host", "localhost");
    request.header("content-type", "application/x-www-form-urlencoded").body(Body::from(fields)).unwrap()
}

#[tokio::test]
async fn an_error_is_returned_as_often_as_the_rule_says_and_only_there() {
    let sandbox =
        with(json!({"path": DEALS, "kind": "status", "status": 503, "retry_after": 2, "when": {"times": 2}})).await;
    assert_eq!(sandbox.get("/hubspot/crm/objects/2026-03/contacts").await.status, 200);
    for _ in 0..2 {
        let response = sandbox.get(DEALS).await;
        assert_eq!((response.status.as_u16(), response.header("retry-after")), (503, "2"));
    }
    assert_eq!(sandbox.get(DEALS).await.status, 200);
}

#[tokio::test]
async fn a_truncated_response_is_half_of_its_content_length() {
    let sandbox = with(json!({"path": DEALS, "kind": "truncate"})).await;
    let (received, announced, is_broken) = broken(&sandbox, deals(&sandbox)).await;
    assert!(is_broken && received > 0 && announced.unwrap() / 2 == received, "{received} of {announced:?}");
}

#[tokio::test]
async fn a_malformed_response_is_complete_and_not_json() {
    let sandbox = with(json!({"path": DEALS, "kind": "malformed"})).await;
    let response = sandbox.get(DEALS).await;
    assert_eq!(response.status, 200);
    assert!(response.body.starts_with('{') && serde_json::from_str::<Value>(&response.body).is_err());
}

#[tokio::test]
async fn an_odd_record_is_the_first_of_its_page_and_only_its_given_fields_change() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let before: Value = serde_json::from_str(&sandbox.get(DEALS).await.body).unwrap();
    let rule = json!({"path": DEALS, "kind": "odd_record", "record": {"id": null, "archived": "x"}});
    sandbox.configure(json!({"faults": [rule]})).await;
    let mut after: Value = serde_json::from_str(&sandbox.get(DEALS).await.body).unwrap();
    assert_eq!((&after["results"][0]["id"], &after["results"][0]["archived"]), (&Value::Null, &json!("x")));
    after["results"][0]["id"] = before["results"][0]["id"].clone();
    after["results"][0]["archived"] = before["results"][0]["archived"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_response_of_the_wrong_shape_is_complete_json() {
    let sandbox = with(json!({"path": DEALS, "kind": "wrong_shape"})).await;
    let response = sandbox.get(DEALS).await;
    assert_eq!((response.status.as_u16(), response.body.as_str()), (200, "{}"));
}

#[tokio::test]
async fn drop_before_does_not_handle_the_request() {
    let sandbox = with(json!({"path": "/hubspot/oauth", "kind": "drop_before"})).await;
    assert_eq!(broken(&sandbox, refresh(&sandbox)).await, (0, None, true));
    assert_eq!(sandbox.stats().await["refreshes"], 0);
}

#[tokio::test]
async fn drop_after_handles_the_request_and_loses_the_response() {
    let sandbox =
        with(json!({"path": "/hubspot/oauth", "method": "POST", "kind": "drop_after", "when": {"times": 1}})).await;
    sandbox.configure(json!({"hubspot": {"rotate_refresh": "dead"}})).await;
    assert_eq!(broken(&sandbox, refresh(&sandbox)).await, (0, None, true));
    assert_eq!(sandbox.stats().await["refreshes"], 1);
    assert_eq!(sandbox.refresh(&sandbox.refresh_token).await.status, 400, "the token was used up by the lost answer");
    let endpoint = sandbox.stats().await["by_endpoint"]["POST /hubspot/oauth/{version}/token"].clone();
    assert_eq!(endpoint["statuses"], json!({"200": 1, "400": 1, "dropped": 1}));
}

#[tokio::test]
async fn a_dropped_connection_sends_not_a_single_byte() {
    let sandbox = with(json!({"path": DEALS, "kind": "drop_before"})).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, sandbox.router.clone()).into_future());
    let response = tokio::task::spawn_blocking(move || {
        let mut connection = std::net::TcpStream::connect(address).unwrap();
        connection.write_all(format!("GET {DEALS} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).unwrap();
        let mut response = String::new();
        connection.read_to_string(&mut response).unwrap();
        response
    });
    assert_eq!(response.await.unwrap(), "");
    server.abort();
}
