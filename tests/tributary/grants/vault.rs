//! Attacks on the vault by somebody who can write to the store: what was moved, or is older than it says, does not open.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use serde_json::{Value, json};
use tributary::server::{
    audit::Actor,
    store::{Embedded, Store},
};

use crate::{app::App, browser::Browser, caller::IDS, eventually::eventually};

const K1: &str = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const K2: &str = "k2:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";

const LONG: Duration = Duration::from_secs(3600);

async fn record(app: &App, place: &str) -> Value {
    serde_json::from_slice(&app.state.store.get(place).await.unwrap().unwrap()).unwrap()
}

async fn put(app: &App, place: &str, record: &Value) {
    app.state.store.put(place, &serde_json::to_vec(record).unwrap(), LONG).await.unwrap();
}

/// What a program gets that asks for a token of this user.
async fn token(app: &App, provider: &str, user: &str) -> Value {
    let ids = [("org_id", "acme"), ("user_id", user)];
    let path = format!("/integrations/{provider}/credentials");
    app.program("POST", &path).form(&ids).send().await.unwrap().json().await.unwrap()
}

async fn connect_as(app: &App, user: &str) {
    let ids = [("org_id", "acme"), ("user_id", user)];
    let link = app.program("POST", "/integrations/hubspot/authorize").form(&ids).send().await.unwrap();
    Browser::new().approve(&link.json::<String>().await.unwrap()).await;
}

const ADA: &str = "connection/hubspot/acme/ada";
const EVE: &str = "connection/hubspot/acme/eve";

#[tokio::test]
async fn a_grant_that_was_moved_to_another_user_org_or_provider_does_not_open() {
    let app = App::start().await;
    connect_as(&app, "ada").await;
    connect_as(&app, "eve").await;
    let stolen = record(&app, ADA).await;
    // The whole record, or its sealed part in eve's own record.
    let grafted = {
        let mut record = record(&app, EVE).await;
        record["sealed"] = stolen["sealed"].clone();
        record
    };
    for (what, moved) in [("the record", &stolen), ("the sealed part", &grafted)] {
        put(&app, EVE, moved).await;
        let answer = token(&app, "hubspot", "eve").await;
        assert_eq!(answer.get("access_token"), None, "{what}");
        assert!(answer.to_string().contains("can't be decrypted"), "{what}: {answer}");
    }
    for (place, provider) in [("connection/hubspot/other/ada", "hubspot"), ("connection/airtable/acme/ada", "airtable")]
    {
        put(&app, place, &stolen).await;
        let ids = [("org_id", place.split('/').nth(2).unwrap()), ("user_id", "ada")];
        let path = format!("/integrations/{provider}/credentials");
        let answer: Value = app.program("POST", &path).form(&ids).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer.get("access_token"), None, "{place}");
    }
    assert!(token(&app, "hubspot", "ada").await["access_token"].is_string(), "the owner's is untouched");
}

#[tokio::test]
async fn a_grant_that_was_changed_does_not_open() {
    let app = App::start().await;
    app.connect().await;
    let good = record(&app, ADA).await;
    for (field, value) in [
        ("/connection/account", json!({"id": "1", "name": null, "url": null})),
        ("/version", json!(good["version"].as_u64().unwrap() + 1)),
        ("/connection/client_id", json!("another")),
        ("/sealed", json!("k1.AAAA")),
        ("/sealed", json!("")),
    ] {
        let mut changed = good.clone();
        *changed.pointer_mut(field).unwrap() = value;
        put(&app, ADA, &changed).await;
        let answer = token(&app, "hubspot", "ada").await;
        assert_eq!(answer.get("access_token"), None, "{field}");
        assert!(
            answer["code"] == "reconnect_required" || answer["status"] == "reconnect_required",
            "{field}: {answer}"
        );
    }
    put(&app, ADA, &good).await;
    assert!(token(&app, "hubspot", "ada").await["access_token"].is_string());
}

#[tokio::test]
async fn an_older_ciphertext_under_a_newer_version_does_not_open() {
    let app = App::start().await;
    app.connect().await;
    let old = record(&app, ADA).await;
    app.advance(SignedDuration::from_mins(26));
    token(&app, "hubspot", "ada").await;
    let mut new = record(&app, ADA).await;
    assert!(new["version"].as_u64() > old["version"].as_u64());
    new["sealed"] = old["sealed"].clone();
    put(&app, ADA, &new).await;
    assert!(token(&app, "hubspot", "ada").await.to_string().contains("can't be decrypted"));
}

#[tokio::test]
async fn the_whole_record_rolled_back_opens_and_a_spent_refresh_token_is_then_refused() {
    // What no encryption can tell: this is the residue that the documentation names.
    let app = App::start().await;
    app.steer(json!({"hubspot": {"rotate_refresh": "dead"}})).await;
    app.connect().await;
    let old = record(&app, ADA).await;
    app.advance(SignedDuration::from_mins(26));
    token(&app, "hubspot", "ada").await;
    put(&app, ADA, &old).await;
    let answer = token(&app, "hubspot", "ada").await;
    assert_eq!(answer["status"], "reconnect_required", "the provider refuses what was spent: {answer}");
}

#[tokio::test]
async fn a_grant_that_was_disconnected_and_put_back_after_a_new_one_does_not_pass_for_that() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(Embedded::open(&folder.path().join("store.redb")).unwrap());
    let app = App::start_with(Default::default(), &[], Some(store)).await;
    app.connect().await;
    let old = record(&app, ADA).await;
    app.program("DELETE", "/integrations/hubspot/credentials").query(&IDS).send().await.unwrap();
    app.connect().await;
    let mut new = record(&app, ADA).await;
    new["sealed"] = old["sealed"].clone();
    put(&app, ADA, &new).await;
    assert!(
        token(&app, "hubspot", "ada").await.to_string().contains("can't be decrypted"),
        "versions never come again"
    );
}

#[tokio::test]
async fn a_refresh_that_fails_while_keys_rotate_leaves_nothing_under_the_old_key() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(Embedded::open(&folder.path().join("store.redb")).unwrap());
    let with = async |keys: &str| {
        App::start_with(Default::default(), &[("TRIBUTARY_ENCRYPTION_KEYS", keys)], Some(store.clone())).await
    };
    let (server, command) = (with(&format!("{K1},{K2}")).await, with(&format!("{K2},{K1}")).await);
    server.connect().await;
    server.advance(SignedDuration::from_mins(26));
    let slow = json!({"path": "/hubspot/oauth", "kind": "status", "status": 503, "slow_ms": 1500});
    server.steer(json!({"faults": [slow]})).await;
    let (read, rotated) = futures::future::join(token(&server, "hubspot", "ada"), async {
        eventually("the refresh is claimed", async || !record(&server, ADA).await["claim"].is_null()).await;
        command.state.grants.rotate_keys(&Actor::command_line()).await.unwrap()
    })
    .await;
    assert_eq!((rotated.rotated, read["status"].as_str()), (1, Some("active")));
    let usage = command.state.grants.vault.key_usage().await.unwrap();
    assert_eq!(usage.into_iter().collect::<Vec<_>>(), [("k2".to_owned(), 1)]);
    assert!(token(&command, "hubspot", "ada").await["access_token"].is_string());
}
