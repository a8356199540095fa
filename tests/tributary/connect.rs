//! From our page to the provider and back.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{app::App, browser::Browser, caller::IDS};

async fn link(app: &App) -> String {
    app.program("POST", "/integrations/hubspot/authorize").form(&IDS).send().await.unwrap().json().await.unwrap()
}

async fn connected(app: &App) -> StatusCode {
    app.program("GET", "/integrations/hubspot/credentials").query(&IDS).send().await.unwrap().status()
}

/// Approves without following where that leads.
async fn code_and_state(consent: &reqwest::Url) -> String {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = http.post(consent.clone()).form(&[("decision", "approve")]).send().await.unwrap();
    answer.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_operator_connects_from_the_page() {
    let app = App::start().await;
    let browser = app.signed_in().await;
    let end = browser.approve(&format!("{}/connect/hubspot?org_id=acme&user_id=ada", app.url)).await;
    assert_eq!(end.url().path(), "/connected/hubspot/connected");
    assert_eq!(end.url().query(), Some("org_id=acme&user_id=ada"), "neither code nor state stays in the address bar");
    let page = browser.get(&format!("{}/?org_id=acme&user_id=ada", app.url)).await.text().await.unwrap();
    assert!(page.contains("acme-sandbox.com (24816357)"), "{page}");
    // Another pair is not connected by it.
    let page = browser.get(&format!("{}/?org_id=acme&user_id=bob", app.url)).await.text().await.unwrap();
    assert!(page.contains("Connect HubSpot") && !page.contains("acme-sandbox.com"));
}

#[tokio::test]
async fn a_program_has_its_user_connect_by_a_one_time_link() {
    let app = App::start().await;
    let link = link(&app).await;
    assert!(Browser::new().approve(&link).await.url().path().ends_with("/connected"));
    let connection: Value =
        app.program("GET", "/integrations/hubspot/credentials").query(&IDS).send().await.unwrap().json().await.unwrap();
    assert_eq!(connection["status"], "active");
    assert_eq!(connection["account"]["id"], "24816357");
    assert_eq!(connection["scopes"].as_array().unwrap().len(), 4);
    let again = Browser::new().get(&link).await;
    assert_eq!(again.status(), StatusCode::GONE);
    assert!(again.text().await.unwrap().contains("already been used"));
}

#[tokio::test]
async fn a_refusal_is_told_and_changes_nothing() {
    let app = App::start().await;
    let end = Browser::new().decide(&link(&app).await, "deny").await;
    assert_eq!(end.url().path(), "/connected/hubspot/denied");
    assert!(end.text().await.unwrap().contains("You didn't allow"));
    assert_eq!(connected(&app).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_state_is_accepted_once() {
    let app = App::start().await;
    let browser = Browser::new();
    let callback = code_and_state(&browser.consent(&link(&app).await).await).await;
    assert!(browser.get(&callback).await.url().path().ends_with("/connected"));
    let again = browser.get(&callback).await;
    assert!(again.url().path().ends_with("/expired"));
    assert!(again.text().await.unwrap().contains("expired or was already used"));
    assert_eq!(connected(&app).await, StatusCode::OK);
}

#[tokio::test]
async fn a_state_is_bound_to_the_browser_that_set_out() {
    let app = App::start().await;
    let callback = code_and_state(&Browser::new().consent(&link(&app).await).await).await;
    assert!(Browser::new().get(&callback).await.url().path().ends_with("/wrong_browser"));
    assert_eq!(connected(&app).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_state_that_was_made_up_or_left_out_is_expired() {
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
async fn an_authorization_code_that_the_provider_refuses_connects_nothing() {
    let app = App::start().await;
    let browser = Browser::new();
    let callback = code_and_state(&browser.consent(&link(&app).await).await).await;
    let (base, query) = callback.split_once('?').unwrap();
    let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap();
    let end = browser.get(&format!("{base}?code=forged&{state}")).await;
    assert!(end.url().path().ends_with("/rejected"), "{}", end.url());
    assert_eq!(connected(&app).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_provider_that_is_down_is_named() {
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
        let consent = browser.consent(&link(&app).await).await;
        app.steer(json!({"faults": [rule]})).await;
        let end = browser.post(consent.as_str(), &[("decision", "approve")]).await;
        assert!(end.url().path().ends_with("/provider_unavailable"), "{fault}: {}", end.url());
        assert!(end.text().await.unwrap().contains("HubSpot isn't responding"));
        app.steer(json!({"faults": []})).await;
    }
    assert_eq!(connected(&app).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn two_attempts_in_one_browser_do_not_disturb_each_other() {
    let app = App::start().await;
    let browser = app.signed_in().await;
    let first = browser.consent(&format!("{}/connect/hubspot?user_id=one", app.url)).await;
    let second = browser.consent(&format!("{}/connect/hubspot?user_id=two", app.url)).await;
    for consent in [second, first] {
        let end = browser.post(consent.as_str(), &[("decision", "approve")]).await;
        assert!(end.url().path().ends_with("/connected"), "{}", end.url());
    }
}

#[tokio::test]
async fn disconnecting_revokes_at_the_provider_and_forgets() {
    let app = App::start().await;
    app.connect().await;
    let disconnect = || app.program("DELETE", "/integrations/hubspot/credentials").query(&IDS).send();
    assert_eq!(disconnect().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(app.stats().await["revocations"], 1);
    assert_eq!(connected(&app).await, StatusCode::NOT_FOUND);
    assert_eq!(disconnect().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn disconnecting_forgets_even_when_the_provider_is_down() {
    let app = App::start().await;
    app.connect().await;
    app.steer(json!({"faults": [{"path": "/hubspot/oauth", "kind": "status", "status": 503}]})).await;
    let answer = app.program("DELETE", "/integrations/hubspot/credentials").form(&IDS).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(connected(&app).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_unconfigured_provider_says_what_to_set() {
    let app = App::start_with(Default::default(), &[("TRIBUTARY_SANDBOX", "off")], None).await;
    let answer = app.program("POST", "/integrations/hubspot/authorize").form(&IDS).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let error: Value = answer.json().await.unwrap();
    assert!(error["detail"].as_str().unwrap().contains("HUBSPOT_CLIENT_ID"), "{error}");
    let page = app.signed_in().await.get(&app.url).await.text().await.unwrap();
    assert!(page.contains("HUBSPOT_CLIENT_SECRET"));
}

#[tokio::test]
async fn connecting_again_replaces_a_dead_grant() {
    let app = App::start().await;
    app.connect().await;
    app.control("revoke_all").await;
    app.advance(SignedDuration::from_mins(31));
    assert_eq!(app.items().await.status(), StatusCode::CONFLICT);
    app.control("reset").await;
    app.connect().await;
    assert_eq!(app.items().await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_attempt_counts_for_ten_minutes() {
    let app = App::start().await;
    for (minutes, end) in [(9, "/connected"), (11, "/expired")] {
        let browser = Browser::new();
        let consent = browser.consent(&link(&app).await).await;
        app.advance(SignedDuration::from_mins(minutes));
        let ended = browser.post(consent.as_str(), &[("decision", "approve")]).await;
        assert!(ended.url().path().ends_with(end), "after {minutes} minutes: {}", ended.url());
    }
}

#[tokio::test]
async fn a_callback_that_says_something_twice_ends_in_a_sentence() {
    let app = App::start().await;
    let end =
        Browser::new().get(&format!("{}/integrations/hubspot/oauth2callback?code=a&code=b&state=x", app.url)).await;
    assert!(end.url().path().ends_with("/expired"), "{}", end.url());
}

/// Approves as somebody with another hub, and stays where they are asked.
async fn asked_about_another_hub(app: &App, browser: &Browser) -> reqwest::Response {
    app.steer(json!({"hubspot": {"hub_id": 24816358}})).await;
    browser.approve(&app.link_to("hubspot").await).await
}

async fn account(app: &App) -> Value {
    let connection = app.program("GET", "/integrations/hubspot/credentials").query(&IDS).send().await.unwrap();
    connection.json::<Value>().await.unwrap()["account"]["id"].clone()
}

#[tokio::test]
async fn another_account_takes_the_place_of_the_one_before_only_when_the_person_says_so() {
    for (answer, outcome, id, revoked) in
        [("replace", "connected", "24816358", "24816357"), ("keep", "account_kept", "24816357", "24816358")]
    {
        let app = App::start().await;
        app.connect().await;
        let browser = Browser::new();
        let question = asked_about_another_hub(&app, &browser).await;
        let address = question.url().clone();
        assert!(address.path().starts_with("/account-choice/"), "{address}");
        let text = question.text().await.unwrap();
        assert!(text.contains("24816357") && text.contains("24816358"), "both accounts are named: {text}");
        assert_eq!(account(&app).await, "24816357", "nothing is changed yet");

        assert_eq!(
            Browser::new().get(address.as_str()).await.status(),
            StatusCode::GONE,
            "another browser learns nothing"
        );
        let stranger = Browser::new().post(address.as_str(), &[("answer", "replace")]).await;
        assert_eq!(stranger.status(), StatusCode::GONE, "and cannot answer");
        assert_eq!(browser.post(address.as_str(), &[("answer", "maybe")]).await.status(), StatusCode::BAD_REQUEST);

        let end = browser.post(address.as_str(), &[("answer", answer)]).await;
        assert!(end.url().path().ends_with(&format!("/connected/hubspot/{outcome}")), "{}", end.url());
        assert_eq!(account(&app).await, id);
        assert_eq!(app.stats().await["revocations"], 1, "the grant for {revoked} is not left behind");
        assert_eq!(app.items().await.status(), StatusCode::OK, "what is connected works");
        assert_eq!(browser.post(address.as_str(), &[("answer", "replace")]).await.status(), StatusCode::GONE, "once");
    }
}

#[tokio::test]
async fn a_question_that_nobody_answers_changes_nothing() {
    let app = App::start().await;
    app.connect().await;
    let browser = Browser::new();
    let question = asked_about_another_hub(&app, &browser).await;
    app.control("expire").await;
    assert_eq!((account(&app).await, app.items().await.status()), (json!("24816357"), StatusCode::OK));
    assert!(question.url().path().starts_with("/account-choice/"));
}

#[tokio::test]
async fn connecting_the_same_account_again_keeps_the_connection_and_asks_nothing() {
    let app = App::start().await;
    app.connect().await;
    app.control("revoke_all").await;
    assert_eq!(app.items().await.status(), StatusCode::CONFLICT);
    app.connect().await;
    assert_eq!(app.items().await.status(), StatusCode::OK);
    let trail = app.program("GET", "/audit.json").query(&[("org_id", "acme")]).send().await.unwrap();
    let trail: Value = trail.json().await.unwrap();
    let actions: Vec<_> =
        trail["entries"].as_array().unwrap().iter().rev().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, ["connected", "load_started", "reconnect_required", "reconnected", "load_started"], "{trail}");
}

#[tokio::test]
async fn a_grant_is_revoked_only_when_no_other_connection_lives_on_it() {
    let app = App::start().await;
    let other = [("org_id", "acme"), ("user_id", "grace")];
    app.connect().await;
    let link = app.program("POST", "/integrations/hubspot/authorize").form(&other).send().await.unwrap();
    let end = Browser::new().approve(&link.json::<String>().await.unwrap()).await;
    assert!(end.url().path().ends_with("/connected"), "HubSpot does not mind: {}", end.url());
    let disconnect = async |ids: [(&str, &str); 2]| {
        let answer = app.program("DELETE", "/integrations/hubspot/credentials").query(&ids).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        app.stats().await["revocations"].as_u64().unwrap()
    };
    assert_eq!(disconnect(IDS).await, 0, "grace's connection lives on the same account");
    let items = app.program("GET", "/integrations/hubspot/items").query(&other).send().await.unwrap();
    assert_eq!(items.status(), StatusCode::OK);
    assert_eq!(disconnect(other).await, 1, "nobody is left");
}

#[tokio::test]
async fn the_same_notion_account_for_another_user_is_warned_about() {
    let app = App::start().await;
    app.connect_to("notion").await;
    let other = [("org_id", "acme"), ("user_id", "grace")];
    let link = app.program("POST", "/integrations/notion/authorize").form(&other).send().await.unwrap();
    let end = Browser::new().approve(&link.json::<String>().await.unwrap()).await;
    assert!(end.url().path().ends_with("/connected_twice"), "{}", end.url());
    assert!(end.text().await.unwrap().contains("Another user here is connected with the same account"));
}
