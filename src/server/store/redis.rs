//! The store on Redis or Valkey: what several processes share.

use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use fred::{
    prelude::{Builder, Client, ClientLike, Config, Expiration, KeysInterface, ReconnectPolicy, SortedSetsInterface},
    types::{scan::ScanType, scripts::Script},
};

use super::{Index, Keys, Range, Store, StoreError};

/// All our keys begin so, that the server can be shared with others.
const PREFIX: &str = "tributary:";

/// No command may take longer: whoever asks gets a clear error instead of a wait.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Reads and removes in one step. GETDEL does that too, but not before Redis 6.2.
const TAKE: &str = "local value = redis.call('GET', KEYS[1]) redis.call('DEL', KEYS[1]) return value";

/// Compares and sets in one step. `KEYS[1]` the key; `ARGV` the new value, its lifetime in ms, and the expected value
/// unless none is. What GET finds nothing for is false.
const REPLACE: &str = "if redis.call('GET', KEYS[1]) == (ARGV[3] or false) then \
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1 else return 0 end";

/// Puts a member into an index, makes room, and gives it a new deadline. `KEYS[1]` the index; `ARGV` the member, its
/// place, how many members to keep, the lifetime in ms, the lowest place that is kept.
const MARK: &str = "redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1]) \
    redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[3]) redis.call('PEXPIRE', KEYS[1], ARGV[4]) \
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[5])";

/// About how many keys the server looks at in one step of a scan.
const KEYS_AT_ONCE: u32 = 1000;

/// A store on a Redis or Valkey server. It reconnects by itself.
#[derive(Clone)]
pub struct Redis {
    client: Client,
    replace: Script,
    take: Script,
    mark: Script,
}

impl Redis {
    /// Connects to `redis://…` or `rediss://…`; fails when the server does not answer now.
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        // The address may hold a password, so it is not repeated.
        let takes =
            "REDIS_URL cannot be read. It takes an address such as redis://127.0.0.1:6379, or rediss:// for TLS";
        anyhow::ensure!(["redis", "valkey"].iter().any(|scheme| url.starts_with(scheme)), takes);
        let config = Config::from_url(url).context(takes)?;
        let client = Builder::from_config(config)
            .with_connection_config(|connection| {
                connection.connection_timeout = TIMEOUT;
                connection.internal_command_timeout = TIMEOUT;
                // A command that meets a dead connection fails at once rather than wait for the next one.
                connection.max_command_attempts = 1;
                connection.unresponsive.max_timeout = Some(TIMEOUT);
            })
            .with_performance_config(|performance| performance.default_command_timeout = TIMEOUT)
            .set_policy(ReconnectPolicy::new_exponential(0, 50, 1000, 2))
            .build()?;
        client.init().await.context("the Redis or Valkey server of REDIS_URL does not answer")?;
        let [replace, take, mark] = [REPLACE, TAKE, MARK].map(Script::from_lua);
        Ok(Self { client, replace, take, mark })
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

    async fn replace(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let mut arguments = vec![value.to_vec(), milliseconds(lifetime).to_string().into_bytes()];
        arguments.extend(expected.map(<[u8]>::to_vec));
        let replaced = self.replace.evalsha_with_reload(&self.client, prefixed(key), arguments).await;
        Ok(replaced.context("EVALSHA")?)
    }

    async fn keys(&self, prefix: &str, after: Option<&str>) -> Result<Keys, StoreError> {
        let (cursor, pattern) = (after.unwrap_or("0").to_owned(), format!("{}*", prefixed(prefix)));
        let page = self.client.scan_page(cursor, pattern, Some(KEYS_AT_ONCE), Some(ScanType::String));
        let (next, keys): (String, Vec<String>) = page.await.context("SCAN")?;
        let ours = |key: String| key.strip_prefix(PREFIX).map(str::to_owned);
        Ok(Keys { keys: keys.into_iter().filter_map(ours).collect(), next: Some(next).filter(|next| next != "0") })
    }

    async fn mark(&self, index: &Index, member: &str, place: Option<u64>) -> Result<(), StoreError> {
        let name = prefixed(&index.name);
        match place {
            Some(place) => {
                let [place, floor] = [place, index.floor].map(|place| place.to_string());
                let [most, lifetime] = [index.most.to_string(), milliseconds(index.lifetime).to_string()];
                let arguments = vec![member.to_owned(), place, most, lifetime, floor];
                let marked = self.mark.evalsha_with_reload(&self.client, name, arguments).await;
                Ok(marked.context("EVALSHA")?)
            }
            None => Ok(self.client.zrem(name, member).await.context("ZREM")?),
        }
    }

    async fn marked(&self, index: &Index, range: Range) -> Result<Vec<(String, u64)>, StoreError> {
        #[expect(clippy::cast_precision_loss, reason = "places up to Range::END are exact")]
        let [from, to] = [range.from, range.to].map(|place| place.min(Range::END) as f64);
        let most = i64::try_from(range.most).unwrap_or(i64::MAX);
        let name = prefixed(&index.name);
        let found: Vec<(String, f64)> = match range.descending {
            false => self.client.zrangebyscore(name, from, to, true, Some((0, most))).await,
            true => self.client.zrevrangebyscore(name, to, from, true, Some((0, most))).await,
        }
        .context("ZRANGEBYSCORE")?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "places are whole and not negative"
        )]
        Ok(found.into_iter().map(|(member, place)| (member, place as u64)).collect())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let _: String = self.client.ping(None).await.context("PING")?;
        Ok(())
    }
}

fn prefixed(key: &str) -> String {
    format!("{PREFIX}{key}")
}

fn milliseconds(lifetime: Duration) -> i64 {
    lifetime.as_millis().try_into().unwrap_or(i64::MAX)
}
