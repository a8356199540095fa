//! Grants are seen to ahead of time.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tributary::server::{
    audit::Actor,
    connections::ConnectionKey,
    grants::RefreshScheduler,
    store::{Embedded, Store},
};

use crate::{app::App, caller::IDS};

const KEYS: (&str, &str) = ("TRIBUTARY_ENCRYPTION_KEYS", "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");

async fn scheduled() -> (App, RefreshScheduler) {
    let app = App::start_with(Default::default(), &[("TRIBUTARY_REFRESH_SCHEDULER", "on")], None).await;
    let scheduler = RefreshScheduler::new(app.state.grants.clone());
    (app, scheduler)
}

async fn refreshes(app: &App, provider: &str) -> u64 {
    app.stats().await["by_provider"][provider]["refreshes"].as_u64().unwrap()
}

async fn connection(app: &App, provider: &str) -> Value {
    let path = format!("/integrations/{provider}/credentials");
    app.program("GET", &path).query(&IDS).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_grant_in_use_is_refreshed_before_anybody_has_to_wait_for_it() {
    let (app, mut scheduler) = scheduled().await;
    app.connect().await;
    assert_eq!(scheduler.run_once().await.unwrap(), 0, "nothing is due");
    let next: jiff::Timestamp = connection(&app, "hubspot").await["next_refresh_at"].as_str().unwrap().parse().unwrap();
    let minutes = next.duration_since(jiff::Timestamp::now()).as_mins();
    assert!((19..=25).contains(&minutes), "between ten and five minutes before the end of 30: {minutes}");
    app.advance(SignedDuration::from_mins(25));
    assert_eq!((scheduler.run_once().await.unwrap(), refreshes(&app, "hubspot").await), (1, 1));
    assert_eq!(scheduler.run_once().await.unwrap(), 0, "it is not due again");
    assert_eq!(app.program("POST", "/integrations/hubspot/credentials").form(&IDS).send().await.unwrap().status(), 200);
    assert_eq!(refreshes(&app, "hubspot").await, 1, "nobody waited");
    let connection = connection(&app, "hubspot").await;
    assert_eq!((&connection["refreshes_last_24h"], &connection["refresh_failures_last_24h"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn a_grant_that_nobody_uses_lives_on_for_a_year_with_a_refresh_every_few_weeks() {
    let (app, mut scheduler) = scheduled().await;
    app.connect_to("airtable").await;
    // The stand-in has a clock of its own, by which hardly a second passes.
    for _ in 0..365 / 5 {
        app.advance(SignedDuration::from_hours(5 * 24));
        scheduler.run_once().await.unwrap();
    }
    let times = refreshes(&app, "airtable").await;
    assert!((11..=25).contains(&times), "every 15 to 30 days in a year: {times}");
    let connection = connection(&app, "airtable").await;
    assert_eq!(connection["status"], "active");
    let ends: jiff::Timestamp = connection["must_be_used_before"].as_str().unwrap().parse().unwrap();
    assert!(ends.duration_since(jiff::Timestamp::now() + SignedDuration::from_hours(365 * 24)).is_positive(), "{ends}");
}

#[tokio::test]
async fn a_token_that_does_not_end_is_not_refreshed_and_its_grant_is_scheduled() {
    let (app, mut scheduler) = scheduled().await;
    app.connect_to("notion").await;
    for _ in 0..20 {
        app.advance(SignedDuration::from_hours(5 * 24));
        scheduler.run_once().await.unwrap();
    }
    assert_eq!(refreshes(&app, "notion").await, 0, "each refresh would put the grant at risk for nothing");
    assert_eq!(connection(&app, "notion").await["status"], "active");
}

#[tokio::test]
async fn a_thousand_grants_that_were_made_together_are_not_refreshed_together() {
    let (app, mut scheduler) = scheduled().await;
    app.connect().await;
    let key = |user: &str| {
        let subject = tributary::model::Subject::new("acme", user).unwrap();
        ConnectionKey::new(&subject, "hubspot").unwrap()
    };
    // Where each would stand in the index is drawn anew each time that a grant is planned.
    let mut planned = Vec::new();
    for _ in 0..200 {
        app.advance(SignedDuration::from_mins(26));
        scheduler.run_once().await.unwrap();
        app.state.grants.refresher.access_token(&key("ada"), &Actor::command_line()).await.unwrap();
        let now = jiff::Timestamp::now() + *app.ahead.lock().unwrap();
        let next: jiff::Timestamp =
            connection(&app, "hubspot").await["next_refresh_at"].as_str().unwrap().parse().unwrap();
        planned.push(next.duration_since(now).as_secs() / 60);
    }
    for minute in 20..25 {
        let share = planned.iter().filter(|planned| **planned == minute).count();
        assert!((15..=75).contains(&share), "minute {minute} has {share} of 200: {planned:?}");
    }
}

#[tokio::test]
async fn a_dead_grant_is_left_alone_and_one_whose_provider_fails_is_not_asked_in_a_storm() {
    let (app, mut scheduler) = scheduled().await;
    app.connect().await;
    app.steer(json!({"faults": [{"path": "/hubspot/oauth", "kind": "status", "status": 503}]})).await;
    let asked = async || {
        let endpoints = app.stats().await["by_endpoint"].clone();
        let tokens =
            endpoints.as_object().unwrap().iter().find(|(name, _)| name.ends_with("/token")).unwrap().1.clone();
        tokens["requests"].as_u64().unwrap()
    };
    let before = asked().await;
    app.advance(SignedDuration::from_mins(26));
    for _ in 0..60 {
        scheduler.run_once().await.unwrap();
        app.advance(SignedDuration::from_mins(1));
    }
    let tries = asked().await - before;
    assert!((3..=8).contains(&tries), "{tries} tries in an hour");
    let told = connection(&app, "hubspot").await;
    assert_eq!((told["status"].as_str(), &told["refresh_failures_last_24h"]), (Some("active"), &json!(tries)));
    assert!(told["last_refresh_error"].as_str().unwrap().contains("503"), "{told}");
    let trail = app.program("GET", "/audit.json").query(&[("org_id", "acme")]).send().await.unwrap();
    let trail: Value = trail.json().await.unwrap();
    let failures = trail["entries"].as_array().unwrap().iter().filter(|entry| entry["action"] == "refresh_failed");
    assert_eq!(failures.count(), 1, "the first of several in a row is told: {trail}");

    app.steer(json!({"faults": []})).await;
    app.control("revoke_all").await;
    app.advance(SignedDuration::from_mins(30));
    scheduler.run_once().await.unwrap();
    assert_eq!(connection(&app, "hubspot").await["status"], "reconnect_required");
    let after = asked().await;
    for _ in 0..10 {
        app.advance(SignedDuration::from_hours(24));
        assert_eq!(scheduler.run_once().await.unwrap(), 0);
    }
    assert_eq!(asked().await, after);
}

#[tokio::test]
async fn of_two_schedulers_on_one_store_one_keeps_and_the_other_takes_over() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(Embedded::open(&folder.path().join("store.redb")).unwrap());
    let on = [KEYS, ("TRIBUTARY_REFRESH_SCHEDULER", "on")];
    let app = App::start_with(Default::default(), &on, Some(store.clone())).await;
    app.connect().await;
    let (mut one, mut other) =
        (RefreshScheduler::new(app.state.grants.clone()), RefreshScheduler::new(app.state.grants.clone()));
    assert_eq!(one.run_once().await.unwrap(), 0);
    app.advance(SignedDuration::from_mins(26));
    assert_eq!(other.run_once().await.unwrap(), 0, "it is not its turn");
    assert_eq!(one.run_once().await.unwrap(), 1);
    // Its process ends, and its word with it.
    store.take("lease/refresh-scheduler").await.unwrap();
    app.advance(SignedDuration::from_mins(26));
    assert_eq!(other.run_once().await.unwrap(), 1);
    assert_eq!(one.run_once().await.unwrap(), 0);
}

#[tokio::test]
async fn grants_from_before_there_was_a_scheduler_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(Embedded::open(&folder.path().join("store.redb")).unwrap());
    let app = App::start_with(Default::default(), &[KEYS], Some(store)).await;
    app.connect().await;
    assert_eq!(connection(&app, "hubspot").await["next_refresh_at"], Value::Null);
    let mut scheduler = RefreshScheduler::new(app.state.grants.clone());
    app.advance(SignedDuration::from_mins(26));
    assert_eq!((scheduler.run_once().await.unwrap(), refreshes(&app, "hubspot").await), (1, 1));
}
