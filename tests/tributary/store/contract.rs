//! One contract for both stores.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::future::join_all;
use tributary::server::store::{Embedded, Index, Range, Redis, Store};

use crate::{eventually::eventually, redis};

const LONG: Duration = Duration::from_secs(60);

/// What every store promises.
async fn keeps_the_contract(store: Arc<dyn Store>) {
    store.ping().await.unwrap();

    assert_eq!(store.get("nothing").await.unwrap(), None);
    store.put("key", b"value", LONG).await.unwrap();
    assert_eq!(store.get("key").await.unwrap().as_deref(), Some(b"value".as_slice()));
    store.put("key", &[0, 159, 146, 150], LONG).await.unwrap();
    assert_eq!(store.get("key").await.unwrap().as_deref(), Some([0, 159, 146, 150].as_slice()), "values are bytes");

    // Of all who take, one gets it.
    let takers = join_all((0..20).map(|_| store.take("key"))).await;
    assert_eq!(takers.into_iter().filter(|taken| taken.as_ref().unwrap().is_some()).count(), 1);
    assert_eq!(store.get("key").await.unwrap(), None);

    // Of all who replace the same value, one does.
    store.put("counter", b"0", LONG).await.unwrap();
    let values: Vec<_> = (1..=20).map(|value| value.to_string()).collect();
    let replacers =
        join_all(values.iter().map(|value| store.compare_and_swap("counter", Some(b"0"), value.as_bytes(), LONG)))
            .await;
    assert_eq!(replacers.into_iter().filter(|replaced| *replaced.as_ref().unwrap()).count(), 1);
    assert!(
        !store.compare_and_swap("nothing", Some(b""), b"new", LONG).await.unwrap(),
        "what is absent is not replaced"
    );
    assert_eq!(store.get("nothing").await.unwrap(), None);

    // What is past its deadline is absent to all verbs; a new value counts from then on.
    store.put("brief", b"old", Duration::from_millis(1)).await.unwrap();
    eventually("the value is past its deadline", async || store.get("brief").await.unwrap().is_none()).await;
    assert_eq!(store.take("brief").await.unwrap(), None);
    store.put("brief", b"old", Duration::from_millis(1)).await.unwrap();
    eventually("the value is past its deadline", async || store.get("brief").await.unwrap().is_none()).await;
    assert!(!store.compare_and_swap("brief", Some(b"old"), b"new", LONG).await.unwrap());

    // Of all who set what is absent, one does.
    let setters =
        join_all(values.iter().map(|value| store.compare_and_swap("lease", None, value.as_bytes(), LONG))).await;
    assert_eq!(setters.into_iter().filter(|set| *set.as_ref().unwrap()).count(), 1);
    assert!(!store.compare_and_swap("counter", None, b"new", LONG).await.unwrap());
    store.put("brief", b"", Duration::from_millis(1)).await.unwrap();
    eventually("an empty value is past its deadline", async || store.get("brief").await.unwrap().is_none()).await;
    assert!(store.compare_and_swap("brief", None, b"new", LONG).await.unwrap(), "what is past its deadline is absent");

    finds_keys_by_their_beginning(&*store).await;
    keeps_members_in_order(&*store).await;

    store.put("kept", b"value", LONG).await.unwrap();
}

