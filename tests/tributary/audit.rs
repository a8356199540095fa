//! The audit log: who did what, when, and from where.

use futures::future::join_all;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tributary::{
    model::{Account, Action, ActorKind, LoadOutcome, LoadSummary, Subject},
    server::{audit::Actor, connections::ConnectionKey, grants::RefreshScheduler},
};

use crate::support::{app::App, fixtures::SUBJECT, wait::wait_until};

async fn audit_log(app: &App, query: &[(&str, &str)]) -> Value {
    let query = [&[("org_id", "acme")], query].concat();
    app.api("GET", "/audit.json").query(&query).send().await.unwrap().json().await.unwrap()
}

fn actions(log: &Value) -> Vec<&str> {
    log["entries"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_audit_log_lists_what_happened_newest_first_with_its_actor_and_address() {
    let app = App::start().await;
    app.connect().await;
    let read = async || app.api("POST", "/integrations/hubspot/credentials").form(&SUBJECT).send().await.unwrap();
    read().await;
    read().await;
    app.advance_clock(SignedDuration::from_mins(26));
    app.items().await;
    app.configure_sandbox(json!({"faults": [{"path": "/hubspot/oauth", "kind": "status", "status": 503}]})).await;
    app.advance_clock(SignedDuration::from_mins(26));
    read().await;
    app.configure_sandbox(json!({"faults": []})).await;
    app.api("DELETE", "/integrations/hubspot/credentials").query(&SUBJECT).send().await.unwrap();
    let log = audit_log(&app, &[]).await;
    let expected = ["disconnected", "refresh_failed", "load_ended", "refreshed", "token_read", "connected"];
    assert_eq!(actions(&log), expected, "reads within a minute are one entry: {log}");
    let connected = &log["entries"][5];
    assert_eq!((&connected["user_id"], &connected["provider"]), (&json!("ada"), &json!("hubspot")));
    assert_eq!((&connected["by"], &connected["from"]), (&json!("browser"), &json!("127.0.0.1")));
    assert_eq!(connected["account"], "acme-sandbox.com (24816357)");
    assert_eq!((&log["entries"][3]["by"], &log["entries"][3]["from"]), (&json!("api_key"), &json!("127.0.0.1")));
    assert!(log["entries"][1]["detail"].as_str().unwrap().contains("503"));
    assert!(log["entries"][0]["detail"].as_str().unwrap().contains("revoked at the provider"));
}

#[tokio::test]
async fn the_audit_log_requires_authentication_and_covers_one_organisation() {
    let app = App::start().await;
    app.connect().await;
    for path in ["/audit.json?org_id=acme", "/audit?org_id=acme"] {
        assert_eq!(app.anonymous("GET", path).send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let other = app.api("GET", "/audit.json?org_id=acme%2F").send().await.unwrap();
    assert_eq!(other.json::<Value>().await.unwrap()["entries"], json!([]));
    for (query, message) in
        [("", "org_id"), ("?org_id=acme&limit=0", "between 1 and 1000"), ("?org_id=acme&before=now", "before")]
    {
        let response = app.api("GET", &format!("/audit.json{query}")).send().await.unwrap();
        assert!(response.status().is_client_error());
        assert!(response.json::<Value>().await.unwrap()["detail"].as_str().unwrap().contains(message), "{query}");
    }
    let page = app.signed_in_browser().await.get(&format!("{}/audit?org_id=acme", app.url)).await.text().await.unwrap();
    assert!(page.contains("acme-sandbox.com (24816357)") && page.contains("browser"), "{page}");
    let empty =
        app.signed_in_browser().await.get(&format!("{}/audit?org_id=%3Cb%3E", app.url)).await.text().await.unwrap();
    assert!(empty.contains("No activity yet.") && empty.contains("&lt;b>") || empty.contains("&lt;b&gt;"), "{empty}");
}

#[tokio::test]
async fn routine_entries_do_not_push_out_others_and_the_audit_log_is_paginated() {
    let app = App::start().await;
    let key = app.key("hubspot");
    let account = Account { id: "1".into(), name: None, url: None };
    let actor = Actor::scheduler();
    app.state.audit.record(&actor, &key, &account, Action::Connected, None).await;
    for _ in 0..2_550 {
        app.advance_clock(SignedDuration::from_millis(1));
        app.state.audit.record(&actor, &key, &account, Action::Refreshed, None).await;
    }
    // Entries of the same millisecond are not lost between two pages.
    let (mut before, mut all) = (None::<String>, Vec::new());
    loop {
        let query: Vec<_> = before.iter().map(|before| ("before", before.as_str())).chain([("limit", "999")]).collect();
        let page = audit_log(&app, &query).await;
        all.extend(actions(&page).into_iter().map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => before = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(all.iter().filter(|action| *action == "refreshed").count(), 2_500);
    assert_eq!(all.last().unwrap(), "connected");
    app.advance_clock(SignedDuration::from_hours(91 * 24));
    assert_eq!(audit_log(&app, &[]).await["entries"], json!([]), "entries are kept for 90 days");
}

#[tokio::test]
async fn five_thousand_loads_that_are_dropped_do_not_push_out_a_token_read() {
    let app = App::start().await;
    let account = Account { id: "1".into(), name: None, url: None };
    let actor = Actor::request(ActorKind::ApiKey, Some("203.0.113.7".to_owned()));
    app.state.audit.record_token_read(&actor, &app.key("hubspot"), &account).await;
    let load = async |user: &str| {
        let key = ConnectionKey::new(&Subject::new("acme", user).unwrap(), "hubspot").unwrap();
        let (outcome, missing) = (LoadOutcome::Cancelled, Vec::new());
        let summary = LoadSummary { outcome, records: 2, skipped: 0, milliseconds: 1, missing };
        app.state.audit.record_load(&actor, &key, &account, summary, "Stopped by the reader.").await;
    };
    // By one caller on one connection, and then on as many as the share of such entries, and more.
    join_all((0..2_400).map(|_| load("ada"))).await;
    let count = async || {
        let log = audit_log(&app, &[]).await;
        assert_eq!(actions(&log), ["load_ended", "token_read"], "{log}");
        log["entries"][0].clone()
    };
    wait_until("all loads are counted", async || count().await["count"] == 2_400).await;
    let detail = count().await["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("The last of 2400 such loads since ") && detail.contains("with 4800 records"), "{detail}");
    let users: Vec<_> = (0..2_600).map(|number| format!("user{number}")).collect();
    join_all(users.iter().map(|user| load(user))).await;
    let mut before = None::<String>;
    let is_kept = loop {
        let query: Vec<_> =
            before.iter().map(|before| ("before", before.as_str())).chain([("limit", "1000")]).collect();
        let page = audit_log(&app, &query).await;
        if actions(&page).contains(&"token_read") {
            break true;
        }
        match page["next"].as_str() {
            Some(next) => before = Some(next.to_owned()),
            None => break false,
        }
    };
    assert!(is_kept, "the token read is gone");
}

#[tokio::test]
async fn a_grant_that_dies_during_a_load_is_recorded_with_its_reason() {
    let app = App::start().await;
    app.connect().await;
    app.sandbox_control("revoke_all").await;
    assert_eq!(app.items().await.status(), StatusCode::CONFLICT);
    let log = audit_log(&app, &[]).await;
    let actions = actions(&log);
    assert_eq!(actions[actions.len() - 2..], ["reconnect_required", "connected"], "{log}");
    assert!(log["entries"][actions.len() - 2]["detail"].as_str().unwrap().contains("no longer lets us in"));
}

#[tokio::test]
async fn the_actor_of_a_signed_in_browser_is_the_browser_whatever_authorization_header_it_sends() {
    let app = App::start().await;
    app.connect().await;
    let cookie = app.session_cookie().await;
    for scheme in ["Basic", "Negotiate"] {
        app.sandbox_control("expire").await;
        app.advance_clock(SignedDuration::from_mins(2));
        let request = app.anonymous("GET", "/integrations/hubspot/items").query(&SUBJECT).header("cookie", &cookie);
        let response = request.header("authorization", format!("{scheme} cHJveHk6c2VjcmV0")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{scheme}");
    }
    let request = app.anonymous("DELETE", "/integrations/hubspot/credentials").query(&SUBJECT);
    let request = request.header("cookie", &cookie).header("authorization", "Basic cHJveHk6c2VjcmV0");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    let log = audit_log(&app, &[]).await;
    let expected = ["disconnected", "load_ended", "refreshed", "refreshed", "connected"];
    assert_eq!(actions(&log), expected, "{log}");
    assert_eq!(log["entries"][1]["count"], 2, "{log}");
    assert!(log["entries"].as_array().unwrap().iter().all(|entry| entry["by"] == "browser"), "{log}");
}

#[tokio::test]
async fn a_request_with_a_wrong_api_key_writes_nothing_to_the_audit_log() {
    let app = App::start().await;
    app.connect().await;
    let cookie = app.session_cookie().await;
    for (method, path) in [
        ("POST", "/integrations/hubspot/credentials"),
        ("POST", "/integrations/hubspot/load"),
        ("GET", "/integrations/hubspot/items"),
        ("DELETE", "/integrations/hubspot/credentials"),
        ("POST", "/encryption-keys/rotation"),
    ] {
        let request = || app.anonymous(method, path).bearer_auth("wrong").query(&SUBJECT).form(&SUBJECT);
        // A session does not make up for a wrong key.
        for request in [request(), request().header("cookie", &cookie)] {
            assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "{method} {path}");
        }
    }
    let log = audit_log(&app, &[]).await;
    assert_eq!(actions(&log), ["connected"], "{log}");
}

#[tokio::test]
async fn the_actor_of_a_scheduled_refresh_is_the_scheduler() {
    let app = App::start().await;
    app.connect().await;
    app.advance_clock(SignedDuration::from_mins(26));
    assert_eq!(RefreshScheduler::new(app.state.grants.clone()).run_once().await.unwrap(), 1);
    let log = audit_log(&app, &[]).await;
    assert_eq!(actions(&log), ["refreshed", "connected"], "{log}");
    assert_eq!((&log["entries"][0]["by"], &log["entries"][0]["from"]), (&json!("scheduler"), &Value::Null));
}

#[tokio::test]
async fn a_load_is_recorded_when_it_ends_with_its_outcome_records_and_time() {
    let app = App::start_with("contacts=250,companies=120,deals=30".parse().unwrap(), &[], None).await;
    app.connect().await;
    app.items().await;
    let fault = |path: &str| json!({"faults": [{"path": path, "kind": "status", "status": 404}]});
    app.configure_sandbox(fault("/hubspot/crm/objects/2026-03/deals")).await;
    app.events().await;
    app.configure_sandbox(fault("/hubspot/crm/objects")).await;
    assert_eq!(app.items().await.status(), StatusCode::BAD_GATEWAY);
    app.configure_sandbox(json!({"faults": []})).await;
    let first_page = format!("{}/?org_id=acme&user_id=ada&items=hubspot", app.url);
    assert!(app.signed_in_browser().await.get(&first_page).await.status().is_success());
    let log = audit_log(&app, &[]).await;
    let loads = log["entries"].as_array().unwrap().iter().rev().filter(|entry| entry["action"] == "load_ended");
    let expected = [
        ("complete", 400, json!([]), "Complete: 400 records in "),
        ("partial", 370, json!(["deals"]), "In part: 370 records in "),
        ("failed", 0, json!(["contacts", "companies", "deals"]), "Nothing was read. HubSpot "),
        ("first_page", 230, json!([]), "First items only: 230 records in "),
    ];
    let loads: Vec<_> = loads.collect();
    assert_eq!(loads.len(), expected.len(), "{log}");
    for (entry, (outcome, records, missing, detail)) in loads.into_iter().zip(expected) {
        let load = &entry["load"];
        assert_eq!((&load["outcome"], &load["records"]), (&json!(outcome), &json!(records)), "{entry}");
        assert_eq!(load["missing"], missing, "{entry}");
        assert!(load["milliseconds"].is_u64() && entry["detail"].as_str().unwrap().starts_with(detail), "{entry}");
    }
}

#[tokio::test]
async fn a_load_whose_reader_hangs_up_is_recorded_as_stopped() {
    let app = App::start_with("contacts=100000,companies=0,deals=0".parse().unwrap(), &[], None).await;
    app.connect().await;
    app.configure_sandbox(json!({"latency_ms": 20})).await;
    let request =
        app.api("GET", "/integrations/hubspot/items").query(&SUBJECT).header("accept", "application/x-ndjson");
    let mut response = request.send().await.unwrap();
    while !String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()).contains("\"page\"") {}
    drop(response);
    wait_until("the load is in the audit log", async || actions(&audit_log(&app, &[]).await)[0] == "load_ended").await;
    let log = audit_log(&app, &[]).await;
    assert_eq!(actions(&log), ["load_ended", "connected"]);
    let entry = &log["entries"][0];
    assert_eq!((&entry["load"]["outcome"], &entry["by"]), (&json!("cancelled"), &json!("api_key")), "{entry}");
    assert!(entry["load"]["records"].as_u64().unwrap() >= 100, "{entry}");
    assert!(entry["detail"].as_str().unwrap().starts_with("Stopped by the reader: "), "{entry}");
}
