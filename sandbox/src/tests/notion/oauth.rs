//! Notion's OAuth: exchange, refresh, introspection and revocation.

use axum::http::StatusCode;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{BACK, FORM, Integration};
use crate::tests::{Sandbox, hubspot::SCOPES};

const JSON: &str = "application/json";

#[tokio::test]
async fn a_code_can_be_exchanged_once() {
    let integration = Integration::new(1);
    let code = integration.code("decision=approve", "").await;
    let tokens = integration.exchange(&code).await.json();
    assert!(tokens["access_token"].as_str().unwrap().starts_with("ntn_"));
    assert!(tokens["refresh_token"].as_str().unwrap().starts_with("nrt_"));
    for key in ["bot_id", "workspace_id", "workspace_name", "owner", "token_type", "request_id"] {
        assert!(!tokens[key].is_null(), "{key}");
    }
    assert_eq!(tokens["duplicated_template_id"], Value::Null);
    for key in ["expires_in", "scope"] {
        assert_eq!(tokens.get(key), None, "{key}");
    }
    let again = integration.exchange(&code).await;
    assert_eq!((again.status, &again.json()["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
}

#[tokio::test]
async fn a_code_expires_after_ten_minutes() {
    let integration = Integration::new(1);
    let code = integration.code("decision=approve", "").await;
    integration.sandbox.clock.advance(SignedDuration::from_secs(601));
    assert_eq!(integration.exchange(&code).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn a_code_with_a_challenge_requires_its_verifier() {
    let integration = Integration::new(1);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest("the verifier"));
    let extra = format!("&code_challenge={challenge}&code_challenge_method=S256");
    for (verifier, status) in [(json!("the verifier"), 200), (json!("another"), 400), (Value::Null, 400)] {
        let code = integration.code("decision=approve", &extra).await;
        let body = json!({
            "grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": verifier,
        });
        assert_eq!(integration.token(body).await.status, status, "{verifier}");
    }
}

#[tokio::test]
async fn the_token_endpoint_requires_basic_authentication_and_a_json_body() {
    let integration = Integration::new(1);
    for (credentials, kind, status, code) in [
        ("", JSON, 401, "invalid_client"),
        ("app", JSON, 401, "invalid_client"),
        ("wrong-app:secret", JSON, 401, "invalid_client"),
        ("app:wrong", JSON, 401, "invalid_client"),
        ("app:", JSON, 401, "invalid_client"),
        ("app:secret", FORM, 400, "invalid_request"),
        ("other:secret", JSON, 400, "invalid_grant"),
    ] {
        let code_value = integration.code("decision=approve", "").await;
        let fields = [("grant_type", "authorization_code"), ("code", &code_value), ("redirect_uri", BACK)];
        let more = [("client_id", "app"), ("client_secret", "secret")];
        let body: Value = fields.into_iter().chain(more).map(|(key, value)| (key.to_owned(), json!(value))).collect();
        let response = integration.oauth("token", credentials, kind, body.to_string()).await;
        assert_eq!(
            (response.status.as_u16(), &response.json()["code"]),
            (status, &json!(code)),
            "{credentials} {kind}"
        );
    }
}

#[tokio::test]
async fn a_token_request_must_repeat_the_redirect_uri() {
    let integration = Integration::new(1);
    for redirect_uri in [json!("http://localhost:8000/elsewhere"), Value::Null] {
        let code = integration.code("decision=approve", "").await;
        let body = json!({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri});
        assert_eq!(integration.token(body).await.json()["code"], "invalid_grant");
    }
    assert_eq!(integration.token(json!({"grant_type": "password"})).await.json()["code"], "unsupported_grant_type");
}

#[tokio::test]
async fn a_refresh_replaces_both_tokens() {
    let mut integration = Integration::connected().await;
    let old = (integration.sandbox.access_token.clone(), integration.sandbox.refresh_token.clone());
    let tokens = integration.refresh(&old.1).await.json();
    let dead = integration.get("users/me").await;
    assert_eq!((dead.status.as_u16(), &dead.json()["code"]), (401, &json!("unauthorized")));
    integration.sandbox.keep(&tokens);
    assert!(integration.sandbox.access_token != old.0 && integration.sandbox.refresh_token != old.1);
    assert_eq!(integration.get("users/me").await.status, 200);
    let again = integration.refresh(&old.1).await;
    assert_eq!((again.status.as_u16(), &again.json()["code"]), (400, &json!("invalid_grant")));
    let counted = integration.sandbox.stats().await["by_provider"]["notion"].clone();
    assert_eq!(counted, json!({"refreshes": 1, "reused_tokens": 1, "exchanges": 1, "revocations": 0}));
}

#[tokio::test]
async fn a_refresh_keeps_what_was_picked() {
    let mut integration = Integration::new(1);
    integration.connect("decision=approve&picked=1").await;
    let tokens = integration.refresh(&integration.sandbox.refresh_token).await.json();
    integration.sandbox.keep(&tokens);
    assert_eq!(integration.all("search", json!({})).await.len(), 0);
}

#[tokio::test]
async fn another_integration_cannot_use_the_refresh_token() {
    let mut integration = Integration::connected().await;
    integration.client_id = "other";
    assert_eq!(integration.refresh(&integration.sandbox.refresh_token).await.json()["code"], "invalid_grant");
    integration.client_id = "app";
    assert_eq!(integration.refresh(&integration.sandbox.refresh_token).await.status, 200);
}

#[tokio::test]
async fn revoking_either_token_ends_the_grant() {
    for which in ["access", "refresh"] {
        let integration = Integration::connected().await;
        let sandbox = &integration.sandbox;
        let token = if which == "access" { &sandbox.access_token } else { &sandbox.refresh_token };
        let body = json!({"token": token}).to_string();
        assert_eq!(integration.oauth("revoke", "", JSON, body.clone()).await.status, 401);
        assert_eq!(integration.oauth("revoke", "other:secret", JSON, body.clone()).await.status, 200);
        assert_eq!(integration.get("users/me").await.status, 200, "only its own integration revokes a token");
        assert_eq!(integration.oauth("revoke", "app:secret", JSON, body).await.status, 200);
        assert_eq!(integration.get("users/me").await.status, 401);
        assert_eq!(integration.refresh(&sandbox.refresh_token).await.status, 400);
        assert_eq!(sandbox.stats().await["by_provider"]["notion"]["revocations"], 1);
    }
}

#[tokio::test]
async fn introspection_reports_only_valid_tokens_as_active() {
    let integration = Integration::connected().await;
    let introspect = async |token: &str, credentials: &str| {
        let body = json!({"token": token}).to_string();
        integration.oauth("introspect", credentials, JSON, body).await.json()["active"].clone()
    };
    let (access, refresh) = (&integration.sandbox.access_token, &integration.sandbox.refresh_token);
    assert_eq!(introspect(access, "app:secret").await, true);
    assert_eq!(introspect(refresh, "app:secret").await, true);
    assert_eq!(introspect(access, "other:secret").await, false);
    assert_eq!(introspect("ntn_x", "app:secret").await, false);
    integration.refresh(refresh).await;
    assert_eq!(introspect(access, "app:secret").await, false);
}

#[tokio::test]
async fn expire_and_revoke_all_end_every_token() {
    let mut integration = Integration::connected().await;
    integration.sandbox.post("/__sandbox/expire", json!({"provider": "hubspot"})).await;
    assert_eq!(integration.get("users/me").await.status, 200);
    integration.sandbox.post("/__sandbox/expire", json!({"provider": "notion"})).await;
    assert_eq!(integration.get("users/me").await.status, 401);
    integration.sandbox.clock.advance(SignedDuration::from_secs(1));
    let tokens = integration.refresh(&integration.sandbox.refresh_token).await.json();
    integration.sandbox.keep(&tokens);
    assert_eq!(integration.get("users/me").await.status, 200);
    integration.sandbox.post("/__sandbox/revoke_all", json!({})).await;
    assert_eq!(integration.refresh(&integration.sandbox.refresh_token).await.status, 400);
}

#[tokio::test]
async fn tokens_survive_a_restart_with_the_same_seed() {
    let before = Integration::connected().await;
    let mut after = Integration::new(1);
    after.sandbox.access_token.clone_from(&before.sandbox.access_token);
    assert_eq!(after.get("users/me").await.status, 200);
    assert_eq!(after.refresh(&before.sandbox.refresh_token).await.status, 200);
    assert_eq!(Integration::new(2).refresh(&before.sandbox.refresh_token).await.status, 400);
}

#[tokio::test]
async fn a_token_of_another_provider_is_rejected() {
    let mut integration = Integration::new(1);
    integration.sandbox.access_token = Sandbox::connected(SCOPES).await.access_token;
    assert_eq!(integration.get("users/me").await.status, 401);
}
