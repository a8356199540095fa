//! Loads, which are complete or report what is missing.

use std::time::Duration;

use futures::StreamExt;
use http::StatusCode;
use serde_json::{Value, json};
use tributary::{
    model::LoadEvent,
    server::{audit::Actor, load},
};
use tributary_sandbox::Records;

use crate::support::{
    app::{App, records},
    fixtures::SUBJECT,
    wait::wait_until,
};

fn small() -> Records {
    records("contacts=250,companies=120,deals=30")
}

async fn small_app() -> App {
    let app = App::start_with(small(), &[], None).await;
    app.connect().await;
    app
}

fn finished(events: &[Value]) -> &Value {
    let last = events.last().unwrap();
    assert_eq!(last["event"], "finished");
    last
}

fn count(events: &[Value]) -> usize {
    events.iter().filter_map(|event| event["items"].as_array()).map(Vec::len).sum()
}

#[tokio::test]
async fn a_load_of_the_default_sandbox_returns_1900_items_in_19_requests() {
    let app = App::start().await;
    app.connect().await;
    let events = app.events().await;
    assert_eq!(
        events[0],
        json!({"event": "started", "provider": "hubspot", "streams": ["contacts", "companies", "deals"]})
    );
    assert_eq!(count(&events), 1900);
    let report = finished(&events)["report"].as_array().unwrap();
    let streams: Vec<_> = report
        .iter()
        .map(|one| {
            (one["stream"].as_str().unwrap(), one["records"].as_u64().unwrap(), one["requests"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(streams, [("contacts", 1200, 12), ("companies", 400, 4), ("deals", 300, 3)], "the fewest possible");
    assert_eq!(finished(&events)["complete"], true);
}

#[tokio::test]
async fn two_array_loads_return_the_same_bytes_in_the_order_of_the_streams() {
    let app = small_app().await;
    let (one, two) = (app.items().await, app.items().await);
    assert_eq!(one.headers()["tributary-load"], "complete");
    assert_eq!(one.headers()["content-type"], "application/json");
    let (one, two) = (one.bytes().await.unwrap(), two.bytes().await.unwrap());
    assert_eq!(one, two);
    let items: Vec<Value> = serde_json::from_slice(&one).unwrap();
    let types: Vec<_> = items.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert!(types.is_sorted_by_key(|item_type| ["contact", "company", "deal"].iter().position(|one| one == item_type)));
    let ids: std::collections::HashSet<_> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!((items.len(), ids.len()), (400, 400));
    assert!(
        items
            .iter()
            .all(|item| item.as_object().unwrap().len() == 14 && item["name"].is_string() && item["url"].is_string())
    );
}

#[tokio::test]
async fn single_failures_of_any_kind_are_retried_without_losing_items() {
    let app = small_app().await;
    for fault in [
        json!({"kind": "status", "status": 500}),
        json!({"kind": "status", "status": 502}),
        json!({"kind": "status", "status": 503, "retry_after": 0}),
        json!({"kind": "status", "status": 429}),
        json!({"kind": "drop_before"}),
        json!({"kind": "drop_after"}),
        json!({"kind": "truncate"}),
        json!({"kind": "malformed"}),
    ] {
        let mut rule = fault.clone();
        rule["path"] = json!("/hubspot/crm/objects");
        rule["when"] = json!({"every": 3});
        app.configure_sandbox(json!({"faults": [rule]})).await;
        let events = app.events().await;
        assert_eq!(
            (finished(&events)["complete"].as_bool(), count(&events)),
            (Some(true), 400),
            "{fault}: {:?}",
            events.last()
        );
        let retried = events.iter().filter(|event| event["event"] == "retrying").count() as u64;
        let reported: u64 =
            finished(&events)["report"].as_array().unwrap().iter().map(|one| one["retries"].as_u64().unwrap()).sum();
        assert!(retried > 0 && retried == reported, "{fault}: {retried} events, {reported} reported");
    }
}

#[tokio::test]
async fn a_stream_that_keeps_failing_is_reported_and_the_others_are_complete() {
    let app = small_app().await;
    app.configure_sandbox(
        json!({"faults": [{"path": "/hubspot/crm/objects/2026-03/deals", "kind": "status", "status": 502}]}),
    )
    .await;
    let events = app.events().await;
    let report = finished(&events)["report"].as_array().unwrap();
    assert_eq!((finished(&events)["complete"].as_bool(), count(&events)), (Some(false), 370));
    assert_eq!(
        (&report[0]["outcome"], &report[2]["outcome"]["failed"]["code"]),
        (&json!("complete"), &json!("provider_unavailable"))
    );
    assert_eq!((&report[2]["requests"], &report[2]["retries"]), (&json!(6), &json!(5)), "one attempt and five retries");

    let response = app.items().await;
    assert_eq!(
        (response.status(), response.headers()["tributary-load"].to_str().unwrap()),
        (StatusCode::OK, "partial; failed=deals")
    );
    assert_eq!(response.json::<Vec<Value>>().await.unwrap().len(), 370);
}

#[tokio::test]
async fn a_record_outside_the_schema_is_skipped_and_named_and_all_others_are_delivered() {
    let app = small_app().await;
    let contacts = "/hubspot/crm/objects/2026-03/contacts";
    for (record, id, reason) in [
        (json!({"archived": null}), true, "archived is null instead of a boolean"),
        (json!({"id": null}), false, "id is null instead of a string"),
    ] {
        // The second of three pages.
        let rule = json!({"path": contacts, "kind": "odd_record", "record": record, "when": {"every": 2}});
        app.configure_sandbox(json!({"faults": [rule]})).await;
        let events = app.events().await;
        assert_eq!((finished(&events)["complete"].as_bool(), count(&events)), (Some(false), 399), "{record}");
        let report = &finished(&events)["report"][0];
        assert_eq!(report["outcome"], "complete_with_skips", "{report}");
        assert_eq!((&report["skipped"], &report["requests"], &report["retries"]), (&json!(1), &json!(3), &json!(0)));
        let first = &report["first_skipped"][0];
        assert_eq!((first["id"].is_string(), first["reason"].as_str()), (id, Some(reason)), "{report}");
        assert_eq!(finished(&events)["report"][1]["skipped"], 0);
    }
    let rule = json!({"path": contacts, "kind": "odd_record", "record": {"id": 5}});
    let failing = json!({"path": "/hubspot/crm/objects/2026-03/deals", "kind": "status", "status": 404});
    app.configure_sandbox(json!({"faults": [rule]})).await;
    let skipping = app.items().await;
    assert_eq!(skipping.headers()["tributary-load"], "partial; skipped=contacts:1", "the same id is counted once");
    assert_eq!(skipping.json::<Vec<Value>>().await.unwrap().len(), 397);
    app.configure_sandbox(json!({"faults": [rule, failing]})).await;
    assert_eq!(app.items().await.headers()["tributary-load"], "partial; failed=deals; skipped=contacts:1");
    let browser = app.signed_in_browser().await;
    let page = browser.get(&format!("{}/?org_id=acme&user_id=ada&items=hubspot", app.url)).await.text().await.unwrap();
    assert!(page.contains("contacts: 1 skipped that can't be read, first 5: id is a number instead of a string."));
    let log = app.api("GET", "/audit.json").query(&[("org_id", "acme")]).send().await.unwrap();
    let log: Value = log.json().await.unwrap();
    let outcomes: Vec<_> = log["entries"].as_array().unwrap().iter().map(|entry| &entry["load"]["outcome"]).collect();
    assert_eq!(outcomes[1..3], ["partial", "complete_with_skips"], "loads with one outcome are one entry: {log}");
}

#[tokio::test]
async fn an_address_that_is_not_of_the_web_is_null_in_the_api_and_no_link_on_the_page() {
    let app = small_app().await;
    for url in ["javascript:alert(document.domain)", "data:text/html,<script>alert(1)</script>"] {
        let rule = json!({"path": "/hubspot/crm/objects/2026-03/deals", "kind": "odd_record", "record": {"url": url}});
        app.configure_sandbox(json!({"faults": [rule]})).await;
        let items: Vec<Value> = app.items().await.json().await.unwrap();
        assert_eq!(items.iter().filter(|item| item["url"].is_null()).count(), 1, "{url}");
        assert!(items.iter().all(|item| item["url"].is_null() || item["url"].as_str().unwrap().starts_with("https:")));
        let browser = app.signed_in_browser().await;
        let page = browser.get(&format!("{}/?org_id=acme&user_id=ada&items=hubspot", app.url)).await;
        let page = page.text().await.unwrap();
        assert!(page.contains("class=\"kind deal\"") && !page.contains(&url[..10]), "{url}");
    }
}

#[tokio::test]
async fn a_whole_response_of_the_wrong_shape_fails_the_stream_without_a_retry() {
    let app = small_app().await;
    let rule = json!({"path": "/hubspot/crm/objects/2026-03/deals", "kind": "wrong_shape"});
    app.configure_sandbox(json!({"faults": [rule]})).await;
    let events = app.events().await;
    let deals = &finished(&events)["report"][2];
    assert_eq!((&deals["requests"], &deals["retries"]), (&json!(1), &json!(0)));
    let detail = deals["outcome"]["failed"]["detail"].as_str().unwrap();
    assert!(detail.contains("a form that Tributary doesn't know (results is missing)"), "{detail}");
}

#[tokio::test]
async fn a_forbidden_stream_fails_at_once_with_its_reason() {
    let app = App::start_with(small(), &[], None).await;
    app.configure_sandbox(
        json!({"faults": [{"path": "/hubspot/crm/objects/2026-03/deals", "kind": "status", "status": 403}]}),
    )
    .await;
    app.connect().await;
    let events = app.events().await;
    let deals = &finished(&events)["report"][2];
    assert_eq!((&deals["requests"], &deals["retries"]), (&json!(1), &json!(0)));
    assert!(
        deals["outcome"]["failed"]["detail"].as_str().unwrap().contains("scope or permission is missing"),
        "{deals}"
    );
}

#[tokio::test]
async fn an_array_load_in_which_every_stream_fails_is_a_bad_gateway() {
    let app = small_app().await;
    app.configure_sandbox(json!({"faults": [{"path": "/hubspot/crm", "kind": "status", "status": 500}]})).await;
    let response = app.items().await;
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    let error: Value = response.json().await.unwrap();
    assert!(error["detail"].as_str().unwrap().contains("after 6 attempts"), "{error}");
}

#[tokio::test]
async fn loading_an_empty_account_is_complete_and_returns_an_empty_array() {
    let app = App::start_with(records("contacts=0,companies=0,deals=0"), &[], None).await;
    app.connect().await;
    let response = app.items().await;
    assert_eq!(
        (response.headers()["tributary-load"].to_str().unwrap(), response.status()),
        ("complete", StatusCode::OK)
    );
    assert_eq!(response.text().await.unwrap(), "[]");
}

#[tokio::test]
async fn the_first_lines_arrive_before_the_load_ends() {
    let app = small_app().await;
    app.configure_sandbox(
        json!({"faults": [{"path": "/hubspot/crm/objects/2026-03/deals", "kind": "slow", "slow_ms": 600_000}]}),
    )
    .await;
    for encoding in ["identity", "gzip", "br"] {
        let request = app.api("GET", "/integrations/hubspot/items").query(&SUBJECT);
        let response =
            request.header("accept", "application/x-ndjson").header("accept-encoding", encoding).send().await.unwrap();
        let content_encoding =
            response.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(content_encoding.as_deref().unwrap_or("identity"), encoding);
        let (mut bytes, mut received) = (response.bytes_stream(), 0);
        // The names of 370 people and companies need more bytes than this, however they are compressed.
        while received < 4000 {
            received += bytes.next().await.unwrap().unwrap().len();
        }
    }
}

#[tokio::test]
async fn hanging_up_stops_the_requests_to_the_provider() {
    let app = App::start_with(records("contacts=100000,companies=0,deals=0"), &[], None).await;
    app.connect().await;
    app.configure_sandbox(json!({"latency_ms": 20, "limits": false})).await;
    for accept in ["application/x-ndjson", "application/json"] {
        let request = app.api("GET", "/integrations/hubspot/items").query(&SUBJECT).header("accept", accept).send();
        let reader = tokio::spawn(async move { request.await.unwrap().bytes().await });
        wait_until("a request is in flight", async || app.stats().await["in_flight"] != 0).await;
        reader.abort();
        assert!(reader.await.unwrap_err().is_cancelled());
        // A request that was just being sent may still arrive, and no other after it.
        let mut idle_checks = 0;
        let mut before = app.stats().await["requests"].clone();
        while idle_checks < 30 {
            let stats = app.stats().await;
            let is_idle = stats["in_flight"] == 0 && stats["requests"] == before;
            idle_checks = if is_idle { idle_checks + 1 } else { 0 };
            before = stats["requests"].clone();
            assert!(before.as_u64().unwrap() < 500, "{accept}: the load continues");
        }
    }
}

#[tokio::test]
async fn a_reader_that_pauses_for_longer_than_the_timeout_gets_everything_without_a_retry() {
    let mut app = App::start_with(records("contacts=900,companies=900,deals=900"), &[], None).await;
    app.connect().await;
    app.configure_sandbox(json!({"latency_ms": 20})).await;
    app.state.retry_policy.timeout = Duration::from_millis(300);
    let load = load::start(&app.state, &app.key("hubspot"), &Actor::command_line()).await.unwrap();
    let (mut events, mut seen) = (Box::pin(load.events()), Vec::new());
    while let Some(event) = events.next().await {
        seen.push(event);
        if [5, 10, 15].contains(&seen.len()) {
            // Three requests are in flight, and nobody reads.
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
    }
    let is_retry = |event: &&LoadEvent| matches!(event, LoadEvent::Retrying { .. });
    assert_eq!(seen.iter().find(is_retry), None);
    let Some(LoadEvent::Finished { complete, report }) = seen.last() else { panic!("{seen:?}") };
    assert!(*complete && report.iter().all(|stream| (stream.records, stream.requests) == (900, 9)), "{report:?}");
}

#[tokio::test]
async fn requests_beyond_the_rate_limit_are_delayed_so_that_the_provider_rejects_none() {
    let app = App::start_with(records("contacts=11500,companies=0,deals=0"), &[], None).await;
    app.connect().await;
    let events = app.events().await;
    assert_eq!(count(&events), 11_500);
    assert_eq!(app.stats().await["rate_limited"], 0);
}

#[tokio::test]
async fn the_view_without_wasm_shows_the_first_page_of_each_stream() {
    let app = small_app().await;
    let browser = app.signed_in_browser().await;
    let page = browser.get(&format!("{}/?org_id=acme&user_id=ada&items=hubspot", app.url)).await.text().await.unwrap();
    assert_eq!(page.matches("class=\"kind ").count(), 230, "100 contacts, 100 companies, 30 deals");
}

#[tokio::test]
async fn loading_without_a_connection_is_a_404() {
    let app = App::start().await;
    let response = app.items().await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let error: Value = response.json().await.unwrap();
    assert_eq!(
        error,
        json!({"detail": "This user has not connected HubSpot. Connect HubSpot first.", "code": "not_connected"})
    );
}
