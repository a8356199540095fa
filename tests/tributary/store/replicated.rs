//! Several Redis servers: what a failover, a moved slot and a replica that hangs do to keys and writes.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use futures::future::join_all;
use tributary::server::store::{Redis, Store};

use crate::support::{
    fixtures::{API_KEY, K1},
    process::{Process, client, connect},
    redis::RedisServer,
    redis_cluster::RedisCluster,
    redis_sentinel::RedisSentinel,
    wait::wait_until,
};

const LIFETIME: Duration = Duration::from_secs(60);

/// Sets this many keys, and returns them.
async fn fill(store: &Redis, count: usize) -> BTreeSet<String> {
    let names: BTreeSet<_> = (0..count).map(|number| format!("many/{number}")).collect();
    for set in join_all(names.iter().map(|name| store.put(name, b"", LIFETIME))).await {
        set.unwrap();
    }
    names
}

/// The keys of a scan. `between` is called once, after its first page.
async fn scan(store: &Redis, mut between: impl FnMut()) -> BTreeSet<String> {
    let (mut found, mut after, mut is_first) = (BTreeSet::new(), None, true);
    loop {
        let page = store.keys("many/", after.as_deref()).await.unwrap();
        found.extend(page.keys);
        after = page.next;
        if std::mem::take(&mut is_first) {
            between();
        }
        if after.is_none() {
            return found;
        }
    }
}

#[tokio::test]
async fn a_scan_of_a_cluster_finds_the_keys_of_every_primary() {
    let cluster = RedisCluster::start();
    let store = Redis::connect(&cluster.url).await.unwrap();
    let names = fill(&store, 300).await;
    for node in &cluster.nodes[..3] {
        let keys: usize = node.command(&["DBSIZE"]).parse().unwrap();
        assert!((50..200).contains(&keys), "every primary has some of the keys: {keys}");
    }
    assert_eq!(scan(&store, || {}).await, names);
}

#[tokio::test]
async fn a_scan_that_a_failover_disturbs_begins_again_and_misses_nothing() {
    let cluster = RedisCluster::start();
    let store = Redis::connect(&cluster.url).await.unwrap();
    let names = fill(&store, 6000).await;
    // The first page is of the server whose address comes first, and not all of it.
    let first = (0..3).min_by_key(|index| cluster.nodes[*index].port.to_string()).unwrap();
    assert_eq!(scan(&store, || cluster.hand_over(first + 3)).await, names);
}

#[tokio::test]
async fn a_scan_of_one_server_that_restarts_meanwhile_begins_again() {
    let mut redis = RedisServer::start();
    let store = Redis::connect(&redis.url).await.unwrap();
    let names = fill(&store, 6000).await;
    let first = store.keys("many/", None).await.unwrap();
    redis.kill();
    redis.restart();
    wait_until("Redis is back", async || store.get("many/0").await.is_ok()).await;
    // A cursor means nothing to a server that was restarted, so the keys of a whole scan follow.
    let (mut found, mut after) = (BTreeSet::new(), first.next);
    while let Some(position) = after {
        let page = store.keys("many/", Some(&position)).await.unwrap();
        found.extend(page.keys);
        after = page.next;
    }
    assert_eq!(found, names);
}

#[tokio::test]
async fn a_scan_while_slots_are_moved_is_an_error_rather_than_incomplete() {
    let cluster = RedisCluster::start();
    let store = Redis::connect(&cluster.url).await.unwrap();
    fill(&store, 10).await;
    let [from, to] = [0, 1].map(|index| cluster.nodes[index].command(&["CLUSTER", "MYID"]));
    assert_eq!(cluster.nodes[0].command(&["CLUSTER", "SETSLOT", "100", "MIGRATING", &to]), "OK");
    assert_eq!(cluster.nodes[1].command(&["CLUSTER", "SETSLOT", "100", "IMPORTING", &from]), "OK");
    let error = store.keys("many/", None).await.unwrap_err().to_string();
    assert!(error.contains("slots are being moved"), "{error}");
}

