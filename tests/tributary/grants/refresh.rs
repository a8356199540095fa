//! Refreshing: ahead of expiry, once however many callers ask, and without losing tokens.

use futures::future::join_all;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tributary::server::providers::client::{TokenError, TokenSource};

use crate::support::{
    app::App,
    fixtures::{K1, SUBJECT},
};

async fn token(app: &App) -> (StatusCode, Value) {
    let response = app.api("POST", "/integrations/hubspot/credentials").form(&SUBJECT).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_token_is_refreshed_when_it_expires_within_five_minutes() {
    let app = App::start().await;
    app.connect().await;
    let (_, first) = token(&app).await;
    app.advance_clock(SignedDuration::from_mins(24));
    assert_eq!(token(&app).await.1["access_token"], first["access_token"], "6 minutes are left");
    app.advance_clock(SignedDuration::from_mins(2));
    let (_, second) = token(&app).await;
    assert_ne!(second["access_token"], first["access_token"], "4 minutes were left");
    assert!(second["last_refreshed_at"].is_string());
    assert_eq!(app.stats().await["refreshes"], 1);
}

#[tokio::test]
async fn eight_concurrent_callers_share_one_refresh() {
    let app = App::start().await;
    app.connect().await;
    app.configure_sandbox(json!({"latency_ms": 20})).await;
    app.advance_clock(SignedDuration::from_mins(26));
    let tokens = join_all((0..8).map(|_| token(&app))).await;
    assert!(
        tokens
            .iter()
            .all(|(status, body)| *status == StatusCode::OK && body["access_token"] == tokens[0].1["access_token"])
    );
    assert_eq!(app.stats().await["refreshes"], 1);
}

#[tokio::test]
async fn a_rotated_refresh_token_is_saved() {
    let app = App::start().await;
    app.configure_sandbox(json!({"hubspot": {"rotate_refresh": "dead"}})).await;
    app.connect().await;
    for round in 1..=3 {
        app.advance_clock(SignedDuration::from_mins(26));
        assert_eq!(token(&app).await.0, StatusCode::OK, "round {round}");
        let stats = app.stats().await;
        assert_eq!((&stats["refreshes"], &stats["reused_tokens"]), (&json!(round), &json!(0)));
    }
}

#[tokio::test]
async fn a_valid_token_is_served_when_its_refresh_fails() {
    let app = App::start().await;
    app.connect().await;
    app.configure_sandbox(json!({"faults": [{"path": "/hubspot/oauth", "kind": "status", "status": 503}]})).await;
    app.advance_clock(SignedDuration::from_mins(26));
    assert_eq!(token(&app).await.0, StatusCode::OK, "4 minutes are left");
    app.advance_clock(SignedDuration::from_mins(5));
    let (status, error) = token(&app).await;
    assert_eq!((status, &error["code"]), (StatusCode::BAD_GATEWAY, &json!("provider_unavailable")));
    app.configure_sandbox(json!({"faults": []})).await;
    let (status, error) = token(&app).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY, "after two failures there is a back-off");
    assert!(error["detail"].as_str().unwrap().ends_with("The next attempt is within a minute."), "{error}");
    app.advance_clock(SignedDuration::from_secs(11));
    assert_eq!(token(&app).await.0, StatusCode::OK, "it recovers");
}

#[tokio::test]
async fn a_dead_grant_requires_reconnecting_and_is_not_refreshed_again() {
    let app = App::start().await;
    app.connect().await;
    app.sandbox_control("revoke_all").await;
    app.advance_clock(SignedDuration::from_mins(31));
    for _ in 0..3 {
        let response = app.items().await;
        assert_eq!(response.status(), StatusCode::CONFLICT);
        let error: Value = response.json().await.unwrap();
        assert_eq!(error["code"], "reconnect_required");
        assert!(error["detail"].as_str().unwrap().contains("Reconnect HubSpot"), "{error}");
        let (status, connection) = token(&app).await;
        assert_eq!((status, &connection["status"]), (StatusCode::OK, &json!("reconnect_required")));
        assert!(connection["reason"].is_string() && connection.get("access_token").is_none(), "{connection}");
    }
    let refreshes = &app.stats().await["by_endpoint"]["POST /hubspot/oauth/{version}/token"]["statuses"];
    assert_eq!(refreshes["400"], 1, "{refreshes}");
}

