//! Connecting and disconnecting: from the page or a link to the provider and back.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{app::App, browser::Browser, fixtures::SUBJECT};

async fn link(app: &App) -> String {
    app.connect_link("hubspot").await
}

/// 200 if the user is connected, 404 if not.
async fn connection_status(app: &App) -> StatusCode {
    app.api("GET", "/integrations/hubspot/credentials").query(&SUBJECT).send().await.unwrap().status()
}

#[tokio::test]
async fn an_operator_connects_from_the_page() {
    let app = App::start().await;
    let browser = app.signed_in_browser().await;
    let end = browser.approve(&format!("{}/connect/hubspot?org_id=acme&user_id=ada", app.url)).await;
    assert_eq!(end.url().path(), "/connected/hubspot/connected");
    assert_eq!(end.url().query(), Some("org_id=acme&user_id=ada"), "the address bar shows neither code nor state");
    let page = browser.get(&format!("{}/?org_id=acme&user_id=ada", app.url)).await.text().await.unwrap();
    assert!(page.contains("acme-sandbox.com (24816357)"), "{page}");
    // Another user is not connected.
    let page = browser.get(&format!("{}/?org_id=acme&user_id=bob", app.url)).await.text().await.unwrap();
    assert!(page.contains("Connect HubSpot") && !page.contains("acme-sandbox.com"));
}

#[tokio::test]
async fn a_user_connects_with_a_one_time_link_that_a_program_requested() {
    let app = App::start().await;
    let link = link(&app).await;
    assert!(Browser::new().approve(&link).await.url().path().ends_with("/connected"));
    let connection: Value =
        app.api("GET", "/integrations/hubspot/credentials").query(&SUBJECT).send().await.unwrap().json().await.unwrap();
    assert_eq!(connection["status"], "active");
    assert_eq!(connection["account"]["id"], "24816357");
    assert_eq!(connection["scopes"].as_array().unwrap().len(), 4);
    for again in [Browser::new().get(&link).await, Browser::new().post(&link, &[]).await] {
        assert_eq!(again.status(), StatusCode::GONE);
        assert!(again.text().await.unwrap().contains("already been used"));
    }
}

