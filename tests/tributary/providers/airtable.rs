//! Airtable's peculiarities: bases and tables, offsets that expire, clients without a secret, and scopes.

use futures::StreamExt;
use serde_json::{Value, json};
use tributary_sandbox::Records;

use crate::support::{
    app::{App, records},
    fixtures::SUBJECT,
};

async fn connected(variables: &[(&str, &str)]) -> App {
    let app = App::start_with(Records::default(), variables, None).await;
    app.connect_to("airtable").await;
    app
}

fn items(events: &[Value]) -> Vec<&Value> {
    events.iter().filter_map(|event| event["items"].as_array()).flatten().collect()
}

fn ids<'a>(items: &[&'a Value]) -> std::collections::BTreeSet<&'a str> {
    items.iter().map(|item| item["id"].as_str().unwrap()).collect()
}

/// The reports of the streams that failed.
fn failed(events: &[Value]) -> Vec<&Value> {
    let report = events.last().unwrap()["report"].as_array().unwrap();
    report.iter().filter(|stream| stream["outcome"] != "complete").collect()
}

#[tokio::test]
async fn every_item_has_its_parent_and_a_base_lists_its_tables() {
    let app = connected(&[]).await;
    let events = app.events_of("airtable").await;
    let items = items(&events);
    let item_with_id = |id: &str| items.iter().find(|item| item["id"] == id).unwrap();
    for item in &items {
        let item_type = item["type"].as_str().unwrap();
        assert_eq!(item["directory"], item_type != "record");
        match item["parent_id"].as_str() {
            None => assert_eq!(item_type, "base"),
            Some(parent) => {
                assert_eq!(item_with_id(parent)["type"], if item_type == "table" { "base" } else { "table" });
                assert_eq!(item_with_id(parent)["name"], item["parent_path_or_name"]);
                assert!(item["url"].as_str().unwrap().contains(&format!("/{parent}/")));
            }
        }
        let children = item["children"].as_array().into_iter().flatten();
        assert!(children.into_iter().all(|child| item_with_id(child.as_str().unwrap())["parent_id"] == item["id"]));
    }
    assert_eq!(items.iter().filter_map(|item| item["children"].as_array()).map(Vec::len).sum::<usize>(), 9);
}

#[tokio::test]
async fn all_pages_of_bases_are_read() {
    let app = connected(&[]).await;
    app.configure_sandbox(json!({"airtable": {"bases_page_size": 1}})).await;
    let events = app.events_of("airtable").await;
    assert_eq!(items(&events).iter().filter(|item| item["type"] == "base").count(), 3);
    assert_eq!(events.last().unwrap()["complete"], true);
}

#[tokio::test]
async fn a_table_whose_offset_expired_is_read_again_without_duplicates() {
    let app = connected(&[]).await;
    app.configure_sandbox(json!({"airtable": {"stale_iterator_after": 2}})).await;
    let events = app.events_of("airtable").await;
    assert_eq!(events.last().unwrap()["complete"], true, "{:?}", failed(&events));
    let items = items(&events);
    assert_eq!((items.len(), ids(&items).len()), (1512, 1512));
    let stale = &app.stats().await["by_endpoint"]["GET /airtable/v0/{base}/{table}"]["statuses"]["422"];
    assert!(stale.as_u64() > Some(0), "{}", app.stats().await);
}

#[tokio::test]
async fn a_table_whose_offset_repeats_fails_and_the_others_are_complete() {
    let app = connected(&[]).await;
    app.configure_sandbox(json!({"airtable": {"repeat_offset": "Guests"}})).await;
    let events = app.events_of("airtable").await;
    let failed = failed(&events);
    assert_eq!((failed.len(), &failed[0]["stream"]), (1, &json!("Event planning / Guests")));
    assert!(failed[0]["outcome"]["failed"]["detail"].as_str().unwrap().contains("same page twice"));
    assert!(failed[0]["requests"].as_u64().unwrap() < 5, "it does not loop");
    assert_eq!(items(&events).iter().filter(|item| item["parent_path_or_name"] == "Tasks").count(), 375);
}