#[tokio::test]
async fn a_token_that_is_refused_early_is_refreshed_once_and_the_load_is_complete() {
    let app = App::start().await;
    app.connect().await;
    app.sandbox_control("expire").await;
    let response = app.items().await;
    assert_eq!(
        (response.status(), response.headers()["tributary-load"].to_str().unwrap()),
        (StatusCode::OK, "complete")
    );
    assert_eq!(app.stats().await["refreshes"], 1, "the provider refused the token to three streams");
}

#[tokio::test]
async fn only_a_post_with_the_api_key_returns_an_access_token() {
    let app = App::start().await;
    app.connect().await;
    let browser = app.signed_in_browser().await;
    let response = browser.post(&format!("{}/integrations/hubspot/credentials", app.url), &SUBJECT).await;
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["status"], body.get("access_token")), (&json!("active"), None));
    let body: Value =
        app.api("GET", "/integrations/hubspot/credentials").query(&SUBJECT).send().await.unwrap().json().await.unwrap();
    assert_eq!(body.get("access_token"), None);
    let (_, body) = token(&app).await;
    assert!(body["access_token"].is_string() && body.get("refresh_token").is_none());
}

#[tokio::test]
async fn a_grant_encrypted_with_a_lost_key_requires_reconnecting() {
    let app = App::start().await;
    app.connect().await;
    let key = app.key("hubspot");
    let bytes = app.state.store.get(&key.to_string()).await.unwrap().unwrap();
    let mut record: Value = serde_json::from_slice(&bytes).unwrap();
    record["sealed"] = json!(format!("lost-{}", record["sealed"].as_str().unwrap()));
    app.state
        .store
        .put(&key.to_string(), record.to_string().as_bytes(), std::time::Duration::from_secs(60))
        .await
        .unwrap();
    let (status, error) = token(&app).await;
    assert_eq!((status, &error["code"]), (StatusCode::CONFLICT, &json!("reconnect_required")));
    assert!(error["detail"].as_str().unwrap().contains("can't be decrypted"), "{error}");
}

#[tokio::test]
async fn a_failing_token_endpoint_receives_one_request_while_the_old_token_is_valid() {
    let app = App::start().await;
    app.connect().await;
    app.configure_sandbox(json!({"faults": [{"path": "/hubspot/oauth", "kind": "status", "status": 503}]})).await;
    app.advance_clock(SignedDuration::from_mins(26));
    let response = app.items().await;
    assert_eq!(response.headers()["tributary-load"], "complete");
    let attempts = &app.stats().await["by_endpoint"]["POST /hubspot/oauth/{version}/token"]["statuses"]["503"];
    assert_eq!(*attempts, 1, "19 pages in three streams");
}

#[tokio::test]
async fn an_old_refusal_refreshes_no_newer_grant() {
    let app = App::start().await;
    app.connect().await;
    let tokens = app.tokens(app.key("hubspot"), "24816357");
    let old = tokens.access_token().await.unwrap();
    app.connect().await;
    assert!(tokens.refresh(&old).await.unwrap(), "there is another token");
    assert_eq!((app.items().await.status(), &app.stats().await["refreshes"]), (StatusCode::OK, &json!(0)));
}

/// Writes a claim into the stored grant, like a process that crashed during a refresh. Returns the grant's key.
async fn crash_during_refresh(app: &App, provider: &str) -> String {
    let key = format!("connection/{provider}/acme/ada");
    let grant = app.state.store.get(&key).await.unwrap().unwrap();
    let mut grant: Value = serde_json::from_slice(&grant).unwrap();
    grant["claim"] = json!({"id": "crashed", "at": "2026-01-02T03:04:05Z"});
    let lifetime = std::time::Duration::from_secs(60);
    app.state.store.put(&key, &serde_json::to_vec(&grant).unwrap(), lifetime).await.unwrap();
    key
}

