//! Notion's peculiarities: rows, titles, tokens that do not expire or cannot be refreshed, and an empty selection.

use serde_json::{Value, json};

use crate::support::{
    app::{App, records},
    browser::Browser,
    fixtures::SUBJECT,
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
    let response = app.api("GET", "/integrations/notion/credentials").query(&SUBJECT).send().await.unwrap();
    response.json().await.unwrap()
}

#[tokio::test]
async fn every_item_has_the_title_of_its_parent() {
    let app = connected().await;
    let events = app.events_of("notion").await;
    let items = items(&events);
    let item_with_id = |id: &str| items.iter().find(|item| item["id"] == id);
    let (mut top_level, mut in_blocks) = (0, 0);
    for item in &items {
        assert_eq!(item["directory"], item["type"] != "page");
        assert!(item["name"].is_string() && item["url"].is_string() && item["creation_time"].is_string());
        match item["parent_id"].as_str().map(item_with_id) {
            None => top_level += 1,
            Some(Some(parent)) => assert_eq!(item["parent_path_or_name"], parent["name"], "{item}"),
            Some(None) => in_blocks += 1,
        }
    }
    assert!(
        top_level > 0 && top_level + in_blocks < 100,
        "{top_level} at the top level, {in_blocks} in blocks, of {}",
        items.len()
    );
    let databases = items.iter().filter(|item| item["type"] == "database");
    assert_eq!(databases.map(|database| database["children"].as_array().unwrap().len()).sum::<usize>(), 6);
}

#[tokio::test]
async fn a_load_does_not_depend_on_which_rows_search_returns() {
    let app = connected().await;
    let mut loads = Vec::new();
    for rows in ["none", "some", "all"] {
        app.configure_sandbox(json!({"notion": {"search_rows": rows}})).await;
        let events = app.events_of("notion").await;
        assert!(is_complete(&events));
        let ids: std::collections::BTreeSet<_> = items(&events).iter().map(|item| item["id"].to_string()).collect();
        assert_eq!(ids.len(), items(&events).len(), "no item is returned twice");
        loads.push(ids);
    }
    assert!(loads[0] == loads[1] && loads[1] == loads[2]);
}

#[tokio::test]
async fn a_short_or_empty_page_does_not_end_a_stream() {
    let app = connected().await;
    let all = items(&app.events_of("notion").await).len();
    app.configure_sandbox(json!({"notion": {"short_pages": true}})).await;
    let events = app.events_of("notion").await;
    assert_eq!((is_complete(&events), items(&events).len()), (true, all));
}

#[tokio::test]
async fn the_rows_of_a_data_source_outside_the_schema_are_reported_as_not_read() {
    let app = connected().await;
    let all = items(&app.events_of("notion").await).len();
    // The first search is for data sources.
    let rule = json!({"path": "/notion/v1/search", "kind": "odd_record", "record": {"url": 5}, "when": {"times": 1}});
    app.configure_sandbox(json!({"faults": [rule]})).await;
    let events = app.events_of("notion").await;
    assert!(!is_complete(&events));
    let report = events.last().unwrap()["report"].as_array().unwrap();
    let odd: Vec<_> = report.iter().filter(|stream| stream["outcome"] != "complete").collect();
    assert_eq!(odd.len(), 2, "{odd:?}");
    assert_eq!((&odd[0]["outcome"], &odd[0]["skipped"]), (&json!("complete_with_skips"), &json!(1)));
    let id = odd[0]["first_skipped"][0]["id"].as_str().unwrap();
    assert_eq!(odd[1]["stream"], format!("data source {id}"));
    let detail = odd[1]["outcome"]["failed"]["detail"].as_str().unwrap();
    assert!(detail.contains("url is a number instead of a string. Nothing in it was read"), "{detail}");
    assert!(items(&events).len() > all / 2, "everything else is read");
}

#[tokio::test]
async fn a_529_response_is_retried() {
    let app = connected().await;
    let all = items(&app.events_of("notion").await).len();
    app.configure_sandbox(json!({"faults": [{"path": "/notion/v1", "kind": "status", "status": 529, "retry_after": 0, "when": {"every": 4}}]})).await;
    let events = app.events_of("notion").await;
    assert_eq!((is_complete(&events), items(&events).len()), (true, all));
    assert!(events.iter().any(|event| event["event"] == "retrying"));
}

