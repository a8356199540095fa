//! A Redis that evicts: it is refused at the start, and a server that runs when its policy changes is not ready.

use std::time::Duration;

use crate::{
    faults::{case::Case, cluster::Cluster, provider::PROVIDERS, table::Row},
    support::{fixtures::K1, process::run_to_exit, redis::RedisServer},
};

const POLL_INTERVAL: Duration = Duration::from_millis(20);

const POLICIES: [&str; 3] = ["volatile-lru", "volatile-ttl", "allkeys-lru"];

pub fn cases() -> Vec<Case> {
    vec![Case::new("eviction refused, all", "none: the server does not start", run)]
}

async fn run(mut row: Row) -> Row {
    let redis = RedisServer::start();
    let cluster = Cluster::start(&redis.url, &["store::probe_interval=return(50)"]).await;
    cluster.connect_all("ada").await;
    for policy in POLICIES {
        row.rounds += 1;
        redis.command(&["CONFIG", "SET", "maxmemory-policy", policy]);
        let variables = [("REDIS_URL", redis.url.as_str()), ("TRIBUTARY_ENCRYPTION_KEYS", K1)];
        let output = tokio::task::block_in_place(|| run_to_exit(&["serve"], &variables));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        row.expect(!output.status.success() && error.contains(policy), || format!("{policy}: {error}"));
        let url = format!("{}/readyz", cluster.servers[0].url);
        wait_for_status(&url, 503).await;
        redis.command(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
        wait_for_status(&url, 200).await;
    }
    for provider in &PROVIDERS {
        let alive = cluster.is_alive(&cluster.servers[0], provider, "ada").await;
        row.lost += usize::from(!alive);
        row.expect(alive, || format!("{}: the grant is lost", provider.name));
    }
    row
}

async fn wait_for_status(url: &str, status: u16) {
    while reqwest::get(url).await.unwrap().status() != status {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