#[tokio::test]
async fn a_refresh_of_a_crashed_process_is_taken_over_and_the_load_is_complete() {
    for provider in ["hubspot", "notion", "airtable"] {
        let app = App::start_with_claim_lifetime(std::time::Duration::from_millis(300)).await;
        app.connect_to(provider).await;
        app.sandbox_control_with("expire", json!({"provider": provider})).await;
        crash_during_refresh(&app, provider).await;
        let events = app.events_of(provider).await;
        assert_eq!(events.last().unwrap()["complete"], true, "{:?}", events.last());
        let counted = app.stats().await["by_provider"][provider].clone();
        assert_eq!((&counted["refreshes"], &counted["reused_tokens"]), (&json!(1), &json!(0)), "{provider}");
    }
}

#[tokio::test]
async fn a_valid_token_is_served_while_a_crashed_process_holds_the_claim() {
    let app = App::start().await;
    app.connect().await;
    app.advance_clock(SignedDuration::from_mins(26));
    crash_during_refresh(&app, "hubspot").await;
    assert_eq!(token(&app).await.0, StatusCode::OK, "4 minutes are left");
    assert_eq!(app.stats().await["refreshes"], 0, "the other process may be about to send");
}

#[tokio::test]
async fn the_error_says_that_rotated_tokens_may_have_been_lost() {
    for provider in ["notion", "airtable"] {
        let app = App::start().await;
        app.connect_to(provider).await;
        app.sandbox_control_with("expire", json!({"provider": provider})).await;
        let path = if provider == "notion" { "/notion/v1/oauth/token" } else { "/airtable/oauth2/v1/token" };
        // New tokens are issued, and the response is lost. Airtable would report a conflict for some seconds after that.
        app.configure_sandbox(json!({
            "airtable": {"conflict_seconds": 0},
            "faults": [{"path": path, "kind": "drop_after", "when": {"times": 1}}],
        }))
        .await;
        let refused = app.items_of(provider).await;
        let refused: Value = refused.json().await.unwrap();
        assert_eq!(refused["code"], "reconnect_required", "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains("may have issued new tokens that were lost"), "{refused}");
    }
}

#[tokio::test]
async fn a_load_stops_when_another_account_is_connected() {
    let app = App::start().await;
    app.connect().await;
    let key = app.key("hubspot");
    let tokens = app.tokens(key, "another-account");
    let TokenError::Final(error) = tokens.access_token().await.unwrap_err() else {
        panic!("the error should be final")
    };
    assert_eq!(error.code, tributary::model::ErrorCode::NotConnected);
    assert!(error.detail.contains("Another HubSpot account"), "{error}");
}

#[tokio::test]
async fn a_grant_of_another_client_is_kept_until_that_client_is_configured_again() {
    let folder = tempfile::tempdir().unwrap();
    let store: std::sync::Arc<dyn tributary::server::store::Store> =
        std::sync::Arc::new(tributary::server::store::Embedded::open(&folder.path().join("store.redb")).unwrap());
    let keys = [("TRIBUTARY_ENCRYPTION_KEYS", K1)];
    let app = App::start_with(Default::default(), &keys, Some(store.clone())).await;
    app.connect().await;

    let other = [
        keys[0],
        ("HUBSPOT_CLIENT_ID", "real"),
        ("HUBSPOT_CLIENT_SECRET", "secret"),
        ("HUBSPOT_API_URL", "http://127.0.0.1:1"),
    ];
    let reconfigured = App::start_with(Default::default(), &other, Some(store)).await;
    let error: Value = reconfigured.items().await.json().await.unwrap();
    assert_eq!(error["code"], "reconnect_required");
    assert!(error["detail"].as_str().unwrap().contains("another client id"), "{error}");

    app.advance_clock(SignedDuration::from_mins(26));
    assert_eq!(app.items().await.status(), StatusCode::OK, "with the first client it works as before");
}

#[tokio::test]
async fn a_single_failure_of_the_token_endpoint_after_a_401_fails_no_stream() {
    let app = App::start().await;
    app.connect().await;
    app.sandbox_control("expire").await;
    app.configure_sandbox(
        json!({"faults": [{"path": "/hubspot/oauth", "kind": "status", "status": 503, "when": {"times": 1}}]}),
    )
    .await;
    let response = app.items().await;
    assert_eq!(
        (response.status(), response.headers()["tributary-load"].to_str().unwrap()),
        (StatusCode::OK, "complete")
    );
}
