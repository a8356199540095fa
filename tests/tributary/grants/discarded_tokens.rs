//! Tokens that are issued and cannot be kept are revoked.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use serde_json::json;
use tributary::server::store::Redis;

use crate::support::{app::App, browser::Browser, fixtures::SUBJECT, redis::RedisServer, wait::wait_until};

const TOKEN_PATH: &str = "/hubspot/oauth/2026-03/token";
/// The same as the sandbox counts it.
const TOKEN_ENDPOINT: &str = "POST /hubspot/oauth/{version}/token";

async fn start(redis: &RedisServer) -> App {
    let store = Arc::new(Redis::connect(&redis.url).await.unwrap());
    App::start_with_caller_timeout(store, Duration::from_millis(100)).await
}

async fn requests(app: &App, endpoint: &str) -> u64 {
    app.stats().await["by_endpoint"][endpoint]["requests"].as_u64().unwrap_or_default()
}

async fn revocations(app: &App) -> u64 {
    requests(app, &format!("{TOKEN_ENDPOINT}/revoke")).await
}

/// With full memory, Redis refuses values and still removes them.
fn fill_memory(redis: &RedisServer) {
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
}

#[tokio::test]
async fn new_tokens_that_could_not_be_saved_before_the_user_disconnected_are_revoked() {
    let redis = RedisServer::start();
    let app = start(&redis).await;
    app.connect().await;
    app.advance_clock(SignedDuration::from_mins(31));
    app.configure_sandbox(json!({"faults": [{"path": TOKEN_PATH, "kind": "slow", "slow_ms": 1_000}]})).await;
    let before = requests(&app, TOKEN_ENDPOINT).await;
    let read = tokio::spawn(app.api("POST", "/integrations/hubspot/credentials").form(&SUBJECT).send());
    wait_until("the refresh token is sent", async || requests(&app, TOKEN_ENDPOINT).await > before).await;
    fill_memory(&redis);
    assert_eq!(read.await.unwrap().unwrap().status(), 503);
    app.configure_sandbox(json!({"faults": []})).await;
    let disconnect = app.api("DELETE", "/integrations/hubspot/credentials").query(&SUBJECT);
    assert_eq!(disconnect.send().await.unwrap().status(), 204);
    wait_until("the old tokens and the new ones are revoked", async || revocations(&app).await == 2).await;
}

#[tokio::test]
async fn tokens_are_revoked_if_the_question_which_account_to_keep_cannot_be_stored() {
    let redis = RedisServer::start();
    let app = start(&redis).await;
    app.connect().await;
    app.configure_sandbox(json!({"hubspot": {"hub_id": 24816358}})).await;
    let browser = Browser::new();
    let consent = browser.press(&app.connect_link("hubspot").await).await;
    fill_memory(&redis);
    let end = browser.post(consent.url().as_str(), &[("decision", "approve")]).await;
    assert!(!end.url().path().contains("account-choice") && end.url().path().contains("/connected/"), "{}", end.url());
    assert_eq!(revocations(&app).await, 1);
}