#[tokio::test]
async fn a_key_is_found_while_its_slot_moves_to_another_server_and_afterwards() {
    let cluster = RedisCluster::start();
    let store = Redis::connect(&cluster.url).await.unwrap();
    store.put("moving", b"value", LIFETIME).await.unwrap();
    let (from, slot) =
        (cluster.primary_of("moving"), cluster.nodes[0].command(&["CLUSTER", "KEYSLOT", "tributary:moving"]));
    let (source, target) = (&cluster.nodes[from], &cluster.nodes[(from + 1) % 3]);
    let [source_id, target_id] = [source, target].map(|node| node.command(&["CLUSTER", "MYID"]));
    assert_eq!(target.command(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &source_id]), "OK");
    assert_eq!(source.command(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &target_id]), "OK");
    let port = target.port.to_string();
    assert_eq!(source.command(&["MIGRATE", "127.0.0.1", &port, "tributary:moving", "0", "1000"]), "OK");

    // The source answers ASK. Other commands are under way at the target, whose responses must not be mixed up.
    for round in 0..20 {
        let others: Vec<_> = (0..50).map(|number| format!("other {number}")).collect();
        let puts = join_all(others.iter().map(|key| store.put(key, key.as_bytes(), LIFETIME)));
        let value = format!("{round}").into_bytes();
        let (_, put) = futures::future::join(puts, store.put("moving", &value, LIFETIME)).await;
        put.unwrap();
        let gets = join_all(others.iter().map(|key| store.get(key)));
        let (found, moving) = futures::future::join(gets, store.get("moving")).await;
        assert_eq!(moving.unwrap().as_deref(), Some(&*value));
        for (key, found) in others.iter().zip(found) {
            assert_eq!(found.unwrap().as_deref(), Some(key.as_bytes()), "the value of another key");
        }
    }
    assert!(store.compare_and_swap_replicated("moving", Some(b"19"), b"20", LIFETIME).await.unwrap());

    for node in &cluster.nodes[..3] {
        node.command(&["CLUSTER", "SETSLOT", &slot, "NODE", &target_id]);
    }
    assert_eq!(store.get("moving").await.unwrap().as_deref(), Some(&b"20"[..]));
    assert_eq!(store.take_replicated("moving").await.unwrap().as_deref(), Some(&b"20"[..]));
}

#[tokio::test]
async fn a_cluster_goes_on_after_a_primary_was_killed_with_what_its_replica_has() {
    let mut cluster = RedisCluster::start();
    let store = Redis::connect(&cluster.url).await.unwrap();
    let keys: Vec<_> = (0..60).map(|number| format!("grant/{number}")).collect();
    for key in &keys {
        assert!(store.compare_and_swap_replicated(key, None, b"value", LIFETIME).await.unwrap());
    }
    let killed = cluster.primary_of(&keys[0]);
    cluster.nodes[killed].kill();
    // The others are available throughout.
    let elsewhere = keys.iter().find(|key| cluster.primary_of(key) != killed).unwrap();
    assert_eq!(store.get(elsewhere).await.unwrap().as_deref(), Some(&b"value"[..]));
    wait_until("a replica takes over", async || store.get(&keys[0]).await.is_ok()).await;
    for key in &keys {
        assert_eq!(store.get(key).await.unwrap().as_deref(), Some(&b"value"[..]), "{key}");
    }
    assert!(store.compare_and_swap(&keys[0], Some(b"value"), b"other", LIFETIME).await.unwrap());
    // The server that was killed is a replica when it comes back, and does not disturb.
    cluster.nodes[killed].restart();
    wait_until("the store is whole", async || store.probe().await.is_ok() && store.keys("grant/", None).await.is_ok())
        .await;
    assert_eq!(store.get(&keys[0]).await.unwrap().as_deref(), Some(&b"other"[..]));
}

#[tokio::test]
async fn a_store_behind_sentinel_follows_to_the_replica_that_takes_over() {
    let mut sentinel = RedisSentinel::start();
    let store = Redis::connect(&sentinel.url).await.unwrap();
    assert!(store.compare_and_swap_replicated("grant", None, b"value", LIFETIME).await.unwrap());
    sentinel.primary.kill();
    wait_until("the replica takes over", async || store.get("grant").await.is_ok()).await;
    assert_eq!(store.get("grant").await.unwrap().as_deref(), Some(&b"value"[..]));
    assert!(store.compare_and_swap_replicated("grant", Some(b"value"), b"other", LIFETIME).await.unwrap());
}

#[tokio::test]
async fn a_store_behind_sentinel_leaves_a_primary_that_was_replaced_while_it_works() {
    let sentinel = RedisSentinel::start();
    let store = Redis::connect(&sentinel.url).await.unwrap();
    store.put("key", b"value", LIFETIME).await.unwrap();
    sentinel.hand_over();
    // The old primary answers as before, until it is told to follow.
    wait_until("writes go to the new primary", async || {
        store.put("after", b"value", LIFETIME).await.is_ok()
            && sentinel.replica.command(&["EXISTS", "tributary:after"]) == "1"
    })
    .await;
    assert_eq!(store.get("key").await.unwrap().as_deref(), Some(&b"value"[..]));
}

