//! Text that a hostile provider sends: how much of it is kept and shown.

use serde_json::{Value, json};

use crate::support::{app::App, browser::Browser, fixtures::SUBJECT};

const INTROSPECTION: &str = "/hubspot/oauth/2026-03/token/introspect";
const TOKEN: &str = "/hubspot/oauth/2026-03/token";

async fn faulty(path: &str, status: Option<u16>, record: Value) -> App {
    let app = App::start().await;
    let rule = json!({"path": path, "kind": "odd_record", "status": status, "record": record});
    app.configure_sandbox(json!({"faults": [rule]})).await;
    app
}

async fn audit_log(app: &App) -> String {
    let log = app.api("GET", "/audit.json").query(&[("org_id", "acme")]).send().await.unwrap();
    log.text().await.unwrap()
}

#[tokio::test]
async fn a_name_of_200_kb_is_shortened_before_it_is_kept() {
    let name = format!("evil\n\u{202e}{}", "x".repeat(50_000));
    let app = faulty(INTROSPECTION, None, json!({"hub_domain": name})).await;
    app.connect().await;
    let connection = app.api("GET", "/integrations/hubspot/credentials").query(&SUBJECT).send().await.unwrap();
    let connection: Value = connection.json().await.unwrap();
    let kept = connection["account"]["name"].as_str().unwrap();
    assert!(kept.starts_with("evil  xxx") && kept.ends_with("x…") && kept.chars().count() == 101, "{kept}");
    assert!(audit_log(&app).await.len() < 1000);
}

#[tokio::test]
async fn an_account_id_that_is_too_long_connects_nothing() {
    let app = App::start().await;
    let rule = json!({"path": "/airtable/v0/meta/whoami", "kind": "odd_record", "record": {"id": "u".repeat(129)}});
    app.configure_sandbox(json!({"faults": [rule]})).await;
    let end = Browser::new().approve(&app.connect_link("airtable").await).await;
    assert!(end.url().path().ends_with("/provider_unavailable"), "{}", end.url());
}

#[tokio::test]
async fn an_error_code_of_the_token_endpoint_that_is_no_identifier_goes_no_further() {
    for text in ["x".repeat(20_000), "invalid_client <script>alert(1)</script>".to_owned()] {
        let app = App::start().await;
        app.connect().await;
        app.sandbox_control("expire").await;
        let record = json!({"error": text, "error_description": text, "message": text});
        let rule = json!({"path": TOKEN, "kind": "odd_record", "status": 400, "record": record});
        app.configure_sandbox(json!({"faults": [rule]})).await;
        app.advance_clock(jiff::SignedDuration::from_hours(1));
        let response = app.api("POST", "/integrations/hubspot/credentials").form(&SUBJECT).send().await.unwrap();
        assert_eq!(response.status(), 502);
        let error: Value = response.json().await.unwrap();
        assert_eq!(error["detail"], "HubSpot rejects Tributary's client id, secret or redirect URL.");
        let connection = app.api("GET", "/integrations/hubspot/credentials").query(&SUBJECT).send().await.unwrap();
        let connection = connection.text().await.unwrap();
        assert!(connection.len() < 2000 && !connection.contains("<script>"), "{connection}");
        assert!(audit_log(&app).await.len() < 2000);
    }
}

#[tokio::test]
async fn scopes_outside_the_standard_are_not_kept() {
    let scopes = json!(["crm.objects.contacts.read", "a b", "x".repeat(201), "ü", ""]);
    let app = faulty(TOKEN, None, json!({"scopes": scopes, "scope": "crm.objects.contacts.read"})).await;
    app.connect().await;
    let connection = app.api("GET", "/integrations/hubspot/credentials").query(&SUBJECT).send().await.unwrap();
    let connection: Value = connection.json().await.unwrap();
    assert_eq!(connection["scopes"], json!(["crm.objects.contacts.read"]));
}

#[tokio::test]
async fn the_error_in_a_callback_is_neither_shown_nor_kept() {
    let app = App::start().await;
    let browser = Browser::new();
    let consent_page = browser.open_consent_page(&app.connect_link("hubspot").await).await;
    let (_, state) = consent_page.query_pairs().find(|(name, _)| name == "state").unwrap();
    let text = format!("bad<script>{}", "x".repeat(8_000));
    let callback = format!("{}/integrations/hubspot/oauth2callback", app.url);
    let query = [("state", &*state), ("error", &text), ("error_description", &text)];
    let end = browser.get(reqwest::Url::parse_with_params(&callback, query).unwrap().as_str()).await;
    assert!(end.url().path().ends_with("/rejected"), "{}", end.url());
    let (path, page) = (end.url().to_string(), end.text().await.unwrap());
    assert!(!path.contains("script") && !page.contains("bad<") && !page.contains("xxxx") && page.len() < 20_000);
    assert!(!audit_log(&app).await.contains("xxxx"));
}