async fn finds_keys_by_their_beginning(store: &dyn Store) {
    let names: BTreeSet<_> = (0..2500).map(|number| format!("many/{number}")).collect();
    join_all(names.iter().map(|name| store.put(name, b"", LONG))).await;
    store.put("man", b"", LONG).await.unwrap();
    store.put("manz", b"", LONG).await.unwrap();
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

async fn keeps_members_in_order(store: &dyn Store) {
    let index = Index { name: "due".into(), max_len: 4, min_score: 0, lifetime: LONG };
    let all = async || store.index_range(&index, Range::up_to(Range::MAX, 10)).await.unwrap();
    let named =
        |marked: &[(String, u64)]| marked.iter().map(|(name, place)| format!("{name}{place}")).collect::<String>();
    assert!(all().await.is_empty());
    for (member, place) in [("c", 30), ("a", 10), ("b", 20), ("a", 15)] {
        store.index_put(&index, member, place).await.unwrap();
    }
    assert_eq!(named(&all().await), "a15b20c30", "a member has one place");
    assert_eq!(named(&store.index_range(&index, Range::up_to(20, 10)).await.unwrap()), "a15b20");
    assert_eq!(named(&store.index_range(&index, Range::up_to(30, 1)).await.unwrap()), "a15");
    assert_eq!(named(&store.index_range(&index, Range::descending(20, 30, 10)).await.unwrap()), "c30b20");
    for (member, place) in [("d", 40), ("e", Range::MAX)] {
        store.index_put(&index, member, place).await.unwrap();
    }
    assert_eq!(named(&all().await), format!("b20c30d40e{}", Range::MAX), "the lowest make room");
    store.index_remove(&index, "c").await.unwrap();
    store.index_remove(&index, "never there").await.unwrap();
    assert_eq!(named(&all().await), format!("b20d40e{}", Range::MAX));
    let above = Index { min_score: 30, ..index.clone() };
    store.index_put(&above, "d", 41).await.unwrap();
    assert_eq!(named(&all().await), format!("d41e{}", Range::MAX), "what lies below the floor goes");
    let other = Index { name: "du".into(), ..index.clone() };
    assert!(store.index_range(&other, Range::up_to(Range::MAX, 10)).await.unwrap().is_empty());
    let brief = Index { name: "brief index".into(), min_score: 0, max_len: 4, lifetime: Duration::from_millis(1) };
    store.index_put(&brief, "a", 1).await.unwrap();
    let gone = async || store.index_range(&brief, Range::up_to(Range::MAX, 1)).await.unwrap().is_empty();
    eventually("the index is past its deadline", gone).await;
}

#[tokio::test]
async fn the_embedded_store_keeps_the_contract_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    keeps_the_contract(Arc::new(Embedded::open(&path).unwrap())).await;
    let again = Embedded::open(&path).unwrap();
    assert_eq!(again.get("kept").await.unwrap().as_deref(), Some(b"value".as_slice()));
}

#[tokio::test]
async fn the_embedded_store_has_one_owner_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let _owner = Embedded::open(&path).unwrap();
    let error = Embedded::open(&path).err().unwrap().to_string();
    assert!(error.contains("in use by another Tributary"), "{error}");
}

#[tokio::test]
async fn redis_keeps_the_contract_and_two_clients_share_it() {
    let server = redis::Redis::start();
    keeps_the_contract(Arc::new(Redis::connect(&server.url).await.unwrap())).await;

    let (one, other) = (Redis::connect(&server.url).await.unwrap(), Redis::connect(&server.url).await.unwrap());
    assert_eq!(other.get("kept").await.unwrap().as_deref(), Some(b"value".as_slice()));
    for round in 0..50 {
        let key = format!("round {round}");
        one.put(&key, b"value", LONG).await.unwrap();
        let (first, second) = futures::future::join(one.take(&key), other.take(&key)).await;
        assert!(first.unwrap().is_some() != second.unwrap().is_some(), "{key} was taken twice or not at all");
    }
}

#[tokio::test]
async fn redis_that_is_away_is_an_error_and_comes_back_by_itself() {
    let mut server = redis::Redis::start();
    let store = Redis::connect(&server.url).await.unwrap();
    store.put("kept", b"value", LONG).await.unwrap();

    server.kill();
    assert!(store.get("kept").await.is_err(), "an error, not an absence");
    assert!(store.put("kept", b"other", LONG).await.is_err());
    assert!(store.take("kept").await.is_err());
    assert!(store.compare_and_swap("kept", Some(b"value"), b"other", LONG).await.is_err());

    server.restart();
    eventually("Redis is back", async || store.get("kept").await.is_ok()).await;
    let value = store.get("kept").await.unwrap();
    assert_eq!(value.as_deref(), Some(b"value".as_slice()));
}

#[tokio::test]
async fn a_redis_that_is_not_there_or_not_named_stops_the_start_with_a_sentence() {
    let error = Redis::connect("http://127.0.0.1:1").await.err().unwrap();
    assert!(format!("{error:#}").contains("redis://127.0.0.1:6379"), "{error:#}");
    let nobody = format!("redis://127.0.0.1:{}", redis::free_port());
    let error = Redis::connect(&nobody).await.err().unwrap();
    assert!(format!("{error:#}").contains("does not answer"), "{error:#}");
}
