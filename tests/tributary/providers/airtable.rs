//! What is Airtable's alone: bases and tables, offsets that are forgotten, clients without a secret, scopes.

use futures::StreamExt;
use serde_json::{Value, json};
use tributary_sandbox::Records;

use crate::{
    app::{App, records},
    caller::IDS,
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

fn failed(events: &[Value]) -> Vec<&Value> {
    let report = events.last().unwrap()["report"].as_array().unwrap();
    report.iter().filter(|stream| stream["outcome"] != "complete").collect()
}

#[tokio::test]
async fn every_item_names_its_parent_and_a_base_its_tables() {
    let app = connected(&[]).await;
    let events = app.events_of("airtable").await;
    let items = items(&events);
    let named = |id: &str| items.iter().find(|item| item["id"] == id).unwrap();
    for item in &items {
        let kind = item["type"].as_str().unwrap();
        assert_eq!(item["directory"], kind != "record");
        match item["parent_id"].as_str() {
            None => assert_eq!(kind, "base"),
            Some(parent) => {
                assert_eq!(named(parent)["type"], if kind == "table" { "base" } else { "table" });
                assert_eq!(named(parent)["name"], item["parent_path_or_name"]);
                assert!(item["url"].as_str().unwrap().contains(&format!("/{parent}/")));
            }
        }
        let children = item["children"].as_array().into_iter().flatten();
        assert!(children.into_iter().all(|child| named(child.as_str().unwrap())["parent_id"] == item["id"]));
    }
    assert_eq!(items.iter().filter_map(|item| item["children"].as_array()).map(Vec::len).sum::<usize>(), 9);
}

#[tokio::test]
async fn bases_are_read_to_their_last_page() {
    let app = connected(&[]).await;
    app.steer(json!({"airtable": {"bases_page_size": 1}})).await;
    let events = app.events_of("airtable").await;
    assert_eq!(items(&events).iter().filter(|item| item["type"] == "base").count(), 3);
    assert_eq!(events.last().unwrap()["complete"], true);
}

#[tokio::test]
async fn a_table_whose_offset_was_forgotten_is_begun_anew_without_duplicates() {
    let app = connected(&[]).await;
    app.steer(json!({"airtable": {"stale_iterator_after": 2}})).await;
    let events = app.events_of("airtable").await;
    assert_eq!(events.last().unwrap()["complete"], true, "{:?}", failed(&events));
    let items = items(&events);
    assert_eq!((items.len(), ids(&items).len()), (1512, 1512));
    let stale = &app.stats().await["by_endpoint"]["GET /airtable/v0/{base}/{table}"]["statuses"]["422"];
    assert!(stale.as_u64() > Some(0), "{}", app.stats().await);
}

#[tokio::test]
async fn a_table_whose_offset_repeats_ends_as_failed_and_the_others_are_whole() {
    let app = connected(&[]).await;
    app.steer(json!({"airtable": {"repeat_offset": "Guests"}})).await;
    let events = app.events_of("airtable").await;
    let failed = failed(&events);
    assert_eq!((failed.len(), &failed[0]["stream"]), (1, &json!("Event planning / Guests")));
    assert!(failed[0]["outcome"]["failed"]["detail"].as_str().unwrap().contains("same page twice"));
    assert!(failed[0]["requests"].as_u64().unwrap() < 5, "it does not go round and round");
    assert_eq!(items(&events).iter().filter(|item| item["parent_path_or_name"] == "Tasks").count(), 375);
}

#[tokio::test]
async fn a_base_whose_tables_cannot_be_read_is_named_and_the_others_are_whole() {
    let app = connected(&[]).await;
    let whole = app.events_of("airtable").await;
    let base = items(&whole).into_iter().find(|item| item["name"] == "Studio CRM").unwrap()["id"].clone();
    let path = format!("/airtable/v0/meta/bases/{}/tables", base.as_str().unwrap());
    app.steer(json!({"faults": [{"path": path, "kind": "status", "status": 403}]})).await;
    let events = app.events_of("airtable").await;
    let failed = failed(&events);
    assert_eq!((failed.len(), &failed[0]["stream"]), (1, &json!("Studio CRM")));
    assert!(items(&events).iter().any(|item| item["id"] == base && item["children"].is_null()));
    assert_eq!(items(&events).len(), 1512 - 3 - 390, "all but its tables and their records");
}

#[tokio::test]
async fn scopes_that_were_not_granted_are_told_before_and_after() {
    let scopes = ("AIRTABLE_SCOPES", "schema.bases:read");
    let app = connected(&[
        scopes,
        ("AIRTABLE_CLIENT_ID", "an-integration"),
        ("AIRTABLE_CLIENT_SECRET", "its-secret"),
        ("AIRTABLE_AUTH_URL", "{sandbox}/airtable"),
        ("AIRTABLE_API_URL", "{sandbox}/airtable"),
    ])
    .await;
    let connection = app.program("GET", "/integrations/airtable/credentials").query(&IDS).send().await.unwrap();
    let connection: Value = connection.json().await.unwrap();
    assert_eq!(connection["missing_scopes"], json!(["data.records:read"]));
    assert_eq!(connection["account"]["name"], Value::Null, "without user.email:read there is no address");
    let events = app.events_of("airtable").await;
    assert_eq!(items(&events).len(), 12, "bases and tables");
    let failed = failed(&events);
    assert_eq!(failed.len(), 9);
    for table in failed {
        assert_eq!(table["requests"], 0, "nothing is asked for in vain");
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
    app.control_with("expire", json!({"provider": "airtable"})).await;
    let events = app.events_of("airtable").await;
    assert_eq!((items(&events).len(), &events.last().unwrap()["complete"]), (1512, &json!(true)));
    assert_eq!(app.stats().await["by_provider"]["airtable"]["refreshes"], 1);
}

#[tokio::test]
async fn a_grant_says_until_when_it_must_be_used_and_a_refresh_moves_that() {
    let app = connected(&[]).await;
    let until = async || {
        let answer = app.program("GET", "/integrations/airtable/credentials").query(&IDS).send().await.unwrap();
        let connection: Value = answer.json().await.unwrap();
        connection["must_be_used_before"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap()
    };
    let first = until().await;
    let days = first.duration_since(jiff::Timestamp::now()).as_hours() / 24;
    assert!((59..=60).contains(&days), "{first}");
    app.advance(jiff::SignedDuration::from_hours(24 * 20));
    assert!(app.items_of("airtable").await.status().is_success());
    assert!(until().await.duration_since(first) >= jiff::SignedDuration::from_hours(24 * 20 - 1));
}

#[tokio::test]
async fn no_base_sees_more_than_five_requests_a_second() {
    // 24 pages in the largest table of 4,800 records: more than fits into a second or four.
    let app = App::start_with(records("records=4800"), &[], None).await;
    app.connect_to("airtable").await;
    let began = std::time::Instant::now();
    let events = app.events_of("airtable").await;
    assert_eq!(events.last().unwrap()["complete"], true, "{:?}", failed(&events));
    assert_eq!(app.stats().await["rate_limited"], 0);
    assert!(began.elapsed().as_secs() >= 3, "the limit is one that the load meets: {:?}", began.elapsed());
}

#[tokio::test]
async fn a_load_whose_token_is_rotated_ten_times_on_the_way_is_complete() {
    let app = App::start_with(records("records=4000"), &[], None).await;
    app.connect_to("airtable").await;
    app.steer(json!({"latency_ms": 30})).await;
    let request =
        app.program("GET", "/integrations/airtable/items").query(&IDS).header("accept", "application/x-ndjson");
    let mut answer = request.send().await.unwrap();
    let (mut text, mut rotations) = (String::new(), 0);
    while let Some(piece) = answer.chunk().await.unwrap() {
        text.push_str(std::str::from_utf8(&piece).unwrap());
        if rotations < 10 {
            // Somebody else asks for a token that is about to end: it is refreshed, and the load's own is dead at once.
            app.advance(jiff::SignedDuration::from_mins(56));
            let asked = app.program("POST", "/integrations/airtable/credentials").form(&IDS).send().await.unwrap();
            assert!(asked.status().is_success());
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
async fn a_reader_who_stops_reading_keeps_no_other_load_from_its_turn() {
    let app = App::start_with(records("records=4800"), &[], None).await;
    app.connect_to("airtable").await;
    let actor = tributary::server::audit::Actor::command_line();
    let stalled = tributary::server::load::start(&app.state, &app.key("airtable"), &actor).await.unwrap().events();
    let mut stalled = Box::pin(stalled);
    // By then its tables stand in line for a turn.
    for _ in 0..22 {
        stalled.next().await.unwrap();
    }
    let other = tokio::time::timeout(std::time::Duration::from_secs(25), app.events_of("airtable")).await;
    let events = other.expect("the other load waits for the stalled one");
    assert_eq!((items(&events).len(), &events.last().unwrap()["complete"]), (4_812, &json!(true)));
    drop(stalled);
}