#[tokio::test]
async fn a_base_whose_tables_cannot_be_read_is_reported_and_the_others_are_complete() {
    let app = connected(&[]).await;
    let complete = app.events_of("airtable").await;
    let base = items(&complete).into_iter().find(|item| item["name"] == "Studio CRM").unwrap()["id"].clone();
    let path = format!("/airtable/v0/meta/bases/{}/tables", base.as_str().unwrap());
    app.configure_sandbox(json!({"faults": [{"path": path, "kind": "status", "status": 403}]})).await;
    let events = app.events_of("airtable").await;
    let failed = failed(&events);
    assert_eq!((failed.len(), &failed[0]["stream"]), (1, &json!("Studio CRM")));
    assert!(items(&events).iter().any(|item| item["id"] == base && item["children"].is_null()));
    assert_eq!(items(&events).len(), 1512 - 3 - 390, "everything but the tables of the base and their records");
}

#[tokio::test]
async fn what_is_in_a_base_or_table_outside_the_schema_is_reported_as_not_read() {
    let app = connected(&[]).await;
    let bases = items(&app.events_of("airtable").await).iter().filter(|item| item["type"] == "base").count();
    for (path, what) in [("/airtable/v0/meta/bases", "base app"), ("/airtable/v0/meta/bases/app", " / table tbl")] {
        let rule = json!({"path": path, "kind": "odd_record", "record": {"name": 5}, "when": {"times": 1}});
        app.configure_sandbox(json!({"faults": [rule]})).await;
        let events = app.events_of("airtable").await;
        let failed = failed(&events);
        assert_eq!(failed.len(), 2, "{failed:?}");
        assert_eq!(
            (&failed[0]["outcome"], &failed[0]["skipped"]),
            (&json!("complete_with_skips"), &json!(1)),
            "{what}"
        );
        let (stream, detail) = (&failed[1]["stream"], &failed[1]["outcome"]["failed"]["detail"]);
        assert!(stream.as_str().unwrap().contains(what), "{stream}");
        assert!(detail.as_str().unwrap().contains("name is a number instead of a string. Nothing in it"), "{detail}");
        let read = items(&events).iter().filter(|item| item["type"] == "base").count();
        assert_eq!(read, bases - usize::from(what.starts_with("base")));
    }
}

#[tokio::test]
async fn missing_scopes_are_reported_by_the_connection_and_by_its_loads() {
    let scopes = ("AIRTABLE_SCOPES", "schema.bases:read");
    let app = connected(&[
        scopes,
        ("AIRTABLE_CLIENT_ID", "an-integration"),
        ("AIRTABLE_CLIENT_SECRET", "its-secret"),
        ("AIRTABLE_AUTH_URL", "{sandbox}/airtable"),
        ("AIRTABLE_API_URL", "{sandbox}/airtable"),
    ])
    .await;
    let connection = app.api("GET", "/integrations/airtable/credentials").query(&SUBJECT).send().await.unwrap();
    let connection: Value = connection.json().await.unwrap();
    assert_eq!(connection["missing_scopes"], json!(["data.records:read"]));
    assert_eq!(connection["account"]["name"], Value::Null, "without user.email:read there is no email address");
    let events = app.events_of("airtable").await;
    assert_eq!(items(&events).len(), 12, "only bases and tables");
    let failed = failed(&events);
    assert_eq!(failed.len(), 9);
    for table in failed {
        assert_eq!(table["requests"], 0, "no request that is known to fail is sent");
        assert!(table["outcome"]["failed"]["detail"].as_str().unwrap().contains("data.records:read"));
    }
}

