//! Attacks by somebody who can write to the store: moved, modified or outdated ciphertexts cannot be decrypted.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use serde_json::{Value, json};
use tributary::server::{
    audit::Actor,
    store::{Embedded, Store},
};

use crate::support::{
    app::App,
    browser::Browser,
    fixtures::{K1, K2, SUBJECT},
    wait::wait_until,
};

const LIFETIME: Duration = Duration::from_secs(3600);

async fn record(app: &App, key: &str) -> Value {
    serde_json::from_slice(&app.state.store.get(key).await.unwrap().unwrap()).unwrap()
}

async fn put(app: &App, key: &str, record: &Value) {
    app.state.store.put(key, &serde_json::to_vec(record).unwrap(), LIFETIME).await.unwrap();
}

/// The response to a request for a user's access token.
async fn token(app: &App, provider: &str, user: &str) -> Value {
    let ids = [("org_id", "acme"), ("user_id", user)];
    let path = format!("/integrations/{provider}/credentials");
    app.api("POST", &path).form(&ids).send().await.unwrap().json().await.unwrap()
}

async fn connect_as(app: &App, user: &str) {
    let ids = [("org_id", "acme"), ("user_id", user)];
    let link = app.api("POST", "/integrations/hubspot/authorize").form(&ids).send().await.unwrap();
    Browser::new().approve(&link.json::<String>().await.unwrap()).await;
}

const ADA: &str = "connection/hubspot/acme/ada";
const EVE: &str = "connection/hubspot/acme/eve";

#[tokio::test]
async fn a_grant_moved_to_another_user_org_or_provider_cannot_be_decrypted() {
    let app = App::start().await;
    connect_as(&app, "ada").await;
    connect_as(&app, "eve").await;
    let stolen = record(&app, ADA).await;
    // The whole record, or only its ciphertext in Eve's own record.
    let with_stolen_ciphertext = {
        let mut record = record(&app, EVE).await;
        record["sealed"] = stolen["sealed"].clone();
        record
    };
    for (what, moved) in [("the record", &stolen), ("the ciphertext", &with_stolen_ciphertext)] {
        put(&app, EVE, moved).await;
        let response = token(&app, "hubspot", "eve").await;
        assert_eq!(response.get("access_token"), None, "{what}");
        assert!(response.to_string().contains("can't be decrypted"), "{what}: {response}");
    }
    for (key, provider) in [("connection/hubspot/other/ada", "hubspot"), ("connection/airtable/acme/ada", "airtable")] {
        put(&app, key, &stolen).await;
        let ids = [("org_id", key.split('/').nth(2).unwrap()), ("user_id", "ada")];
        let path = format!("/integrations/{provider}/credentials");
        let response: Value = app.api("POST", &path).form(&ids).send().await.unwrap().json().await.unwrap();
        assert_eq!(response.get("access_token"), None, "{key}");
    }
    assert!(token(&app, "hubspot", "ada").await["access_token"].is_string(), "the owner's grant still works");
}

#[tokio::test]
async fn a_modified_grant_cannot_be_decrypted() {
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
        let response = token(&app, "hubspot", "ada").await;
        assert_eq!(response.get("access_token"), None, "{field}");
        assert!(
            response["code"] == "reconnect_required" || response["status"] == "reconnect_required",
            "{field}: {response}"
        );
    }
    put(&app, ADA, &good).await;
    assert!(token(&app, "hubspot", "ada").await["access_token"].is_string());
}

#[tokio::test]
async fn an_older_ciphertext_in_a_newer_version_cannot_be_decrypted() {
    let app = App::start().await;
    app.connect().await;
    let old = record(&app, ADA).await;
    app.advance_clock(SignedDuration::from_mins(26));
    token(&app, "hubspot", "ada").await;
    let mut new = record(&app, ADA).await;
    assert!(new["version"].as_u64() > old["version"].as_u64());
    new["sealed"] = old["sealed"].clone();
    put(&app, ADA, &new).await;
    assert!(token(&app, "hubspot", "ada").await.to_string().contains("can't be decrypted"));
}

#[tokio::test]
async fn a_rolled_back_record_can_be_decrypted_but_its_used_refresh_token_is_refused() {
    // Encryption cannot detect this: it is the residual risk that the documentation names.
    let app = App::start().await;
    app.configure_sandbox(json!({"hubspot": {"rotate_refresh": "dead"}})).await;
    app.connect().await;
    let old = record(&app, ADA).await;
    app.advance_clock(SignedDuration::from_mins(26));
    token(&app, "hubspot", "ada").await;
    put(&app, ADA, &old).await;
    let response = token(&app, "hubspot", "ada").await;
    assert_eq!(response["status"], "reconnect_required", "the provider refuses the used refresh token: {response}");
}

#[tokio::test]
async fn a_ciphertext_from_before_a_disconnect_cannot_be_decrypted_after_reconnecting() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(Embedded::open(&folder.path().join("store.redb")).unwrap());
    let app = App::start_with(Default::default(), &[], Some(store)).await;
    app.connect().await;
    let old = record(&app, ADA).await;
    app.api("DELETE", "/integrations/hubspot/credentials").query(&SUBJECT).send().await.unwrap();
    app.connect().await;
    let mut new = record(&app, ADA).await;
    new["sealed"] = old["sealed"].clone();
    put(&app, ADA, &new).await;
    assert!(
        token(&app, "hubspot", "ada").await.to_string().contains("can't be decrypted"),
        "versions are never reused"
    );
}

#[tokio::test]
async fn a_refresh_that_fails_during_a_key_rotation_leaves_nothing_encrypted_with_the_old_key() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(Embedded::open(&folder.path().join("store.redb")).unwrap());
    let start = async |keys: &str| {
        App::start_with(Default::default(), &[("TRIBUTARY_ENCRYPTION_KEYS", keys)], Some(store.clone())).await
    };
    let (server, command) = (start(&format!("{K1},{K2}")).await, start(&format!("{K2},{K1}")).await);
    server.connect().await;
    server.advance_clock(SignedDuration::from_mins(26));
    let slow = json!({"path": "/hubspot/oauth", "kind": "status", "status": 503, "slow_ms": 1500});
    server.configure_sandbox(json!({"faults": [slow]})).await;
    let (read, rotated) = futures::future::join(token(&server, "hubspot", "ada"), async {
        wait_until("the refresh is claimed", async || !record(&server, ADA).await["claim"].is_null()).await;
        command.state.grants.rotate_keys(&Actor::command_line()).await.unwrap()
    })
    .await;
    assert_eq!((rotated.rotated, read["status"].as_str()), (1, Some("active")));
    let usage = command.state.grants.vault.key_usage().await.unwrap();
    assert_eq!(usage.into_iter().collect::<Vec<_>>(), [("k2".to_owned(), 1)]);
    assert!(token(&command, "hubspot", "ada").await["access_token"].is_string());
}

#[tokio::test]
async fn a_forged_grant_does_not_prevent_a_revocation() {
    let app = App::start().await;
    connect_as(&app, "ada").await;
    connect_as(&app, "eve").await;
    // Eve's grant becomes a copy of Ada's, and the index of the account's connections still names it.
    put(&app, EVE, &record(&app, ADA).await).await;
    let ids = [("org_id", "acme"), ("user_id", "ada")];
    let response = app.api("DELETE", "/integrations/hubspot/credentials").query(&ids).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &app.stats().await["revocations"]), (204, &json!(1)));
}