#[tokio::test]
async fn denying_access_shows_a_notice_and_connects_nothing() {
    let app = App::start().await;
    let end = Browser::new().decide(&link(&app).await, "deny").await;
    assert_eq!(end.url().path(), "/connected/hubspot/denied");
    assert!(end.text().await.unwrap().contains("You didn't allow"));
    assert_eq!(connection_status(&app).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_state_is_accepted_once() {
    let app = App::start().await;
    let browser = Browser::new();
    let callback = browser.callback(&link(&app).await).await;
    assert!(browser.get(&callback).await.url().path().ends_with("/connected"));
    let again = browser.get(&callback).await;
    assert!(again.url().path().ends_with("/expired"));
    assert!(again.text().await.unwrap().contains("expired or was already used"));
    assert_eq!(connection_status(&app).await, StatusCode::OK);
}

#[tokio::test]
async fn a_state_is_bound_to_the_browser_that_started_the_attempt() {
    let app = App::start().await;
    let callback = Browser::new().callback(&link(&app).await).await;
    assert!(Browser::new().get(&callback).await.url().path().ends_with("/wrong_browser"));
    assert_eq!(connection_status(&app).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_forged_or_missing_state_counts_as_expired() {
    let app = App::start().await;
    for query in [
        "",
        "?code=x",
        "?code=x&state=",
        "?code=x&state=made-up",
        "?error=access_denied",
        &format!("?code=x&state={}", "y".repeat(5000)),
    ] {
        let end = Browser::new().get(&format!("{}/integrations/hubspot/oauth2callback{query}", app.url)).await;
        assert!(end.url().path().ends_with("/expired"), "{query}: {}", end.url());
    }
    let unknown = Browser::new().get(&format!("{}/integrations/nobody/oauth2callback?code=x&state=y", app.url)).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_authorization_code_that_the_provider_rejects_connects_nothing() {
    let app = App::start().await;
    let browser = Browser::new();
    let callback = browser.callback(&link(&app).await).await;
    let (base, query) = callback.split_once('?').unwrap();
    let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap();
    let end = browser.get(&format!("{base}?code=forged&{state}")).await;
    assert!(end.url().path().ends_with("/rejected"), "{}", end.url());
    assert_eq!(connection_status(&app).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_notice_names_the_provider_that_does_not_respond() {
    let app = App::start().await;
    for fault in [
        json!({"kind": "status", "status": 503}),
        json!({"kind": "drop_before"}),
        json!({"kind": "malformed"}),
        json!({"kind": "truncate"}),
    ] {
        let mut rule = fault.clone();
        rule["path"] = json!("/hubspot/oauth/2026-03");
        let browser = Browser::new();
        let consent = browser.open_consent_page(&link(&app).await).await;
        app.configure_sandbox(json!({"faults": [rule]})).await;
        let end = browser.post(consent.as_str(), &[("decision", "approve")]).await;
        assert!(end.url().path().ends_with("/provider_unavailable"), "{fault}: {}", end.url());
        assert!(end.text().await.unwrap().contains("HubSpot isn't responding"));
        app.configure_sandbox(json!({"faults": []})).await;
    }
    assert_eq!(connection_status(&app).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn two_attempts_in_one_browser_do_not_interfere() {
    let app = App::start().await;
    let browser = app.signed_in_browser().await;
    let first = browser.open_consent_page(&format!("{}/connect/hubspot?user_id=one", app.url)).await;
    let second = browser.open_consent_page(&format!("{}/connect/hubspot?user_id=two", app.url)).await;
    for consent in [second, first] {
        let end = browser.post(consent.as_str(), &[("decision", "approve")]).await;
        assert!(end.url().path().ends_with("/connected"), "{}", end.url());
    }
}

#[tokio::test]
async fn disconnecting_revokes_the_grant_and_deletes_the_connection() {
    let app = App::start().await;
    app.connect().await;
    let disconnect = || app.api("DELETE", "/integrations/hubspot/credentials").query(&SUBJECT).send();
    assert_eq!(disconnect().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(app.stats().await["revocations"], 1);
    assert_eq!(connection_status(&app).await, StatusCode::NOT_FOUND);
    assert_eq!(disconnect().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn disconnecting_deletes_the_connection_even_if_the_provider_is_down() {
    let app = App::start().await;
    app.connect().await;
    app.configure_sandbox(json!({"faults": [{"path": "/hubspot/oauth", "kind": "status", "status": 503}]})).await;
    let response = app.api("DELETE", "/integrations/hubspot/credentials").form(&SUBJECT).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(connection_status(&app).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn beside_a_real_app_other_providers_are_not_configured_and_never_lead_to_the_sandbox() {
    let variables = [
        ("AIRTABLE_CLIENT_ID", "real"),
        ("AIRTABLE_CLIENT_SECRET", "secret"),
        ("TRIBUTARY_PUBLIC_URL", "https://tributary.example.com"),
    ];
    let app = App::start_with(Default::default(), &variables, None).await;
    let response = app.api("POST", "/integrations/hubspot/authorize").form(&SUBJECT).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CONFLICT);
    let error: Value = response.json().await.unwrap();
    assert_eq!(error["code"], "not_configured");
    let detail = error["detail"].as_str().unwrap();
    assert!(detail.contains("HUBSPOT_CLIENT_ID") && detail.contains("HUBSPOT_CLIENT_SECRET"), "{error}");

    let cookie = app.session_cookie().await;
    let get = |path: &str| app.anonymous("GET", path).header("cookie", &cookie).header("sec-fetch-site", "same-origin");
    let connect = get("/connect/hubspot").send().await.unwrap();
    assert_eq!(connect.status(), StatusCode::CONFLICT);
    assert!(connect.text().await.unwrap().contains("HUBSPOT_CLIENT_ID"));
    let page = get("/").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("HUBSPOT_CLIENT_SECRET") && page.contains("Connect Airtable"), "{page}");
    assert!(!page.contains("127.0.0.1") && !page.contains("badge sandbox"), "{page}");
    let real = get("/connect/airtable").send().await.unwrap();
    assert!(real.headers()["location"].to_str().unwrap().starts_with("https://airtable.com/"));
}

#[tokio::test]
async fn reconnecting_replaces_a_dead_grant() {
    let app = App::start().await;
    app.connect().await;
    app.sandbox_control("revoke_all").await;
    app.advance_clock(SignedDuration::from_mins(31));
    assert_eq!(app.items().await.status(), StatusCode::CONFLICT);
    app.sandbox_control("reset").await;
    app.connect().await;
    assert_eq!(app.items().await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_attempt_expires_after_ten_minutes() {
    let app = App::start().await;
    for (minutes, outcome) in [(9, "/connected"), (11, "/expired")] {
        let browser = Browser::new();
        let consent = browser.open_consent_page(&link(&app).await).await;
        app.advance_clock(SignedDuration::from_mins(minutes));
        let end = browser.post(consent.as_str(), &[("decision", "approve")]).await;
        assert!(end.url().path().ends_with(outcome), "after {minutes} minutes: {}", end.url());
    }
}

#[tokio::test]
async fn a_callback_with_a_repeated_parameter_counts_as_expired() {
    let app = App::start().await;
    let end =
        Browser::new().get(&format!("{}/integrations/hubspot/oauth2callback?code=a&code=b&state=x", app.url)).await;
    assert!(end.url().path().ends_with("/expired"), "{}", end.url());
}

/// Approves with another HubSpot account, which leads to the account choice.
async fn approve_another_account(app: &App, browser: &Browser) -> reqwest::Response {
    app.configure_sandbox(json!({"hubspot": {"hub_id": 24816358}})).await;
    browser.approve(&app.connect_link("hubspot").await).await
}

/// The id of the connected account.
async fn account(app: &App) -> Value {
    let connection = app.api("GET", "/integrations/hubspot/credentials").query(&SUBJECT).send().await.unwrap();
    connection.json::<Value>().await.unwrap()["account"]["id"].clone()
}

#[tokio::test]
async fn another_account_replaces_the_connected_one_only_if_the_user_chooses_it() {
    for (answer, outcome, id, revoked) in
        [("replace", "connected", "24816358", "24816357"), ("keep", "account_kept", "24816357", "24816358")]
    {
        let app = App::start().await;
        app.connect().await;
        let browser = Browser::new();
        let choice_page = approve_another_account(&app, &browser).await;
        let address = choice_page.url().clone();
        assert!(address.path().starts_with("/account-choice/"), "{address}");
        let text = choice_page.text().await.unwrap();
        assert!(text.contains("24816357") && text.contains("24816358"), "both accounts are named: {text}");
        assert_eq!(account(&app).await, "24816357", "nothing has changed yet");

        assert_eq!(
            Browser::new().get(address.as_str()).await.status(),
            StatusCode::GONE,
            "another browser cannot see the choice"
        );
        let other_browser = Browser::new().post(address.as_str(), &[("answer", "replace")]).await;
        assert_eq!(other_browser.status(), StatusCode::GONE, "another browser cannot answer it");
        assert_eq!(browser.post(address.as_str(), &[("answer", "maybe")]).await.status(), StatusCode::BAD_REQUEST);

        let end = browser.post(address.as_str(), &[("answer", answer)]).await;
        assert!(end.url().path().ends_with(&format!("/connected/hubspot/{outcome}")), "{}", end.url());
        assert_eq!(account(&app).await, id);
        assert_eq!(app.stats().await["revocations"], 1, "the grant of {revoked} is revoked");
        assert_eq!(app.items().await.status(), StatusCode::OK, "the connected account can be loaded");
        assert_eq!(
            browser.post(address.as_str(), &[("answer", "replace")]).await.status(),
            StatusCode::GONE,
            "it is answered once"
        );
    }
}

#[tokio::test]
async fn an_unanswered_account_choice_changes_nothing() {
    let app = App::start().await;
    app.connect().await;
    let browser = Browser::new();
    let choice_page = approve_another_account(&app, &browser).await;
    app.sandbox_control("expire").await;
    assert_eq!((account(&app).await, app.items().await.status()), (json!("24816357"), StatusCode::OK));
    assert!(choice_page.url().path().starts_with("/account-choice/"));
}

#[tokio::test]
async fn reconnecting_the_same_account_renews_the_connection_without_a_choice() {
    let app = App::start().await;
    app.connect().await;
    app.sandbox_control("revoke_all").await;
    assert_eq!(app.items().await.status(), StatusCode::CONFLICT);
    app.connect().await;
    assert_eq!(app.items().await.status(), StatusCode::OK);
    let log = app.api("GET", "/audit.json").query(&[("org_id", "acme")]).send().await.unwrap();
    let log: Value = log.json().await.unwrap();
    let actions: Vec<_> =
        log["entries"].as_array().unwrap().iter().rev().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, ["connected", "reconnect_required", "load_ended", "reconnected", "load_ended"], "{log}");
}

#[tokio::test]
async fn a_grant_is_revoked_only_if_no_other_connection_depends_on_it() {
    let app = App::start().await;
    let other = [("org_id", "acme"), ("user_id", "grace")];
    app.connect().await;
    let link = app.api("POST", "/integrations/hubspot/authorize").form(&other).send().await.unwrap();
    let end = Browser::new().approve(&link.json::<String>().await.unwrap()).await;
    assert!(end.url().path().ends_with("/connected"), "HubSpot allows several grants: {}", end.url());
    let disconnect = async |ids: [(&str, &str); 2]| {
        let response = app.api("DELETE", "/integrations/hubspot/credentials").query(&ids).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        app.stats().await["revocations"].as_u64().unwrap()
    };
    assert_eq!(disconnect(SUBJECT).await, 0, "grace's connection depends on the same account");
    let items = app.api("GET", "/integrations/hubspot/items").query(&other).send().await.unwrap();
    assert_eq!(items.status(), StatusCode::OK);
    assert_eq!(disconnect(other).await, 1, "no connection of the account is left");
}

#[tokio::test]
async fn connecting_the_same_notion_account_for_another_user_shows_a_warning() {
    let app = App::start().await;
    app.connect_to("notion").await;
    let other = [("org_id", "acme"), ("user_id", "grace")];
    let link = app.api("POST", "/integrations/notion/authorize").form(&other).send().await.unwrap();
    let end = Browser::new().approve(&link.json::<String>().await.unwrap()).await;
    assert!(end.url().path().ends_with("/connected_twice"), "{}", end.url());
    assert!(end.text().await.unwrap().contains("Another user here is connected with the same account"));
}
