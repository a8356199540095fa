//! The embedded store: wrong clocks, writes that are not needed, and its file.

use std::{
    fs::Permissions,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tributary::server::store::{Embedded, EmbeddedOptions, Index, Range, Store};

use crate::support::{
    fixtures::{API_KEY, SUBJECT},
    port::free_port,
    process::{Process, client, connect},
    wait::wait_until,
};

const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// Opens the store with a clock that is this many days ahead.
fn open_ahead(path: &Path, days: i64) -> Embedded {
    let clock = Arc::new(move || Timestamp::now() + SignedDuration::from_hours(24 * days));
    Embedded::open_with(path, EmbeddedOptions { clock, ..EmbeddedOptions::default() }).unwrap()
}

#[tokio::test]
async fn one_start_with_a_clock_that_is_70_days_ahead_deletes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let index = Index { name: "due".into(), max_len: 10, max_age: None, lifetime: MONTH };
    let members = async |store: &Embedded| store.index_range(&index, Range::up_to(9, 9)).await.unwrap().len();
    let store = open_ahead(&path, 0);
    store.put("grant", b"tokens", MONTH).await.unwrap();
    store.index_put(&index, "grant", 1).await.unwrap();
    drop(store);
    let ahead = open_ahead(&path, 70);
    assert_eq!((ahead.get("grant").await.unwrap(), members(&ahead).await), (None, 0), "it has expired by this clock");
    drop(ahead);
    let back = open_ahead(&path, 0);
    assert_eq!((back.get("grant").await.unwrap().as_deref(), members(&back).await), (Some(&b"tokens"[..]), 1));
}

#[tokio::test]
async fn a_clock_that_is_400_days_ahead_removes_no_member_for_its_age() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let index = Index { name: "audit".into(), max_len: 10, max_age: Some(MONTH), lifetime: MONTH };
    let now = u64::try_from(Timestamp::now().as_millisecond()).unwrap();
    let store = open_ahead(&path, 0);
    for (member, days_ago) in [("old", 31), ("recent", 29)] {
        store.index_put(&index, member, now - days_ago * 24 * 3_600_000).await.unwrap();
    }
    drop(store);
    open_ahead(&path, 400).index_put(&index, "ahead", now + 400 * 24 * 3_600_000).await.unwrap();
    let back = open_ahead(&path, 0);
    let members = back.index_range(&index, Range::up_to(Range::MAX, 9)).await.unwrap();
    let names: Vec<_> = members.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["recent", "ahead"], "what was old before is removed");
}

#[tokio::test]
async fn what_is_written_while_the_clock_is_70_days_behind_is_there_when_it_is_right_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    drop(open_ahead(&path, 0));
    let behind = open_ahead(&path, -70);
    behind.put("grant", b"tokens", MONTH).await.unwrap();
    behind.put("link", b"secret", Duration::from_secs(600)).await.unwrap();
    assert!(behind.get("grant").await.unwrap().is_some() && behind.get("link").await.unwrap().is_some());
    drop(behind);
    let right = open_ahead(&path, 0);
    assert_eq!(right.get("grant").await.unwrap().as_deref(), Some(&b"tokens"[..]));
    assert_eq!(right.get("link").await.unwrap(), None, "a short lifetime is not extended");
}

#[tokio::test]
async fn operations_that_change_nothing_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let store = Embedded::open(&path).unwrap();
    let index = Index { name: "due".into(), max_len: 10, max_age: None, lifetime: MONTH };
    store.put("key", b"value", MONTH).await.unwrap();
    // Every commit changes the header.
    let content = || std::fs::read(&path).unwrap();
    let before = content();
    for _ in 0..10 {
        assert_eq!(store.take("absent").await.unwrap(), None);
        assert!(!store.compare_and_swap("key", Some(b"other"), b"new", MONTH).await.unwrap());
        assert!(!store.compare_and_swap("key", None, b"new", MONTH).await.unwrap());
        store.index_remove(&index, "absent").await.unwrap();
    }
    assert!(content() == before, "the file has changed");
    assert_eq!(store.take("key").await.unwrap().as_deref(), Some(&b"value"[..]));
    assert!(content() != before, "the file is written directly");
}

#[tokio::test]
async fn reads_do_not_wait_for_hundreds_of_changes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Embedded::open(&folder.path().join("store.redb")).unwrap();
    store.put("key", b"value", MONTH).await.unwrap();
    let names: Vec<_> = (0..2_000).map(|number| format!("attempt/{number}")).collect();
    let writes = {
        let store = store.clone();
        tokio::spawn(async move {
            join_all(names.iter().map(|name| store.put(name, b"", MONTH))).await;
        })
    };
    let (mut reads, mut slowest) = (0, Duration::ZERO);
    while !writes.is_finished() || reads == 0 {
        let began = Instant::now();
        assert!(store.get("key").await.unwrap().is_some());
        (reads, slowest) = (reads + 1, slowest.max(began.elapsed()));
        tokio::task::yield_now().await;
    }
    writes.await.unwrap();
    assert!(slowest < Duration::from_secs(1), "a read took {slowest:?}");
}

#[tokio::test]
async fn the_file_is_accessible_to_its_owner_only_and_the_mode_of_an_existing_one_is_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    drop(Embedded::open(&path).unwrap());
    assert_eq!(mode(), 0o600);
    std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    drop(Embedded::open(&path).unwrap());
    assert_eq!(mode(), 0o600);
}

#[tokio::test]
async fn while_the_volume_of_the_store_is_gone_nobody_is_told_that_they_are_not_connected() {
    let sandbox = format!("127.0.0.1:{}", free_port());
    let server = Process::serve(&[
        ("TRIBUTARY_API_KEY", API_KEY),
        ("TRIBUTARY_SANDBOX_LISTEN", &sandbox),
        ("FAILPOINTS", "store::probe_interval=return(100)"),
    ]);
    connect(&server.url, "hubspot", SUBJECT).await;
    let status = async |path: &str| {
        let request = client().get(format!("{}{path}", server.url)).bearer_auth(API_KEY).query(&SUBJECT);
        request.send().await.unwrap().status().as_u16()
    };
    let connection = async || status("/integrations/hubspot/credentials").await;
    let [path, elsewhere] = ["data/tributary.redb", "elsewhere.redb"].map(|name| server.folder.path().join(name));
    std::fs::rename(&path, &elsewhere).unwrap();
    server.limit_file_length(Some(64 * 1024));
    let refused = async || server.log().contains("file could not be opened again; requests");
    wait_until("the file cannot be opened again", refused).await;
    server.limit_file_length(None);
    // The writer tries again every second.
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        assert_eq!((connection().await, status("/readyz").await, path.exists()), (503, 503, false));
    }
    assert_eq!(server.log().matches("file could not be opened again; requests").count(), 1, "{}", server.log());
    std::fs::rename(&elsewhere, &path).unwrap();
    wait_until("the store is back", async || status("/readyz").await == 200 && connection().await == 200).await;
}
