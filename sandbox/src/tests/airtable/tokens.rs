//! The token endpoint: client authentication and codes.

use base64::{
    Engine,
    engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Airtable, REDIRECT, SCOPES, VERIFIER, exchange, form, oauth_error};

fn expected(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

#[tokio::test]
async fn a_code_can_be_exchanged_once() {
    let airtable = Airtable::new();
    let code = airtable.code("data.records:read schema.bases:read").await;
    let tokens = airtable.exchange(&code).await.json();
    assert_eq!(tokens["token_type"], "Bearer ", "with the space that Airtable means");
    assert_eq!(tokens["scope"], "data.records:read schema.bases:read");
    assert_eq!((&tokens["expires_in"], &tokens["refresh_expires_in"]), (&json!(3600), &json!(5_184_000)));
    assert_eq!(tokens.as_object().unwrap().len(), 6);
    assert_eq!(oauth_error(&airtable.exchange(&code).await), expected(400, "invalid_grant"));
    assert_eq!(airtable.stats().await["by_provider"]["airtable"]["exchanges"], 1);
}

#[tokio::test]
async fn a_code_expires_after_ten_minutes() {
    let airtable = Airtable::new();
    let code = airtable.code(SCOPES).await;
    airtable.clock.advance(SignedDuration::from_secs(601));
    assert_eq!(oauth_error(&airtable.exchange(&code).await), expected(400, "invalid_grant"));
}

#[tokio::test]
async fn a_failed_request_uses_up_its_code() {
    let airtable = Airtable::new();
    for (burns, outcome) in [(true, 400), (false, 200)] {
        airtable.configure(json!({"airtable": {"code_burn_on_failure": burns}})).await;
        let code = airtable.code(SCOPES).await;
        let mut fields = exchange(&code);
        fields[3].1 = "another-verifier-of-forty-three-characters-or-more";
        assert_eq!(oauth_error(&airtable.token(Some("app:secret"), &fields).await), expected(400, "invalid_grant"));
        assert_eq!(airtable.exchange(&code).await.status, outcome, "burns: {burns}");
        assert_eq!(airtable.exchange(&code).await.status, 400, "success uses it up in any case");
    }
}

#[tokio::test]
async fn an_integration_with_a_secret_must_use_basic_authentication() {
    let airtable = Airtable::new();
    for credentials in [None, Some("app:wrong"), Some("app:"), Some(":secret"), Some("wrong-app:secret"), Some("app")] {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", "x"),
            ("client_id", "app"),
            ("client_secret", "secret"),
        ];
        assert_eq!(
            oauth_error(&airtable.token(credentials, &fields).await),
            expected(401, "invalid_client"),
            "{credentials:?}"
        );
    }
    let code = airtable.code(SCOPES).await;
    let body = form(&exchange(&code));
    let bearer = airtable.token_with(Some("Bearer app:secret".to_owned()), &body).await;
    assert_eq!(oauth_error(&bearer), expected(401, "invalid_client"));
}

#[tokio::test]
async fn credentials_are_accepted_in_both_base64_alphabets() {
    let airtable = Airtable::new();
    for encoded in [URL_SAFE.encode("app:s?>~"), URL_SAFE_NO_PAD.encode("app:s?>~")] {
        assert!(encoded.contains(['-', '_']), "{encoded}");
        let body = form(&exchange(&airtable.code(SCOPES).await));
        assert_eq!(airtable.token_with(Some(format!("Basic {encoded}")), &body).await.status, 200);
    }
}

#[tokio::test]
async fn an_integration_without_a_secret_sends_its_client_id_in_the_body() {
    let airtable = Airtable::new();
    let back = airtable.answered(&[("client_id", "public-app")], "decision=approve").await;
    let code = back.get("code");
    let with_id = [&exchange(code)[..], &[("client_id", "public-app")]].concat();
    let tokens = airtable.token(None, &with_id).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let refresh_token = tokens.json()["refresh_token"].as_str().unwrap().to_owned();
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &refresh_token), ("client_id", "public-app")];
    for credentials in ["public-app:secret", "public-app:"] {
        assert_eq!(oauth_error(&airtable.token(Some(credentials), &refresh).await), expected(401, "invalid_client"));
    }
    assert_eq!(oauth_error(&airtable.token(None, &refresh[..2]).await), expected(401, "invalid_client"));
    assert_eq!(airtable.token(None, &refresh).await.status, 200);
}