#[tokio::test]
async fn replicas_that_hang_delay_many_grants_by_a_second_or_two_and_not_one_after_the_other() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_with(&[
        "--replicaof",
        &format!("127.0.0.1 {}", primary.port),
        "--repl-diskless-sync-delay",
        "0",
    ]);
    replica.wait_for(&["INFO", "replication"], "master_link_status", "up");
    let store = Redis::connect(&primary.url).await.unwrap();
    let keys: Vec<_> = (0..100).map(|number| format!("grant/{number}")).collect();
    let write = async |value: &str| {
        let began = Instant::now();
        let swaps = keys.iter().map(|key| store.compare_and_swap_replicated(key, None, value.as_bytes(), LIFETIME));
        let swapped = join_all(swaps).await.into_iter().filter(|swapped| *swapped.as_ref().unwrap()).count();
        (swapped, began.elapsed())
    };
    let (swapped, confirmed_in) = write("first").await;
    assert!(swapped == 100 && confirmed_in < Duration::from_secs(1), "{swapped} in {confirmed_in:?}");
    for key in &keys {
        assert_eq!(replica.command(&["EXISTS", &format!("tributary:{key}")]), "1", "{key} is confirmed");
        store.take(key).await.unwrap();
    }
    replica.pause();
    let (swapped, delay) = write("second").await;
    assert_eq!(swapped, 100, "a write that is not confirmed is written");
    assert!((Duration::from_secs(1)..Duration::from_millis(3500)).contains(&delay), "{delay:?}");
    // Other commands use another connection.
    let began = Instant::now();
    store.get("grant/1").await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(500));
    replica.resume();
}

#[tokio::test]
async fn each_grant_that_no_replica_confirms_is_logged_and_counted() {
    let primary = RedisServer::start();
    let mut replica = RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {}", primary.port)]);
    replica.wait_for(&["INFO", "replication"], "master_link_status", "up");
    let (_sandbox, address) = Process::sandbox(&[]);
    let server = Process::serve(&[
        ("REDIS_URL", primary.url.as_str()),
        ("TRIBUTARY_ENCRYPTION_KEYS", K1),
        ("TRIBUTARY_API_KEY", API_KEY),
        ("TRIBUTARY_SANDBOX_LISTEN", &address),
    ]);
    let unconfirmed = || -> Vec<(String, u64)> {
        let log = server.log();
        let lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let unconfirmed =
            lines.filter(|line| line["message"].as_str().unwrap().starts_with("no replica has confirmed"));
        unconfirmed
            .map(|line| (line["key"].as_str().unwrap().to_owned(), line["unconfirmed"].as_u64().unwrap()))
            .collect()
    };
    connect(&server.url, "hubspot", [("org_id", "acme"), ("user_id", "confirmed")]).await;
    assert_eq!(unconfirmed(), []);
    replica.pause();
    connect(&server.url, "hubspot", [("org_id", "acme"), ("user_id", "hanging")]).await;
    assert_eq!(unconfirmed(), [("connection/hubspot/acme/hanging".to_owned(), 1)]);
    // Nobody waits for a replica that is gone, but it may come back and take over.
    replica.kill();
    wait_until("the primary notices", async || primary.field(&["INFO", "replication"], "connected_slaves") == "0")
        .await;
    connect(&server.url, "hubspot", [("org_id", "acme"), ("user_id", "alone")]).await;
    assert_eq!(unconfirmed()[1..], [("connection/hubspot/acme/alone".to_owned(), 2)]);
}

#[tokio::test]
async fn signing_out_everywhere_is_an_error_if_a_failover_could_undo_it() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {}", primary.port)]);
    replica.wait_for(&["INFO", "replication"], "master_link_status", "up");
    let server = Process::serve(&[
        ("REDIS_URL", primary.url.as_str()),
        ("TRIBUTARY_ENCRYPTION_KEYS", K1),
        ("TRIBUTARY_API_KEY", API_KEY),
        ("TRIBUTARY_SANDBOX", "off"),
    ]);
    let sign_out = || client().delete(format!("{}/sessions", server.url)).bearer_auth(API_KEY).send();
    assert_eq!(sign_out().await.unwrap().status(), http::StatusCode::NO_CONTENT);
    replica.pause();
    let unconfirmed = sign_out().await.unwrap();
    assert_eq!(unconfirmed.status(), http::StatusCode::SERVICE_UNAVAILABLE);
    let text = unconfirmed.text().await.unwrap();
    assert!(text.contains("All sessions have ended, but no replica"), "{text}");
    replica.resume();
    wait_until("the replica confirms again", async || sign_out().await.unwrap().status().is_success()).await;
}
