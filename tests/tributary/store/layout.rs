//! A store of another layout is refused with a sentence that says what to do, and is left unchanged.

use std::{fs::Permissions, os::unix::fs::PermissionsExt, path::Path};

use fred::prelude::{Builder, Client, ClientLike, Config, KeysInterface};
use redb::{Database, ReadableDatabase, TableDefinition, TableError};
use tributary::server::store::{Embedded, FILE, LAYOUT, LayoutMismatch, Redis, Store};

use crate::support::{fixtures::K1, process::run_to_exit, redis::RedisServer, wait::wait_until};

const META: TableDefinition<&str, u32> = TableDefinition::new("meta");
const VALUES: TableDefinition<&str, (u64, &[u8])> = TableDefinition::new("values");
const SCORES: TableDefinition<(&str, &str), (u64, u64)> = TableDefinition::new("index_scores");

const OTHER_LAYOUT: u32 = LAYOUT + 1;

/// Writes a redb file as another version may have left it.
fn write_file(path: &Path, write_tables: impl FnOnce(&redb::WriteTransaction)) {
    let database = Database::create(path).unwrap();
    let write = database.begin_write().unwrap();
    write_tables(&write);
    write.commit().unwrap();
}

fn set_file_layout(write: &redb::WriteTransaction) {
    write.open_table(META).unwrap().insert("layout", OTHER_LAYOUT).unwrap();
}

fn file_layout(path: &Path) -> Option<u32> {
    let database = Database::open(path).unwrap();
    let meta = match database.begin_read().unwrap().open_table(META) {
        Err(TableError::TableDoesNotExist(_)) => return None,
        meta => meta.unwrap(),
    };
    meta.get("layout").unwrap().map(|layout| layout.value())
}

/// Checks that an error is a [`LayoutMismatch`] that names the store, the layout that was found, and what to do.
fn check_mismatch(error: &anyhow::Error, parts: &[&str]) {
    let text = format!("{error:#}");
    assert!(error.downcast_ref::<LayoutMismatch>().is_some(), "{text}");
    for part in [&format!("layout {LAYOUT}"), "another version of Tributary", "reconnect"].iter().chain(parts) {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn an_embedded_store_of_another_layout_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    write_file(&path, set_file_layout);
    let error = Embedded::open(&path).err().unwrap();
    let path_text = path.display().to_string();
    check_mismatch(&error, &[&path_text, &format!("layout {OTHER_LAYOUT}"), &format!("move {path_text}")]);
    assert_eq!(file_layout(&path), Some(OTHER_LAYOUT));
}

#[tokio::test]
async fn an_embedded_store_with_tables_and_without_a_layout_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let with_value = folder.path().join("value.redb");
    write_file(&with_value, |write| {
        write.open_table(VALUES).unwrap().insert("connection/hubspot/acme/ada", (u64::MAX, &b"{}"[..])).unwrap();
    });
    let with_index = folder.path().join("index.redb");
    write_file(&with_index, |write| {
        write.open_table(SCORES).unwrap().insert(("audit/acme", "{}"), (1, u64::MAX)).unwrap();
    });
    let with_other_table = folder.path().join("other.redb");
    write_file(&with_other_table, |write| {
        write.open_table(TableDefinition::<&str, u64>::new("places")).unwrap();
    });
    for path in [with_value, with_index, with_other_table] {
        let error = Embedded::open(&path).err().unwrap();
        check_mismatch(&error, &[&path.display().to_string(), "before 0.1"]);
        assert_eq!(file_layout(&path), None);
    }
}

#[tokio::test]
async fn an_empty_embedded_store_gets_our_layout_and_can_be_reopened() {
    let folder = tempfile::tempdir().unwrap();
    let (new, empty) = (folder.path().join("new.redb"), folder.path().join("empty.redb"));
    write_file(&empty, |_| {});
    for path in [new, empty] {
        drop(Embedded::open(&path).unwrap());
        wait_until("the file is closed", async || Database::open(&path).is_ok()).await;
        assert_eq!(file_layout(&path), Some(LAYOUT));
        assert!(Embedded::open(&path).is_ok());
    }
}

async fn connect(redis: &RedisServer) -> Client {
    let client = Builder::from_config(Config::from_url(&redis.url).unwrap()).build().unwrap();
    client.init().await.unwrap();
    client
}

