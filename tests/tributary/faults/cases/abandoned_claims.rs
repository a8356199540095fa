//! Claims that their process never releases. They delay nobody whose token is still valid, and others not for long.

use std::time::{Duration, Instant};

use crate::{
    faults::{
        case::Case,
        cluster::Cluster,
        provider::PROVIDERS,
        stored_grants::StoredGrants,
        table::Row,
        token_read::{Outcome, Read},
    },
    support::redis::RedisServer,
};

/// How long a claim is respected, and a margin.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(85);

/// The maximum duration of a read that does not depend on the claim.
const MAX_DURATION: Duration = Duration::from_secs(5);

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("process killed after the claim, token valid, all", "token, valid for 4 minutes", valid_token),
        Case::new("Redis paused while a claim is written, HubSpot", "token, expired", unknown_claim),
    ]
}

/// Reads are served at once meanwhile, and the token is refreshed long before it expires.
async fn valid_token(mut row: Row) -> Row {
    let redis = RedisServer::start();
    let (cluster, grants) = (Cluster::start(&redis.url, &["", ""]).await, StoredGrants::open(&redis.url).await);
    cluster.connect_all("ada").await;
    row.rounds = 1;
    let mut versions = Vec::new();
    for provider in &PROVIDERS {
        grants.expire_in(provider, "ada", 240).await;
        versions.push(grants.version(provider, "ada").await);
        let mut victim = cluster.start_server("refresh::claimed=1*return").await;
        cluster.read(&victim, provider, "ada").await;
        victim.wait();
    }
    let began = Instant::now();
    while began.elapsed() < TAKEN_OVER_WITHIN {
        for (server, provider) in cluster.servers.iter().cycle().zip(&PROVIDERS) {
            let read = cluster.read(server, provider, "ada").await;
            row.tally.add([&read]);
            expect_served_at_once(&read, &mut row);
        }
    }
    for (provider, version) in PROVIDERS.iter().zip(versions) {
        row.counts.add(cluster.counts(provider).await);
        let now = grants.version(provider, "ada").await;
        let seconds = TAKEN_OVER_WITHIN.as_secs();
        row.expect(now == version + 1, || format!("{}: not refreshed within {seconds} s", provider.name));
    }
    row
}

/// Redis may write a claim although the process that wrote it got an error.
async fn unknown_claim(mut row: Row) -> Row {
    let (redis, provider) = (RedisServer::start(), &PROVIDERS[0]);
    let failpoints = ["refresh::before_claim=1*sleep(1500)", ""];
    let (cluster, grants) = (Cluster::start(&redis.url, &failpoints).await, StoredGrants::open(&redis.url).await);
    cluster.connect(&cluster.servers[0], provider, "ada").await;
    // The other process refreshes once, so that Redis has loaded the script that writes claims.
    grants.expire_in(provider, "ada", -1).await;
    cluster.read(&cluster.servers[1], provider, "ada").await;
    let before = cluster.counts(provider).await;
    grants.expire_in(provider, "ada", -1).await;
    let delayed = tokio::spawn(cluster.read(&cluster.servers[0], provider, "ada"));
    tokio::time::sleep(Duration::from_millis(700)).await;
    redis.pause();
    let delayed = delayed.await.unwrap();
    redis.resume();
    row.rounds = 1;
    row.tally.add([&delayed]);
    row.expect(delayed.outcome() == Outcome::StoreUnavailable, || delayed.to_string());
    for server in &cluster.servers {
        let read = cluster.read(server, provider, "ada").await;
        row.tally.add([&read]);
        expect_served_at_once(&read, &mut row);
    }
    row.counts.add(cluster.counts(provider).await.since(before));
    row.expect(row.counts.reused_tokens == 0, || "a refresh token was used twice".to_owned());
    row
}

fn expect_served_at_once(read: &Read, row: &mut Row) {
    row.expect(read.outcome() == Outcome::Served, || read.to_string());
    row.expect(read.duration < MAX_DURATION, || format!("a read took {:.1} s", read.duration.as_secs_f64()));
}
