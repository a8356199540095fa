//! The store on Redis or Valkey, which several processes can share.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use anyhow::Context;
use async_trait::async_trait;
use fred::{
    prelude::{
        Builder, Client, ClientLike, Config, EventInterface, Expiration, KeysInterface, ReconnectPolicy, SetOptions,
        SortedSetsInterface,
    },
    types::{scan::ScanType, scripts::Script},
};

use super::{Index, KeyPage, LAYOUT, LayoutMismatch, Range, Store, StoreError};

/// The prefix of all our keys, so that other applications can share the server.
const PREFIX: &str = "tributary:";

/// The timeout of a command: callers get a clear error rather than a long wait.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How often the layout is marked again.
const MARK_INTERVAL: Duration = Duration::from_secs(2);

/// GETDEL as a script, since the command needs Redis 6.2.
const TAKE: &str = "local value = redis.call('GET', KEYS[1]) redis.call('DEL', KEYS[1]) return value";

/// `KEYS[1]` is the key; `ARGV` the new value, its lifetime in ms, and the expected value if there is one. GET returns
/// false for an absent key.
const COMPARE_AND_SWAP: &str = "if redis.call('GET', KEYS[1]) == (ARGV[3] or false) then \
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1 else return 0 end";

/// `KEYS[1]` is the index; `ARGV` the member, its score, the maximum number of members, the lifetime in ms and the lowest
/// score to keep.
const INDEX_PUT: &str = "redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1]) \
    redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[3]) redis.call('PEXPIRE', KEYS[1], ARGV[4]) \
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[5])";

/// About how many keys the server examines in one step of a scan.
const KEY_PAGE_SIZE: u32 = 1000;

/// A connection to a Redis or Valkey server. It reconnects automatically.
#[derive(Clone)]
pub struct Redis {
    client: Client,
    compare_and_swap: Script,
    take: Script,
    index_put: Script,
    _alive: Arc<()>,
}

impl Redis {
    /// Connects to `redis://…` or `rediss://…`. Fails if the server does not answer.
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        // The address may contain a password, so errors do not repeat it.
        let expected =
            "REDIS_URL can't be read. Set it to an address such as redis://127.0.0.1:6379, or rediss://… for TLS";
        anyhow::ensure!(["redis", "valkey"].iter().any(|scheme| url.starts_with(scheme)), expected);
        let config = Config::from_url(url).context(expected)?;
        let client = Builder::from_config(config)
            .with_connection_config(|connection| {
                connection.connection_timeout = TIMEOUT;
                connection.internal_command_timeout = TIMEOUT;
                // A command on a dead connection fails at once rather than wait for a new connection.
                connection.max_command_attempts = 1;
                connection.unresponsive.max_timeout = Some(TIMEOUT);
            })
            .with_performance_config(|performance| performance.default_command_timeout = TIMEOUT)
            .set_policy(ReconnectPolicy::new_exponential(0, 50, 1000, 2))
            .build()?;
        client.init().await.context("the Redis or Valkey server of REDIS_URL does not answer")?;
        check_layout(&client).await?;
        let alive = Arc::new(());
        tokio::spawn(mark_while_alive(client.clone(), Arc::downgrade(&alive)));
        let [compare_and_swap, take, index_put] = [COMPARE_AND_SWAP, TAKE, INDEX_PUT].map(Script::from_lua);
        Ok(Self { client, compare_and_swap, take, index_put, _alive: alive })
    }
}