#[tokio::test]
async fn a_client_without_a_secret_connects_loads_and_refreshes() {
    let app = connected(&[
        ("AIRTABLE_CLIENT_ID", "public-integration"),
        ("AIRTABLE_AUTH_URL", "{sandbox}/airtable"),
        ("AIRTABLE_API_URL", "{sandbox}/airtable"),
    ])
    .await;
    app.sandbox_control_with("expire", json!({"provider": "airtable"})).await;
    let events = app.events_of("airtable").await;
    assert_eq!((items(&events).len(), &events.last().unwrap()["complete"]), (1512, &json!(true)));
    assert_eq!(app.stats().await["by_provider"]["airtable"]["refreshes"], 1);
}

#[tokio::test]
async fn a_refresh_extends_the_time_by_which_a_grant_must_be_used() {
    let app = connected(&[]).await;
    let must_be_used_before = async || {
        let response = app.api("GET", "/integrations/airtable/credentials").query(&SUBJECT).send().await.unwrap();
        let connection: Value = response.json().await.unwrap();
        connection["must_be_used_before"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap()
    };
    let first = must_be_used_before().await;
    let days = first.duration_since(jiff::Timestamp::now()).as_hours() / 24;
    assert!((59..=60).contains(&days), "{first}");
    app.advance_clock(jiff::SignedDuration::from_hours(24 * 20));
    assert!(app.items_of("airtable").await.status().is_success());
    assert!(must_be_used_before().await.duration_since(first) >= jiff::SignedDuration::from_hours(24 * 20 - 1));
}

#[tokio::test]
async fn no_base_receives_more_than_five_requests_per_second() {
    // The largest table has 24 pages, which take about four seconds at this rate.
    let app = App::start_with(records("records=4800"), &[], None).await;
    app.connect_to("airtable").await;
    let began = std::time::Instant::now();
    let events = app.events_of("airtable").await;
    assert_eq!(events.last().unwrap()["complete"], true, "{:?}", failed(&events));
    assert_eq!(app.stats().await["rate_limited"], 0);
    assert!(began.elapsed().as_secs() >= 3, "the load is slowed down by the limit: {:?}", began.elapsed());
}

#[tokio::test]
async fn a_load_is_complete_although_its_token_is_rotated_ten_times() {
    let app = App::start_with(records("records=4000"), &[], None).await;
    app.connect_to("airtable").await;
    app.configure_sandbox(json!({"latency_ms": 30})).await;
    let request =
        app.api("GET", "/integrations/airtable/items").query(&SUBJECT).header("accept", "application/x-ndjson");
    let mut response = request.send().await.unwrap();
    let (mut text, mut rotations) = (String::new(), 0);
    while let Some(chunk) = response.chunk().await.unwrap() {
        text.push_str(std::str::from_utf8(&chunk).unwrap());
        if rotations < 10 {
            // Another caller requests a token when it is about to expire, which refreshes it and ends the load's token.
            app.advance_clock(jiff::SignedDuration::from_mins(56));
            let response = app.api("POST", "/integrations/airtable/credentials").form(&SUBJECT).send().await.unwrap();
            assert!(response.status().is_success());
            rotations += 1;
        }
    }
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&events.last().unwrap()["complete"], items(&events).len()),
        (&json!(true), 4_012),
        "{:?}",
        failed(&events)
    );
    let stats = app.stats().await["by_provider"]["airtable"].clone();
    assert_eq!((&stats["refreshes"], &stats["reused_tokens"]), (&json!(10), &json!(0)));
}

#[tokio::test]
async fn a_stalled_reader_does_not_delay_another_load() {
    let app = App::start_with(records("records=4800"), &[], None).await;
    app.connect_to("airtable").await;
    let actor = tributary::server::audit::Actor::command_line();
    let stalled = tributary::server::load::start(&app.state, &app.key("airtable"), &actor).await.unwrap().events();
    let mut stalled = Box::pin(stalled);
    // After so many events, its tables wait for permits.
    for _ in 0..22 {
        stalled.next().await.unwrap();
    }
    let other = tokio::time::timeout(std::time::Duration::from_secs(25), app.events_of("airtable")).await;
    let events = other.expect("the other load should not wait for the stalled one");
    assert_eq!((items(&events).len(), &events.last().unwrap()["complete"]), (4_812, &json!(true)));
    drop(stalled);
}
