//! The store on Redis or Valkey: what several processes share.

use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use fred::{
    prelude::{Builder, Client, ClientLike, Config, Expiration, KeysInterface, ReconnectPolicy},
    types::scripts::Script,
};

use super::{Store, StoreError};

/// All our keys begin so, that the server can be shared with others.
const PREFIX: &str = "tributary:";

/// No command may take longer: whoever asks gets a clear error instead of a wait.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Reads and removes in one step. GETDEL does that too, but not before Redis 6.2.
const TAKE: &str = "local value = redis.call('GET', KEYS[1]) redis.call('DEL', KEYS[1]) return value";

/// Compares and sets in one step. `KEYS[1]` the key; `ARGV` the expected value, the new one, its lifetime in ms.
const REPLACE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then \
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 else return 0 end";

/// A store on a Redis or Valkey server. It reconnects by itself.
#[derive(Clone)]
pub struct Redis {
    client: Client,
    replace: Script,
    take: Script,
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
        Ok(Self { client, replace: Script::from_lua(REPLACE), take: Script::from_lua(TAKE) })
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

    async fn replace(&self, key: &str, expected: &[u8], value: &[u8], lifetime: Duration) -> Result<bool, StoreError> {
        let arguments = vec![expected.to_vec(), value.to_vec(), milliseconds(lifetime).to_string().into_bytes()];
        let replaced = self.replace.evalsha_with_reload(&self.client, prefixed(key), arguments).await;
        Ok(replaced.context("EVALSHA")?)
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
