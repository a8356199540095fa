//! Tests that every provider has to pass: one [`Case`] per provider, one test per behaviour.

use std::collections::BTreeMap;

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{app::App, browser::Browser, fixtures::SUBJECT};

/// A provider, and how its stand-in behaves.
struct Case {
    slug: &'static str,
    /// The name of the stand-in's account.
    account: &'static str,
    /// Sandbox settings with which the provider rotates refresh tokens.
    rotating: fn() -> Value,
    /// The path of the token endpoint.
    token_path: &'static str,
    /// The prefix of the paths of its data.
    data_path: &'static str,
    /// The minimum number of requests for the default account's data.
    min_requests: u64,
    /// Requests beyond that, because the provider returns the same item twice or does not announce the end of a list.
    extra_requests: u64,
    /// Whether programs can revoke a grant.
    revokes: bool,
    /// Whether it says when an unused grant expires.
    has_grant_expiry: bool,
    /// The path from which an item, and all others of its stream, is read.
    path_of_stream: fn(&Value) -> String,
}

const HUBSPOT: Case = Case {
    slug: "hubspot",
    account: "acme-sandbox.com",
    rotating: || json!({"hubspot": {"rotate_refresh": "dead"}}),
    token_path: "/hubspot/oauth/2026-03/token",
    data_path: "/hubspot/crm",
    min_requests: 19,
    extra_requests: 0,
    revokes: true,
    has_grant_expiry: false,
    path_of_stream: |_| "/hubspot/crm/objects/2026-03/deals".to_owned(),
};

const NOTION: Case = Case {
    slug: "notion",
    account: "Northwind Press",
    rotating: || json!({}),
    token_path: "/notion/v1/oauth/token",
    data_path: "/notion/v1/",
    // 1 for the data sources, 5 for their databases, 4 for 400 pages, 10 for the rows.
    min_requests: 20,
    // Search returns every third row in addition to the 400 pages: 600 results rather than 400.
    extra_requests: 2,
    revokes: true,
    has_grant_expiry: false,
    path_of_stream: |row| format!("/notion/v1/data_sources/{}/query", row["parent_id"].as_str().unwrap()),
};

const AIRTABLE: Case = Case {
    slug: "airtable",
    account: "sam.rivers@birch-studio.example",
    rotating: || json!({}),
    token_path: "/airtable/oauth2/v1/token",
    data_path: "/airtable/v0/",
    // 1 for the bases, 3 for their tables, 19 for the records.
    min_requests: 23,
    extra_requests: 0,
    revokes: false,
    has_grant_expiry: true,
    path_of_stream: |record| {
        let (base, table) =
            (record["url"].as_str().unwrap().split('/').nth(3).unwrap(), record["parent_id"].as_str().unwrap());
        format!("/airtable/v0/{base}/{table}")
    },
};

const EXAMPLE: Case = Case {
    slug: "example",
    account: "Mill & Sons",
    rotating: || json!({}),
    token_path: "/example/oauth/token",
    data_path: "/example/v1/",
    min_requests: 3,
    extra_requests: 0,
    revokes: false,
    has_grant_expiry: false,
    path_of_stream: |_| "/example/v1/invoices".to_owned(),
};

/// A module for each provider, with a test for each behaviour.
macro_rules! cases {
    ($($provider:ident: $case:expr;)*) => { $(
        mod $provider {
            use super::*;

            #[tokio::test]
            async fn connecting_returns_the_account() {
                super::check_connecting(&$case).await;
            }

            #[tokio::test]
            async fn denying_access_connects_nothing() {
                super::check_denying(&$case).await;
            }

            #[tokio::test]
            async fn an_expired_token_is_refreshed_once_and_the_load_is_complete() {
                super::check_refreshing(&$case).await;
            }

            #[tokio::test]
            async fn no_rotating_refresh_token_is_used_twice() {
                super::check_rotating(&$case).await;
            }

            #[tokio::test]
            async fn a_dead_grant_requires_reconnecting_and_works_afterwards() {
                super::check_reconnecting(&$case).await;
            }

            #[tokio::test]
            async fn a_load_returns_every_item_in_the_fewest_requests() {
                super::check_loading(&$case).await;
            }

            #[tokio::test]
            async fn a_load_is_complete_when_every_20th_response_is_a_502() {
                super::check_loading_through_failures(&$case).await;
            }

            #[tokio::test]
            async fn a_failed_stream_is_reported_and_the_others_are_complete() {
                super::check_failing_stream(&$case).await;
            }

            #[tokio::test]
            async fn a_record_outside_the_schema_is_skipped_and_costs_no_other() {
                super::check_odd_record(&$case).await;
            }

            #[tokio::test]
            async fn two_loads_of_the_same_data_return_the_same_bytes() {
                super::check_loading_twice(&$case).await;
            }

            #[tokio::test]
            async fn disconnecting_deletes_the_connection_and_revokes_the_grant_if_possible() {
                super::check_disconnecting(&$case).await;
            }
        }
    )* };
}

cases! {
    hubspot: HUBSPOT;
    notion: NOTION;
    airtable: AIRTABLE;
    example: EXAMPLE;
}

