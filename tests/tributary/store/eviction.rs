//! A Redis that can evict grants is refused, and one whose memory is full is not ready.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tributary::server::store::{Eviction, Redis, Store};
use tributary_sandbox::Records;

use crate::support::{
    app::App,
    fixtures::K1,
    port::free_port,
    process::{Process, run_to_exit},
    redis::RedisServer,
    redis_cluster::RedisCluster,
    wait::wait_until,
};

async fn readyz(app: &App) -> (u16, String) {
    app.state.probe.run().await;
    let response = app.anonymous("GET", "/readyz").send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[test]
fn a_redis_that_can_evict_grants_is_refused_with_its_policy_and_what_to_do() {
    for policy in ["volatile-lru", "allkeys-random", "volatile-ttl"] {
        let redis = RedisServer::start_with(&["--maxmemory-policy", policy]);
        let output = run_to_exit(&["serve"], &[("REDIS_URL", &redis.url), ("TRIBUTARY_ENCRYPTION_KEYS", K1)]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.trim().lines().count() == 1, "{error}");
        for part in [policy, "noeviction", "TRIBUTARY_REDIS_ALLOW_EVICTION=yes"] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}

#[test]
fn a_redis_without_a_memory_limit_is_refused_for_its_policy_with_a_sentence_that_says_so() {
    for (limit, says_so) in [("0", true), ("100mb", false)] {
        let redis = RedisServer::start_with(&["--maxmemory-policy", "allkeys-lru", "--maxmemory", limit]);
        let output = run_to_exit(&["serve"], &[("REDIS_URL", &redis.url), ("TRIBUTARY_ENCRYPTION_KEYS", K1)]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains("it is 0 now") == says_so, "{limit}: {error}");
    }
}

#[tokio::test]
async fn a_user_without_info_can_be_used_and_is_warned_about() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {}", primary.port)]);
    let user = ["ACL", "SETUSER", "app", "on", ">secret", "~tributary:*", "&*", "+@all", "-@dangerous"];
    let url = |server: &RedisServer| format!("redis://app:secret@127.0.0.1:{}", server.port);
    for server in [&primary, &replica] {
        assert_eq!(server.command(&user), "OK");
    }
    let variables = [("REDIS_URL", &*url(&primary)), ("TRIBUTARY_ENCRYPTION_KEYS", K1), ("TRIBUTARY_SANDBOX", "off")];
    let (_, log) = Process::serve(&variables).terminate();
    assert!(log.contains("Redis doesn't tell its maxmemory-policy") && !log.contains("NOPERM"), "{log}");

    let error = Redis::connect(&url(&replica)).await.err().unwrap().to_string();
    assert!(error.contains("is a replica"), "{error}");

    // A replica that hangs delays writes that wait for it.
    replica.wait_for(&["INFO", "replication"], "master_link_status", "up");
    let store = Redis::connect(&url(&primary)).await.unwrap();
    store.probe().await.unwrap();
    assert!(store.keys("", None).await.unwrap().next.is_none());
    replica.pause();
    let began = Instant::now();
    let write = store.compare_and_swap_replicated("grant", None, b"tokens", Duration::from_secs(60));
    assert!(write.await.unwrap() && began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    replica.resume();
}

#[test]
fn eviction_can_be_allowed_and_is_warned_about() {
    let redis = RedisServer::start_with(&["--maxmemory-policy", "allkeys-lru"]);
    let variables = [
        ("REDIS_URL", redis.url.as_str()),
        ("TRIBUTARY_ENCRYPTION_KEYS", K1),
        ("TRIBUTARY_SANDBOX", "off"),
        ("TRIBUTARY_REDIS_ALLOW_EVICTION", "yes"),
    ];
    let (_, log) = Process::serve(&variables).terminate();
    assert!(log.contains("Redis can evict grants") && log.contains("allkeys-lru"), "{log}");
}

#[tokio::test]
async fn a_policy_that_changes_while_the_server_runs_makes_it_not_ready() {
    let redis = RedisServer::start();
    let app = App::start_with(Records::default(), &[], Some(Arc::new(Redis::connect(&redis.url).await.unwrap()))).await;
    assert_eq!(readyz(&app).await.0, 200);
    redis.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"]);
    let (status, text) = readyz(&app).await;
    assert!(status == 503 && text.contains("the maxmemory-policy of Redis is now allkeys-lfu"), "{status} {text}");
    redis.command(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    assert_eq!(readyz(&app).await.0, 200);
}

#[tokio::test]
async fn a_redis_whose_memory_is_full_makes_the_server_not_ready_until_there_is_memory_again() {
    let redis = RedisServer::start();
    let app = App::start_with(Records::default(), &[], Some(Arc::new(Redis::connect(&redis.url).await.unwrap()))).await;
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let (status, text) = readyz(&app).await;
    assert!(status == 503 && text.contains("the memory of Redis is full"), "{status} {text}");
    redis.command(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(readyz(&app).await.0, 200);
}

#[tokio::test]
async fn one_server_of_a_cluster_is_enough_to_refuse_it_for_its_policy_or_to_be_not_ready_for_its_full_memory() {
    let cluster = RedisCluster::start();
    cluster.nodes[1].command(&["CONFIG", "SET", "maxmemory-policy", "volatile-random"]);
    let error = Redis::connect(&cluster.url).await.err().unwrap().to_string();
    assert!(error.contains("volatile-random"), "{error}");
    assert!(Redis::connect_with(&cluster.url, Eviction::Allowed).await.is_ok());
    cluster.nodes[1].command(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);

    let store = Redis::connect(&cluster.url).await.unwrap();
    store.probe().await.unwrap();
    for node in 0..3 {
        cluster.nodes[node].command(&["CONFIG", "SET", "maxmemory", "1"]);
        let error = store.probe().await.unwrap_err().to_string();
        assert!(error.contains("the memory of Redis is full"), "{error}");
        cluster.nodes[node].command(&["CONFIG", "SET", "maxmemory", "0"]);
        wait_until("there is memory again", async || store.probe().await.is_ok()).await;
    }
}

#[tokio::test]
async fn an_address_of_the_wrong_kind_is_refused_with_the_right_one() {
    let node = RedisServer::start_with(&["--cluster-enabled", "yes", "--cluster-port", &free_port().to_string()]);
    let error = Redis::connect(&node.url).await.err().unwrap().to_string();
    assert!(error.contains("redis-cluster://"), "{error}");
    let primary = RedisServer::start();
    let replica = RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {}", primary.port)]);
    let error = Redis::connect(&replica.url).await.err().unwrap().to_string();
    assert!(error.contains("is a replica"), "{error}");
}
