//! Encryption keys come and go while servers run, and none that is needed goes unnoticed.

use std::process::Output;

use http::StatusCode;
use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    caller::{IDS, KEY},
    process::{Process, connect, program},
    redis::Redis,
};

const K1: &str = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const K2: &str = "k2:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";

/// The command, with these variables.
fn keys(folder: &TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    program(folder, &[&["encryption-keys"], arguments].concat()).envs(variables.iter().copied()).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn reads(url: &str) -> StatusCode {
    let ask = Client::new().get(format!("{url}/integrations/hubspot/items")).bearer_auth(KEY).query(&IDS);
    ask.send().await.unwrap().status()
}

#[tokio::test]
async fn keys_rotate_on_redis_while_servers_run_and_the_old_one_can_then_be_dropped() {
    let (redis, (_sandbox, address), folder) = (Redis::start(), Process::sandbox(&[]), tempfile::tempdir().unwrap());
    let both = format!("{K2},{K1}");
    let with = |keys: &'static str| {
        [
            ("REDIS_URL", redis.url.as_str()),
            ("TRIBUTARY_ENCRYPTION_KEYS", keys),
            ("TRIBUTARY_API_KEY", KEY),
            ("TRIBUTARY_SANDBOX_LISTEN", address.as_str()),
        ]
    };
    let old = Process::serve(&with(K1));
    for provider in ["hubspot", "notion", "airtable"] {
        connect(&old.url, provider, IDS).await;
    }
    let both = with(Box::leak(both.into_boxed_str()));
    let listed = said(&keys(&folder, &["list"], &both));
    assert!(
        listed.contains("k2: 0 grants (encrypts and decrypts)") && listed.contains("k1: 3 grants (decrypts)"),
        "{listed}"
    );

    let refused = program(&folder, &["serve"]).envs(with(K2)).env("TRIBUTARY_LISTEN", "127.0.0.1:0").output().unwrap();
    let refused = said(&refused);
    assert!(
        refused.contains("3 grants with the key k1") && refused.contains("encryption-keys abandon k1"),
        "{refused}"
    );

    let new = Process::serve(&both);
    assert_eq!(reads(&new.url).await, StatusCode::OK);
    let rotated = said(&keys(&folder, &["rotate"], &both));
    assert!(rotated.contains("Re-encrypted 3 grants") && rotated.contains("k2: 3 grants"), "{rotated}");
    let again = said(&keys(&folder, &["rotate"], &both));
    assert!(again.contains("Re-encrypted 0 grants"), "{again}");
    assert_eq!(reads(&new.url).await, StatusCode::OK);
    let only = Process::serve(&with(K2));
    assert_eq!(reads(&only.url).await, StatusCode::OK);

    let trail =
        Client::new().get(format!("{}/audit.json?org_id=acme", only.url)).bearer_auth(KEY).send().await.unwrap();
    let trail: Value = trail.json().await.unwrap();
    let rotation =
        trail["entries"].as_array().unwrap().iter().find(|entry| entry["action"] == "encryption_keys_rotated").unwrap();
    assert_eq!(
        (&rotation["by"], rotation["detail"].as_str().unwrap().contains("3 grants were")),
        (&"command_line".into(), true)
    );
}

#[tokio::test]
async fn a_lost_key_is_given_up_by_name_and_its_users_are_asked_to_connect_again() {
    let (redis, (_sandbox, address), folder) = (Redis::start(), Process::sandbox(&[]), tempfile::tempdir().unwrap());
    let with = |keys: &'static str| {
        [
            ("REDIS_URL", redis.url.as_str()),
            ("TRIBUTARY_ENCRYPTION_KEYS", keys),
            ("TRIBUTARY_API_KEY", KEY),
            ("TRIBUTARY_SANDBOX_LISTEN", address.as_str()),
        ]
    };
    connect(&Process::serve(&with(K1)).url, "hubspot", IDS).await;
    let kept = said(&keys(&folder, &["abandon", "k1"], &with(K1)));
    assert!(kept.contains("nothing that it encrypted is lost"), "{kept}");
    let rotated = keys(&folder, &["rotate"], &with(K2));
    assert!(!rotated.status.success() && said(&rotated).contains("connection/hubspot/acme/ada"), "{}", said(&rotated));
    let abandoned = said(&keys(&folder, &["abandon", "k1"], &with(K2)));
    assert!(abandoned.contains("Gave up 1 grant of the key k1"), "{abandoned}");
    let again = keys(&folder, &["rotate"], &with(K2));
    assert!(again.status.success() && said(&again).contains("Re-encrypted 0 grants"), "{}", said(&again));
    let server = Process::serve(&with(K2));
    assert_eq!(reads(&server.url).await, StatusCode::CONFLICT);
    connect(&server.url, "hubspot", IDS).await;
    assert_eq!(reads(&server.url).await, StatusCode::OK);
}

#[tokio::test]
async fn the_embedded_stores_keys_are_seen_to_beside_the_running_server_or_without_it() {
    let (_sandbox, address) = Process::sandbox(&[]);
    let server = Process::serve(&[("TRIBUTARY_API_KEY", KEY), ("TRIBUTARY_SANDBOX_LISTEN", &address)]);
    connect(&server.url, "hubspot", IDS).await;
    let listen = server.url.replace("http://localhost", "127.0.0.1");
    let asked = [("TRIBUTARY_API_KEY", KEY), ("TRIBUTARY_LISTEN", listen.as_str())];
    let listed = said(&keys(&server.folder, &["list"], &asked));
    assert!(listed.contains("1 grant (encrypts and decrypts)"), "{listed}");
    let rotated = said(&keys(&server.folder, &["rotate"], &asked));
    assert!(rotated.contains("Re-encrypted 0 grants"), "{rotated}");

    // A new key in front of the one that was generated; the server is stopped for that.
    let mut server = server;
    server.kill();
    server.signal();
    let file = server.folder.path().join("data/encryption-keys");
    let new = String::from_utf8(keys(&server.folder, &["new"], &[]).stdout).unwrap();
    let old = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{},{old}", new.trim())).unwrap();
    let rotated = said(&keys(&server.folder, &["rotate"], &[]));
    assert!(rotated.contains("Re-encrypted 1 grant"), "{rotated}");
    std::fs::write(&file, new).unwrap();
    let listed = said(&keys(&server.folder, &["list"], &[]));
    assert!(listed.contains("1 grant (encrypts and decrypts)") && !listed.contains("missing"), "{listed}");
}

#[test]
fn keys_where_there_is_no_store_make_none() {
    let folder = tempfile::tempdir().unwrap();
    let output = keys(&folder, &["list"], &[]);
    assert!(!output.status.success() && said(&output).contains("there is no store"), "{}", said(&output));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
