//! HubSpot's OAuth: consent, exchange, refresh, introspection and revocation.

use axum::http::{Method, StatusCode};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::SCOPES;
use crate::tests::Sandbox;

const ASK: &str = "/hubspot/oauth/authorize?client_id=app&redirect_uri=http://localhost:8000/back?a%3D1&scope=oauth";

#[tokio::test]
async fn the_consent_page_names_the_scopes_and_escapes_its_parameters() {
    let sandbox = Sandbox::new(1);
    let response = sandbox.get(&format!("{ASK}%20%3Cscript%3E&state=%22")).await;
    assert_eq!(response.status, StatusCode::OK);
    for part in ["Approve", "Deny", "acme-sandbox.com", "24816357", "not HubSpot", "&lt;script&gt;"] {
        assert!(response.body.contains(part), "{part}");
    }
    assert!(!response.body.contains("<script>"));
    assert!(response.header("content-security-policy").contains("form-action 'self' http://localhost:8000;"));
}

#[tokio::test]
async fn an_incomplete_authorization_request_is_never_redirected() {
    let sandbox = Sandbox::new(1);
    let good = [("client_id", "app"), ("redirect_uri", "http://localhost:8000/back"), ("scope", "oauth")];
    let bad = [
        ("client_id", ""),
        ("client_id", "wrong-app"),
        ("redirect_uri", ""),
        ("redirect_uri", "/back"),
        ("redirect_uri", "javascript:alert(1)"),
        ("scope", ""),
    ];
    for (name, value) in bad {
        let pairs = good.map(|(known, old)| format!("{known}={}", if known == name { value } else { old }));
        let path = format!("/hubspot/oauth/24816357/authorize?{}", pairs.join("&"));
        for response in [sandbox.get(&path).await, sandbox.form(&path, "decision=approve").await] {
            assert_eq!(response.status, StatusCode::BAD_REQUEST, "{name}={value}");
            assert!(response.body.contains("This link cannot be used"));
        }
    }
}

#[tokio::test]
async fn a_denial_redirects_with_an_error_and_the_state() {
    let response = Sandbox::new(1).form(&format!("{ASK}&state=s"), "decision=deny").await;
    assert_eq!(response.status, StatusCode::SEE_OTHER);
    let location = response.header("location");
    assert!(
        location.starts_with("http://localhost:8000/back?a=1&error=access_denied&error_description="),
        "{location}"
    );
    assert!(location.ends_with("&state=s"), "{location}");
}

#[tokio::test]
async fn a_code_can_be_exchanged_once() {
    let sandbox = Sandbox::new(1);
    let code = sandbox.code("crm.objects.deals.read", "&optional_scope=tickets").await;
    let tokens = sandbox.exchange(&code, "").await.json();
    assert_eq!(tokens["token_type"], "bearer");
    assert_eq!(tokens["expires_in"], 1800);
    assert_eq!(tokens["hub_id"], 24_816_357);
    assert_eq!(tokens["scopes"], json!(["crm.objects.deals.read", "tickets", "oauth"]));
    let again = sandbox.exchange(&code, "").await;
    assert_eq!((again.status, &again.json()["status"]), (StatusCode::BAD_REQUEST, &json!("BAD_AUTH_CODE")));
    assert_eq!(again.json()["correlationId"], again.header("x-hubspot-correlation-id"));
}

#[tokio::test]
async fn a_code_expires_after_ten_minutes() {
    let sandbox = Sandbox::new(1);
    let code = sandbox.code("oauth", "").await;
    sandbox.clock.advance(SignedDuration::from_secs(601));
    assert_eq!(sandbox.exchange(&code, "").await.json()["status"], "BAD_AUTH_CODE");
}

#[tokio::test]
async fn a_code_with_a_challenge_requires_its_verifier() {
    let sandbox = Sandbox::new(1);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest("the verifier"));
    let extra = format!("&code_challenge={challenge}&code_challenge_method=S256");
    for (verifier, status) in [("&code_verifier=the%20verifier", 200), ("&code_verifier=another", 400), ("", 400)] {
        let code = sandbox.code("oauth", &extra).await;
        assert_eq!(sandbox.exchange(&code, verifier).await.status, status, "{verifier:?}");
    }
}

#[tokio::test]
async fn a_token_request_must_match_its_authorization_request() {
    let sandbox = Sandbox::new(1);
    for (fields, status) in [
        ("client_id=wrong-app&client_secret=s&redirect_uri=http://localhost:8000/back", "BAD_CLIENT_ID"),
        ("client_id=app&client_secret=wrong&redirect_uri=http://localhost:8000/back", "BAD_CLIENT_ID"),
        ("client_id=other&client_secret=s&redirect_uri=http://localhost:8000/back", "BAD_AUTH_CODE"),
        ("client_id=app&client_secret=s&redirect_uri=http://localhost:8000/elsewhere", "BAD_REDIRECT_URI"),
    ] {
        let fields = format!("grant_type=authorization_code&code={}&{fields}", sandbox.code("oauth", "").await);
        let response = sandbox.form("/hubspot/oauth/v3/token", &fields).await;
        assert_eq!(
            (response.status, &response.json()["status"]),
            (StatusCode::BAD_REQUEST, &json!(status)),
            "{fields}"
        );
    }
}

