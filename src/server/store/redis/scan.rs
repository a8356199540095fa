//! Listing keys: every primary is scanned, one after the other.
//!
//! A scan that a failover, a restart or a moved slot has disturbed would silently miss keys. So what the servers look like
//! is compared before and after: if it has changed, the scan begins again, and keys are found twice rather than never.

use std::{
    fmt::Write,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use anyhow::{Context, bail, ensure};
use futures::future::try_join_all;

use super::{
    command::{Command, PREFIX, prefixed},
    inspection::Inspection,
    node::Node,
    router::Router,
    slots,
};
use crate::server::store::KeyPage;

/// About how many keys a server examines in one step.
const PAGE_SIZE: u64 = 1000;

/// How often a scan begins again.
const MAX_RESTARTS: u32 = 5;

/// Which keys a scan returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Values,
    /// Indexes, too.
    All,
}

/// Where a scan is.
struct Position {
    /// What the servers looked like at the beginning.
    view: u64,
    restarts: u32,
    /// The address of the server that is being scanned.
    address: String,
    /// Its cursor.
    cursor: u64,
}

/// A page of the keys that begin with `prefix`.
pub(super) async fn page(router: &Router, prefix: &str, kind: Kind, after: Option<&str>) -> anyhow::Result<KeyPage> {
    let position = match after {
        None => Position::start(router, 0).await?,
        Some(text) => Position::parse(text).context("the position of a scan has an unknown form")?,
    };
    let primaries = router.primaries();
    let Some(index) = primaries.iter().position(|node| node.address == position.address) else {
        return Ok(KeyPage { keys: Vec::new(), next: Some(position.restart(router).await?) });
    };
    let (cursor, keys) = scan(&primaries[index], position.cursor, prefix, kind).await?;
    let next = match (cursor, primaries.get(index + 1)) {
        (0, None) if view(router).await.is_ok_and(|view| view == position.view) => None,
        (0, None) => Some(position.restart(router).await?),
        (0, Some(next)) => Some(Position { address: next.address.clone(), cursor: 0, ..position }.to_string()),
        _ => Some(Position { cursor, ..position }.to_string()),
    };
    Ok(KeyPage { keys, next })
}

/// One step on one server.
async fn scan(node: &Arc<Node>, cursor: u64, prefix: &str, kind: Kind) -> anyhow::Result<(u64, Vec<String>)> {
    let pattern = format!("{}*", prefixed(prefix));
    let command = Command::new("SCAN").number(cursor).with("MATCH").with(&pattern).with("COUNT").number(PAGE_SIZE);
    let command = if kind == Kind::Values { command.with("TYPE").with("string") } else { command };
    let (cursor, keys): (String, Vec<String>) =
        node.send(command).await.and_then(|page| page.convert()).context("SCAN")?;
    let ours = keys.into_iter().filter_map(|key| key.strip_prefix(PREFIX).map(str::to_owned));
    Ok((cursor.parse().context("SCAN")?, ours.collect()))
}

impl Position {
    async fn start(router: &Router, restarts: u32) -> anyhow::Result<Self> {
        router.refresh().await.context("CLUSTER SLOTS")?;
        let view = view(router).await?;
        let first = router.primaries().first().map(|node| node.address.clone()).unwrap_or_default();
        Ok(Self { view, restarts, address: first, cursor: 0 })
    }

    async fn restart(self, router: &Router) -> anyhow::Result<String> {
        if self.restarts >= MAX_RESTARTS {
            bail!("the keys could not be listed, because the Redis servers changed {MAX_RESTARTS} times meanwhile");
        }
        tracing::warn!("the Redis servers changed while keys were listed, so the listing begins again");
        Ok(Self::start(router, self.restarts + 1).await?.to_string())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '|');
        Some(Self {
            view: parts.next()?.parse().ok()?,
            restarts: parts.next()?.parse().ok()?,
            cursor: parts.next()?.parse().ok()?,
            address: parts.next()?.to_owned(),
        })
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}|{}|{}|{}", self.view, self.restarts, self.cursor, self.address)
    }
}

