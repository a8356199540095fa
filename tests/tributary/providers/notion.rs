//! What is Notion's alone: rows, titles, tokens without an end or without a successor, and an empty selection.

use serde_json::{Value, json};

use crate::{
    app::{App, records},
    browser::Browser,
    caller::IDS,
};

async fn connected() -> App {
    let app = App::start().await;
    app.connect_to("notion").await;
    app
}

fn items(events: &[Value]) -> Vec<&Value> {
    events.iter().filter_map(|event| event["items"].as_array()).flatten().collect()
}

fn is_complete(events: &[Value]) -> bool {
    events.last().unwrap()["complete"] == true
}

async fn connection(app: &App) -> Value {
    let answer = app.program("GET", "/integrations/notion/credentials").query(&IDS).send().await.unwrap();
    answer.json().await.unwrap()
}

#[tokio::test]
async fn every_item_names_its_parent_by_the_title_that_the_parent_has() {
    let app = connected().await;
    let events = app.events_of("notion").await;
    let items = items(&events);
    let named = |id: &str| items.iter().find(|item| item["id"] == id);
    let (mut tops, mut blocks) = (0, 0);
    for item in &items {
        assert_eq!(item["directory"], item["type"] != "page");
        assert!(item["name"].is_string() && item["url"].is_string() && item["creation_time"].is_string());
        match item["parent_id"].as_str().map(named) {
            None => tops += 1,
            Some(Some(parent)) => assert_eq!(item["parent_path_or_name"], parent["name"], "{item}"),
            Some(None) => blocks += 1,
        }
    }
    assert!(tops > 0 && tops + blocks < 100, "{tops} at the top, {blocks} in blocks, of {}", items.len());
    let databases = items.iter().filter(|item| item["type"] == "database");
    assert_eq!(databases.map(|database| database["children"].as_array().unwrap().len()).sum::<usize>(), 6);
}

#[tokio::test]
async fn nothing_depends_on_which_rows_search_returns() {
    let app = connected().await;
    let mut loads = Vec::new();
    for rows in ["none", "some", "all"] {
        app.steer(json!({"notion": {"search_rows": rows}})).await;
        let events = app.events_of("notion").await;
        assert!(is_complete(&events));
        let ids: std::collections::BTreeSet<_> = items(&events).iter().map(|item| item["id"].to_string()).collect();
        assert_eq!(ids.len(), items(&events).len(), "each once");
        loads.push(ids);
    }
    assert!(loads[0] == loads[1] && loads[1] == loads[2]);
}

#[tokio::test]
async fn short_and_empty_pages_are_not_the_end() {
    let app = connected().await;
    let whole = items(&app.events_of("notion").await).len();
    app.steer(json!({"notion": {"short_pages": true}})).await;
    let events = app.events_of("notion").await;
    assert_eq!((is_complete(&events), items(&events).len()), (true, whole));
}

#[tokio::test]
async fn an_overloaded_notion_is_asked_again_when_it_says() {
    let app = connected().await;
    let whole = items(&app.events_of("notion").await).len();
    app.steer(json!({"faults": [{"path": "/notion/v1", "kind": "status", "status": 529, "retry_after": 0, "when": {"every": 4}}]})).await;
    let events = app.events_of("notion").await;
    assert_eq!((is_complete(&events), items(&events).len()), (true, whole));
    assert!(events.iter().any(|event| event["event"] == "retrying"));
}

#[tokio::test]
async fn a_page_that_notion_cannot_make_in_time_is_asked_for_in_smaller_ones() {
    let app = connected().await;
    let whole = items(&app.events_of("notion").await).len();
    // A request is sent six times before it is given up; the seventh is the first for a small page.
    app.steer(json!({"faults": [{"path": "/notion/v1/data_sources/", "kind": "status", "status": 503, "when": {"times": 36}}]})).await;
    let events = app.events_of("notion").await;
    assert_eq!((is_complete(&events), items(&events).len()), (true, whole), "{:?}", events.last());
}

