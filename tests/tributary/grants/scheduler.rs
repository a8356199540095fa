//! The refresh scheduler: grants are refreshed ahead of time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::SignedDuration;
use serde_json::{Value, json};
use tributary::server::{
    audit::Actor,
    connections::ConnectionKey,
    grants::RefreshScheduler,
    store::{Embedded, Store},
};

use crate::support::{
    app::App,
    fixtures::{API_KEY, K1, SUBJECT},
    process::Process,
};

const KEYS: (&str, &str) = ("TRIBUTARY_ENCRYPTION_KEYS", K1);

async fn start() -> (App, RefreshScheduler) {
    let app = App::start().await;
    let scheduler = RefreshScheduler::new(app.state.grants.clone());
    (app, scheduler)
}

async fn refreshes(app: &App, provider: &str) -> u64 {
    app.stats().await["by_provider"][provider]["refreshes"].as_u64().unwrap()
}

async fn connection(app: &App, provider: &str) -> Value {
    let path = format!("/integrations/{provider}/credentials");
    app.api("GET", &path).query(&SUBJECT).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_grant_is_refreshed_before_a_request_has_to_wait() {
    let (app, mut scheduler) = start().await;
    app.connect().await;
    assert_eq!(scheduler.run_once().await.unwrap(), 0, "nothing is due");
    let next: jiff::Timestamp = connection(&app, "hubspot").await["next_refresh_at"].as_str().unwrap().parse().unwrap();
    let minutes = next.duration_since(jiff::Timestamp::now()).as_mins();
    assert!((19..=25).contains(&minutes), "ten to five minutes before a 30-minute token expires: {minutes}");
    app.advance_clock(SignedDuration::from_mins(25));
    assert_eq!((scheduler.run_once().await.unwrap(), refreshes(&app, "hubspot").await), (1, 1));
    assert_eq!(scheduler.run_once().await.unwrap(), 0, "it is not due again");
    assert_eq!(app.api("POST", "/integrations/hubspot/credentials").form(&SUBJECT).send().await.unwrap().status(), 200);
    assert_eq!(refreshes(&app, "hubspot").await, 1, "the request did not wait for a refresh");
    let connection = connection(&app, "hubspot").await;
    assert_eq!((&connection["refreshes_last_24h"], &connection["refresh_failures_last_24h"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn an_unused_grant_stays_alive_for_a_year_with_a_refresh_every_few_weeks() {
    let (app, mut scheduler) = start().await;
    app.connect_to("airtable").await;
    // The sandbox has its own clock, on which hardly a second passes.
    for _ in 0..365 / 5 {
        app.advance_clock(SignedDuration::from_hours(5 * 24));
        scheduler.run_once().await.unwrap();
    }
    let count = refreshes(&app, "airtable").await;
    assert!((11..=25).contains(&count), "every 15 to 30 days in a year: {count}");
    let connection = connection(&app, "airtable").await;
    assert_eq!(connection["status"], "active");
    let ends: jiff::Timestamp = connection["must_be_used_before"].as_str().unwrap().parse().unwrap();
    assert!(ends.duration_since(jiff::Timestamp::now() + SignedDuration::from_hours(365 * 24)).is_positive(), "{ends}");
}

#[tokio::test]
async fn a_token_that_does_not_expire_is_not_refreshed_and_its_grant_stays_alive() {
    let (app, mut scheduler) = start().await;
    app.connect_to("notion").await;
    for _ in 0..20 {
        app.advance_clock(SignedDuration::from_hours(5 * 24));
        scheduler.run_once().await.unwrap();
    }
    assert_eq!(refreshes(&app, "notion").await, 0, "a refresh would only put the grant at risk");
    assert_eq!(connection(&app, "notion").await["status"], "active");
}

#[tokio::test]
async fn grants_that_were_created_together_are_refreshed_at_different_times() {
    let (app, mut scheduler) = start().await;
    app.connect().await;
    let key = |user: &str| {
        let subject = tributary::model::Subject::new("acme", user).unwrap();
        ConnectionKey::new(&subject, "hubspot").unwrap()
    };
    // The time of the next refresh is drawn at random each time, so one grant shows how many would be spread.
    let mut minutes = Vec::new();
    for _ in 0..200 {
        app.advance_clock(SignedDuration::from_mins(26));
        scheduler.run_once().await.unwrap();
        app.state.grants.refresher.access_token(&key("ada"), &Actor::command_line()).await.unwrap();
        let now = jiff::Timestamp::now() + *app.clock_offset.lock().unwrap();
        let next: jiff::Timestamp =
            connection(&app, "hubspot").await["next_refresh_at"].as_str().unwrap().parse().unwrap();
        minutes.push(next.duration_since(now).as_secs() / 60);
    }
    for minute in 20..25 {
        let share = minutes.iter().filter(|planned| **planned == minute).count();
        assert!((15..=75).contains(&share), "minute {minute} has {share} of 200: {minutes:?}");
    }
}

#[tokio::test]
async fn a_failing_provider_is_retried_with_back_off_and_a_dead_grant_is_not_refreshed() {
    let (app, mut scheduler) = start().await;
    app.connect().await;
    app.configure_sandbox(json!({"faults": [{"path": "/hubspot/oauth", "kind": "status", "status": 503}]})).await;
    let token_requests = async || {
        let endpoints = app.stats().await["by_endpoint"].clone();
        let endpoint =
            endpoints.as_object().unwrap().iter().find(|(name, _)| name.ends_with("/token")).unwrap().1.clone();
        endpoint["requests"].as_u64().unwrap()
    };
    let before = token_requests().await;
    app.advance_clock(SignedDuration::from_mins(26));
    for _ in 0..60 {
        scheduler.run_once().await.unwrap();
        app.advance_clock(SignedDuration::from_mins(1));
    }
    let attempts = token_requests().await - before;
    assert!((3..=8).contains(&attempts), "{attempts} attempts in an hour");
    let connected = connection(&app, "hubspot").await;
    assert_eq!(
        (connected["status"].as_str(), &connected["refresh_failures_last_24h"]),
        (Some("active"), &json!(attempts))
    );
    assert!(connected["last_refresh_error"].as_str().unwrap().contains("503"), "{connected}");
    let log = app.api("GET", "/audit.json").query(&[("org_id", "acme")]).send().await.unwrap();
    let log: Value = log.json().await.unwrap();
    let failures = log["entries"].as_array().unwrap().iter().filter(|entry| entry["action"] == "refresh_failed");
    assert_eq!(failures.count(), 1, "consecutive failures are one entry: {log}");

    app.configure_sandbox(json!({"faults": []})).await;
    app.sandbox_control("revoke_all").await;
    app.advance_clock(SignedDuration::from_mins(30));
    scheduler.run_once().await.unwrap();
    assert_eq!(connection(&app, "hubspot").await["status"], "reconnect_required");
    let after = token_requests().await;
    for _ in 0..10 {
        app.advance_clock(SignedDuration::from_hours(24));
        assert_eq!(scheduler.run_once().await.unwrap(), 0);
    }
    assert_eq!(token_requests().await, after);
}

#[tokio::test]
async fn only_the_process_with_the_lease_schedules_and_another_takes_over() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(Embedded::open(&folder.path().join("store.redb")).unwrap());
    let app = App::start_with(Default::default(), &[KEYS], Some(store.clone())).await;
    app.connect().await;
    let (mut one, mut other) =
        (RefreshScheduler::new(app.state.grants.clone()), RefreshScheduler::new(app.state.grants.clone()));
    assert_eq!(one.run_once().await.unwrap(), 0);
    app.advance_clock(SignedDuration::from_mins(26));
    assert_eq!(other.run_once().await.unwrap(), 0, "the other process holds the lease");
    assert_eq!(one.run_once().await.unwrap(), 1);
    // The process with the lease ends, and its lease with it.
    store.take("lease/refresh-scheduler").await.unwrap();
    app.advance_clock(SignedDuration::from_mins(26));
    assert_eq!(other.run_once().await.unwrap(), 1);
    assert_eq!(one.run_once().await.unwrap(), 0);
}

#[tokio::test]
async fn grants_saved_without_a_scheduler_are_found_by_its_scan() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(Embedded::open(&folder.path().join("store.redb")).unwrap());
    let off = [KEYS, ("TRIBUTARY_REFRESH_SCHEDULER", "off")];
    let app = App::start_with(Default::default(), &off, Some(store)).await;
    app.connect().await;
    assert_eq!(connection(&app, "hubspot").await["next_refresh_at"], Value::Null);
    let mut scheduler = RefreshScheduler::new(app.state.grants.clone());
    app.advance_clock(SignedDuration::from_mins(26));
    assert_eq!((scheduler.run_once().await.unwrap(), refreshes(&app, "hubspot").await), (1, 1));
}

#[tokio::test]
async fn a_token_issued_while_the_clock_was_five_days_ahead_is_refreshed_when_it_is_right_again() {
    for scheduled in [false, true] {
        let (app, mut scheduler) = start().await;
        app.advance_clock(SignedDuration::from_hours(5 * 24));
        app.connect().await;
        app.advance_clock(SignedDuration::from_hours(-5 * 24));
        if scheduled {
            scheduler.run_once().await.unwrap();
        } else {
            app.api("POST", "/integrations/hubspot/credentials").form(&SUBJECT).send().await.unwrap();
        }
        assert_eq!(refreshes(&app, "hubspot").await, 1, "scheduled: {scheduled}");
        let connection = connection(&app, "hubspot").await;
        for time in ["expires_at", "next_refresh_at"] {
            let at: jiff::Timestamp = connection[time].as_str().unwrap().parse().unwrap();
            assert!(at.duration_since(jiff::Timestamp::now()).as_mins() <= 30, "{time}: {connection}");
        }
    }
}

#[test]
fn a_process_that_stops_gives_the_lease_back_so_that_the_next_one_need_not_wait() {
    let variables = [("TRIBUTARY_API_KEY", API_KEY), ("TRIBUTARY_SANDBOX", "off")];
    let scans_at_once = |server: &Process| {
        let began = Instant::now();
        while !server.log().contains("scanned all grants") {
            assert!(began.elapsed() < Duration::from_secs(10), "{}", server.log());
            std::thread::yield_now();
        }
    };
    let server = Process::serve(&variables);
    scans_at_once(&server);
    let folder = server.folder.clone();
    assert!(server.terminate().0);
    scans_at_once(&Process::serve_in(folder, &variables));
}