#[async_trait]
impl Store for Redis {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.client.get(prefixed(key)).await.context("GET")?)
    }

    async fn put(&self, key: &str, value: &[u8], lifetime: Duration) -> Result<(), StoreError> {
        let expiration = Some(Expiration::PX(milliseconds(lifetime)));
        Ok(self.client.set(prefixed(key), value, expiration, None, false).await.context("SET")?)
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let taken = self.take.evalsha_with_reload(&self.client, prefixed(key), Vec::<Vec<u8>>::new()).await;
        Ok(taken.context("EVALSHA")?)
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let mut arguments = vec![value.to_vec(), milliseconds(lifetime).to_string().into_bytes()];
        arguments.extend(expected.map(<[u8]>::to_vec));
        let swapped = self.compare_and_swap.evalsha_with_reload(&self.client, prefixed(key), arguments).await;
        Ok(swapped.context("EVALSHA")?)
    }

    async fn keys(&self, prefix: &str, after: Option<&str>) -> Result<KeyPage, StoreError> {
        let (cursor, pattern) = (after.unwrap_or("0").to_owned(), format!("{}*", prefixed(prefix)));
        let page = self.client.scan_page(cursor, pattern, Some(KEY_PAGE_SIZE), Some(ScanType::String));
        let (next, keys): (String, Vec<String>) = page.await.context("SCAN")?;
        let ours = |key: String| key.strip_prefix(PREFIX).map(str::to_owned);
        Ok(KeyPage { keys: keys.into_iter().filter_map(ours).collect(), next: Some(next).filter(|next| next != "0") })
    }

    async fn index_put(&self, index: &Index, member: &str, score: u64) -> Result<(), StoreError> {
        let [score, min_score] = [score, index.min_score].map(|score| score.to_string());
        let [max_len, lifetime] = [index.max_len.to_string(), milliseconds(index.lifetime).to_string()];
        let arguments = vec![member.to_owned(), score, max_len, lifetime, min_score];
        let put = self.index_put.evalsha_with_reload(&self.client, prefixed(&index.name), arguments).await;
        Ok(put.context("EVALSHA")?)
    }

    async fn index_remove(&self, index: &Index, member: &str) -> Result<(), StoreError> {
        Ok(self.client.zrem(prefixed(&index.name), member).await.context("ZREM")?)
    }

    async fn index_range(&self, index: &Index, range: Range) -> Result<Vec<(String, u64)>, StoreError> {
        #[expect(clippy::cast_precision_loss, reason = "scores up to Range::MAX are exact")]
        let [from, to] = [range.from, range.to].map(|score| score.min(Range::MAX) as f64);
        let limit = i64::try_from(range.limit).unwrap_or(i64::MAX);
        let name = prefixed(&index.name);
        let found: Vec<(String, f64)> = match range.descending {
            false => self.client.zrangebyscore(name, from, to, true, Some((0, limit))).await,
            true => self.client.zrevrangebyscore(name, to, from, true, Some((0, limit))).await,
        }
        .context("ZRANGEBYSCORE")?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "scores are whole and not negative"
        )]
        Ok(found.into_iter().map(|(member, score)| (member, score as u64)).collect())
    }
}

/// Refuses a server that holds data of another layout, and marks a new one as ours.
async fn check_layout(client: &Client) -> anyhow::Result<()> {
    const ANSWER: &str = "the Redis or Valkey server of REDIS_URL does not answer";
    let key = prefixed("layout");
    let layout = || client.get::<Option<String>, _>(&key);
    let mut found = layout().await.context(ANSWER)?;
    let is_empty = found.is_none() && is_empty(client).await.context(ANSWER)?;
    if found.is_none() && !is_empty {
        // Another process may have started at the same moment, so its layout is read again.
        found = layout().await.context(ANSWER)?;
    }
    // What is not a number is no layout of ours either.
    let found = found.map(|layout| layout.parse().unwrap_or_default());
    LayoutMismatch::check(found, is_empty, || {
        (
            "The Redis database of REDIS_URL".to_owned(),
            format!("delete its keys that begin with {PREFIX}, or use another database"),
        )
    })?;
    mark_layout(client).await.context(ANSWER)?;
    // After a failover to an empty server, what this process writes there is of its layout.
    let marking = client.clone();
    client.on_reconnect(move |_| {
        let client = marking.clone();
        async move { mark_layout(&client).await }
    });
    Ok(())
}

/// Marks the layout again and again, since the mark may be lost while this process runs: by `FLUSHDB`, or by eviction.
async fn mark_while_alive(client: Client, store: Weak<()>) {
    let mut ticks = tokio::time::interval(MARK_INTERVAL);
    loop {
        ticks.tick().await;
        if store.strong_count() == 0 {
            return;
        }
        // Other commands report that the server fails.
        let _ = mark_layout(&client).await;
    }
}

async fn mark_layout(client: &Client) -> Result<(), fred::error::Error> {
    client.set(prefixed("layout"), LAYOUT, None, Some(SetOptions::NX), false).await
}

/// Whether the server holds no key of ours.
async fn is_empty(client: &Client) -> Result<bool, fred::error::Error> {
    let mut cursor = "0".to_owned();
    loop {
        let (next, keys): (String, Vec<String>) =
            client.scan_page(cursor, prefixed("*"), Some(KEY_PAGE_SIZE), None).await?;
        if !keys.is_empty() || next == "0" {
            return Ok(keys.is_empty());
        }
        cursor = next;
    }
}

fn prefixed(key: &str) -> String {
    format!("{PREFIX}{key}")
}

fn milliseconds(lifetime: Duration) -> i64 {
    lifetime.as_millis().try_into().unwrap_or(i64::MAX)
}
