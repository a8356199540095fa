//! What a server tells about itself in `INFO`: whether it can evict grants, whether it keeps them on disk, and its replicas.
//! `CONFIG` says more, and is often forbidden. `INFO` is forbidden to users without the category `@dangerous`.

use std::collections::HashMap;

use fred::{
    error::Error,
    prelude::{Client, ClientLike},
    types::Value,
};

use super::{
    command::Command,
    node::{Durability, Node},
};

/// What an operator decides about eviction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eviction {
    /// A server whose policy can evict grants is not used.
    Refused,
    /// `TRIBUTARY_REDIS_ALLOW_EVICTION=yes`.
    Allowed,
}

/// What was found. What a server does not tell is `None`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Inspection {
    /// `maxmemory_policy`.
    pub(super) policy: Option<String>,
    /// Whether `maxmemory` is 0, so that nothing is evicted until that changes.
    pub(super) has_no_limit: bool,
    /// Whether every write goes to the append-only file.
    pub(super) has_append_only_file: Option<bool>,
    pub(super) replicas: usize,
    pub(super) is_replica: bool,
    pub(super) is_of_cluster: bool,
    /// Changes with every start of the server; without `INFO`, with every connection to it.
    pub(super) run_id: String,
}

impl Inspection {
    /// Asks a server.
    pub(super) async fn of(node: &Node) -> Result<Self, Error> {
        let info = match node.send_with(Command::new("INFO"), Durability::Primary, false).await {
            Err(error) if is_forbidden(&error) => return Self::without_info(node).await,
            info => info?,
        };
        let inspection = Self::parse(&info.value.into_string().unwrap_or_default());
        node.set_replicas(inspection.replicas);
        Ok(inspection)
    }

    /// What a server tells a user who may not send `INFO`.
    async fn without_info(node: &Node) -> Result<Self, Error> {
        // Replicas may be a moment behind, so none is no answer. The number that a batch of writes waits for stays.
        let replicas = node.send(Command::new("WAIT").number(0).number(1)).await;
        let replicas = replicas.ok().and_then(|count| usize::try_from(count.as_u64()?).ok()).unwrap_or_default();
        if replicas > 0 {
            node.set_replicas(replicas);
        }
        let hello = match node.send(Command::new("HELLO")).await {
            Err(error) if is_forbidden(&error) => return Ok(Self::default()),
            hello => hello?.convert::<HashMap<String, Value>>()?,
        };
        let field = |name: &str| hello.get(name).and_then(Value::as_string).unwrap_or_default();
        Ok(Self {
            replicas,
            is_replica: ["slave", "replica"].contains(&field("role").as_str()),
            is_of_cluster: field("mode") == "cluster",
            run_id: format!("connection {}", field("id")),
            ..Self::default()
        })
    }

    fn parse(info: &str) -> Self {
        let field = |name: &str| {
            let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value.map(|value| value.trim().to_owned())
        };
        Self {
            policy: field("maxmemory_policy"),
            has_no_limit: field("maxmemory").is_some_and(|bytes| bytes == "0"),
            has_append_only_file: field("aof_enabled").map(|enabled| enabled == "1"),
            replicas: field("connected_slaves").and_then(|count| count.parse().ok()).unwrap_or_default(),
            is_replica: field("role").is_some_and(|role| role == "slave"),
            is_of_cluster: field("cluster_enabled").is_some_and(|enabled| enabled == "1"),
            run_id: field("run_id").unwrap_or_default(),
        }
    }

    /// The policy, if it can evict grants. All have a deadline, so the `volatile-` ones do, too.
    pub(super) fn evicting_policy(&self) -> Option<&str> {
        self.policy.as_deref().filter(|policy| *policy != "noeviction")
    }
}

/// Whether the user may not send the command.
fn is_forbidden(error: &Error) -> bool {
    error.details().starts_with("NOPERM")
}

/// How many replicas the server of a connection has.
pub(super) async fn replicas(client: &Client) -> Result<usize, Error> {
    let (command, arguments) = Command::new("INFO").with("replication").into_parts();
    let info: String = client.custom(command, arguments).await?;
    Ok(Inspection::parse(&info).replicas)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = "# Server\r\nredis_version:7.0.15\r\nrun_id:8ad1\r\n\r\n# Memory\r\nmaxmemory:0\r\n\
        maxmemory_policy:volatile-lru\r\n\r\n# Persistence\r\naof_enabled:0\r\n\r\n# Replication\r\nrole:master\r\n\
        connected_slaves:2\r\n# Cluster\r\ncluster_enabled:1\r\n";

    #[test]
    fn the_fields_of_info_are_found() {
        let found = Inspection::parse(INFO);
        assert_eq!((found.replicas, found.run_id.as_str(), found.is_replica), (2, "8ad1", false));
        assert_eq!((found.has_append_only_file, found.is_of_cluster), (Some(false), true));
        assert_eq!(found.evicting_policy(), Some("volatile-lru"));
        assert_eq!(Inspection::parse("# Server"), Inspection::default());
    }

    #[test]
    fn only_noeviction_evicts_nothing() {
        for (policy, evicts) in [("noeviction", false), ("allkeys-lru", true), ("volatile-ttl", true), ("new", true)] {
            let found = Inspection::parse(&format!("maxmemory_policy:{policy}\r\n"));
            assert_eq!(found.evicting_policy().is_some(), evicts, "{policy}");
        }
    }
}