#[tokio::test]
async fn a_client_id_sent_twice_must_be_the_same() {
    let airtable = Airtable::new();
    for (in_body, status) in [("other", 401), ("app", 200)] {
        let code = airtable.code(SCOPES).await;
        let fields = [&exchange(&code)[..], &[("client_id", in_body)]].concat();
        assert_eq!(airtable.token(Some("app:secret"), &fields).await.status, status);
    }
}

#[tokio::test]
async fn a_code_requires_its_client_redirect_uri_and_verifier() {
    let airtable = Airtable::new();
    let short = "v".repeat(42);
    let long = "v".repeat(129);
    for (credentials, change, error) in [
        ("other:secret", None, "invalid_grant"),
        ("app:secret", Some((2, "http://localhost:8000/back/")), "invalid_grant"),
        ("app:secret", Some((3, "another-verifier-of-forty-three-characters-or-more")), "invalid_grant"),
        ("app:secret", Some((1, "oacMadeUp")), "invalid_grant"),
        ("app:secret", Some((3, "")), "invalid_request"),
        ("app:secret", Some((3, &*short)), "invalid_request"),
        ("app:secret", Some((3, &*long)), "invalid_request"),
        ("app:secret", Some((2, "")), "invalid_request"),
        ("app:secret", Some((1, "")), "invalid_request"),
        ("app:secret", Some((0, "")), "invalid_request"),
        ("app:secret", Some((0, "password")), "unsupported_grant_type"),
    ] {
        let code = airtable.code(SCOPES).await;
        let mut fields = exchange(&code);
        if let Some((place, value)) = change {
            fields[place].1 = value;
        }
        assert_eq!(oauth_error(&airtable.token(Some(credentials), &fields).await), expected(400, error), "{change:?}");
    }
}

#[tokio::test]
async fn repeated_parameters_and_json_bodies_are_rejected() {
    let airtable = Airtable::new();
    let code = airtable.code(SCOPES).await;
    let twice = [&exchange(&code)[..], &[("code_verifier", VERIFIER)]].concat();
    assert_eq!(oauth_error(&airtable.token(Some("app:secret"), &twice).await), expected(400, "invalid_request"));
    let fields: Value = exchange(&code).into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    assert_eq!(oauth_error(&airtable.post(super::TOKEN, fields).await), expected(400, "invalid_request"));
}

#[tokio::test]
async fn an_access_token_works_until_it_expires() {
    let mut airtable = Airtable::connected(SCOPES).await;
    let path = "/airtable/v0/meta/whoami";
    airtable.clock.advance(SignedDuration::from_secs(3599));
    assert_eq!(airtable.get(path).await.status, 200);
    airtable.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(super::error(&airtable.get(path).await), expected(401, "AUTHENTICATION_REQUIRED"));
    for token in ["", "oaaMadeUp"] {
        airtable.0.access_token = token.to_owned();
        assert_eq!(super::error(&airtable.get(path).await), expected(401, "AUTHENTICATION_REQUIRED"));
    }
}

#[tokio::test]
async fn tokens_survive_a_restart_and_are_rejected_by_other_providers() {
    let before = Airtable::connected(SCOPES).await;
    let mut after = Airtable::new();
    after.0.access_token.clone_from(&before.access_token);
    assert_eq!(after.get("/airtable/v0/meta/whoami").await.status, 200);
    assert_eq!(after.get("/hubspot/crm/v3/objects/deals").await.status, 401);
    assert_eq!(after.refresh(&before.refresh_token).await.status, 200);
    assert!(after.get(&after.consent(&[("redirect_uri", REDIRECT)])).await.status.is_success());
}

#[tokio::test]
async fn introspection_and_revocation_do_not_exist() {
    let airtable = Airtable::connected(SCOPES).await;
    for path in ["/airtable/oauth2/v1/introspect", "/airtable/oauth2/v1/revoke"] {
        assert_eq!(airtable.form(path, &format!("token={}", airtable.refresh_token)).await.status, 404);
    }
}
