//! Each of Notion's switches, in both positions.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Integration, ids};

async fn with(switches: Value) -> Integration {
    Integration::with(json!({"notion": switches})).await
}

#[tokio::test]
async fn the_lifetime_of_access_tokens_is_a_switch() {
    let mut integration = Integration::connected().await;
    integration.sandbox.clock.advance(SignedDuration::from_hours(24 * 365));
    assert_eq!(integration.get("users/me").await.status, 200);
    integration.sandbox.configure(json!({"notion": {"access_token_seconds": 60}})).await;
    integration.connect("decision=approve").await;
    integration.sandbox.clock.advance(SignedDuration::from_secs(59));
    assert_eq!(integration.get("users/me").await.status, 200);
    integration.sandbox.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(integration.get("users/me").await.status, 401);
}

#[tokio::test]
async fn token_responses_can_omit_the_refresh_token() {
    let integration = with(json!({"refresh_token_null": true})).await;
    let code = integration.code("decision=approve", "").await;
    let tokens = integration.exchange(&code).await.json();
    assert_eq!(tokens.get("refresh_token"), Some(&Value::Null));
    assert!(tokens["access_token"].is_string());
}

#[tokio::test]
async fn replaced_tokens_can_work_for_some_seconds_more() {
    let mut integration = with(json!({"old_pair_after_refresh": 30})).await;
    let first = integration.refresh(&integration.sandbox.refresh_token).await.json();
    integration.sandbox.clock.advance(SignedDuration::from_secs(29));
    assert_eq!(integration.get("users/me").await.status, 200);
    let second = integration.refresh(&integration.sandbox.refresh_token).await;
    assert_eq!(second.status, 200);
    integration.sandbox.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(integration.get("users/me").await.status, 401);
    assert_eq!(integration.refresh(&integration.sandbox.refresh_token).await.status, 400);
    for tokens in [first, second.json()] {
        integration.sandbox.keep(&tokens);
        assert_eq!(integration.get("users/me").await.status, 200);
    }
}

#[tokio::test]
async fn reconnecting_ends_or_keeps_the_first_refresh_token() {
    for (switch, status) in [("kills", 400), ("keeps", 200)] {
        let mut integration = with(json!({"same_user_reconnect": switch})).await;
        let first = (integration.sandbox.access_token.clone(), integration.sandbox.refresh_token.clone());
        integration.connect("decision=approve").await;
        let second = integration.sandbox.refresh_token.clone();
        integration.sandbox.access_token = first.0;
        assert_eq!(integration.get("users/me").await.status, 200, "the first access token stays valid");
        assert_eq!(integration.refresh(&first.1).await.status, status, "{switch}");
        assert_eq!(integration.refresh(&second).await.status, 200, "{switch}");
    }
}

#[tokio::test]
async fn connecting_another_integration_ends_no_token() {
    let mut integration = Integration::connected().await;
    let first = integration.sandbox.refresh_token.clone();
    integration.client_id = "other";
    integration.connect("decision=approve").await;
    integration.client_id = "app";
    assert_eq!(integration.refresh(&first).await.status, 200);
}

#[tokio::test]
async fn oauth_errors_have_either_or_both_formats() {
    for (switch, error, code) in [("both", true, true), ("error", true, false), ("code", false, true)] {
        let integration = with(json!({"oauth_error_keys": switch})).await;
        for response in [integration.refresh("x").await, integration.oauth("token", "", "", String::new()).await] {
            let body = response.json();
            assert_eq!((body.get("error").is_some(), body.get("code").is_some()), (error, code), "{body}");
        }
    }
}

#[tokio::test]
async fn search_misses_some_objects_until_its_index_is_complete() {
    let mut integration = with(json!({"search_incomplete": 5000})).await;
    integration.connect("decision=approve").await;
    let early = integration.all("search", json!({})).await.len();
    let tokens = integration.refresh(&integration.sandbox.refresh_token).await.json();
    integration.sandbox.keep(&tokens);
    integration.sandbox.clock.advance(SignedDuration::from_secs(5));
    let late = integration.all("search", json!({})).await.len();
    assert!(early > late / 2 && early < late, "{early} of {late}");
}

#[tokio::test]
async fn search_finds_no_some_or_all_rows() {
    for (switch, rows) in [("none", 0), ("some", 200), ("all", 600)] {
        let integration = with(json!({"search_rows": switch})).await;
        let found = integration.all("search", json!({})).await;
        assert_eq!(found.len(), 400 + 6 + rows, "{switch}");
        assert_eq!(found.iter().filter(|object| object["parent"]["type"] == "data_source_id").count(), rows);
    }
}

#[tokio::test]
async fn short_pages_still_contain_everything() {
    let integration = Integration::with(json!({"limits": false})).await;
    let whole = ids(&integration.all("search", json!({})).await);
    let (users, rows) = (integration.listed("users").await, integration.rows("Tasks", json!({})).await);
    integration.sandbox.configure(json!({"notion": {"short_pages": true}})).await;
    assert_eq!(ids(&integration.all("search", json!({})).await), whole);
    assert_eq!(integration.listed("users").await, users);
    let sort = json!({"sorts": [{"property": "Task", "direction": "ascending"}], "page_size": 9});
    assert_eq!(integration.rows("Tasks", sort).await.len(), rows.len());
    let (mut sizes, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = integration.post("search", json!({"page_size": 10, "start_cursor": cursor})).await.json();
        sizes.push(page["results"].as_array().unwrap().len());
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert!(sizes.iter().all(|size| *size < 10) && sizes.contains(&0), "{sizes:?}");
    assert!(!sizes.windows(2).any(|pair| pair == [0, 0]), "{sizes:?}");
}

#[tokio::test]
async fn the_rows_of_the_largest_data_source_can_share_one_minute() {
    let minutes = async |integration: &Integration| {
        let rows = integration.rows("Tasks", json!({})).await;
        let mut times: Vec<_> = rows.iter().map(|row| row["created_time"].to_string()).collect();
        times.dedup();
        times.len()
    };
    let integration = Integration::connected().await;
    assert!(minutes(&integration).await > 300);
    integration.sandbox.configure(json!({"notion": {"crowded_minute": true}})).await;
    assert_eq!(minutes(&integration).await, 1);
}