#[tokio::test]
async fn a_page_that_times_out_is_requested_in_smaller_pages() {
    let app = connected().await;
    let all = items(&app.events_of("notion").await).len();
    // After six attempts at a page of full size, smaller pages are requested.
    app.configure_sandbox(json!({"faults": [{"path": "/notion/v1/data_sources/", "kind": "status", "status": 503, "when": {"times": 36}}]})).await;
    let events = app.events_of("notion").await;
    assert_eq!((is_complete(&events), items(&events).len()), (true, all), "{:?}", events.last());
}

#[tokio::test]
async fn more_than_10_000_rows_are_read_in_time_windows() {
    let records = records("pages=20,rows=24000");
    let app = App::start_with(records, &[], None).await;
    app.connect_to("notion").await;
    app.configure_sandbox(json!({"limits": false})).await;
    // Only the sandbox's limit is off. With ours, 240 pages would take more than a minute.
    let account_id = connection(&app).await["account"]["id"].as_str().unwrap().to_owned();
    let limiter = app.state.limiters.for_account(app.key("notion").provider, &account_id);
    limiter.set_limit(10_000);
    let events = app.events_of("notion").await;
    assert!(is_complete(&events), "{:?}", events.last());
    let holds = app.stats().await["holds"]["notion"].clone();
    let ids: std::collections::HashSet<_> = items(&events).iter().map(|item| item["id"].as_str().unwrap()).collect();
    let all: u64 = holds.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!((items(&events).len() as u64, ids.len() as u64), (all, all));
    let largest =
        events.last().unwrap()["report"].as_array().unwrap().iter().map(|one| one["records"].as_u64().unwrap()).max();
    assert!(largest > Some(10_000), "no data source has more rows than a query returns: {largest:?}");
}

#[tokio::test]
async fn a_stream_fails_if_one_minute_has_more_rows_than_a_query_returns() {
    let records = records("pages=20,rows=24000");
    let app = App::start_with(records, &[], None).await;
    app.connect_to("notion").await;
    app.configure_sandbox(json!({"limits": false, "notion": {"crowded_minute": true}})).await;
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
async fn a_grant_without_a_refresh_token_works_and_the_page_says_so() {
    let app = App::start().await;
    app.configure_sandbox(json!({"notion": {"refresh_token_null": true}})).await;
    app.connect_to("notion").await;
    assert_eq!(
        (&connection(&app).await["status"], &connection(&app).await["renewable"]),
        (&json!("active"), &json!(false))
    );
    assert!(is_complete(&app.events_of("notion").await), "it works until it expires");
    let page =
        app.signed_in_browser().await.get(&format!("{}/?org_id=acme&user_id=ada", app.url)).await.text().await.unwrap();
    assert!(page.contains("reconnect when access expires"), "{page}");
}

#[tokio::test]
async fn the_error_code_of_the_token_endpoint_is_found_under_either_key() {
    for keys in ["both", "error", "code"] {
        let app = connected().await;
        app.configure_sandbox(json!({"notion": {"oauth_error_keys": keys}})).await;
        app.sandbox_control_with("revoke_all", json!({"provider": "notion"})).await;
        let error: Value = app.items_of("notion").await.json().await.unwrap();
        assert_eq!(error["code"], "reconnect_required", "{keys}: {error}");
    }
}

#[tokio::test]
async fn a_user_who_shares_nothing_is_connected_and_loads_nothing() {
    let app = App::start().await;
    let browser = Browser::new();
    let consent = browser.open_consent_page(&app.connect_link("notion").await).await;
    let end = browser.post(consent.as_str(), &[("decision", "approve"), ("picked", "1")]).await;
    assert!(end.url().path().ends_with("/connected"), "{}", end.url());
    let events = app.events_of("notion").await;
    assert_eq!((is_complete(&events), items(&events).len()), (true, 0));
    let response = app.items_of("notion").await;
    assert_eq!(response.headers()["tributary-load"], "complete");
    assert_eq!(response.text().await.unwrap(), "[]");
}