/// What the servers look like: it is another after a failover, a restart, and when slots have moved.
async fn view(router: &Router) -> anyhow::Result<u64> {
    let primaries = router.primaries();
    let seen = try_join_all(primaries.iter().map(|node| look_at(node, router.is_cluster()))).await?;
    if router.is_cluster() {
        let slots: u32 = seen.iter().map(|seen| seen.slots).sum();
        ensure!(
            slots == u32::from(slots::COUNT),
            "the cluster's servers have {slots} slots instead of {}, as during a failover",
            slots::COUNT
        );
    }
    let mut hasher = DefaultHasher::new();
    for (node, seen) in primaries.iter().zip(&seen) {
        (&node.address, &seen.identity).hash(&mut hasher);
    }
    Ok(hasher.finish())
}

struct Seen {
    /// Changes with whatever disturbs a scan.
    identity: String,
    slots: u32,
}

async fn look_at(node: &Node, is_cluster: bool) -> anyhow::Result<Seen> {
    let inspection = Inspection::of(node).await.context("INFO")?;
    ensure!(!inspection.is_replica, "{} is a replica now", node.address);
    let mut seen = Seen { identity: inspection.run_id, slots: 0 };
    if is_cluster {
        let nodes = node.send(Command::new("CLUSTER").with("NODES")).await.context("CLUSTER NODES")?;
        let nodes = nodes.into_string().unwrap_or_default();
        let (epoch, slots) = own_line(&nodes).context("CLUSTER NODES has an unknown form")?;
        // Keys of such a slot may be at either server, or pass from one that is still to be scanned to one that was.
        ensure!(!slots.contains('['), "slots are being moved to or from {}; try again when that is done", node.address);
        seen.slots = slots.split(' ').filter_map(count).sum();
        // Writing to a String cannot fail.
        let _ = write!(seen.identity, " {epoch} {slots}");
    }
    Ok(seen)
}

/// The configuration epoch and the slots of the server that sent `CLUSTER NODES`:
/// `id address flags primary ping-sent pong-received epoch link-state slots…`
fn own_line(nodes: &str) -> Option<(&str, &str)> {
    let line = nodes.lines().find(|line| line.split(' ').nth(2).is_some_and(|flags| flags.contains("myself")))?;
    let epoch = line.split(' ').nth(6)?;
    Some((epoch, line.splitn(9, ' ').nth(8).unwrap_or_default().trim()))
}

/// How many slots `0-5460` or `7` are.
fn count(slots: &str) -> Option<u32> {
    let (first, last) = slots.split_once('-').unwrap_or((slots, slots));
    Some(last.parse::<u32>().ok()? + 1 - first.parse::<u32>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slots_of_the_server_itself_are_found_and_counted() {
        let nodes = "07c37 127.0.0.1:30004@31004 slave e7d1e 0 1426238317239 4 connected\n\
            e7d1e 127.0.0.1:30001@31001,host myself,master - 0 0 1 connected 0-5460 7000 [93-<-292f8]\n";
        let (epoch, slots) = own_line(nodes).unwrap();
        assert_eq!((epoch, slots), ("1", "0-5460 7000 [93-<-292f8]"));
        assert_eq!(slots.split(' ').filter_map(count).sum::<u32>(), 5462);
        assert_eq!(own_line("e7d1e 127.0.0.1:30001@31001 myself,master - 0 0 1 connected\n"), Some(("1", "")));
    }

    #[test]
    fn a_position_is_read_as_it_was_written() {
        let position = Position { view: 7, restarts: 1, address: "::1:6379".to_owned(), cursor: u64::MAX };
        let text = position.to_string();
        assert_eq!(Position::parse(&text).unwrap().to_string(), text);
        assert!(Position::parse("17").is_none());
    }
}