async fn connected(case: &Case) -> App {
    let app = App::start().await;
    app.connect_to(case.slug).await;
    app
}

async fn connection(app: &App, case: &Case) -> (StatusCode, Value) {
    let path = format!("/integrations/{}/credentials", case.slug);
    let response = app.api("GET", &path).query(&SUBJECT).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

/// The sandbox's counters for this provider.
async fn counters(app: &App, case: &Case) -> Value {
    app.stats().await["by_provider"][case.slug].clone()
}

/// The number of items that the sandbox holds, by their type.
async fn expected_items(app: &App, case: &Case) -> BTreeMap<String, u64> {
    serde_json::from_value(app.stats().await["holds"][case.slug].clone()).unwrap()
}

/// The number of items that a load returned, by their type. Fails if an item was returned twice.
fn loaded_items(events: &[Value]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let mut ids = std::collections::HashSet::new();
    for item in events.iter().filter_map(|event| event["items"].as_array()).flatten() {
        *counts.entry(item["type"].as_str().unwrap().to_owned()).or_default() += 1;
        assert!(ids.insert(item["id"].as_str().unwrap()), "twice: {item}");
    }
    counts
}

/// Whether a load was complete, and the report of each stream.
fn report(events: &[Value]) -> (&Value, &Vec<Value>) {
    let last = events.last().unwrap();
    assert_eq!(last["event"], "finished");
    (&last["complete"], last["report"].as_array().unwrap())
}

async fn check_connecting(case: &Case) {
    let app = connected(case).await;
    let (status, connection) = connection(&app, case).await;
    assert_eq!((status, &connection["status"]), (StatusCode::OK, &json!("active")));
    assert_eq!(connection["account"]["name"], case.account);
    assert_eq!((&connection["missing_scopes"], &connection["renewable"]), (&json!([]), &json!(true)));
    assert_eq!(connection["must_be_used_before"].is_string(), case.has_grant_expiry);
}

async fn check_denying(case: &Case) {
    let app = App::start().await;
    let end = Browser::new().decide(&app.connect_link(case.slug).await, "deny").await;
    assert_eq!(end.url().path(), format!("/connected/{}/denied", case.slug));
    assert_eq!(connection(&app, case).await.0, StatusCode::NOT_FOUND);
}

async fn check_refreshing(case: &Case) {
    let app = connected(case).await;
    app.sandbox_control_with("expire", json!({"provider": case.slug})).await;
    // A single failure of the token endpoint must not end the load.
    app.configure_sandbox(
        json!({"faults": [{"path": case.token_path, "kind": "status", "status": 503, "when": {"times": 1}}]}),
    )
    .await;
    let events = app.events_of(case.slug).await;
    assert_eq!((report(&events).0, loaded_items(&events)), (&json!(true), expected_items(&app, case).await));
    assert_eq!(counters(&app, case).await["refreshes"], 1);
    assert!(connection(&app, case).await.1["last_refreshed_at"].is_string());
}

async fn check_rotating(case: &Case) {
    let app = App::start().await;
    app.configure_sandbox((case.rotating)()).await;
    app.connect_to(case.slug).await;
    for round in 1..=3 {
        app.sandbox_control_with("expire", json!({"provider": case.slug})).await;
        // There is a pause between refreshes that refused tokens cause.
        app.advance_clock(SignedDuration::from_mins(6));
        let events = app.events_of(case.slug).await;
        assert_eq!(report(&events).0, &json!(true), "{:?}", events.last());
        let counters = counters(&app, case).await;
        assert_eq!((&counters["refreshes"], &counters["reused_tokens"]), (&json!(round), &json!(0)));
    }
}

async fn check_reconnecting(case: &Case) {
    let app = connected(case).await;
    app.sandbox_control_with("revoke_all", json!({"provider": case.slug})).await;
    let response = app.items_of(case.slug).await;
    assert_eq!(response.status(), StatusCode::CONFLICT);
    let error: Value = response.json().await.unwrap();
    assert_eq!(error["code"], "reconnect_required");
    let (_, dead) = connection(&app, case).await;
    assert_eq!(dead["status"], "reconnect_required");
    assert!(dead["reason"].as_str().unwrap().ends_with('.'));
    // After `revoke_all`, the stand-in also rejects what it issues in the same millisecond. A reset ends that.
    app.sandbox_control_with("reset", json!({})).await;
    app.connect_to(case.slug).await;
    assert_eq!(connection(&app, case).await.1["status"], "active");
    assert_eq!(report(&app.events_of(case.slug).await).0, &json!(true));
}

async fn check_loading(case: &Case) {
    let app = connected(case).await;
    let events = app.events_of(case.slug).await;
    let (complete, report) = report(&events);
    assert_eq!((complete, loaded_items(&events)), (&json!(true), expected_items(&app, case).await));
    let requests: u64 = report.iter().map(|stream| stream["requests"].as_u64().unwrap()).sum();
    println!(
        "{}: {} items in {requests} requests, of which {} are the minimum",
        case.slug,
        loaded_items(&events).values().sum::<u64>(),
        case.min_requests
    );
    assert_eq!(requests, case.min_requests + case.extra_requests, "{report:#?}");
    assert_eq!(app.stats().await["rate_limited"], 0);
}

async fn check_loading_through_failures(case: &Case) {
    let app = connected(case).await;
    app.configure_sandbox(
        json!({"faults": [{"path": case.data_path, "kind": "status", "status": 502, "when": {"every": 20}}]}),
    )
    .await;
    // If a load takes fewer than 20 requests, a later one gets the failure.
    for _ in 0..20 {
        let events = app.events_of(case.slug).await;
        assert_eq!((report(&events).0, loaded_items(&events)), (&json!(true), expected_items(&app, case).await));
        let endpoints = app.stats().await["by_endpoint"].clone();
        if endpoints.as_object().unwrap().values().any(|one| one["statuses"]["502"].is_u64()) {
            return;
        }
    }
    panic!("no response was a 502");
}

async fn check_failing_stream(case: &Case) {
    let app = connected(case).await;
    // The last stream of a complete load is one that does not lead to others.
    let complete_load = app.events_of(case.slug).await;
    let (_, streams) = report(&complete_load);
    let last = streams.last().unwrap();
    let of_last = complete_load.iter().rev().find(|event| event["stream"] == last["stream"]);
    let path = (case.path_of_stream)(&of_last.unwrap()["items"][0]);
    app.configure_sandbox(json!({"faults": [{"path": path, "kind": "status", "status": 502}]})).await;
    let events = app.events_of(case.slug).await;
    let (complete, report) = report(&events);
    assert_eq!(complete, &json!(false));
    let failed: Vec<_> = report.iter().filter(|stream| stream["outcome"] != "complete").collect();
    assert_eq!(failed.len(), 1, "{report:#?}");
    assert_eq!(failed[0]["stream"], last["stream"]);
    assert!(failed[0]["outcome"]["failed"]["detail"].as_str().unwrap().contains("502"));
    let (missing, all) = (last["records"].as_u64().unwrap(), expected_items(&app, case).await.values().sum::<u64>());
    assert_eq!(loaded_items(&events).values().sum::<u64>(), all - missing, "everything else is complete");
    // The array form names the stream, percent-encoded, in its header. Without any items it is an error.
    let array = app.items_of(case.slug).await;
    if loaded_items(&events).is_empty() {
        assert_eq!(array.status(), StatusCode::BAD_GATEWAY);
        return;
    }
    assert_eq!(array.status(), StatusCode::OK);
    let failed =
        array.headers()["tributary-load"].to_str().unwrap().strip_prefix("partial; failed=").unwrap().to_owned();
    assert_eq!(percent_encoding::percent_decode_str(&failed).decode_utf8().unwrap(), last["stream"].as_str().unwrap());
}

async fn check_odd_record(case: &Case) {
    let app = connected(case).await;
    let complete_load = app.events_of(case.slug).await;
    let (_, streams) = report(&complete_load);
    let last = streams.last().unwrap();
    let of_last = complete_load.iter().rev().find(|event| event["stream"] == last["stream"]);
    let path = (case.path_of_stream)(&of_last.unwrap()["items"][0]);
    let rule = json!({"path": path, "kind": "odd_record", "record": {"id": null}, "when": {"times": 1}});
    app.configure_sandbox(json!({"faults": [rule]})).await;
    let events = app.events_of(case.slug).await;
    let (complete, report) = report(&events);
    assert_eq!(complete, &json!(false));
    let odd: Vec<_> = report.iter().filter(|stream| stream["outcome"] != "complete").collect();
    assert_eq!((odd.len(), &odd[0]["stream"]), (1, &last["stream"]), "{report:#?}");
    assert_eq!((&odd[0]["outcome"], &odd[0]["skipped"]), (&json!("complete_with_skips"), &json!(1)));
    assert_eq!(
        (odd[0]["records"].as_u64(), odd[0]["retries"].as_u64()),
        (last["records"].as_u64().map(|all| all - 1), Some(0))
    );
    assert_eq!(odd[0]["first_skipped"], json!([{"id": null, "reason": "id is null instead of a string"}]));
}

async fn check_loading_twice(case: &Case) {
    let app = connected(case).await;
    let (one, two) = (app.items_of(case.slug).await, app.items_of(case.slug).await);
    assert_eq!(one.headers()["tributary-load"], "complete");
    assert_eq!(one.bytes().await.unwrap(), two.bytes().await.unwrap());
}

async fn check_disconnecting(case: &Case) {
    let app = connected(case).await;
    let browser = app.signed_in_browser().await;
    let fields = [("org_id", "acme"), ("user_id", "ada"), ("provider", case.slug)];
    let end = browser.post(&format!("{}/disconnect", app.url), &fields).await;
    let page = end.text().await.unwrap();
    assert_eq!(page.contains("does not let programs revoke access"), !case.revokes, "{page}");
    assert_eq!(counters(&app, case).await["revocations"], u64::from(case.revokes));
    assert_eq!(connection(&app, case).await.0, StatusCode::NOT_FOUND);
}
