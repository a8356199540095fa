//! A Redis or Valkey cluster of the test's own: three primaries, each with a replica.

use std::time::{Duration, Instant};

use super::{port::free_port, redis::RedisServer};

/// After this time without a response, the others replace a primary.
const NODE_TIMEOUT: &str = "2000";

/// The first and the last slot of each primary.
const SLOTS: [(&str, &str); 3] = [("0", "5460"), ("5461", "10922"), ("10923", "16383")];

/// A running cluster. Its servers stop when the value is dropped.
pub struct RedisCluster {
    /// `redis-cluster://127.0.0.1:1234?node=127.0.0.1:1235&…`.
    pub url: String,
    /// The primaries at the start, then their replicas in the same order.
    pub nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts the servers, and waits until the replicas follow.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with more options for each server.
    pub fn start_with(options: &[&str]) -> Self {
        let nodes: Vec<_> = (0..6).map(|_| start_node(options)).collect();
        let own_id = |node: &RedisServer| node.command(&["CLUSTER", "MYID"]);
        for (index, (node, (first, last))) in nodes.iter().zip(SLOTS).enumerate() {
            assert_eq!(node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]), "OK");
            assert_eq!(node.command(&["CLUSTER", "ADDSLOTSRANGE", first, last]), "OK");
        }
        for node in &nodes[1..] {
            let (port, bus) = (nodes[0].port.to_string(), bus_port(&nodes[0]));
            assert_eq!(node.command(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]), "OK");
        }
        for node in &nodes {
            node.wait_for(&["CLUSTER", "INFO"], "cluster_known_nodes", "6");
            node.wait_for(&["CLUSTER", "INFO"], "cluster_state", "ok");
        }
        for (primary, replica) in nodes[..3].iter().zip(&nodes[3..]) {
            until("the replica follows", || replica.command(&["CLUSTER", "REPLICATE", &own_id(primary)]) == "OK");
        }
        for replica in &nodes[3..] {
            replica.wait_for(&["INFO", "replication"], "master_link_status", "up");
        }
        let knows_all = |node: &RedisServer| {
            let known = node.command(&["CLUSTER", "NODES"]);
            known.lines().filter(|line| line.contains("slave ")).count() == 3
        };
        until("all know the replicas", || nodes.iter().all(knows_all));
        let others: Vec<_> = nodes[1..].iter().map(|node| format!("node=127.0.0.1:{}", node.port)).collect();
        let url = format!("redis-cluster://127.0.0.1:{}?{}", nodes[0].port, others.join("&"));
        Self { url, nodes }
    }

    /// The index of the primary that has a key of ours.
    pub fn primary_of(&self, key: &str) -> usize {
        let slot: u16 = self.nodes[0].command(&["CLUSTER", "KEYSLOT", &format!("tributary:{key}")]).parse().unwrap();
        SLOTS.iter().position(|(_, last)| slot <= last.parse().unwrap()).unwrap()
    }

    /// Makes a replica take over from its primary, which hands over without a loss.
    pub fn hand_over(&self, replica: usize) {
        assert_eq!(self.nodes[replica].command(&["CLUSTER", "FAILOVER"]), "OK");
        self.wait_until_primary(replica);
    }

    /// Waits until a replica has taken over.
    pub fn wait_until_primary(&self, replica: usize) {
        self.nodes[replica].wait_for(&["INFO", "replication"], "role", "master");
    }
}

fn start_node(options: &[&str]) -> RedisServer {
    let bus = free_port().to_string();
    let cluster = ["--cluster-enabled", "yes", "--cluster-node-timeout", NODE_TIMEOUT, "--cluster-port", &bus];
    let fast = ["--repl-diskless-sync-delay", "0", "--appendonly", "yes", "--appendfsync", "everysec"];
    RedisServer::start_with_file("", &[&cluster[..], &fast, options].concat())
}

/// The port at which a node talks to the others.
fn bus_port(node: &RedisServer) -> String {
    let answer = node.command(&["CONFIG", "GET", "cluster-port"]);
    answer.lines().last().unwrap().to_owned()
}

fn until(condition: &str, is_met: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_met() {
        assert!(began.elapsed() < Duration::from_secs(30), "not within 30 s: {condition}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
