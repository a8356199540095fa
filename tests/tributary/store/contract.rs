//! The contract of a store, which both stores fulfil.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::future::join_all;
use tributary::server::store::{Embedded, Index, Range, Redis, Store};

use crate::support::{
    port::free_port, redis::RedisServer, redis_cluster::RedisCluster, redis_sentinel::RedisSentinel, wait::wait_until,
};

const LIFETIME: Duration = Duration::from_secs(60);

async fn check_contract(store: Arc<dyn Store>) {
    store.probe().await.unwrap();

    assert_eq!(store.get("absent").await.unwrap(), None);
    store.put("key", b"value", LIFETIME).await.unwrap();
    assert_eq!(store.get("key").await.unwrap().as_deref(), Some(b"value".as_slice()));
    store.put("key", &[0, 159, 146, 150], LIFETIME).await.unwrap();
    assert_eq!(store.get("key").await.unwrap().as_deref(), Some([0, 159, 146, 150].as_slice()), "values are bytes");

    // Of concurrent callers who take a value, exactly one gets it.
    let takers = join_all((0..20).map(|_| store.take("key"))).await;
    assert_eq!(takers.into_iter().filter(|taken| taken.as_ref().unwrap().is_some()).count(), 1);
    assert_eq!(store.get("key").await.unwrap(), None);

    // Of concurrent callers who replace the same value, exactly one succeeds.
    store.put("counter", b"0", LIFETIME).await.unwrap();
    let values: Vec<_> = (1..=20).map(|value| value.to_string()).collect();
    let swaps =
        join_all(values.iter().map(|value| store.compare_and_swap("counter", Some(b"0"), value.as_bytes(), LIFETIME)))
            .await;
    assert_eq!(swaps.into_iter().filter(|replaced| *replaced.as_ref().unwrap()).count(), 1);
    assert!(
        !store.compare_and_swap("absent", Some(b""), b"new", LIFETIME).await.unwrap(),
        "an absent value is not an empty one"
    );
    assert_eq!(store.get("absent").await.unwrap(), None);

    // An expired value is absent for every operation.
    store.put("brief", b"old", Duration::from_millis(1)).await.unwrap();
    wait_until("the value expires", async || store.get("brief").await.unwrap().is_none()).await;
    assert_eq!(store.take("brief").await.unwrap(), None);
    store.put("brief", b"old", Duration::from_millis(1)).await.unwrap();
    wait_until("the value expires", async || store.get("brief").await.unwrap().is_none()).await;
    assert!(!store.compare_and_swap("brief", Some(b"old"), b"new", LIFETIME).await.unwrap());

    // Of concurrent callers who set an absent value, exactly one succeeds.
    let setters =
        join_all(values.iter().map(|value| store.compare_and_swap("lease", None, value.as_bytes(), LIFETIME))).await;
    assert_eq!(setters.into_iter().filter(|set| *set.as_ref().unwrap()).count(), 1);
    assert!(!store.compare_and_swap("counter", None, b"new", LIFETIME).await.unwrap());
    store.put("brief", b"", Duration::from_millis(1)).await.unwrap();
    wait_until("an empty value expires", async || store.get("brief").await.unwrap().is_none()).await;
    assert!(store.compare_and_swap("brief", None, b"new", LIFETIME).await.unwrap(), "an expired value is absent");

    check_keys(&*store).await;
    check_index(&*store).await;

    store.put("persistent", b"value", LIFETIME).await.unwrap();
}

async fn check_keys(store: &dyn Store) {
    let names: BTreeSet<_> = (0..2500).map(|number| format!("many/{number}")).collect();
    join_all(names.iter().map(|name| store.put(name, b"", LIFETIME))).await;
    store.put("man", b"", LIFETIME).await.unwrap();
    store.put("manz", b"", LIFETIME).await.unwrap();
    let (mut found, mut after) = (BTreeSet::new(), None);
    loop {
        let page = store.keys("many/", after.as_deref()).await.unwrap();
        found.extend(page.keys);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, names);
    assert!(store.keys("none/", None).await.unwrap().keys.is_empty());
}

