//! The made-up fourth provider as its clients see it.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Response, Sandbox};

const AUTHORIZE: &str =
    "/example/oauth/authorize?client_id=app&redirect_uri=http://localhost:8000/back&scope=invoices:read&state=s";

async fn connected() -> Sandbox {
    let mut sandbox = Sandbox::new(1);
    let response = sandbox.form(AUTHORIZE, "decision=approve").await;
    let code = response.header("location").strip_prefix("http://localhost:8000/back?code=").unwrap().to_owned();
    let tokens = token(&sandbox, &format!("code={}", code.strip_suffix("&state=s").unwrap())).await.json();
    sandbox.keep(&tokens);
    sandbox
}

async fn token(sandbox: &Sandbox, fields: &str) -> Response {
    sandbox.form("/example/oauth/token", fields).await
}

async fn refresh(sandbox: &Sandbox) -> Response {
    token(sandbox, &format!("refresh_token={}", sandbox.refresh_token)).await
}

#[tokio::test]
async fn pages_of_invoices_hold_as_many_as_the_sandbox_reports() {
    let sandbox = connected().await;
    assert_eq!(sandbox.get("/example/v1/me").await.json()["company"], "Mill & Sons");
    let (mut ids, mut cursor) = (Vec::new(), "0".to_owned());
    loop {
        let page = sandbox.get(&format!("/example/v1/invoices?cursor={cursor}")).await.json();
        ids.extend(
            page["invoices"].as_array().unwrap().iter().map(|invoice| invoice["id"].as_str().unwrap().to_owned()),
        );
        match &page["next"] {
            Value::String(next) => cursor = next.clone(),
            _ => break,
        }
    }
    let distinct: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!((distinct.len(), ids.len()), (250, 250));
    assert_eq!(sandbox.stats().await["holds"]["example"], json!({"invoice": 250}));
}

#[tokio::test]
async fn a_refresh_token_works_once() {
    let mut sandbox = connected().await;
    let tokens = refresh(&sandbox).await.json();
    let reused = refresh(&sandbox).await;
    assert_eq!((reused.status.as_u16(), reused.json()), (400, json!({"error": "invalid_grant"})));
    sandbox.keep(&tokens);
    assert_eq!(sandbox.get("/example/v1/me").await.status, 200);
    let counters = sandbox.stats().await["by_provider"]["example"].clone();
    assert_eq!(counters, json!({"exchanges": 1, "refreshes": 1, "reused_tokens": 1, "revocations": 0}));
}

#[tokio::test]
async fn controls_and_faults_apply_to_it() {
    let sandbox = connected().await;
    sandbox.post("/__sandbox/expire", json!({"provider": "hubspot"})).await;
    assert_eq!(sandbox.get("/example/v1/me").await.status, 200);
    sandbox
        .configure(json!({"faults": [{"path": "/example/v1/", "kind": "status", "status": 503, "when": {"times": 1}}]}))
        .await;
    let failed = sandbox.get("/example/v1/me").await;
    assert_eq!(failed.json(), json!({"fault": {"status": 503, "message": "Service Unavailable"}}));
    assert_eq!(sandbox.get("/example/nothing").await.json()["fault"]["status"], 404);
    sandbox.post("/__sandbox/expire", json!({"provider": "example"})).await;
    assert_eq!(sandbox.get("/example/v1/me").await.status, 401);
    assert_eq!(refresh(&sandbox).await.status, 200);
    sandbox.post("/__sandbox/revoke_all", json!({"provider": "example"})).await;
    assert_eq!(refresh(&sandbox).await.status, 400);
}

#[tokio::test]
async fn its_switches_are_settings() {
    let mut sandbox = connected().await;
    sandbox.configure(json!({"example": {"access_token_seconds": 60}})).await;
    let tokens = refresh(&sandbox).await.json();
    sandbox.keep(&tokens);
    sandbox.clock.advance(SignedDuration::from_secs(59));
    assert_eq!(sandbox.get("/example/v1/me").await.status, 200);
    sandbox.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(sandbox.get("/example/v1/me").await.status, 401);
}