async fn set(client: &Client, key: &str, value: &str) {
    let _: () = client.set(key, value, None, None, false).await.unwrap();
}

async fn redis_layout(client: &Client) -> Option<u32> {
    client.get("tributary:layout").await.unwrap()
}

#[tokio::test]
async fn a_redis_of_another_layout_is_refused() {
    let redis = RedisServer::start();
    let client = connect(&redis).await;
    set(&client, "tributary:layout", &OTHER_LAYOUT.to_string()).await;
    let error = Redis::connect(&redis.url).await.err().unwrap();
    check_mismatch(&error, &["REDIS_URL", &format!("layout {OTHER_LAYOUT}"), "delete its keys", "another database"]);
    assert_eq!(redis_layout(&client).await, Some(OTHER_LAYOUT));
}

#[tokio::test]
async fn a_redis_with_our_keys_and_without_a_layout_is_refused() {
    let redis = RedisServer::start();
    let client = connect(&redis).await;
    set(&client, "tributary:connection/hubspot/acme/ada", "{}").await;
    let error = Redis::connect(&redis.url).await.err().unwrap();
    check_mismatch(&error, &["REDIS_URL", "before 0.1", "delete its keys", "another database"]);
    assert_eq!(redis_layout(&client).await, None);
}

#[tokio::test]
async fn a_redis_without_our_keys_gets_our_layout_and_accepts_further_processes() {
    let redis = RedisServer::start();
    let client = connect(&redis).await;
    set(&client, "another-application:key", "value").await;
    let first = Redis::connect(&redis.url).await.unwrap();
    assert_eq!(redis_layout(&client).await, Some(LAYOUT));
    first.put("connection/hubspot/acme/ada", b"{}", std::time::Duration::from_secs(60)).await.unwrap();
    assert!(Redis::connect(&redis.url).await.is_ok());
}

#[tokio::test]
async fn a_redis_that_is_empty_after_a_failover_gets_our_layout_again() {
    let mut redis = RedisServer::start();
    let store = Redis::connect(&redis.url).await.unwrap();
    redis.fail_over();
    wait_until("the store is available again", async || store.probe().await.is_ok()).await;
    let client = connect(&redis).await;
    wait_until("the layout is set", async || redis_layout(&client).await == Some(LAYOUT)).await;
    store.put("connection/hubspot/acme/ada", b"{}", std::time::Duration::from_secs(60)).await.unwrap();
    assert!(Redis::connect(&redis.url).await.is_ok(), "another process can start");
}

#[tokio::test]
async fn a_redis_that_loses_our_layout_while_a_process_runs_gets_it_again() {
    let redis = RedisServer::start();
    let store = Redis::connect(&redis.url).await.unwrap();
    let client = connect(&redis).await;
    store.put("connection/hubspot/acme/ada", b"{}", std::time::Duration::from_secs(60)).await.unwrap();
    // As after `FLUSHDB`, or by eviction.
    let _: () = client.del("tributary:layout").await.unwrap();
    wait_until("the layout is set", async || redis_layout(&client).await == Some(LAYOUT)).await;
    assert!(Redis::connect(&redis.url).await.is_ok(), "another process can start");
}

#[tokio::test]
async fn commands_on_a_store_of_another_layout_exit_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    let path = folder.path().join(FILE);
    write_file(&path, set_file_layout);
    std::fs::write(folder.path().join("encryption-keys"), K1).unwrap();
    let redis = RedisServer::start();
    set(&connect(&redis).await, "tributary:layout", &OTHER_LAYOUT.to_string()).await;

    let (data_dir, file) = (folder.path().display().to_string(), path.display().to_string());
    let embedded = [("TRIBUTARY_DATA_DIR", data_dir.as_str())];
    let redis = [("REDIS_URL", redis.url.as_str()), ("TRIBUTARY_ENCRYPTION_KEYS", K1)];
    for arguments in [&["serve"][..], &["encryption-keys", "list"]] {
        for (variables, store) in [(&embedded[..], file.as_str()), (&redis, "REDIS_URL")] {
            let output = run_to_exit(arguments, variables);
            let error = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success(), "{arguments:?} {variables:?}");
            let lines: Vec<_> = error.trim().lines().collect();
            assert!(lines.len() == 1 && lines[0].contains("another version of Tributary"), "{arguments:?}: {error}");
            assert!(lines[0].contains(store), "{arguments:?}: {error}");
        }
    }
}
