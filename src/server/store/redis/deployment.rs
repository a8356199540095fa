//! What `REDIS_URL` describes: one server, a primary that Sentinel names, or a cluster.

use anyhow::{Context, ensure};
use fred::prelude::{Config, Server, ServerConfig};
use url::Url;

/// Where the data is. The address may contain a password, so errors do not repeat it.
pub(super) enum Deployment {
    /// One server. Behind Sentinel, the client asks which one it is whenever it connects.
    One(Config),
    Cluster {
        /// The nodes of the address, of which one has to answer.
        seeds: Vec<Server>,
        /// Credentials and TLS, which all nodes share.
        shared: Config,
    },
}

const ACCEPTED: &str = "REDIS_URL can't be read. Set it to an address such as redis://127.0.0.1:6379, rediss://… for TLS, redis-cluster://host:6379?node=other:6379 for a cluster, or redis-sentinel://host:26379?sentinelServiceName=mymaster&node=other:26379 for Sentinel";

impl Deployment {
    pub(super) fn parse(url: &str) -> anyhow::Result<Self> {
        let scheme = url.split("://").next().unwrap_or_default();
        let (server, kind) = scheme.split_once('-').unwrap_or((scheme, ""));
        let is_known = ["redis", "rediss", "valkey", "valkeys"].contains(&server);
        ensure!(is_known && ["", "cluster", "sentinel"].contains(&kind), ACCEPTED);
        let config = Config::from_url(url).context(ACCEPTED)?;
        match &config.server {
            ServerConfig::Clustered { hosts, .. } => {
                let path = Url::parse(url).context(ACCEPTED)?.path().to_owned();
                ensure!(
                    ["", "/", "/0"].contains(&path.as_str()),
                    "REDIS_URL names a database, and a cluster has only one. Remove what follows the port"
                );
                // A server of a cluster may be away for a while, and its connection then waits for it.
                Ok(Self::Cluster { seeds: hosts.clone(), shared: Config { fail_fast: false, ..config.clone() } })
            }
            _ => Ok(Self::One(config)),
        }
    }

    /// How a connection to a node of the cluster is made.
    pub(super) fn of_node(shared: &Config, node: Server) -> Config {
        Config { server: ServerConfig::Centralized { server: node }, ..shared.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_address_is_understood() {
        for url in [
            "redis://h",
            "rediss://h:1/2",
            "valkey://:secret@h",
            "valkeys://h",
            "redis-sentinel://h?sentinelServiceName=m",
        ] {
            assert!(matches!(Deployment::parse(url), Ok(Deployment::One(_))), "{url}");
        }
        for url in ["redis-cluster://h:1?node=i:2", "rediss-cluster://h", "valkey-cluster://h/0", "valkeys-cluster://h"]
        {
            assert!(matches!(Deployment::parse(url), Ok(Deployment::Cluster { .. })), "{url}");
        }
        let Deployment::Cluster { seeds, .. } = Deployment::parse("redis-cluster://h:1?node=i:2").unwrap() else {
            panic!("a cluster")
        };
        assert_eq!(seeds.len(), 2);
    }

    #[test]
    fn an_address_that_is_not_understood_is_refused_with_examples_and_without_its_password() {
        let urls = ["redis-sentinel://:secret@h", "redis+unix:///secret", "redis-ring://secret", "secret", "redis://"];
        for url in urls {
            let error = format!("{:#}", Deployment::parse(url).err().unwrap());
            assert!(error.contains("redis://127.0.0.1:6379") && !error.contains("secret"), "{url}: {error}");
        }
        let error = Deployment::parse("redis-cluster://h/3").err().unwrap().to_string();
        assert!(error.contains("names a database"), "{error}");
    }
}
