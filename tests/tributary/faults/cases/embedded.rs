//! What can happen to an embedded store: a start with a wrong clock, and a full disk.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::faults::{
    case::Case,
    cluster::Cluster,
    provider::{PROVIDERS, slow_token_endpoints},
    table::Row,
    token_read::{Outcome, Read},
};
use crate::support::process::client;

/// The header and the first pages of the file can still be written.
const FULL_AT: u64 = 64 * 1024;

/// How long the disk is full.
const FULL_FOR: Duration = Duration::from_secs(8);

/// Faster than by default, so that `/readyz` tells it sooner.
const PROBE: &str = "store::probe_interval=return(100)";

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("clock 70 days ahead for one start, embedded, all", "token", |row| {
            wrong_clock("clock=return(6048000)", row)
        }),
        Case::new("clock 70 days behind for one start, embedded, all", "token", |row| {
            wrong_clock("clock=return(-6048000)", row)
        }),
        Case::new("disk full and free again, embedded, all", "token, expired", disk_full),
    ]
}

async fn wrong_clock(failpoints: &str, mut row: Row) -> Row {
    let mut cluster = Cluster::start_embedded("").await;
    cluster.connect_all("ada").await;
    row.rounds = 1;
    // Whatever programs get meanwhile, all grants are there when the clock is right again.
    cluster.restart(failpoints).await;
    cluster.restart("").await;
    for provider in &PROVIDERS {
        let read = cluster.read(&cluster.servers[0], provider, "ada").await;
        row.tally.add([&read]);
        row.expect(read.outcome() == Outcome::Served, || format!("{}: {read}", provider.name));
    }
    check(&cluster, &mut row).await;
    row
}

async fn disk_full(mut row: Row) -> Row {
    let cluster = Cluster::start_embedded(PROBE).await;
    // Every read finds an expired token.
    let lifetime = |seconds: u32| {
        let settings = json!({"access_token_seconds": seconds});
        json!({"hubspot": settings, "airtable": settings})
    };
    cluster.configure_sandbox(lifetime(1)).await;
    cluster.connect_all("ada").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    row.rounds = 1;
    let server = &cluster.servers[0];

    // The disk becomes full while the providers are issuing new tokens.
    cluster.configure_sandbox(slow_token_endpoints(1_000)).await;
    let mut in_flight = Vec::new();
    for provider in PROVIDERS.iter().filter(|provider| provider.slug != "notion") {
        let requests = cluster.token_requests(provider).await;
        in_flight.push((provider, tokio::spawn(cluster.read(server, provider, "ada"))));
        cluster.wait_for_token_request(provider, requests).await;
    }
    server.limit_file_length(Some(FULL_AT));
    let began = Instant::now();
    wait_until_ready(&server.url, false).await;
    cluster.clear_faults().await;
    while began.elapsed() < FULL_FOR {
        for provider in &PROVIDERS {
            let read = cluster.read(server, provider, "ada").await;
            row.tally.add([&read]);
            let is_expected = matches!(read.outcome(), Outcome::StoreUnavailable | Outcome::Served);
            row.expect(is_expected, || format!("{} while the disk is full: {read}", provider.name));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    row.expect(!is_ready(&server.url).await, || "/readyz succeeds while the disk is full".to_owned());
    server.limit_file_length(None);
    wait_until_ready(&server.url, true).await;
    for (provider, in_flight) in in_flight {
        let read: Read = in_flight.await.unwrap();
        row.tally.add([&read]);
        let is_expected = matches!(read.outcome(), Outcome::StoreUnavailable | Outcome::Served);
        row.expect(is_expected, || format!("{}, in flight: {read}", provider.name));
    }
    cluster.configure_sandbox(lifetime(1_800)).await;
    check(&cluster, &mut row).await;
    row
}

/// All grants work.
async fn check(cluster: &Cluster, row: &mut Row) {
    for provider in &PROVIDERS {
        let alive = cluster.is_alive(&cluster.servers[0], provider, "ada").await;
        row.lost += usize::from(!alive);
        row.expect(alive, || format!("{}: the grant is lost", provider.name));
        row.counts.add(cluster.counts(provider).await);
    }
    let reused = row.counts.reused_tokens;
    row.expect(reused == 0, || format!("{reused} tokens reused"));
}

/// Whether `/readyz` tells that the store works.
async fn is_ready(url: &str) -> bool {
    client().get(format!("{url}/readyz")).send().await.unwrap().status().is_success()
}

async fn wait_until_ready(url: &str, expected: bool) {
    let began = Instant::now();
    while is_ready(url).await != expected {
        assert!(began.elapsed() < Duration::from_secs(20), "/readyz does not become {expected}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
