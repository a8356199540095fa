//! A process is cut off from a Redis that others still reach, while it receives new tokens. Another takes over, and is
//! refused with the old refresh token where those rotate. When the first one reaches Redis again, the grant works.

use std::time::{Duration, Instant};

use futures::future::join_all;

use crate::{
    faults::{
        case::Case,
        cluster::Cluster,
        provider::{PROVIDERS, slow_token_endpoints},
        proxy::Proxy,
        stored_grants::StoredGrants,
        table::Row,
        token_read::Outcome,
    },
    support::redis::RedisServer,
};

/// How long the process may take to reconnect to Redis and to save.
const SAVED_WITHIN: Duration = Duration::from_secs(30);

pub fn cases() -> Vec<Case> {
    vec![Case::new("partition of one process and Redis, all", "token, expired", run)]
}

async fn run(mut row: Row) -> Row {
    let redis = RedisServer::start();
    let (proxy, grants) = (Proxy::start(&redis.url).await, StoredGrants::open(&redis.url).await);
    let cluster = Cluster::start(&redis.url, &[""]).await;
    let (others, cut_off) = (&cluster.servers[0], cluster.start_server_at(&proxy.url, "").await);
    cluster.connect_all("ada").await;
    row.rounds = 1;
    for provider in &PROVIDERS {
        grants.expire_in(provider, "ada", -1).await;
    }
    cluster.configure_sandbox(slow_token_endpoints(1_500)).await;
    let mut in_flight = Vec::new();
    for provider in &PROVIDERS {
        let requests = cluster.token_requests(provider).await;
        in_flight.push(tokio::spawn(cluster.read(&cut_off, provider, "ada")));
        cluster.wait_for_token_request(provider, requests).await;
    }
    // The providers have not responded yet.
    proxy.cut();
    cluster.clear_faults().await;
    let during = join_all(PROVIDERS.iter().map(|provider| cluster.read(others, provider, "ada"))).await;
    row.tally.add(&during);
    for (provider, read) in PROVIDERS.iter().zip(&during) {
        let is_expected = if provider.rotates { read.reports_lost_tokens() } else { read.outcome() == Outcome::Served };
        row.expect(is_expected, || format!("{}: during the partition: {read}", provider.name));
    }
    for (provider, read) in PROVIDERS.iter().zip(in_flight) {
        let read = read.await.unwrap();
        row.tally.add([&read]);
        // It has new tokens, and cannot know whether others use them.
        row.expect(read.outcome() == Outcome::StoreUnavailable, || format!("{}: cut off: {read}", provider.name));
    }

    proxy.heal();
    let healed = Instant::now();
    for provider in &PROVIDERS {
        let mut alive = cluster.is_alive(others, provider, "ada").await;
        while !alive && healed.elapsed() < SAVED_WITHIN {
            alive = cluster.is_alive(others, provider, "ada").await;
        }
        row.lost += usize::from(!alive);
        row.expect(alive, || format!("{}: the new tokens are lost", provider.name));
        let counts = cluster.counts(provider).await;
        row.counts.add(counts);
        let (refreshes, reused) = if provider.rotates { (1, 1) } else { (2, 0) };
        row.expect(counts.refreshes == refreshes, || format!("{}: {} refreshes", provider.name, counts.refreshes));
        row.expect(counts.reused_tokens == reused, || format!("{}: {} reused", provider.name, counts.reused_tokens));
    }
    row
}