async fn check_index(store: &dyn Store) {
    let index = Index { name: "numbers".into(), max_len: 4, max_age: None, lifetime: LIFETIME };
    let all = async || store.index_range(&index, Range::up_to(Range::MAX, 10)).await.unwrap();
    let text =
        |members: &[(String, u64)]| members.iter().map(|(name, score)| format!("{name}{score}")).collect::<String>();
    assert!(all().await.is_empty());
    for (member, score) in [("c", 30), ("a", 10), ("b", 20), ("a", 15)] {
        store.index_put(&index, member, score).await.unwrap();
    }
    assert_eq!(text(&all().await), "a15b20c30", "a member has one score");
    assert_eq!(text(&store.index_range(&index, Range::up_to(20, 10)).await.unwrap()), "a15b20");
    assert_eq!(text(&store.index_range(&index, Range::up_to(30, 1)).await.unwrap()), "a15");
    assert_eq!(text(&store.index_range(&index, Range::descending(20, 30, 10)).await.unwrap()), "c30b20");
    for (member, score) in [("d", 40), ("e", Range::MAX)] {
        store.index_put(&index, member, score).await.unwrap();
    }
    assert_eq!(
        text(&all().await),
        format!("b20c30d40e{}", Range::MAX),
        "the members with the lowest scores are removed"
    );
    store.index_remove(&index, "c").await.unwrap();
    store.index_remove(&index, "never added").await.unwrap();
    assert_eq!(text(&all().await), format!("b20d40e{}", Range::MAX));
    let aged = Index { max_age: Some(Duration::from_secs(60)), ..index.clone() };
    let now = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap();
    store.index_put(&aged, "d", now - 30_000).await.unwrap();
    assert_eq!(text(&all().await), format!("d{}e{}", now - 30_000, Range::MAX), "older members are removed");
    let other = Index { name: "number".into(), ..index.clone() };
    assert!(store.index_range(&other, Range::up_to(Range::MAX, 10)).await.unwrap().is_empty());
    let brief = Index { name: "brief index".into(), max_age: None, max_len: 4, lifetime: Duration::from_millis(1) };
    store.index_put(&brief, "a", 1).await.unwrap();
    let is_empty = async || store.index_range(&brief, Range::up_to(Range::MAX, 1)).await.unwrap().is_empty();
    wait_until("the index expires", is_empty).await;
}

#[tokio::test]
async fn the_embedded_store_fulfils_the_contract_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    check_contract(Arc::new(Embedded::open(&path).unwrap())).await;
    let reopened = Embedded::open(&path).unwrap();
    assert_eq!(reopened.get("persistent").await.unwrap().as_deref(), Some(b"value".as_slice()));
}

#[tokio::test]
async fn the_embedded_store_can_be_open_in_one_process_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let _owner = Embedded::open(&path).unwrap();
    let error = Embedded::open(&path).err().unwrap().to_string();
    assert!(error.contains("in use by another Tributary"), "{error}");
}

#[tokio::test]
async fn redis_fulfils_the_contract_and_two_clients_share_it() {
    let server = RedisServer::start();
    check_contract(Arc::new(Redis::connect(&server.url).await.unwrap())).await;

    let (one, other) = (Redis::connect(&server.url).await.unwrap(), Redis::connect(&server.url).await.unwrap());
    assert_eq!(other.get("persistent").await.unwrap().as_deref(), Some(b"value".as_slice()));
    for round in 0..50 {
        let key = format!("round {round}");
        one.put(&key, b"value", LIFETIME).await.unwrap();
        let (first, second) = futures::future::join(one.take(&key), other.take(&key)).await;
        assert!(first.unwrap().is_some() != second.unwrap().is_some(), "{key} was taken twice or not at all");
    }
}

#[tokio::test]
async fn a_redis_cluster_fulfils_the_contract_and_two_clients_share_it() {
    let cluster = RedisCluster::start();
    check_contract(Arc::new(Redis::connect(&cluster.url).await.unwrap())).await;
    let other = Redis::connect(&cluster.url).await.unwrap();
    assert_eq!(other.get("persistent").await.unwrap().as_deref(), Some(b"value".as_slice()));
}

#[tokio::test]
async fn redis_behind_sentinel_fulfils_the_contract() {
    let sentinel = RedisSentinel::start();
    check_contract(Arc::new(Redis::connect(&sentinel.url).await.unwrap())).await;
}

#[tokio::test]
async fn an_unavailable_redis_is_an_error_and_the_client_reconnects() {
    let mut server = RedisServer::start();
    let store = Redis::connect(&server.url).await.unwrap();
    store.put("persistent", b"value", LIFETIME).await.unwrap();

    server.kill();
    assert!(store.get("persistent").await.is_err(), "an error rather than an absent value");
    assert!(store.put("persistent", b"other", LIFETIME).await.is_err());
    assert!(store.take("persistent").await.is_err());
    assert!(store.compare_and_swap("persistent", Some(b"value"), b"other", LIFETIME).await.is_err());

    server.restart();
    wait_until("Redis is back", async || store.get("persistent").await.is_ok()).await;
    let value = store.get("persistent").await.unwrap();
    assert_eq!(value.as_deref(), Some(b"value".as_slice()));
}

#[tokio::test]
async fn an_unreachable_or_invalid_redis_url_fails_with_a_sentence() {
    let error = Redis::connect("http://127.0.0.1:1").await.err().unwrap();
    assert!(format!("{error:#}").contains("redis://127.0.0.1:6379"), "{error:#}");
    let unused = format!("redis://127.0.0.1:{}", free_port());
    let error = Redis::connect(&unused).await.err().unwrap();
    assert!(format!("{error:#}").contains("does not answer"), "{error:#}");
}