#[tokio::test]
async fn an_access_token_expires_and_a_refresh_returns_a_new_one() {
    let mut sandbox = Sandbox::connected(SCOPES).await;
    let path = "/hubspot/account-info/2026-03/details";
    assert_eq!(sandbox.get(path).await.status, StatusCode::OK);
    sandbox.clock.advance(SignedDuration::from_secs(1875));
    let expired = sandbox.get(path).await;
    assert_eq!(expired.status, StatusCode::UNAUTHORIZED);
    assert_eq!(expired.json()["message"], "The OAuth token used to make this call expired 75 second(s) ago.");
    assert_eq!(expired.json()["category"], "EXPIRED_AUTHENTICATION");
    let tokens = sandbox.refresh(&sandbox.refresh_token).await.json();
    assert_eq!(tokens["refresh_token"], sandbox.refresh_token.as_str());
    sandbox.keep(&tokens);
    assert_eq!(sandbox.get(path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_missing_and_a_made_up_token_are_both_invalid() {
    let mut sandbox = Sandbox::new(1);
    for token in ["", "na1-made-up"] {
        sandbox.access_token = token.to_owned();
        let response = sandbox.get("/hubspot/crm/v3/objects/contacts").await;
        assert_eq!(
            (response.status, &response.json()["category"]),
            (StatusCode::UNAUTHORIZED, &json!("INVALID_AUTHENTICATION"))
        );
    }
}

#[tokio::test]
async fn tokens_survive_a_restart_with_the_same_seed() {
    let before = Sandbox::connected(SCOPES).await;
    let mut after = Sandbox::new(1);
    after.access_token.clone_from(&before.access_token);
    assert_eq!(after.get("/hubspot/crm/v3/objects/deals").await.status, StatusCode::OK);
    assert_eq!(after.refresh(&before.refresh_token).await.status, StatusCode::OK);
    assert_eq!(Sandbox::new(2).refresh(&before.refresh_token).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_revocation_ends_the_refresh_token_but_not_the_access_token() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let fields = format!("client_id=app&client_secret=s&token_type_hint=refresh_token&token={}", sandbox.refresh_token);
    assert_eq!(sandbox.form("/hubspot/oauth/2026-03/token/revoke", &fields).await.status, StatusCode::NO_CONTENT);
    let response = sandbox.refresh(&sandbox.refresh_token).await.json();
    assert_eq!((&response["error"], &response["status"]), (&json!("invalid_grant"), &json!("BAD_REFRESH_TOKEN")));
    assert_eq!(sandbox.get("/hubspot/crm/v3/objects/deals").await.status, StatusCode::OK);
    let stats = sandbox.stats().await;
    assert_eq!(
        (&stats["revocations"], &stats["reused_tokens"], &stats["exchanges"]),
        (&json!(1), &json!(1), &json!(1))
    );
}

#[tokio::test]
async fn introspection_distinguishes_access_and_refresh_tokens() {
    let sandbox = Sandbox::connected(SCOPES).await;
    for (token, token_use) in
        [(&sandbox.access_token, json!("access_token")), (&sandbox.refresh_token, json!("refresh_token"))]
    {
        let fields = format!("client_id=app&client_secret=s&token={token}");
        let response = sandbox.form("/hubspot/oauth/2026-09/token/introspect", &fields).await.json();
        assert_eq!(
            (&response["active"], &response["token_use"], &response["hub_id"]),
            (&json!(true), &token_use, &json!(24_816_357))
        );
    }
    let response =
        sandbox.form("/hubspot/oauth/2026-09/token/introspect", "client_id=app&client_secret=s&token=x").await;
    assert_eq!(response.json(), json!({"active": false}));
}

#[tokio::test]
async fn the_first_version_has_its_own_formats() {
    let sandbox = Sandbox::connected(SCOPES).await;
    let access = sandbox.get(&format!("/hubspot/oauth/v1/access-tokens/{}", sandbox.access_token)).await.json();
    assert_eq!(
        (&access["hub_id"], &access["token_type"], &access["expires_in"]),
        (&json!(24_816_357), &json!("access"), &json!(1800))
    );
    let path = format!("/hubspot/oauth/v1/refresh-tokens/{}", sandbox.refresh_token);
    assert_eq!(sandbox.get(&path).await.json()["client_id"], "app");
    assert_eq!(sandbox.send(Method::DELETE, &path, "", String::new()).await.status, StatusCode::NO_CONTENT);
    let gone = sandbox.get(&path).await;
    assert_eq!((gone.status, &gone.json()["error"]), (StatusCode::BAD_REQUEST, &json!(null)));
}

#[tokio::test]
async fn a_scope_that_was_not_granted_is_named() {
    let sandbox = Sandbox::connected("crm.objects.contacts.read").await;
    assert_eq!(sandbox.get("/hubspot/crm/objects/2026-03/contacts").await.status, StatusCode::OK);
    for response in [sandbox.get("/hubspot/crm/objects/2026-03/deals").await, sandbox.search("deals", json!({})).await]
    {
        assert_eq!((response.status, &response.json()["category"]), (StatusCode::FORBIDDEN, &json!("MISSING_SCOPES")));
        assert_eq!(
            response.json()["errors"][0]["context"]["requiredGranularScopes"],
            json!(["crm.objects.deals.read"])
        );
    }
}
