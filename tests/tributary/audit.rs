//! The audit trail tells who did what, when, and from where; to those who may know; and does not grow for ever.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tributary::{
    model::{Account, Action},
    server::{audit::Actor, providers::client::TokenSource},
};

use crate::{app::App, caller::IDS};

async fn trail(app: &App, query: &[(&str, &str)]) -> Value {
    let query = [&[("org_id", "acme")], query].concat();
    app.program("GET", "/audit.json").query(&query).send().await.unwrap().json().await.unwrap()
}

fn actions(trail: &Value) -> Vec<&str> {
    trail["entries"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_happens_to_a_connection_is_told_latest_first_with_who_and_from_where() {
    let app = App::start().await;
    app.connect().await;
    let read = async || app.program("POST", "/integrations/hubspot/credentials").form(&IDS).send().await.unwrap();
    read().await;
    read().await;
    app.advance(SignedDuration::from_mins(26));
    app.items().await;
    app.steer(json!({"faults": [{"path": "/hubspot/oauth", "kind": "status", "status": 503}]})).await;
    app.advance(SignedDuration::from_mins(26));
    read().await;
    app.steer(json!({"faults": []})).await;
    app.program("DELETE", "/integrations/hubspot/credentials").query(&IDS).send().await.unwrap();
    let told = trail(&app, &[]).await;
    let expected = ["disconnected", "refresh_failed", "refreshed", "load_started", "token_read", "connected"];
    assert_eq!(actions(&told), expected, "reads within a minute are one: {told}");
    let connected = &told["entries"][5];
    assert_eq!((&connected["user_id"], &connected["provider"]), (&json!("ada"), &json!("hubspot")));
    assert_eq!((&connected["by"], &connected["from"]), (&json!("browser"), &json!("127.0.0.1")));
    assert_eq!(connected["account"], "acme-sandbox.com (24816357)");
    assert_eq!((&told["entries"][2]["by"], &told["entries"][2]["from"]), (&json!("api_key"), &json!("127.0.0.1")));
    assert!(told["entries"][1]["detail"].as_str().unwrap().contains("503"));
    assert!(told["entries"][0]["detail"].as_str().unwrap().contains("revoked at the provider"));
}

#[tokio::test]
async fn a_trail_is_read_by_those_who_may_and_tells_of_one_organisation() {
    let app = App::start().await;
    app.connect().await;
    for path in ["/audit.json?org_id=acme", "/audit?org_id=acme"] {
        assert_eq!(app.anybody("GET", path).send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let other = app.program("GET", "/audit.json?org_id=acme%2F").send().await.unwrap();
    assert_eq!(other.json::<Value>().await.unwrap()["entries"], json!([]));
    for (query, says) in
        [("", "org_id"), ("?org_id=acme&limit=0", "between 1 and 1000"), ("?org_id=acme&before=now", "before")]
    {
        let answer = app.program("GET", &format!("/audit.json{query}")).send().await.unwrap();
        assert!(answer.status().is_client_error());
        assert!(answer.json::<Value>().await.unwrap()["detail"].as_str().unwrap().contains(says), "{query}");
    }
    let page = app.signed_in().await.get(&format!("{}/audit?org_id=acme", app.url)).await.text().await.unwrap();
    assert!(page.contains("acme-sandbox.com (24816357)") && page.contains("browser"), "{page}");
    let empty = app.signed_in().await.get(&format!("{}/audit?org_id=%3Cb%3E", app.url)).await.text().await.unwrap();
    assert!(empty.contains("No activity yet.") && empty.contains("&lt;b>") || empty.contains("&lt;b&gt;"), "{empty}");
}

#[tokio::test]
async fn what_is_done_all_the_time_does_not_push_out_who_connected_and_the_trail_is_read_in_pages() {
    let app = App::start().await;
    let key = app.key("hubspot");
    let account = Account { id: "1".into(), name: None, url: None };
    let actor = Actor::scheduler();
    app.state.audit.record(&actor, &key, &account, Action::Connected, None).await;
    for _ in 0..5_050 {
        app.advance(SignedDuration::from_millis(1));
        app.state.audit.record(&actor, &key, &account, Action::Refreshed, None).await;
    }
    // Three in the same millisecond are not lost between two pages.
    let (mut before, mut all) = (None::<String>, Vec::new());
    loop {
        let query: Vec<_> = before.iter().map(|before| ("before", before.as_str())).chain([("limit", "999")]).collect();
        let page = trail(&app, &query).await;
        all.extend(actions(&page).into_iter().map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => before = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(all.iter().filter(|action| *action == "refreshed").count(), 5_000);
    assert_eq!(all.last().unwrap(), "connected");
    app.advance(SignedDuration::from_hours(91 * 24));
    assert_eq!(trail(&app, &[]).await["entries"], json!([]), "after 90 days nothing is told");
}

#[tokio::test]
async fn a_grant_that_died_under_a_load_is_told_with_its_reason() {
    let app = App::start().await;
    app.connect().await;
    let key = app.key("hubspot");
    let tokens = app.tokens(key, "24816357");
    let token = tokens.access_token().await.unwrap();
    tokens.mark_dead(&token).await;
    let told = trail(&app, &[]).await;
    assert_eq!(actions(&told), ["reconnect_required", "connected"]);
    assert!(told["entries"][0]["detail"].as_str().unwrap().contains("no longer accepts"));
}
