//! A provider's API refuses valid access tokens (401). That is the provider's trouble, and ends no grant.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{app::App, fixtures::SUBJECT};

/// Each provider with a path prefix of its data API.
const PROVIDERS: [(&str, &str); 3] = [
    ("hubspot", "/hubspot/crm/objects/2026-03/deals"),
    ("notion", "/notion/v1/search"),
    ("airtable", "/airtable/v0/meta"),
];

async fn connection(app: &App, provider: &str) -> Value {
    let path = format!("/integrations/{provider}/credentials");
    app.api("GET", &path).query(&SUBJECT).send().await.unwrap().json().await.unwrap()
}

async fn refreshes(app: &App, provider: &str) -> u64 {
    app.stats().await["by_provider"][provider]["refreshes"].as_u64().unwrap()
}

async fn refuse(app: &App, path: &str, when: Value) {
    app.configure_sandbox(json!({"faults": [{"path": path, "kind": "status", "status": 401, "when": when}]})).await;
}

#[tokio::test]
async fn two_refusals_with_a_refresh_between_them_fail_no_stream() {
    for (provider, path) in PROVIDERS {
        let app = App::start().await;
        app.connect_to(provider).await;
        refuse(&app, path, json!({"times": 2})).await;
        let events = app.events_of(provider).await;
        assert_eq!(events.last().unwrap()["complete"], true, "{provider}: {:?}", events.last());
        let connection = connection(&app, provider).await;
        assert_eq!((&connection["status"], &connection["last_access_error"]), (&json!("active"), &Value::Null));
        assert_eq!(refreshes(&app, provider).await, 1, "{provider}");
    }
}

#[tokio::test]
async fn an_api_that_refuses_all_tokens_fails_its_streams_is_shown_and_ends_no_grant() {
    for (provider, path) in PROVIDERS {
        let app = App::start().await;
        app.connect_to(provider).await;
        refuse(&app, path, json!("always")).await;
        for _ in 0..10 {
            let events = app.events_of(provider).await;
            let failed: Vec<_> = events.iter().filter(|event| event["event"] == "failed").collect();
            assert!(!failed.is_empty(), "{provider}: {:?}", events.last());
            for event in failed {
                assert_eq!(event["error"]["code"], "provider_unavailable", "{provider}: {event}");
                let detail = event["error"]["detail"].as_str().unwrap();
                assert!(detail.contains("refuses a valid access token (401)"), "{detail}");
            }
        }
        assert_eq!(refreshes(&app, provider).await, 1, "{provider}: ten loads refresh once");
        app.advance_clock(SignedDuration::from_secs(61));
        app.events_of(provider).await;
        assert_eq!(refreshes(&app, provider).await, 2, "{provider}: a minute later, the next load refreshes again");

        let refused = connection(&app, provider).await;
        assert_eq!((&refused["status"], &refused["reason"]), (&json!("active"), &Value::Null), "{refused}");
        let sentence = refused["last_access_error"].as_str().unwrap();
        assert!(sentence.contains("has refused valid access tokens (401) since"), "{sentence}");
        let browser = app.signed_in_browser().await;
        for path in [format!("connections/{provider}?"), "?".to_owned()] {
            let url = format!("{}/{path}org_id=acme&user_id=ada", app.url);
            let page = browser.get(&url).await.text().await.unwrap();
            assert!(page.contains(sentence), "{url}: {page}");
        }

        app.configure_sandbox(json!({"faults": []})).await;
        let events = app.events_of(provider).await;
        assert_eq!(events.last().unwrap()["complete"], true, "{provider}: {:?}", events.last());
        assert_eq!(connection(&app, provider).await["last_access_error"], Value::Null, "{provider}");
    }
}

#[tokio::test]
async fn a_load_of_which_every_stream_was_refused_is_the_providers_failure() {
    let app = App::start().await;
    app.connect().await;
    refuse(&app, "/hubspot/crm", json!("always")).await;
    let response = app.items().await;
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    let error: Value = response.json().await.unwrap();
    assert_eq!(error["code"], "provider_unavailable", "{error}");
}

#[tokio::test]
async fn a_grant_without_a_refresh_token_dies_when_its_token_has_been_refused_for_an_hour() {
    let app = App::start().await;
    app.configure_sandbox(json!({"notion": {"refresh_token_null": true}})).await;
    app.connect_to("notion").await;
    app.sandbox_control_with("expire", json!({"provider": "notion"})).await;
    for _ in 0..2 {
        let error: Value = app.items_of("notion").await.json().await.unwrap();
        assert_eq!(error["code"], "provider_unavailable", "{error}");
        assert_eq!(connection(&app, "notion").await["status"], "active");
        app.advance_clock(SignedDuration::from_mins(31));
    }
    // This load records that the refusals have lasted, and the next one ends the grant.
    app.items_of("notion").await;
    let error: Value = app.items_of("notion").await.json().await.unwrap();
    assert_eq!(error["code"], "reconnect_required", "{error}");
    let reason = connection(&app, "notion").await["reason"].clone();
    assert_eq!(reason, "Notion has refused access for over an hour, and didn't issue a refresh token.");
}

#[tokio::test]
async fn an_account_that_removed_the_app_has_to_reconnect_at_once() {
    for (provider, _) in PROVIDERS {
        let app = App::start().await;
        app.connect_to(provider).await;
        app.sandbox_control_with("revoke_all", json!({"provider": provider})).await;
        let error: Value = app.items_of(provider).await.json().await.unwrap();
        assert_eq!(error["code"], "reconnect_required", "{error}");
    }
}
