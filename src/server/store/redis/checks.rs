//! What is checked of every server at the start and with every probe: that it cannot evict grants, and takes writes.

use anyhow::{Context, bail, ensure};
use fred::types::Value;
use futures::future::try_join_all;

use super::{
    NO_ANSWER,
    command::Command,
    inspection::{Eviction, Inspection},
    node::Node,
    router::Router,
};
use crate::server::store::Finding;

/// Refuses servers with which grants would be lost without a word, and those that take no writes.
pub(super) async fn at_start(router: &Router, eviction: Eviction) -> anyhow::Result<()> {
    for node in router.primaries() {
        let found = Inspection::of(&node).await.context(NO_ANSWER)?;
        ensure!(
            router.is_cluster() || !found.is_of_cluster,
            "the server of REDIS_URL is part of a cluster. Write redis-cluster:// (or rediss-cluster:// for TLS) instead of redis://"
        );
        ensure!(
            !found.is_replica,
            "the server of REDIS_URL is a replica, which accepts no writes. Set REDIS_URL to its primary, or use redis-sentinel://"
        );
        if let (Some(policy), Eviction::Refused) = (found.evicting_policy(), eviction) {
            let when = if found.has_no_limit {
                "once its maxmemory is set (it is 0 now, which is no limit) and its memory is full,"
            } else {
                "when its memory is full"
            };
            bail!(
                "the Redis or Valkey server of REDIS_URL can evict grants: its maxmemory-policy is {policy}, so {when} it deletes connections without a word, and their users have to reconnect. Set maxmemory-policy to noeviction. To run nevertheless, set TRIBUTARY_REDIS_ALLOW_EVICTION=yes"
            );
        }
    }
    Ok(())
}

/// Warns about settings with which grants can be lost.
pub(super) async fn warn_about_settings(router: &Router) -> anyhow::Result<()> {
    for node in router.primaries() {
        let (found, server) = (Inspection::of(&node).await.context("INFO")?, &node.address);
        if let Some(policy) = found.evicting_policy() {
            tracing::warn!(server, policy, "Redis can evict grants, which TRIBUTARY_REDIS_ALLOW_EVICTION allows");
        }
        if found.policy.is_none() {
            tracing::warn!(
                server,
                "Redis doesn't tell its maxmemory-policy, perhaps because its user may not send INFO; unless it is noeviction, grants can be evicted"
            );
        }
        if found.has_append_only_file == Some(false) {
            let lost =
                if has_snapshots(&node).await { "what was written after its last snapshot" } else { "all grants" };
            tracing::warn!(
                server,
                lost,
                "Redis has no append-only file, so its crash loses grants; set appendonly to yes"
            );
        }
    }
    Ok(())
}

/// Whether snapshots are configured. Where `CONFIG` is forbidden, they probably are.
async fn has_snapshots(node: &Node) -> bool {
    let save = node.send(Command::new("CONFIG").with("GET").with("save")).await;
    let save: Option<Vec<String>> = save.and_then(Value::convert).ok();
    save.and_then(|pair| pair.into_iter().nth(1)).is_none_or(|points| !points.is_empty())
}

/// Checks every server: its policy, and that what is written can be read back.
pub(super) async fn probe(router: &Router, eviction: Eviction) -> anyhow::Result<()> {
    router.refresh().await.context("CLUSTER SLOTS")?;
    let primaries = router.primaries();
    try_join_all(primaries.iter().map(|node| probe_one(router, node, eviction))).await?;
    Ok(())
}

async fn probe_one(router: &Router, node: &Node, eviction: Eviction) -> anyhow::Result<()> {
    let found = Inspection::of(node).await.context("INFO")?;
    if let Some(policy) = found.evicting_policy().filter(|_| eviction == Eviction::Refused) {
        bail!(Finding(format!("the maxmemory-policy of Redis is now {policy}, which can evict grants")));
    }
    let value: [u8; 16] = rand::random();
    // The random part keeps processes from reading each other's value.
    let prefix = format!("probe/{:x}/", rand::random::<u64>());
    let key = router.key_of(node, &prefix).context("a server has no slots any more")?;
    let set = Command::new("SET").key(&key).bytes(&value).with("PX").number(60_000);
    match router.send(&key, set).await {
        Err(error) if error.details().starts_with("OOM") => {
            bail!(Finding("the memory of Redis is full, so that it refuses writes".to_owned()))
        }
        set => set.context("SET")?,
    };
    let read: Option<Vec<u8>> =
        router.send(&key, Command::new("GET").key(&key)).await.and_then(Value::convert).context("GET")?;
    if read.as_deref() != Some(&value) {
        bail!(Finding("what was written could not be read back".to_owned()));
    }
    Ok(())
}
