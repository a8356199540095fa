//! A primary with a replica, and three Sentinels that watch them.

use super::redis::RedisServer;

/// Running servers, which stop when the value is dropped.
pub struct RedisSentinel {
    /// `redis-sentinel://127.0.0.1:1234?sentinelServiceName=main&node=…`.
    pub url: String,
    /// The primary at the start.
    pub primary: RedisServer,
    pub replica: RedisServer,
    sentinels: Vec<RedisServer>,
}

impl RedisSentinel {
    /// Starts the servers, and waits until the replica follows and the Sentinels know each other.
    pub fn start() -> Self {
        let fast = ["--repl-diskless-sync-delay", "0"];
        let primary = RedisServer::start_with(&fast);
        let follow = ["--replicaof", &format!("127.0.0.1 {}", primary.port)];
        let replica = RedisServer::start_with(&[&fast[..], &follow].concat());
        replica.wait_for(&["INFO", "replication"], "master_link_status", "up");
        let configuration = format!(
            "sentinel monitor main 127.0.0.1 {} 2\nsentinel down-after-milliseconds main 1500\nsentinel failover-timeout main 6000\n",
            primary.port
        );
        let sentinels: Vec<_> = (0..3).map(|_| RedisServer::start_with_file(&configuration, &["--sentinel"])).collect();
        for sentinel in &sentinels {
            let began = std::time::Instant::now();
            while !sentinel.field(&["INFO", "sentinel"], "master0").ends_with("slaves=1,sentinels=3") {
                assert!(began.elapsed().as_secs() < 30, "{}", sentinel.command(&["INFO", "sentinel"]));
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        }
        let others: String = sentinels[1..].iter().map(|other| format!("&node=127.0.0.1:{}", other.port)).collect();
        let url = format!("redis-sentinel://127.0.0.1:{}?sentinelServiceName=main{others}", sentinels[0].port);
        Self { url, primary, replica, sentinels }
    }

    /// Makes the Sentinels replace a primary that works.
    pub fn hand_over(&self) {
        assert_eq!(self.sentinels[0].command(&["SENTINEL", "FAILOVER", "main"]), "OK");
        self.wait_until_taken_over();
    }

    /// Waits until the replica has taken over.
    pub fn wait_until_taken_over(&self) {
        self.replica.wait_for(&["INFO", "replication"], "role", "master");
    }
}
