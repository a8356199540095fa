//! Grants that end by their deadline: they are not forgotten without a word, and no wrong clock ends them.

use jiff::SignedDuration;
use serde_json::{Value, json};
use tributary::server::grants::RefreshScheduler;

use crate::support::{app::App, fixtures::SUBJECT};

const TOKEN_PATH: &str = "/hubspot/oauth/2026-03/token";

/// HubSpot's token endpoint fails; its other endpoints, whose paths begin alike, work.
async fn fail_refreshes(app: &App) {
    let works = |path: &str| json!({"path": format!("{TOKEN_PATH}/{path}"), "kind": "slow", "slow_ms": 0});
    let fails = json!({"path": TOKEN_PATH, "kind": "status", "status": 503});
    app.configure_sandbox(json!({"faults": [works("revoke"), works("introspect"), fails]})).await;
}

async fn connection(app: &App) -> Value {
    let request = app.api("GET", "/integrations/hubspot/credentials").query(&SUBJECT);
    request.send().await.unwrap().json().await.unwrap()
}

async fn run_for(app: &App, scheduler: &mut RefreshScheduler, days: i64) {
    for _ in 0..2 * days {
        app.advance_clock(SignedDuration::from_hours(12));
        scheduler.run_once().await.unwrap();
    }
}

#[tokio::test]
async fn a_grant_that_nobody_could_refresh_ends_days_after_its_deadline_is_revoked_and_recorded() {
    let app = App::start().await;
    app.connect().await;
    let mut scheduler = RefreshScheduler::new(app.state.grants.clone());
    fail_refreshes(&app).await;
    run_for(&app, &mut scheduler, 34).await;
    assert_eq!(connection(&app).await["status"], "active", "it is tried for some more days");
    run_for(&app, &mut scheduler, 10).await;
    let ended = connection(&app).await;
    assert_eq!(ended["status"], "reconnect_required", "{ended}");
    assert!(ended["reason"].as_str().unwrap().starts_with("Access expired on "), "{ended}");
    assert_eq!(app.stats().await["by_provider"]["hubspot"]["revocations"], 1);
    let log = app.api("GET", "/audit.json").query(&[("org_id", "acme")]).send().await.unwrap();
    let log: Value = log.json().await.unwrap();
    let expired: Vec<_> =
        log["entries"].as_array().unwrap().iter().filter(|entry| entry["action"] == "expired").collect();
    assert_eq!((expired.len(), &expired[0]["by"]), (1, &json!("scheduler")), "{log}");
    assert!(expired[0]["detail"].as_str().unwrap().ends_with("The grant was revoked at the provider."), "{log}");
}

#[tokio::test]
async fn a_grant_past_its_deadline_is_kept_if_it_can_be_refreshed() {
    for provider in ["hubspot", "notion", "airtable"] {
        let app = App::start().await;
        app.connect_to(provider).await;
        app.advance_clock(SignedDuration::from_hours(70 * 24));
        RefreshScheduler::new(app.state.grants.clone()).run_once().await.unwrap();
        let events = app.events_of(provider).await;
        assert_eq!(events.last().unwrap()["complete"], true, "{provider}: {:?}", events.last());
    }
}

#[tokio::test]
async fn a_clock_that_was_70_days_ahead_ends_no_grant_and_delays_no_refresh() {
    let app = App::start().await;
    app.connect().await;
    let mut scheduler = RefreshScheduler::new(app.state.grants.clone());
    fail_refreshes(&app).await;
    app.advance_clock(SignedDuration::from_hours(70 * 24));
    for _ in 0..30 {
        scheduler.run_once().await.unwrap();
        app.advance_clock(SignedDuration::from_mins(10));
    }
    app.configure_sandbox(json!({"faults": []})).await;
    app.advance_clock(SignedDuration::from_hours(-70 * 24));
    assert_eq!(connection(&app).await["status"], "active");
    let refreshes = app.stats().await["refreshes"].clone();
    let mut restarted = RefreshScheduler::new(app.state.grants.clone());
    app.state.store.take("lease/refresh-scheduler").await.unwrap();
    restarted.run_once().await.unwrap();
    app.advance_clock(SignedDuration::from_mins(26));
    restarted.run_once().await.unwrap();
    assert_ne!(app.stats().await["refreshes"], refreshes, "the time of the next refresh was wrong, too");
}
