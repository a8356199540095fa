//! `tributary encryption-keys`: keys are rotated and abandoned while servers run, and a missing key is noticed.

use std::process::Output;

use http::StatusCode;
use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    browser::Browser,
    fixtures::{API_KEY, K1, K2, SUBJECT},
    process::{Process, command, connect},
    redis::RedisServer,
};

/// Runs `tributary encryption-keys` with these arguments and variables.
fn encryption_keys(folder: &TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    command(folder, &[&["encryption-keys"], arguments].concat()).envs(variables.iter().copied()).output().unwrap()
}

/// What a command printed.
fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn load(url: &str) -> StatusCode {
    let request = Client::new().get(format!("{url}/integrations/hubspot/items")).bearer_auth(API_KEY).query(&SUBJECT);
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn keys_on_redis_rotate_while_servers_run_and_the_old_key_can_then_be_removed() {
    let (redis, (_sandbox, address), folder) =
        (RedisServer::start(), Process::sandbox(&[]), tempfile::tempdir().unwrap());
    let both = format!("{K2},{K1}");
    let with = |keys: &'static str| {
        [
            ("REDIS_URL", redis.url.as_str()),
            ("TRIBUTARY_ENCRYPTION_KEYS", keys),
            ("TRIBUTARY_API_KEY", API_KEY),
            ("TRIBUTARY_SANDBOX_LISTEN", address.as_str()),
        ]
    };
    let old = Process::serve(&with(K1));
    for provider in ["hubspot", "notion", "airtable"] {
        connect(&old.url, provider, SUBJECT).await;
    }
    let browser = Browser::new();
    browser.press(&old.sign_in_link()).await;
    let both = with(Box::leak(both.into_boxed_str()));
    let listed = printed(&encryption_keys(&folder, &["list"], &both));
    assert!(
        listed.contains("k2: 0 grants (encrypts and decrypts)") && listed.contains("k1: 3 grants (decrypts)"),
        "{listed}"
    );

    let refused = command(&folder, &["serve"]).envs(with(K2)).env("TRIBUTARY_LISTEN", "127.0.0.1:0").output().unwrap();
    let refused = printed(&refused);
    assert!(
        refused.contains("3 grants with the key k1") && refused.contains("encryption-keys abandon k1"),
        "{refused}"
    );

    let new = Process::serve(&both);
    assert_eq!(load(&new.url).await, StatusCode::OK);
    let rotated = printed(&encryption_keys(&folder, &["rotate"], &both));
    assert!(rotated.contains("Re-encrypted 3 grants") && rotated.contains("k2: 3 grants"), "{rotated}");
    let again = printed(&encryption_keys(&folder, &["rotate"], &both));
    assert!(again.contains("Re-encrypted 0 grants"), "{again}");
    assert_eq!(load(&new.url).await, StatusCode::OK);
    let only = Process::serve(&with(K2));
    assert_eq!(load(&only.url).await, StatusCode::OK);
    let home = browser.get(&only.url).await.text().await.unwrap();
    assert!(home.contains("HubSpot</h2>") && !only.log().contains("a record in the store was refused"), "{home}");

    let log =
        Client::new().get(format!("{}/audit.json?org_id=acme", only.url)).bearer_auth(API_KEY).send().await.unwrap();
    let log: Value = log.json().await.unwrap();
    let rotation =
        log["entries"].as_array().unwrap().iter().find(|entry| entry["action"] == "encryption_keys_rotated").unwrap();
    assert_eq!(
        (&rotation["by"], rotation["detail"].as_str().unwrap().contains("3 grants were")),
        (&"command_line".into(), true)
    );
}

#[tokio::test]
async fn abandoning_a_lost_key_makes_its_users_reconnect() {
    let (redis, (_sandbox, address), folder) =
        (RedisServer::start(), Process::sandbox(&[]), tempfile::tempdir().unwrap());
    let with = |keys: &'static str| {
        [
            ("REDIS_URL", redis.url.as_str()),
            ("TRIBUTARY_ENCRYPTION_KEYS", keys),
            ("TRIBUTARY_API_KEY", API_KEY),
            ("TRIBUTARY_SANDBOX_LISTEN", address.as_str()),
        ]
    };
    connect(&Process::serve(&with(K1)).url, "hubspot", SUBJECT).await;
    let refused = printed(&encryption_keys(&folder, &["abandon", "k1"], &with(K1)));
    assert!(refused.contains("nothing that it encrypted is lost"), "{refused}");
    let rotated = encryption_keys(&folder, &["rotate"], &with(K2));
    assert!(
        !rotated.status.success() && printed(&rotated).contains("connection/hubspot/acme/ada"),
        "{}",
        printed(&rotated)
    );
    let abandoned = printed(&encryption_keys(&folder, &["abandon", "k1"], &with(K2)));
    assert!(abandoned.contains("Gave up 1 grant encrypted with the key k1"), "{abandoned}");
    let again = encryption_keys(&folder, &["rotate"], &with(K2));
    assert!(again.status.success() && printed(&again).contains("Re-encrypted 0 grants"), "{}", printed(&again));
    let server = Process::serve(&with(K2));
    assert_eq!(load(&server.url).await, StatusCode::CONFLICT);
    connect(&server.url, "hubspot", SUBJECT).await;
    assert_eq!(load(&server.url).await, StatusCode::OK);
}

#[tokio::test]
async fn keys_of_the_embedded_store_can_be_managed_with_or_without_a_running_server() {
    let (_sandbox, address) = Process::sandbox(&[]);
    let server = Process::serve(&[("TRIBUTARY_API_KEY", API_KEY), ("TRIBUTARY_SANDBOX_LISTEN", &address)]);
    connect(&server.url, "hubspot", SUBJECT).await;
    let listen = server.url.replace("http://localhost", "127.0.0.1");
    let variables = [("TRIBUTARY_API_KEY", API_KEY), ("TRIBUTARY_LISTEN", listen.as_str())];
    let listed = printed(&encryption_keys(&server.folder, &["list"], &variables));
    assert!(listed.contains("1 grant (encrypts and decrypts)"), "{listed}");
    let rotated = printed(&encryption_keys(&server.folder, &["rotate"], &variables));
    assert!(rotated.contains("Re-encrypted 0 grants"), "{rotated}");

    // With the server stopped, a new key is added in front of the generated one.
    let mut server = server;
    server.kill();
    server.wait();
    let file = server.folder.path().join("data/encryption-keys");
    let new = String::from_utf8(encryption_keys(&server.folder, &["new"], &[]).stdout).unwrap();
    let old = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{},{old}", new.trim())).unwrap();
    let rotated = printed(&encryption_keys(&server.folder, &["rotate"], &[]));
    assert!(rotated.contains("Re-encrypted 1 grant"), "{rotated}");
    std::fs::write(&file, new).unwrap();
    let listed = printed(&encryption_keys(&server.folder, &["list"], &[]));
    assert!(listed.contains("1 grant (encrypts and decrypts)") && !listed.contains("missing"), "{listed}");
}

#[test]
fn listing_keys_creates_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let output = encryption_keys(&folder, &["list"], &[]);
    assert!(!output.status.success() && printed(&output).contains("there is no store"), "{}", printed(&output));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
