//! The store on Redis or Valkey, which several processes can share: one server, a primary behind Sentinel, or a cluster.
//!
//! The client library connects to one server; [`router`] knows which of a cluster's servers has a key.

mod checks;
mod command;
mod deployment;
mod inspection;
mod layout_mark;
mod node;
mod replicated;
mod router;
mod scan;
mod slots;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::Context;
use async_trait::async_trait;
use fred::types::Value;

use super::{Index, KeyPage, Range, Store, StoreError};
use command::{COMPARE_AND_SWAP, Command, INDEX_PUT, TAKE};
use deployment::Deployment;
use node::{Durability, Reply};
use router::Router;

pub use inspection::Eviction;

/// Connections to the servers of a Redis or Valkey deployment, which are made again when they break.
#[derive(Clone)]
pub struct Redis {
    router: Arc<Router>,
    eviction: Eviction,
    /// How many writes no replica has confirmed.
    unconfirmed: Arc<AtomicU64>,
    has_warned: Arc<AtomicBool>,
    _alive: Arc<()>,
}

impl Redis {
    /// Connects to the address of `REDIS_URL`. Fails if no server answers, or one can evict grants.
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        Self::connect_with(url, Eviction::Refused).await
    }

    /// The same, with the operator's decision about eviction.
    pub async fn connect_with(url: &str, eviction: Eviction) -> anyhow::Result<Self> {
        let deployment = Deployment::parse(url)?;
        let router = Router::connect(deployment).await.context(NO_ANSWER)?;
        checks::at_start(&router, eviction).await?;
        layout_mark::check(&router).await?;
        let alive = Arc::new(());
        tokio::spawn(layout_mark::mark_while_alive(router.clone(), Arc::downgrade(&alive)));
        Ok(Self { router, eviction, unconfirmed: Arc::default(), has_warned: Arc::default(), _alive: alive })
    }

    /// Sends a write that must not be lost. Logs and counts one that no replica has confirmed although there are some.
    async fn write_replicated(&self, key: &str, command: Command) -> Result<Reply, StoreError> {
        let reply = self.router.send_with(key, command, Durability::Replicated).await;
        if !matches!(reply, Ok(Reply { is_confirmed: true, .. })) {
            let unconfirmed = self.unconfirmed.fetch_add(1, Relaxed) + 1;
            let error = reply.as_ref().err().map(ToString::to_string);
            tracing::warn!(key, unconfirmed, error, "no replica has confirmed a write; a failover may lose it");
        }
        Ok(reply.context("a replicated write")?)
    }
}

/// What is said when a start fails.
const NO_ANSWER: &str = "the Redis or Valkey server of REDIS_URL does not answer";

#[async_trait]
impl Store for Redis {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.router.send(key, Command::new("GET").key(key)).await;
        Ok(found.and_then(Value::convert).context("GET")?)
    }

    async fn put(&self, key: &str, value: &[u8], lifetime: Duration) -> Result<(), StoreError> {
        self.router.send(key, set(key, value, lifetime)).await.context("SET")?;
        Ok(())
    }

    async fn put_replicated(&self, key: &str, value: &[u8], lifetime: Duration) -> Result<bool, StoreError> {
        Ok(self.write_replicated(key, set(key, value, lifetime)).await?.is_confirmed)
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let taken = self.router.send(key, Command::script(TAKE, key)).await;
        Ok(taken.and_then(Value::convert).context("EVAL")?)
    }

    async fn take_replicated(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let taken = self.write_replicated(key, Command::script(TAKE, key)).await?.value;
        Ok(taken.convert().context("EVAL")?)
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let swapped = self.router.send(key, compare_and_swap(key, expected, value, lifetime)).await;
        Ok(swapped.and_then(Value::convert).context("EVAL")?)
    }

    async fn compare_and_swap_replicated(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let swapped = self.write_replicated(key, compare_and_swap(key, expected, value, lifetime)).await?.value;
        Ok(swapped.convert().context("EVAL")?)
    }

    async fn keys(&self, prefix: &str, after: Option<&str>) -> Result<KeyPage, StoreError> {
        Ok(scan::page(&self.router, prefix, scan::Kind::Values, after).await?)
    }

    async fn index_put(&self, index: &Index, member: &str, score: u64) -> Result<(), StoreError> {
        let max_len = u64::try_from(index.max_len).unwrap_or(u64::MAX);
        let put = Command::script(INDEX_PUT, &index.name).with(member).number(score).number(max_len);
        let put = put.milliseconds(index.lifetime);
        let put = match index.max_age {
            Some(max_age) => put.milliseconds(max_age),
            None => put,
        };
        self.router.send(&index.name, put).await.context("EVAL")?;
        Ok(())
    }

    async fn index_remove(&self, index: &Index, member: &str) -> Result<(), StoreError> {
        self.router.send(&index.name, Command::new("ZREM").key(&index.name).with(member)).await.context("ZREM")?;
        Ok(())
    }

    async fn index_range(&self, index: &Index, range: Range) -> Result<Vec<(String, u64)>, StoreError> {
        let (name, [from, to]) = match range.descending {
            false => ("ZRANGEBYSCORE", [range.from, range.to]),
            true => ("ZREVRANGEBYSCORE", [range.to, range.from]),
        };
        let limit = u64::try_from(range.limit).unwrap_or(u64::MAX).min(Range::MAX);
        let command = Command::new(name).key(&index.name).number(from.min(Range::MAX)).number(to.min(Range::MAX));
        let command = command.with("WITHSCORES").with("LIMIT").number(0).number(limit);
        let found: Vec<(String, f64)> =
            self.router.send(&index.name, command).await.and_then(Value::convert).context(name)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "scores are whole and not negative"
        )]
        Ok(found.into_iter().map(|(member, score)| (member, score as u64)).collect())
    }

    async fn probe(&self) -> Result<(), StoreError> {
        // Only a server probes, so commands don't warn.
        if !self.has_warned.swap(true, Relaxed) {
            checks::warn_about_settings(&self.router).await?;
        }
        Ok(checks::probe(&self.router, self.eviction).await?)
    }
}

fn set(key: &str, value: &[u8], lifetime: Duration) -> Command {
    Command::new("SET").key(key).bytes(value).with("PX").milliseconds(lifetime)
}

fn compare_and_swap(key: &str, expected: Option<&[u8]>, value: &[u8], lifetime: Duration) -> Command {
    let swap = Command::script(COMPARE_AND_SWAP, key).bytes(value).milliseconds(lifetime);
    match expected {
        Some(expected) => swap.bytes(expected),
        None => swap,
    }
}