#[tokio::test]
async fn more_than_10_000_rows_are_read_in_windows_of_time() {
    let records = records("pages=20,rows=24000");
    let app = App::start_with(records, &[], None).await;
    app.connect_to("notion").await;
    app.steer(json!({"limits": false})).await;
    // The sandbox's limit is off, ours is on; 240 pages do not fit into a minute.
    let account_id = connection(&app).await["account"]["id"].as_str().unwrap().to_owned();
    let limiter = app.state.limiters.for_account(app.key("notion").provider, &account_id);
    limiter.set_limit(10_000);
    let events = app.events_of("notion").await;
    assert!(is_complete(&events), "{:?}", events.last());
    let held = app.stats().await["holds"]["notion"].clone();
    let ids: std::collections::HashSet<_> = items(&events).iter().map(|item| item["id"].as_str().unwrap()).collect();
    let all: u64 = held.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!((items(&events).len() as u64, ids.len() as u64), (all, all));
    let most =
        events.last().unwrap()["report"].as_array().unwrap().iter().map(|one| one["records"].as_u64().unwrap()).max();
    assert!(most > Some(10_000), "a data source with more rows than a query gives: {most:?}");
}

#[tokio::test]
async fn more_rows_of_one_minute_than_a_query_gives_fail_their_stream() {
    let records = records("pages=20,rows=24000");
    let app = App::start_with(records, &[], None).await;
    app.connect_to("notion").await;
    app.steer(json!({"limits": false, "notion": {"crowded_minute": true}})).await;
    let account_id = connection(&app).await["account"]["id"].as_str().unwrap().to_owned();
    let limiter = app.state.limiters.for_account(app.key("notion").provider, &account_id);
    limiter.set_limit(10_000);
    let events = app.events_of("notion").await;
    let report = events.last().unwrap()["report"].as_array().unwrap();
    let failed: Vec<_> = report.iter().filter(|stream| stream["outcome"] != "complete").collect();
    assert_eq!((failed.len(), &failed[0]["records"]), (1, &json!(10_000)), "{failed:?}");
    assert!(failed[0]["outcome"]["failed"]["detail"].as_str().unwrap().contains("same minute"));
}

#[tokio::test]
async fn a_grant_without_a_refresh_token_says_that_only_reconnecting_will_help() {
    let app = App::start().await;
    app.steer(json!({"notion": {"refresh_token_null": true}})).await;
    app.connect_to("notion").await;
    assert_eq!(
        (&connection(&app).await["status"], &connection(&app).await["renewable"]),
        (&json!("active"), &json!(false))
    );
    assert!(is_complete(&app.events_of("notion").await), "it is good while it lasts");
    let page = app.signed_in().await.get(&format!("{}/?org_id=acme&user_id=ada", app.url)).await.text().await.unwrap();
    assert!(page.contains("only connecting again helps"), "{page}");
    app.control_with("expire", json!({"provider": "notion"})).await;
    let refused: Value = app.items_of("notion").await.json().await.unwrap();
    assert_eq!(refused["code"], "reconnect_required", "{refused}");
    assert!(connection(&app).await["reason"].as_str().unwrap().contains("no refresh token"));
}

#[tokio::test]
async fn errors_of_the_token_endpoint_are_understood_however_they_are_spelled() {
    for keys in ["both", "error", "code"] {
        let app = connected().await;
        app.steer(json!({"notion": {"oauth_error_keys": keys}})).await;
        app.control_with("revoke_all", json!({"provider": "notion"})).await;
        let refused: Value = app.items_of("notion").await.json().await.unwrap();
        assert_eq!(refused["code"], "reconnect_required", "{keys}: {refused}");
    }
}

#[tokio::test]
async fn a_person_who_shares_nothing_is_connected_and_told_how_to_share() {
    let app = App::start().await;
    let browser = Browser::new();
    let consent = browser.consent(&app.link_to("notion").await).await;
    let end = browser.post(consent.as_str(), &[("decision", "approve"), ("picked", "1")]).await;
    assert!(end.url().path().ends_with("/connected"), "{}", end.url());
    let events = app.events_of("notion").await;
    assert_eq!((is_complete(&events), items(&events).len()), (true, 0));
    let answer = app.items_of("notion").await;
    assert_eq!(answer.headers()["tributary-load"], "complete");
    assert_eq!(answer.text().await.unwrap(), "[]");
}
